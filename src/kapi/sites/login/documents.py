"""Documents that programs fetch again and again: written once for what they say, and told apart by their ETag."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from kapi.contexts.openid.selectors.discovery import discovery_document
from kapi.contexts.openid.selectors.keys import written_keys
from kapi.contexts.openid.services.keys import ensure_keys
from kapi.foundation.settled import settings, worked_out_once
from kapi.kernel.actors import system
from kapi.sites.ui.answers import AS_JSON, Answer

KEYS_KEPT_FOR: Final = timedelta(seconds=1)
_KEPT: Final = 8


@dataclass(frozen=True)
class Document:
    """What is sent, and the name of exactly this."""

    body: bytes
    etag: str


@worked_out_once()
def metadata() -> Document:
    """Return the provider metadata, which change with the settings alone."""
    return _written(discovery_document())


def key_set(*, now: datetime) -> Document:
    """Return the JWK set: the key in use, the next one, and those retired lately, made if there are none yet.

    A process answers for a second what it has found, as any proxy before it would for the ten minutes that the answer
    may be kept: whoever asks in a loop costs us a statement a second. Never for longer than clients may keep it, so
    that everybody has the next key long before it signs: it is published for twice that time. What signs and what is
    believed is asked of the database each time, here as everywhere.
    """
    found = _Found.last
    if found is not None and found.asked_at <= now < found.until:
        return found.document
    keys = written_keys(now=now)
    if not keys:
        ensure_keys(actor=system("site:login"), now=now)
        keys = written_keys(now=now)
    document = _key_set(tuple(keys))
    _Found.last = _Kept(document, now, now + min(KEYS_KEPT_FOR, settings.OPENID.jwks_max_age))
    return document


def forget_keys() -> None:
    """Have the keys asked for anew."""
    _Found.last = None


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


@dataclass(frozen=True)
class _Kept:
    """A key set, when it was asked for, and from when on it is to be asked for anew."""

    document: Document
    asked_at: datetime
    until: datetime


class _Found:
    """The last key set of this process. Threads may replace it at any moment."""

    last: _Kept | None = None


@lru_cache(maxsize=_KEPT)
def _key_set(keys: tuple[str, ...]) -> Document:
    return _written({"keys": [json.loads(key) for key in keys]})


def _written(members: object) -> Document:
    body = json.dumps(members).encode()
    return Document(body, quote_etag(hashlib.blake2b(body, digest_size=16).hexdigest()))
