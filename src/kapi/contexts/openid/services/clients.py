"""Clients: registered, let go live, given other proofs, closed, opened again."""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from kapi.contexts.institutions.selectors import find_institution
from kapi.contexts.openid.errors import (
    ApprovedByRegistrar,
    ClientChangedMeanwhile,
    ClientHasNoSecret,
    ClientIsSuspended,
    ClientNotAcceptable,
    ClientNotFound,
    ClientOutlastsEmergency,
)
from kapi.contexts.openid.events import ClientClosed
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.rules import clients as rules
from kapi.contexts.openid.rules.certificates import read_name
from kapi.contexts.openid.rules.jwt import import_keys
from kapi.contexts.openid.selectors.clients import as_record
from kapi.contexts.openid.values.clients import (
    ApiScope,
    AuthMethod,
    ClientTerms,
    Profile,
    RegisteredClient,
    ScopeUse,
)
from kapi.foundation.audit import services as audit
from kapi.foundation.keys import token_hash
from kapi.foundation.outbox.services import publish
from kapi.foundation.settled import settings
from kapi.kernel.actors import Actor
from kapi.kernel.langstring import LangString

REGISTERED = "openid.client_registered"
CHANGED = "openid.client_changed"
_KEYS_REPLACED = "openid.client_keys_replaced"
_SECRET_REPLACED = "openid.client_secret_replaced"  # noqa: S105 - a deed
_WRITTEN_BY: Final = (REGISTERED, CHANGED, _KEYS_REPLACED, _SECRET_REPLACED)
"""How the audit trail calls the deeds whose doers do not let a client go live: they hold what it proves itself by."""
_MOST_JWKS_CHARACTERS = 65_536


def register_client(
    *,
    name: LangString,
    redirect_uris: Sequence[str],
    scopes: Sequence[ScopeUse],
    client_id: str = "",
    institution_code: str = "",
    sector: str = "",
    profile: Profile = Profile.FAPI,
    exception_until: datetime | None = None,
    jwks: Mapping[str, Any] | None = None,
    jwks_uri: str = "",
    secret_until: datetime | None = None,
    tls_subject: str = "",
    post_logout_redirect_uris: Sequence[str] = (),
    backchannel_logout_uri: str = "",
    api_scopes: Sequence[ApiScope] = (),
    is_test: bool = False,
    actor: Actor,
    now: datetime,
) -> RegisteredClient:
    """Register a client and return its id, and its secret if it has one.

    It proves itself by keys (`jwks` or `jwks_uri`), by a certificate that a proxy of ours has checked and that has the
    name `tls_subject` in it, or, as an exception that ends at `secret_until`, by a secret of 256 random bits of which
    only the SHA-256 is kept. Without `client_id` a random one is made. Without `sector` the pairwise subjects are the
    institution's, or the client's own where no institution is named. The profiles `baseline` and `edevlet` are
    exceptions too: they end at `exception_until`, or after `exception_lifetime`. With `api_scopes` it may get tokens
    for itself; without redirect URIs and scopes beside them it does nothing else. `is_test`: it may do nothing else,
    and tokens may be taken for it by hand (`tokens_for_tests`).

    :raises ClientNotAcceptable: naming the field, the reason, and what would do.
    """
    terms = ClientTerms(
        name=name,
        redirect_uris=tuple(redirect_uris),
        post_logout_redirect_uris=tuple(post_logout_redirect_uris),
        backchannel_logout_uri=backchannel_logout_uri,
        scopes=tuple(scopes),
        api_scopes=tuple(api_scopes),
    )
    if client_id:
        rules.check_client_id(client_id)
    rules.check_profile(profile, demo=settings.OPENID.demo)
    demo, http_allowed = settings.OPENID.demo, settings.OPENID.http_allowed
    rules.check_terms(terms, profile=profile, http_allowed=http_allowed, demo=demo)
    if is_test:
        rules.check_test_client(terms)
    if institution_code and find_institution(institution_code) is None:
        raise ClientNotAcceptable("institution", "unknown", "no institution has this code")
    rules.check_institution(terms, institution_code)
    method = _method(
        profile,
        has_keys=jwks is not None or bool(jwks_uri),
        has_secret=secret_until is not None,
        has_certificate=bool(tls_subject),
    )
    name_in_certificate = _name_in_certificate(tls_subject) if tls_subject else ""
    if method is not AuthMethod.NONE:
        _check_proof(jwks=jwks, jwks_uri=jwks_uri, secret_until=secret_until, tls_subject=name_in_certificate, now=now)
    rules.check_proof_of_profile(profile, method)
    limits = settings.OPENID
    secret = secrets.token_urlsafe(32) if method is AuthMethod.CLIENT_SECRET else None
    chosen_id = client_id or secrets.token_urlsafe(16)
    row = Client(
        pk=chosen_id,
        institution_id=institution_code or None,
        profile=profile,
        auth_method=method,
        exception_ends_at=rules.end_of_exception(profile, asked_for=exception_until, limits=limits, now=now),
        sector=_sector_of(chosen_id, asked_for=sector, institution_code=institution_code),
        jwks=jwks,
        jwks_uri=jwks_uri,
        secret_hash=token_hash(secret) if secret else "",
        secret_ends_at=secret_until if secret else None,
        created_at=now,
        is_test=is_test,
        tls_subject=name_in_certificate,
        **rules.to_document(terms),
    )
    _insert(row, actor, now)
    return RegisteredClient(row.pk, AuthMethod(row.auth_method), secret, row.secret_ends_at)


