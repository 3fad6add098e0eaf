"""Clients, keys and assertions that tests of OpenID Connect share."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key

from kapi.contexts.openid.services.clients import register_client
from kapi.contexts.openid.values.clients import Profile, RegisteredClient, Scope, ScopeUse
from kapi.kernel.actors import system
from kapi.kernel.langstring import LangString

ACTOR = system("test")
REDIRECT_URI = "https://rp.example/geri"
POST_LOGOUT_URI = "https://rp.example/cikis"
BACKCHANNEL_URI = "https://rp.example/arka-kanal"
NAME = LangString("Örnek Belediyesi", "Example Municipality")
SCOPES = (
    ScopeUse(Scope.OPENID),
    ScopeUse(Scope.PROFILE, LangString("Başvurunuzu kaydetmek", "To record your application")),
    ScopeUse(Scope.IDENTITY_NUMBER, LangString("Kaydınızı bulmak"), LangString("5393 sayılı Kanun m. 15")),
)


def new_key(kid: str = "a") -> ECKey:
    """Make a key pair of a client."""
    return ECKey.generate_key("P-256", {"kid": kid})


def key_set(*keys: Key) -> dict[str, Any]:
    """Return the public halves."""
    return {"keys": [key.as_dict(private=False) for key in keys]}


def add_client(
    *,
    now: datetime,
    keys: Sequence[Key] | None = None,
    redirect_uris: Sequence[str] = (REDIRECT_URI,),
    scopes: Sequence[ScopeUse] = SCOPES,
    profile: Profile = Profile.BASELINE,
    client_id: str = "",
    jwks_uri: str = "",
    backchannel_logout_uri: str = BACKCHANNEL_URI,
    **more: Any,
) -> RegisteredClient:
    """Register a client that proves itself by `keys`, by an address of keys, or else by a secret."""
    return register_client(
        name=NAME,
        redirect_uris=redirect_uris,
        scopes=scopes,
        client_id=client_id,
        profile=profile,
        jwks=key_set(*keys) if keys else None,
        jwks_uri=jwks_uri,
        secret_until=None if keys or jwks_uri else now + timedelta(days=30),
        post_logout_redirect_uris=(POST_LOGOUT_URI,),
        backchannel_logout_uri=backchannel_logout_uri,
        actor=ACTOR,
        now=now,
        **more,
    )


def assertion(
    client_id: str,
    key: Key,
    *,
    now: datetime,
    alg: str = "ES256",
    header: Mapping[str, Any] | None = None,
    **claims: Any,
) -> str:
    """Sign a client assertion; a claim given as None is left out."""
    stated = {
        "iss": client_id,
        "sub": client_id,
        "aud": "http://localhost:8000",
        "exp": int(now.timestamp()) + 60,
        "iat": int(now.timestamp()),
        "jti": uuid.uuid4().hex,
        **claims,
    }
    kept = {name: value for name, value in stated.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": key.kid, **(header or {})}, kept, key, algorithms=[alg])
