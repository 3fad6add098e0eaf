"""What `kapi client` prints of a client."""

import json
from datetime import datetime

import typer

from kapi.contexts.openid.selectors.clients import get_client
from kapi.contexts.openid.selectors.discovery import discovery_document
from kapi.contexts.openid.values import edevlet
from kapi.contexts.openid.values.clients import (
    AuthMethod,
    ClientRecord,
    Profile,
    RegisteredClient,
)

_METHODS = {
    AuthMethod.PRIVATE_KEY_JWT: "private_key_jwt",
    AuthMethod.CLIENT_SECRET: "client_secret_basic",
    AuthMethod.TLS_CLIENT_AUTH: "tls_client_auth",
    AuthMethod.NONE: "none",
}


def facts_of(registered: RegisteredClient) -> dict[str, object]:
    """Say all that an institution needs to know of the program that was registered; None where there is nothing."""
    client = get_client(client_id=registered.id)
    facts: dict[str, object] = {"client_id": client.id}
    if registered.secret is not None and registered.secret_ends_at is not None:
        facts["client_secret"] = registered.secret
        facts["client_secret_expires_at"] = registered.secret_ends_at.isoformat()
    issuer = discovery_document()["issuer"]
    by_keys = client.auth_method is AuthMethod.PRIVATE_KEY_JWT
    if client.profile is Profile.EDEVLET:
        facts |= {
            "AuthorizationController": issuer + edevlet.AUTHORIZE,
            "AccessTokenController": issuer + edevlet.TOKEN,
            "AuthenticationController": issuer + edevlet.PERSON,
        }
    else:
        facts |= {"issuer": issuer, "discovery": f"{issuer}/.well-known/openid-configuration"}
    return facts | {
        "token_endpoint_auth_method": (
            "client_secret_post" if client.profile is Profile.EDEVLET else _METHODS[client.auth_method]
        ),
        "client_assertion_audience": issuer if by_keys else None,
        "tls_subject": client.tls_subject or None,
        "profile": client.profile,
        "profile_until": day_of(client.exception_ends_at) or None,
        "require_pushed_authorization_requests": client.profile is Profile.FAPI,
        "dpop_bound_access_tokens": client.profile in (Profile.FAPI, Profile.NATIVE),
        "pkce": "S256" if client.profile not in (Profile.CONFORMANCE, Profile.EDEVLET) else None,
        "scope": " ".join(client.scopes),
        "api_scope": " ".join(client.api_scopes) or None,
        "redirect_uris": list(client.redirect_uris),
        "post_logout_redirect_uris": list(client.post_logout_redirect_uris),
        "backchannel_logout_uri": client.backchannel_logout_uri or None,
    }


def print_facts(facts: dict[str, object], *, as_json: bool) -> None:
    """Print them, one on each line or as JSON."""
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    for name, value in facts.items():
        if value:
            shown = " ".join(value) if isinstance(value, list) else "yes" if value is True else value
            typer.echo(f"{name + ':':<40}{shown}")
    if "client_secret" in facts:
        typer.echo("\nThe secret is shown once. It is an exception: give us keys (--jwks) before it ends.", err=True)


def line_of(client: ClientRecord, now: datetime) -> dict[str, object]:
    """Describe a client for a list in JSON."""
    return {
        "client_id": client.id,
        "name": client.name.stored(),
        "institution": client.institution_code,
        "profile": client.profile,
        "profile_until": day_of(client.exception_ends_at) or None,
        "token_endpoint_auth_method": client.auth_method,
        "client_secret_expires_at": client.secret_ends_at.isoformat() if client.secret_ends_at else None,
        "days_left": client.days_left(now),
        "open": client.is_open,
        "suspended_since": client.suspension.at.isoformat() if client.suspension else None,
        "suspended_for": client.suspension.reason if client.suspension else None,
    }


def standing_of(client: ClientRecord) -> str:
    """Say in a word or two whether a client is answered."""
    if client.suspension:
        return f"suspended: {client.suspension.reason}"
    return "yes" if client.is_open else "no"


def day_of(moment: datetime | None) -> str:
    """Write a day as options take it; empty for none."""
    return f"{moment:%Y-%m-%d}" if moment else ""
