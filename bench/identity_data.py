"""People and clients for `bench.identity`, made through the services that desks, operators and citizens use."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.utils import timezone

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.services.clients import register_client
from kapi.contexts.openid.values.clients import ApiScope, Profile, Scope, ScopeUse
from kapi.kernel.actors import system
from kapi.kernel.langstring import LangString
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.passkeys import SoftPasskey
from tests.people import make_citizen, make_numbers, sign_in

_ACTOR = system("bench")
_INSTITUTION = "24301234"
_PASSWORD = "uc kuru yaprak dustu 7"
_BROWSER = "the browser of this bench"
_CITIZENS_SCOPES = (ScopeUse(Scope.OPENID), ScopeUse(Scope.PROFILE, LangString("Ölçmek", "To measure")))
_OFFLINE = ScopeUse(Scope.OFFLINE_ACCESS, LangString("Sonra da ölçmek", "To measure later"))


def fill(wanted: Mapping[str, Any]) -> list[dict[str, str]]:
    """Register `clients` ({id, kind, jwks}) and make so many `people`, each with a session, a device and a passkey."""
    now = timezone.now()
    add_top(_INSTITUTION, "Örnek Belediyesi", now=now)
    for client in wanted["clients"]:
        _register(client, wanted["redirect_uri"], now)
    return [_citizen(digits, now) for digits in make_numbers(wanted["people"])]


def _register(client: Mapping[str, Any], redirect_uri: str, now: datetime) -> None:
    is_plain = client["kind"] == "plain"
    scopes = (*_CITIZENS_SCOPES, _OFFLINE) if client["kind"] == "offline" else _CITIZENS_SCOPES
    register_client(
        name=LangString("Örnek Belediyesi", "Example Municipality"),
        redirect_uris=() if is_plain else (redirect_uri,),
        scopes=() if is_plain else scopes,
        api_scopes=(ApiScope.CLIENTS_READ,),
        client_id=client["id"],
        institution_code=_INSTITUTION,
        profile=Profile.BASELINE if is_plain else Profile.FAPI,
        jwks=client["jwks"],
        actor=_ACTOR,
        now=now,
    )


def _citizen(number: Any, now: datetime) -> dict[str, str]:
    make_citizen(now=now, number=number, password=_PASSWORD)
    started = sign_in(now=now, number=number, password=_PASSWORD, address="127.0.0.1")
    return {
        "number": number.digits,
        "password": _PASSWORD,
        "session": started.token,
        "device": started.device_token,
        **_passkey(started.signed_in, now),
    }


def _passkey(session: SignedIn, now: datetime) -> dict[str, str]:
    passkey = SoftPasskey()
    options = selectors.options_for_new_passkey(session_id=session.session_id, browser=_BROWSER, now=now)
    services.add_passkey(
        session_id=session.session_id,
        response=passkey.create(options),
        name="Telefonum",
        browser=_BROWSER,
        actor=session.actor,
        now=now,
    )
    pem = passkey.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    held = {"passkey_id": passkey.credential_id, "passkey_owner": passkey.owner}
    return {"passkey_key": pem} | {name: base64.b64encode(value).decode() for name, value in held.items()}
