"""What a client must be like to be registered, and what a change of it means."""

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from kapi.contexts.openid.errors import ClientNotAcceptable
from kapi.contexts.openid.rules.redirects import is_loopback
from kapi.contexts.openid.values.clients import (
    EXCEPTIONS,
    ApiScope,
    AuthMethod,
    ClientTerms,
    Profile,
    Scope,
    ScopeUse,
    Widening,
)
from kapi.contexts.openid.values.edevlet import SCOPES_OF_EDEVLET
from kapi.contexts.openid.values.settings import OpenidSettings
from kapi.kernel.identifiers import INSTITUTION_CODE_DIGITS
from kapi.kernel.langstring import NO_TEXT, LangString

MOST_URI_CHARACTERS = 2048
MOST_URIS = 20
_CLIENT_ID = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_UNSAFE = re.compile(r'[^\x21-\x7e]|[\\"<>^`{|}]')


def check_terms(terms: ClientTerms, *, profile: Profile, http_allowed: bool, demo: bool) -> None:
    """Everything about a client that is not its id, its profile or its proof."""
    check_terms_of_profile(terms, profile)
    check_name(terms.name)
    if len(set(terms.api_scopes)) != len(terms.api_scopes):
        raise ClientNotAcceptable("api_scope", "twice", "a scope is named twice")
    if terms.serves_citizens:
        check_scopes(terms.scopes)
        if not demo:
            check_purposes(terms.scopes)
        if not terms.redirect_uris:
            raise ClientNotAcceptable("redirect_uri", "missing", "at least one redirect URI is needed")
    is_native = profile is Profile.NATIVE
    check_uris("redirect_uri", terms.redirect_uris, http_allowed=http_allowed, loopback_allowed=is_native)
    check_uris("post_logout_uri", terms.post_logout_redirect_uris, http_allowed=http_allowed)
    notices = [uri for uri in [terms.backchannel_logout_uri] if uri]
    check_uris("backchannel_logout_uri", notices, http_allowed=http_allowed)


def check_terms_of_profile(terms: ClientTerms, profile: Profile) -> None:
    """What only some profiles may ask for."""
    if profile is Profile.NATIVE and terms.api_scopes:
        raise ClientNotAcceptable("api_scope", "profile", "an app on people's devices does nothing by itself")
    if profile is not Profile.EDEVLET:
        return
    if terms.api_scopes:
        hint = "a client that asks as at e-Devlet has no tokens of its own; register another client for the API"
        raise ClientNotAcceptable("api_scope", "profile", hint)
    asked = {use.scope for use in terms.scopes}
    if Scope.IDENTITY_NUMBER not in asked or not asked <= SCOPES_OF_EDEVLET:
        hint = (
            f"a client that asks as at e-Devlet has {Scope.IDENTITY_NUMBER},"
            f" and of {Scope.PROFILE}, {Scope.PHONE}, {Scope.EMAIL} what it needs"
        )
        raise ClientNotAcceptable("scope", "edevlet", hint)


def given_since_opening(given_at: datetime, good_from: datetime | None) -> bool:
    """Tell whether a code or token was given since a client was last opened again: none of before comes back."""
    return good_from is None or given_at > good_from


def check_test_client(terms: ClientTerms) -> None:
    """What is there for trying things out meets no citizen: its tokens are handed out by hand, bound to no key."""
    if terms.serves_citizens:
        hint = "a test client has scopes of the API alone: no redirect URI and no scope of citizens"
        raise ClientNotAcceptable("is_test", "citizens", hint)


def widening(before: ClientTerms, after: ClientTerms) -> tuple[Widening, ...]:
    """Say in which ways a change gives a client more than it had.

    Another purpose does not: citizens are asked anew. Nor does asking for consent where the law was claimed before.
    """
    was = {use.scope: use for use in before.scopes}
    new_laws = [
        use for use in after.scopes if use.scope in was and use.legal_basis not in (was[use.scope].legal_basis, NO_TEXT)
    ]
    found = {
        Widening.SCOPE: not {use.scope for use in after.scopes} <= set(was),
        Widening.API_SCOPE: not set(after.api_scopes) <= set(before.api_scopes),
        Widening.HOST: not _hosts(after) <= _hosts(before),
        Widening.LEGAL_BASIS: bool(new_laws),
    }
    return tuple(kind for kind, holds in found.items() if holds)


def _hosts(terms: ClientTerms) -> set[tuple[str, str]]:
    parts = (urlsplit(uri) for uri in (*terms.redirect_uris, *terms.post_logout_redirect_uris))
    return {(part.scheme, part.netloc) for part in parts}


def changed_fields(before: ClientTerms, after: ClientTerms) -> list[str]:
    """Name the fields that a change changes."""
    old, new = to_document(before), to_document(after)
    return [name for name in old if old[name] != new[name]]


def digest_of(terms: ClientTerms) -> str:
    """Return what tells one state of a client's terms from another: 64 hex digits."""
    return hashlib.sha256(json.dumps(to_document(terms), sort_keys=True).encode()).hexdigest()


def to_document(terms: ClientTerms) -> dict[str, Any]:
    """Return terms in the form of the columns that hold them."""
    return {
        "name": terms.name.stored(),
        "redirect_uris": list(terms.redirect_uris),
        "post_logout_redirect_uris": list(terms.post_logout_redirect_uris),
        "backchannel_logout_uri": terms.backchannel_logout_uri,
        "scopes": {
            use.scope.value: {"purpose": use.purpose.stored(), "legal_basis": use.legal_basis.stored()}
            for use in sorted(terms.scopes, key=lambda use: list(Scope).index(use.scope))
        },
        "api_scopes": " ".join(sorted(terms.api_scopes)),
    }


