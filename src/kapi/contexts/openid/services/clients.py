"""Clients: registered, closed, opened again."""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from kapi.contexts.institutions.selectors import find_institution
from kapi.contexts.openid.errors import ApprovedByRegistrar, ClientNotAcceptable, ClientNotFound
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.rules import clients as rules
from kapi.contexts.openid.rules.jwt import import_keys
from kapi.contexts.openid.values.clients import AuthMethod, Profile, RegisteredClient, ScopeUse
from kapi.foundation.audit import services as audit
from kapi.foundation.keys import token_hash
from kapi.kernel.actors import Actor
from kapi.kernel.langstring import LangString

_MOST_JWKS_CHARACTERS = 65_536


def register_client(
    *,
    name: LangString,
    redirect_uris: Sequence[str],
    scopes: Sequence[ScopeUse],
    client_id: str = "",
    institution_code: str = "",
    sector: str = "",
    profile: Profile = Profile.BASELINE,
    jwks: Mapping[str, Any] | None = None,
    jwks_uri: str = "",
    secret_until: datetime | None = None,
    post_logout_redirect_uris: Sequence[str] = (),
    backchannel_logout_uri: str = "",
    actor: Actor,
    now: datetime,
) -> RegisteredClient:
    """Register a client and return its id, and its secret if it has one.

    It proves itself by keys (`jwks` or `jwks_uri`), or, as an exception that ends at `secret_until`, by a secret of
    256 random bits of which only the SHA-256 is kept. Without `client_id` a random one is made. Without `sector` the
    pairwise subjects are the institution's, or the client's own where no institution is named.

    :raises ClientNotAcceptable: naming the field, the reason, and what would do.
    """
    _check(
        name=name,
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=post_logout_redirect_uris,
        backchannel_logout_uri=backchannel_logout_uri,
        scopes=scopes,
        client_id=client_id,
        profile=profile,
    )
    if institution_code and find_institution(institution_code) is None:
        raise ClientNotAcceptable("institution", "unknown", "no institution has this code")
    _check_proof(jwks=jwks, jwks_uri=jwks_uri, secret_until=secret_until, now=now)
    by_keys = jwks is not None or bool(jwks_uri)
    secret = None if by_keys else secrets.token_urlsafe(32)
    chosen_id = client_id or secrets.token_urlsafe(16)
    row = Client(
        pk=chosen_id,
        institution_id=institution_code or None,
        name=name.stored(),
        profile=profile,
        auth_method=AuthMethod.PRIVATE_KEY_JWT if by_keys else AuthMethod.CLIENT_SECRET,
        redirect_uris=list(redirect_uris),
        post_logout_redirect_uris=list(post_logout_redirect_uris),
        backchannel_logout_uri=backchannel_logout_uri,
        sector=sector or institution_code or chosen_id,
        scopes={
            use.scope: {"purpose": use.purpose.stored(), "legal_basis": use.legal_basis.stored()} for use in scopes
        },
        jwks=jwks,
        jwks_uri=jwks_uri,
        secret_hash=token_hash(secret) if secret else "",
        secret_ends_at=None if by_keys else secret_until,
        created_at=now,
    )
    _insert(row, actor, now)
    return RegisteredClient(row.pk, AuthMethod(row.auth_method), secret, row.secret_ends_at)


def request_client(
    *,
    name: LangString,
    institution_code: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[ScopeUse],
    jwks: Mapping[str, Any] | None = None,
    jwks_uri: str = "",
    secret_until: datetime | None = None,
    post_logout_redirect_uris: Sequence[str] = (),
    backchannel_logout_uri: str = "",
    actor: Actor,
    now: datetime,
) -> RegisteredClient:
    """Register an institution's client that stays closed until another person lets it go live: `approve_client`.

    :raises ClientNotAcceptable: as `register_client` does.
    """
    with transaction.atomic():
        registered = register_client(
            name=name,
            institution_code=institution_code,
            redirect_uris=redirect_uris,
            scopes=scopes,
            jwks=jwks,
            jwks_uri=jwks_uri,
            secret_until=secret_until,
            post_logout_redirect_uris=post_logout_redirect_uris,
            backchannel_logout_uri=backchannel_logout_uri,
            actor=actor,
            now=now,
        )
        Client.objects.filter(pk=registered.id).update(closed_at=now)
    return registered