def _sector_of(client_id: str, *, asked_for: str, institution_code: str) -> str:
    """Return the sector by which a client knows people: nobody comes into another's without being put there by name.

    A sector that has the form of an institution's code is that institution's, whether it is registered yet or not.
    """
    sector = asked_for or institution_code or client_id
    field = "sector" if asked_for else "client_id"
    if sector != institution_code and rules.is_an_institutions_own(sector):
        raise ClientNotAcceptable(field, "institution", "a name of this form is an institution's own sector")
    is_its_own = sector == client_id and not asked_for
    if is_its_own and Client.objects.filter(sector=sector).exclude(pk=client_id).exists():
        hint = "clients of a sector of this name know people by one subject: choose another id, or name the sector"
        raise ClientNotAcceptable(field, "sector", hint)
    return sector


def request_client(
    *,
    name: LangString,
    institution_code: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[ScopeUse],
    profile: Profile = Profile.FAPI,
    jwks: Mapping[str, Any] | None = None,
    jwks_uri: str = "",
    secret_until: datetime | None = None,
    post_logout_redirect_uris: Sequence[str] = (),
    backchannel_logout_uri: str = "",
    api_scopes: Sequence[ApiScope] = (),
    is_test: bool = False,
    actor: Actor,
    now: datetime,
) -> RegisteredClient:
    """Register an institution's client that stays closed until another person lets it go live: `approve_client`.

    :raises ClientNotAcceptable: as `register_client` does.
    :raises ClientOutlastsEmergency: if the actor acts under an emergency.
    """
    _refuse_under_emergency(actor)
    with transaction.atomic():
        registered = register_client(
            name=name,
            institution_code=institution_code,
            redirect_uris=redirect_uris,
            scopes=scopes,
            profile=profile,
            jwks=jwks,
            jwks_uri=jwks_uri,
            secret_until=secret_until,
            post_logout_redirect_uris=post_logout_redirect_uris,
            backchannel_logout_uri=backchannel_logout_uri,
            api_scopes=api_scopes,
            is_test=is_test,
            actor=actor,
            now=now,
        )
        Client.objects.filter(pk=registered.id).update(closed_at=now)
    return registered


