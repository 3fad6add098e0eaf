"""The API as a whole: its endpoints, its OpenAPI document."""

import json
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.renderers import JSONRenderer

from kapi.sites.api import client, institutions, problems, search, service, services
from kapi.sites.ui.public import public_page

DESCRIPTION: Final = """\
What public institutions offer, for other programs: read only, open, no key needed; and, under `client`, what a program
of an institution may ask with a token of its own.

Texts come in one language, chosen by `language`; each says which language it is in. What an institution has not stated
is empty or null, never guessed. Answers may be kept for a minute and asked for again by their `ETag`. Problems are told
as RFC 9457 describes. Within `/api/v1/` things are added, never changed or taken away.
"""


class Letters(JSONRenderer):
    """JSON with letters as they are: ş is a third of \u015f."""

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> str:
        """Write an answer."""
        return json.dumps(data, cls=self.encoder_class, ensure_ascii=False, separators=(",", ":"))


api = NinjaAPI(
    title=f"{settings.BRAND_NAME} API",
    version="1.0.0",
    description=DESCRIPTION,
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    servers=[{"url": settings.API_URL}],
    renderer=Letters(),
)
problems.tell_problems(api)
for router in (services.router, service.router, institutions.router, search.router, client.router):
    api.add_router("/v1", router)


@require_safe
@public_page
def openapi(_request: HttpRequest) -> HttpResponse:
    """Give the OpenAPI document."""
    return problems.readable_everywhere(JsonResponse(document()))


@cache
def document() -> dict[str, Any]:
    """Describe the API; problems under their own media type, which the generator does not know."""
    described: dict[str, Any] = api.get_openapi_schema(path_prefix="api/")
    for methods in described["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    response["content"] = {problems.MEDIA_TYPE: next(iter(response["content"].values()))}
    return described