def approve_client(*, client_id: str, actor: Actor, now: datetime) -> None:
    """Let a closed client go live. The audit trail, which nobody can rewrite, says who registered it.

    :raises ClientNotFound: if there is no such client.
    :raises ApprovedByRegistrar: if the actor registered it.
    """
    with transaction.atomic():
        row = _locked(client_id)
        registrars = audit.who_did(action="openid.client_registered", subject_kind="client", subject_id=row.pk)
        if actor.id in registrars:
            raise ApprovedByRegistrar
        if row.closed_at is not None:
            Client.objects.filter(pk=row.pk).update(closed_at=None)
            audit.record(
                action="openid.client_approved", subject_kind="client", subject_id=row.pk, actor=actor, now=now
            )


def close_client(*, client_id: str, actor: Actor, now: datetime) -> None:
    """Refuse everything that this client asks, from now on.

    :raises ClientNotFound: if there is no such client.
    """
    with transaction.atomic():
        row = _locked(client_id)
        if row.closed_at is None:
            Client.objects.filter(pk=row.pk).update(closed_at=now)
            audit.record(action="openid.client_closed", subject_kind="client", subject_id=row.pk, actor=actor, now=now)


def reopen_client(*, client_id: str, actor: Actor, now: datetime) -> None:
    """Answer this client again.

    :raises ClientNotFound: if there is no such client.
    """
    with transaction.atomic():
        row = _locked(client_id)
        if row.closed_at is not None:
            Client.objects.filter(pk=row.pk).update(closed_at=None)
            audit.record(
                action="openid.client_reopened", subject_kind="client", subject_id=row.pk, actor=actor, now=now
            )


def _locked(client_id: str) -> Client:
    row = Client.objects.select_for_update(of=("self",)).filter(pk=client_id).first()
    if row is None:
        raise ClientNotFound
    return row


def _insert(row: Client, actor: Actor, now: datetime) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            audit.record(
                action="openid.client_registered",
                subject_kind="client",
                subject_id=row.pk,
                actor=actor,
                now=now,
                details={"profile": row.profile, "auth_method": row.auth_method, "scopes": sorted(row.scopes)},
            )
    except IntegrityError:
        raise ClientNotAcceptable("client_id", "taken", "a client of this id is registered already") from None


def _check(
    *,
    name: LangString,
    redirect_uris: Sequence[str],
    post_logout_redirect_uris: Sequence[str],
    backchannel_logout_uri: str,
    scopes: Sequence[ScopeUse],
    client_id: str,
    profile: Profile,
) -> None:
    if client_id:
        rules.check_client_id(client_id)
    rules.check_name(name)
    rules.check_profile(profile, demo=settings.OPENID.demo)
    rules.check_scopes(scopes)
    if not redirect_uris:
        raise ClientNotAcceptable("redirect_uri", "missing", "at least one redirect URI is needed")
    http_allowed = settings.OPENID.http_allowed
    rules.check_uris("redirect_uri", redirect_uris, http_allowed=http_allowed)
    rules.check_uris("post_logout_uri", post_logout_redirect_uris, http_allowed=http_allowed)
    rules.check_uris(
        "backchannel_logout_uri", [uri for uri in [backchannel_logout_uri] if uri], http_allowed=http_allowed
    )


def _check_proof(
    *, jwks: Mapping[str, Any] | None, jwks_uri: str, secret_until: datetime | None, now: datetime
) -> None:
    if sum((jwks is not None, bool(jwks_uri), secret_until is not None)) > 1:
        raise ClientNotAcceptable("jwks", "both", "give one of: a key set, its address, a date for a secret")
    if jwks is not None:
        if len(json.dumps(jwks)) > _MOST_JWKS_CHARACTERS:
            raise ClientNotAcceptable("jwks", "length", f"more than {_MOST_JWKS_CHARACTERS} characters")
        try:
            import_keys(jwks)
        except ValueError as fault:
            raise ClientNotAcceptable("jwks", "keys", str(fault)) from None
    elif jwks_uri:
        rules.check_uris("jwks_uri", [jwks_uri], http_allowed=settings.OPENID.http_allowed)
    else:
        rules.check_secret_end(secret_until, now=now)
