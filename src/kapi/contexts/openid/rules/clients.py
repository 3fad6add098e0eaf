"""What a client must be like to be registered."""

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from kapi.contexts.openid.errors import ClientNotAcceptable
from kapi.contexts.openid.values.clients import Profile, Scope, ScopeUse
from kapi.kernel.langstring import LangString

MOST_URI_CHARACTERS = 2048
MOST_URIS = 20
_CLIENT_ID = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_UNSAFE = re.compile(r'[^\x21-\x7e]|[\\"<>^`{|}]')


def check_client_id(client_id: str) -> None:
    """A client id is made of unreserved characters (RFC 3986, 2.3), so that it needs no escaping anywhere."""
    if not _CLIENT_ID.fullmatch(client_id):
        raise ClientNotAcceptable("client_id", "form", "up to 64 letters, digits and . _ ~ - are allowed")


def check_name(name: LangString) -> None:
    """A client has a name that people will read."""
    if not name.tr.strip() or any(len(text) > 200 or not text.isprintable() for text in (name.tr, name.en)):
        raise ClientNotAcceptable("name", "form", "a Turkish name of up to 200 characters is needed")


def check_uris(field: str, uris: Iterable[str], *, http_allowed: bool) -> None:
    """Addresses are compared letter by letter later: here each must be one that can only mean one thing."""
    listed = list(uris)
    if len(listed) > MOST_URIS:
        raise ClientNotAcceptable(field, "many", f"at most {MOST_URIS} are allowed")
    for uri in listed:
        _check_uri(field, uri, http_allowed=http_allowed)


def _check_uri(field: str, uri: str, *, http_allowed: bool) -> None:
    if len(uri) > MOST_URI_CHARACTERS:
        raise ClientNotAcceptable(field, "length", f"{uri[:60]}... is longer than {MOST_URI_CHARACTERS} characters")
    if _UNSAFE.search(uri):
        raise ClientNotAcceptable(field, "characters", 'only ASCII without blanks and without \\ " < > ^ ` { | }')
    try:
        parts = urlsplit(uri)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise ClientNotAcceptable(field, "form", f"{uri} is not an address") from None
    if not host or parts.username is not None or parts.password is not None or "#" in uri:
        raise ClientNotAcceptable(field, "form", f"{uri}: a host, no user and no #fragment are needed")
    if parts.scheme == "https" or (parts.scheme == "http" and http_allowed and host in _LOOPBACK):
        return
    raise ClientNotAcceptable(
        field, "scheme", f"{uri}: https is needed (http only where the gateway runs on localhost)"
    )


def check_profile(profile: Profile, *, demo: bool) -> None:
    """The profile without PKCE is for the conformance suite, never for people."""
    if profile is Profile.CONFORMANCE and not demo:
        raise ClientNotAcceptable("profile", "demo_only", "`conformance` exists in demo mode only; leave it out")


def check_scopes(scopes: Iterable[ScopeUse]) -> None:
    """`openid` is among them, and none twice."""
    named = [use.scope for use in scopes]
    if Scope.OPENID not in named:
        raise ClientNotAcceptable("scope", "openid", "`openid` must be among the scopes")
    if len(set(named)) != len(named):
        raise ClientNotAcceptable("scope", "twice", "a scope is named twice")


def check_secret_end(ends_at: datetime | None, *, now: datetime) -> None:
    """A secret is an exception, and exceptions end."""
    if ends_at is None or ends_at <= now:
        raise ClientNotAcceptable("secret_until", "past", "a client without keys needs a date on which its secret ends")