def move_client(
    *, client_id: str, profile: Profile, exception_until: datetime | None = None, actor: Actor, now: datetime
) -> None:
    """Have a client follow another profile from now on, or give its exception another end. Its subjects stay.

    :raises ClientNotFound: if there is no such client.
    :raises ClientNotAcceptable: if the profile is not for it.
    :raises ClientOutlastsEmergency: if the actor acts under an emergency.
    """
    _refuse_under_emergency(actor)
    rules.check_profile(profile, demo=settings.OPENID.demo)
    ends_at = rules.end_of_exception(profile, asked_for=exception_until, limits=settings.OPENID, now=now)
    with transaction.atomic():
        row = _locked(client_id)
        rules.check_proof_of_profile(profile, AuthMethod(row.auth_method))
        rules.check_terms_of_profile(as_record(row).terms, profile)
        Client.objects.filter(pk=row.pk).update(profile=profile, exception_ends_at=ends_at)
        audit.record(
            action="openid.client_moved",
            subject_kind="client",
            subject_id=row.pk,
            actor=actor,
            now=now,
            details={"profile": profile, "exception_ends_on": ends_at.date().isoformat() if ends_at else ""},
        )


def approve_client(*, client_id: str, seen: str, actor: Actor, now: datetime) -> None:
    """Let a closed client go live, on the terms whose digest (`selectors.clients.digest_of`) the actor has `seen`.

    The audit trail, which nobody can rewrite, says who registered it and who wrote on it.

    :raises ClientNotFound: if there is no such client.
    :raises ApprovedByRegistrar: if the actor registered it, changed it, or gave it other keys or another secret.
    :raises ClientChangedMeanwhile: if it is not what the actor has seen.
    :raises ClientIsSuspended: if it was live before and is suspended.
    :raises ClientOutlastsEmergency: if the actor acts under an emergency.
    """
    _refuse_under_emergency(actor)
    with transaction.atomic():
        row = _locked(client_id)
        if row.suspended_at is not None:
            raise ClientIsSuspended
        for deed in _WRITTEN_BY:
            if actor.id in audit.who_did(action=deed, subject_kind="client", subject_id=row.pk):
                raise ApprovedByRegistrar
        if rules.digest_of(as_record(row).terms) != seen:
            raise ClientChangedMeanwhile
        if row.closed_at is not None:
            Client.objects.filter(pk=row.pk).update(closed_at=None, good_from=now)
            audit.record(
                action="openid.client_approved", subject_kind="client", subject_id=row.pk, actor=actor, now=now
            )


def close_client(*, client_id: str, actor: Actor, now: datetime) -> None:
    """Refuse everything that this client asks, from now on; what it was granted ends, and it is told which sessions do.

    :raises ClientNotFound: if there is no such client.
    """
    with transaction.atomic():
        row = _locked(client_id)
        if row.closed_at is None or row.suspended_at is not None:
            Client.objects.filter(pk=row.pk).update(closed_at=now, suspended_at=None, suspended_for="")
            audit.record(action="openid.client_closed", subject_kind="client", subject_id=row.pk, actor=actor, now=now)
            publish(ClientClosed(client_id=row.pk, closed_at=now.isoformat(), after_grant=0), now=now)


def reopen_client(*, client_id: str, actor: Actor, now: datetime) -> None:
    """Answer this client again. Codes and access tokens of before it was closed stay dead.

    :raises ClientNotFound: if there is no such client.
    :raises ClientIsSuspended: if it was closed for a time only.
    :raises ClientOutlastsEmergency: if the actor acts under an emergency.
    """
    _refuse_under_emergency(actor)
    with transaction.atomic():
        row = _locked(client_id)
        if row.suspended_at is not None:
            raise ClientIsSuspended
        if row.closed_at is not None:
            Client.objects.filter(pk=row.pk).update(closed_at=None, good_from=now)
            audit.record(
                action="openid.client_reopened", subject_kind="client", subject_id=row.pk, actor=actor, now=now
            )


