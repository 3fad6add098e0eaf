"""Documents that programs fetch again and again: written once for what they say, and told apart by their ETag."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from kapi.contexts.identity.selectors import supported_acrs
from kapi.contexts.openid.selectors.discovery import discovery_document
from kapi.contexts.openid.values.settings import OpenidSettings

_KEPT = 8


@dataclass(frozen=True)
class Document:
    """What is sent, and the name of exactly this."""

    body: bytes
    etag: str


def metadata() -> Document:
    """Return the provider metadata, which change with the settings alone."""
    return _metadata(settings.OPENID, tuple(supported_acrs()))


def key_set(keys: Sequence[str]) -> Document:
    """Return the JWK set of these keys, each as JSON. Which keys there are must have been asked just now."""
    return _key_set(tuple(keys))


def answer(request: HttpRequest, document: Document) -> HttpResponseBase:
    """Send the document, or say that who asks has it (304). Anyone may keep it for `jwks_max_age`.

    That is half the time that keys are published before they are used.
    """
    response = HttpResponse(document.body, content_type="application/json")
    response["Cache-Control"] = f"public, max-age={int(settings.OPENID.jwks_max_age.total_seconds())}"
    response["ETag"] = document.etag
    if "HTTP_IF_NONE_MATCH" not in request.META:
        return response
    return get_conditional_response(request, etag=document.etag, response=response) or response


@lru_cache(maxsize=_KEPT)
def _metadata(_settings: OpenidSettings, _acrs: tuple[str, ...]) -> Document:
    return _written(discovery_document())


@lru_cache(maxsize=_KEPT)
def _key_set(keys: tuple[str, ...]) -> Document:
    return _written({"keys": [json.loads(key) for key in keys]})


def _written(members: object) -> Document:
    body = json.dumps(members).encode()
    return Document(body, quote_etag(hashlib.blake2b(body, digest_size=16).hexdigest()))
