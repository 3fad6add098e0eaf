"""Introspection and revocation: only for the client that a token was issued to."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from kapi.contexts.openid.errors import InvalidRequest, TokenNotReadable
from kapi.contexts.openid.models import Grant, MachineToken
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.client_authentication import as_registered_now, client_can_prove_itself, refused_by_name
from kapi.contexts.openid.rules.clients import given_since_opening
from kapi.contexts.openid.rules.own_tokens import (
    KNOWN,
    REQUIREMENTS,
    introspection,
    introspection_claims,
    is_in_time,
    refresh_introspection,
)
from kapi.contexts.openid.rules.parameters import parse_pairs, read_parameters
from kapi.contexts.openid.selectors.access_tokens import (
    Shown,
    finding_standing,
    read_shown,
    stands_by_signature,
)
from kapi.contexts.openid.selectors.refreshing import find_refresh
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.client_authentication import (
    Proven,
    prove_client,
    use_up,
    used_up_if_refused,
)
from kapi.contexts.openid.services.keys import active_key
from kapi.contexts.openid.values.clients import ClientRecord
from kapi.contexts.openid.values.tokens import RefreshRecord, TokenRequest
from kapi.foundation.audit import services as audit
from kapi.foundation.settled import settings
from kapi.foundation.statements import Question, Slot
from kapi.kernel.actors import Actor, ActorKind

_OF_MACHINE = Question(
    lambda: MachineToken.objects.filter(pk=Slot("id"), revoked_at=None).values_list("issued_at", flat=True)
)
_NOTHING: dict[str, Any] = {"active": False}


@as_registered_now
def introspect_token(*, request: TokenRequest, actor: Actor, now: datetime) -> dict[str, Any]:
    """Tell a client about an access token of its own (RFC 7662): `active`, and what the token says.

    What is over, revoked, another client's or no token at all is not active, and nothing more is said about it.

    :raises ProtocolError: with the error code that the client is told.
    """
    return _introspected(request, actor, now)[1]


@as_registered_now
def introspect_token_signed(*, request: TokenRequest, actor: Actor, now: datetime) -> str:
    """Tell a client the same as a JWT that we sign (RFC 9701), so that it can prove later what it was told.

    :raises ProtocolError: with the error code that the client is told.
    :raises KeyStoreUnavailable: if there is no key to sign with, and none can be made.
    """
    client, told = _introspected(request, actor, now)
    claims = introspection_claims(told, client_id=client.id, settings=settings.OPENID, now=now)
    return jwt.sign(claims, typ=jwt.INTROSPECTION, key=active_key(actor=actor, now=now))


@as_registered_now
def revoke_token(*, request: TokenRequest, actor: Actor, now: datetime) -> None:
    """Take back an access or refresh token and all that was given with it (RFC 7009).

    A token that is none is a done deed.

    :raises InvalidRequest: if the token is another client's.
    :raises ProtocolError: with the error code that the client is told.
    """
    proven, token = _asked(request, actor, now)
    use_up(proven=proven, actor=actor, now=now)
    client = proven.client
    refresh = find_refresh(token=token)
    if refresh is not None:
        _check_owner(refresh.client_id, client)
        _revoke(Grant.objects.filter(pk=refresh.grant_id), client, {"grant_id": refresh.grant_id}, now)
        return
    claims = _claims_of(token)
    if claims is None:
        return
    _check_owner(claims["client_id"], client)
    told: dict[str, object] = {"token_id": claims["jti"]}
    _revoke(Grant.objects.filter(accesstoken=claims["jti"]), client, told, now)
    _revoke(MachineToken.objects.filter(pk=claims["jti"]), client, told, now)


def _check_owner(client_id: str, client: ClientRecord) -> None:
    with refused_by_name(client):
        if client_id != client.id:
            raise InvalidRequest("the token was not issued to this client")


def _revoke(
    rows: QuerySet[Grant] | QuerySet[MachineToken], client: ClientRecord, details: dict[str, object], now: datetime
) -> None:
    with transaction.atomic():
        if rows.filter(revoked_at=None).update(revoked_at=now):
            audit.record(
                action="openid.token_revoked",
                subject_kind="client",
                subject_id=client.id,
                actor=Actor(ActorKind.CLIENT, client.id, client.institution_code),
                now=now,
                details=details,
            )


def _asked(request: TokenRequest, actor: Actor, now: datetime) -> tuple[Proven, str]:
    """Return who asks, whose assertion is not used up yet, and the token."""
    parameters = read_parameters(parse_pairs(request.form), KNOWN)
    proven = prove_client(request=request, parameters=parameters, actor=actor, now=now)
    with used_up_if_refused(proven=proven, actor=actor, now=now):
        for requirement in REQUIREMENTS:
            requirement(parameters)
    return proven, parameters["token"]


def _introspected(request: TokenRequest, actor: Actor, now: datetime) -> tuple[ClientRecord, dict[str, Any]]:
    proven, token = _asked(request, actor, now)
    client = proven.client
    client_can_prove_itself(client)
    shown = _shown_by_its_client(token, client, now)
    is_of_person = shown is not None and shown.claims.get("aud") == settings.OPENID.issuer
    steps = [finding_standing(shown)] if shown and is_of_person else []
    stands = use_up(proven=proven, then=steps, actor=actor, now=now) > 0
    if shown is None:
        # A refresh token of ours has no dots, and every JWT has two.
        refresh = find_refresh(token=token) if "." not in token else None
        return client, _NOTHING if refresh is None else _told_of(refresh, client, now)
    if not stands:
        stands = stands_by_signature(shown) if is_of_person else _machine_token_stands(shown, client)
    return client, introspection(shown.claims) if stands else _NOTHING


def _shown_by_its_client(token: str, client: ClientRecord, now: datetime) -> Shown | None:
    """Return a token that says that it is this client's, and not over; nobody has vouched for it yet."""
    try:
        shown = read_shown(token)
    except TokenNotReadable:
        return None
    return shown if shown.claims.get("client_id") == client.id and is_in_time(shown.claims, now) else None


def _told_of(refresh: RefreshRecord, client: ClientRecord, now: datetime) -> dict[str, Any]:
    if refresh.client_id != client.id or refresh.revoked_at is not None or now >= refresh.expires_at:
        return _NOTHING
    return refresh_introspection(refresh, settings.OPENID.issuer)


def _machine_token_stands(shown: Shown, client: ClientRecord) -> bool:
    """Tell whether a token that a client got for itself is ours, and was not taken back."""
    if _claims_of(shown.token) is None:
        return False
    given_at = _OF_MACHINE.first(id=shown.claims["jti"])
    return given_at is not None and given_since_opening(given_at, client.good_from)


def _claims_of(token: str) -> jwt.Claims | None:
    try:
        return read_own(token, typ=jwt.ACCESS_TOKEN)
    except TokenNotReadable:
        return None