def replace_keys(
    *, client_id: str, jwks: Mapping[str, Any] | None = None, jwks_uri: str = "", actor: Actor, now: datetime
) -> None:
    """Let a client prove itself by other keys (one of the two) from now on; by nothing that it had before.

    One person does it, for keys that leaked cannot wait; who holds them still reaches no citizen without a redirect
    address of the client's, and no `ApiScope` opens more than what a program may know of itself
    (docs/decisions/0005-keys-by-one-person.md).

    :raises ClientNotFound: if there is no such client.
    :raises ClientNotAcceptable: naming what is wrong with the keys or their address.
    :raises ClientOutlastsEmergency: if the actor acts under an emergency: keys that leaked are stopped by suspension.
    """
    _refuse_under_emergency(actor)
    if jwks is None and not jwks_uri:
        raise ClientNotAcceptable("jwks", "keys", "give a key set or its address")
    _check_proof(jwks=jwks, jwks_uri=jwks_uri, secret_until=None, now=now)
    with transaction.atomic():
        row = _locked(client_id)
        rules.check_proof_of_profile(Profile(row.profile), AuthMethod.PRIVATE_KEY_JWT)
        Client.objects.filter(pk=row.pk).update(
            auth_method=AuthMethod.PRIVATE_KEY_JWT,
            jwks=jwks,
            jwks_uri=jwks_uri,
            tls_subject="",
            secret_hash="",
            secret_ends_at=None,
            fetched_jwks=None,
            fetched_at=None,
            fetch_tried_at=None,
        )
        audit.record(action=_KEYS_REPLACED, subject_kind="client", subject_id=row.pk, actor=actor, now=now)


def replace_secret(*, client_id: str, actor: Actor, now: datetime) -> RegisteredClient:
    """Give a client a new secret, to end on the day of the old one, which is good for nothing from now on.

    :raises ClientNotFound: if there is no such client.
    :raises ClientHasNoSecret: if it proves itself by keys.
    :raises ClientNotAcceptable: if the day on which its secret ends is past: it needs keys now.
    :raises ClientOutlastsEmergency: if the actor acts under an emergency.
    """
    _refuse_under_emergency(actor)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        row = _locked(client_id)
        if row.auth_method != AuthMethod.CLIENT_SECRET:
            raise ClientHasNoSecret
        rules.check_secret_end(row.secret_ends_at, now=now)
        Client.objects.filter(pk=row.pk).update(secret_hash=token_hash(secret))
        audit.record(action=_SECRET_REPLACED, subject_kind="client", subject_id=row.pk, actor=actor, now=now)
    return RegisteredClient(row.pk, AuthMethod.CLIENT_SECRET, secret, row.secret_ends_at)


def _name_in_certificate(written: str) -> str:
    if not settings.OPENID.certificates_checked:
        hint = "no proxy of ours checks certificates; see KAPI_CLIENT_CERTIFICATE_VERDICT in the operator's guide"
        raise ClientNotAcceptable("tls_subject", "off", hint)
    return read_name(written)


def _method(profile: Profile, *, has_keys: bool, has_secret: bool, has_certificate: bool) -> AuthMethod:
    if has_certificate and not has_keys:
        return AuthMethod.TLS_CLIENT_AUTH
    if has_keys:
        return AuthMethod.PRIVATE_KEY_JWT
    return AuthMethod.NONE if profile is Profile.NATIVE and not has_secret else AuthMethod.CLIENT_SECRET


def _refuse_under_emergency(actor: Actor) -> None:
    """Let nobody who acts under an emergency give a client, or into a client's hands, what its hour would not end.

    :raises ClientOutlastsEmergency: if the actor does.
    """
    if actor.emergency:
        raise ClientOutlastsEmergency


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
                action=REGISTERED,
                subject_kind="client",
                subject_id=row.pk,
                actor=actor,
                now=now,
                details={"profile": row.profile, "auth_method": row.auth_method, "scopes": sorted(row.scopes)},
            )
    except IntegrityError:
        raise ClientNotAcceptable("client_id", "taken", "a client of this id is registered already") from None


def _check_proof(
    *,
    jwks: Mapping[str, Any] | None,
    jwks_uri: str,
    secret_until: datetime | None,
    tls_subject: str = "",
    now: datetime,
) -> None:
    if sum((jwks is not None, bool(jwks_uri), secret_until is not None, bool(tls_subject))) > 1:
        hint = "give one of: a key set, its address, a name in a certificate, a date for a secret"
        raise ClientNotAcceptable("jwks", "both", hint)
    if tls_subject:
        return
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
