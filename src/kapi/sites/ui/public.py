"""Pages that are the same for everybody who is not signed in: browsers and caches may keep them for a short time."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import quote_etag

P = ParamSpec("P")

SECONDS: Final = 60


def public_page(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let the page be kept for `SECONDS` and asked for again by its ETag; never what is made for one person."""

    @wraps(view)
    def kept(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if settings.SESSION_COOKIE_NAME in request.COOKIES or response.status_code != 200:
            return response
        patch_cache_control(response, public=True, max_age=SECONDS)
        patch_vary_headers(response, ["Cookie"])
        if not isinstance(response, HttpResponse):  # sent while it is made: nobody knows the whole of it yet
            return response
        etag = quote_etag(hashlib.blake2b(response.content, digest_size=16).hexdigest())
        response["ETag"] = etag
        answer = get_conditional_response(request, etag=etag, response=response)
        return answer if isinstance(answer, HttpResponse) else response

    return kept
