"""Documents that programs fetch again and again: written once for what they say, and told apart by their ETag."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from kapi.contexts.openid.selectors.discovery import discovery_document
from kapi.foundation.settled import settings, worked_out_once
from kapi.sites.ui.answers import AS_JSON, Answer

_KEPT = 8


@dataclass(frozen=True)
class Document:
    """What is sent, and the name of exactly this."""

    body: bytes
    etag: str


@worked_out_once()
def metadata() -> Document:
    """Return the provider metadata, which change with the settings alone."""
    return _written(discovery_document())


def key_set(keys: Sequence[str]) -> Document:
    """Return the JWK set of these keys, each as JSON. Which keys there are must have been asked just now."""
    return _key_set(tuple(keys))


def answer(request: HttpRequest, document: Document) -> HttpResponseBase:
    """Send the document, or say that who asks has it (304). Anyone may keep it for `jwks_max_age`.

    That is half the time that keys are published before they are used.
    """
    response = Answer(document.body, _lines() | {"etag": ("ETag", document.etag)})
    if "HTTP_IF_NONE_MATCH" not in request.META:
        return response
    return get_conditional_response(request, etag=document.etag, response=response) or response


@worked_out_once()
def _lines() -> dict[str, tuple[str, str]]:
    kept = f"public, max-age={int(settings.OPENID.jwks_max_age.total_seconds())}"
    return {**AS_JSON, "cache-control": ("Cache-Control", kept)}


@lru_cache(maxsize=_KEPT)
def _key_set(keys: tuple[str, ...]) -> Document:
    return _written({"keys": [json.loads(key) for key in keys]})


def _written(members: object) -> Document:
    body = json.dumps(members).encode()
    return Document(body, quote_etag(hashlib.blake2b(body, digest_size=16).hexdigest()))
