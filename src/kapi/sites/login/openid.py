"""The protocol endpoints of OpenID Connect: HTTP in, HTTP out; what it means is decided in the context `openid`."""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from kapi.contexts.openid.selectors.discovery import discovery_document
from kapi.contexts.openid.selectors.keys import published_keys
from kapi.contexts.openid.services.keys import ensure_keys
from kapi.kernel.actors import system


@require_safe
def discovery(_request: HttpRequest) -> JsonResponse:
    """Answer the provider metadata."""
    return _cacheable(JsonResponse(discovery_document()))


@require_safe
def jwks(_request: HttpRequest) -> JsonResponse:
    """Answer the public keys: the one in use, the next one, and those retired lately."""
    now = timezone.now()
    keys = published_keys(now=now)
    if not keys:
        ensure_keys(actor=system("site:login"), now=now)
        keys = published_keys(now=now)
    return _cacheable(JsonResponse({"keys": keys}))


def _cacheable(response: JsonResponse) -> JsonResponse:
    """Let anyone keep the answer as long as keys are published before they are used (twice this time)."""
    response["Cache-Control"] = f"public, max-age={int(settings.OPENID.jwks_max_age.total_seconds())}"
    return response