def from_document(document: dict[str, Any]) -> ClientTerms:
    """Read what `to_document` wrote."""
    return ClientTerms(
        name=LangString.read(document["name"]),
        redirect_uris=tuple(document["redirect_uris"]),
        post_logout_redirect_uris=tuple(document["post_logout_redirect_uris"]),
        backchannel_logout_uri=document["backchannel_logout_uri"],
        scopes=tuple(
            ScopeUse(Scope(name), LangString.read(use["purpose"]), LangString.read(use["legal_basis"]))
            for name, use in document["scopes"].items()
        ),
        # A change that was asked for before there were scopes of the API says nothing about them.
        api_scopes=tuple(ApiScope(name) for name in document.get("api_scopes", "").split()),
    )


def check_client_id(client_id: str) -> None:
    """A client id is made of unreserved characters (RFC 3986, 2.3), so that it needs no escaping anywhere."""
    if not _CLIENT_ID.fullmatch(client_id):
        raise ClientNotAcceptable("client_id", "form", "up to 64 letters, digits and . _ ~ - are allowed")


def is_an_institutions_own(sector: str) -> bool:
    """Tell whether a sector has the form of an institution's code, by which its clients know people."""
    return len(sector) == INSTITUTION_CODE_DIGITS and sector.isascii() and sector.isdigit()


def check_name(name: LangString) -> None:
    """A client has a name that people will read."""
    if not name.tr.strip() or any(len(text) > 200 or not text.isprintable() for text in (name.tr, name.en)):
        raise ClientNotAcceptable("name", "form", "a Turkish name of up to 200 characters is needed")


def check_uris(field: str, uris: Iterable[str], *, http_allowed: bool, loopback_allowed: bool = False) -> None:
    """Addresses are compared letter by letter later: here each must be one that can only mean one thing.

    `loopback_allowed`: they may lead to the device that the browser runs on (RFC 8252, 7.3).
    """
    listed = list(uris)
    if len(listed) > MOST_URIS:
        raise ClientNotAcceptable(field, "many", f"at most {MOST_URIS} are allowed")
    for uri in listed:
        _check_uri(field, uri, http_allowed=http_allowed or (loopback_allowed and is_loopback(uri)))


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


def check_institution(terms: ClientTerms, institution_code: str) -> None:
    """What a program does at the API by itself it does for its institution."""
    if terms.api_scopes and not institution_code:
        raise ClientNotAcceptable("institution", "missing", "scopes of the API are given to an institution's program")


def check_proof_of_profile(profile: Profile, method: AuthMethod) -> None:
    """FAPI 2.0 Security Profile, 5.3.2.1: clients prove themselves by keys or a certificate; a secret is an exception.

    An app on people's devices (RFC 8252) has no proof, and nothing else has none.
    """
    if (profile is Profile.NATIVE) is not (method is AuthMethod.NONE):
        hint = "an app on people's devices, and no other client, has the profile `native`, without keys and secret"
        raise ClientNotAcceptable("profile", "native", hint)
    if profile is Profile.FAPI and method not in (AuthMethod.PRIVATE_KEY_JWT, AuthMethod.TLS_CLIENT_AUTH):
        hint = "FAPI 2.0 needs keys (a key set or its address); an exception without keys has the profile `baseline`"
        raise ClientNotAcceptable("profile", "secret", hint)
    if profile is Profile.EDEVLET and method is not AuthMethod.CLIENT_SECRET:
        hint = "a client that asks as at e-Devlet proves itself by a secret; one that has keys follows another profile"
        raise ClientNotAcceptable("profile", "edevlet", hint)


def end_of_exception(
    profile: Profile, *, asked_for: datetime | None, limits: OpenidSettings, now: datetime
) -> datetime | None:
    """Return when a client's exception from FAPI 2.0 ends: on the day asked for, else after the usual time.

    :raises ClientNotAcceptable: if the day is past, or the profile is no exception.
    """
    if profile not in EXCEPTIONS:
        if asked_for is not None:
            hint = f"only the profiles {' and '.join(EXCEPTIONS)} end on a date"
            raise ClientNotAcceptable("exception_until", "profile", hint)
        return None
    ends_at = asked_for or now + limits.exception_lifetime
    if ends_at <= now:
        raise ClientNotAcceptable("exception_until", "past", "a day to come is needed")
    return ends_at


def check_scopes(scopes: Iterable[ScopeUse]) -> None:
    """`openid` is among them, and none twice."""
    named = [use.scope for use in scopes]
    if Scope.OPENID not in named:
        raise ClientNotAcceptable("scope", "openid", "`openid` must be among the scopes")
    if len(set(named)) != len(named):
        raise ClientNotAcceptable("scope", "twice", "a scope is named twice")


def check_purposes(scopes: Iterable[ScopeUse]) -> None:
    """Nobody is asked to share something without being told what for."""
    for use in scopes:
        if use.scope is not Scope.OPENID and not use.purpose.tr.strip():
            raise ClientNotAcceptable(
                "purpose", "missing", f"say in Turkish what {use.scope} is asked for: {use.scope}=TEXT"
            )


def check_secret_end(ends_at: datetime | None, *, now: datetime) -> None:
    """A secret is an exception, and exceptions end."""
    if ends_at is None or ends_at <= now:
        raise ClientNotAcceptable("secret_until", "past", "a client without keys needs a date on which its secret ends")
