"""A code is redeemed once."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction

from kapi.contexts.identity.selectors import is_session_under_way
from kapi.contexts.identity.values import SessionId
from kapi.contexts.openid.errors import InvalidGrant
from kapi.contexts.openid.models import AccessToken, Grant, RefreshToken
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.tokens import (
    CODE_REQUIREMENTS,
    REDEMPTION_REQUIREMENTS,
    Redemption,
    TokenAsked,
    access_token_claims,
    code_is_this_clients,
    id_token_claims,
)
from kapi.contexts.openid.selectors.principals import acting_claims_of
from kapi.contexts.openid.selectors.tokens import find_grant
from kapi.contexts.openid.services.dpop import use_up_proof
from kapi.contexts.openid.services.keys import active_key
from kapi.contexts.openid.services.sharing import share_in_id_token
from kapi.contexts.openid.values.authorization import Parameters
from kapi.contexts.openid.values.clients import AuthMethod, ClientRecord, Scope
from kapi.contexts.openid.values.dpop import Proof
from kapi.contexts.openid.values.tokens import GrantRecord, IssuedTokens
from kapi.foundation.audit import services as audit
from kapi.foundation.chains import Chain, Inserting, Updating
from kapi.foundation.keys import token_hash
from kapi.foundation.statements import Slot
from kapi.kernel.actors import Actor, ActorKind

_CONSUMING = Updating(
    lambda: Grant.objects.filter(pk=Slot("grant_id"), consumed_at=None, revoked_at=None), consumed_at=Slot("now")
)
_ISSUE = Chain(_CONSUMING, Inserting(AccessToken))
_ISSUE_FOR_LONGER = Chain(_CONSUMING, Inserting(AccessToken), Inserting(RefreshToken))


def redeem_code(*, asked: TokenAsked, actor: Actor, now: datetime) -> IssuedTokens:
    """Use up the code and mint the tokens (RFC 6749, 4.1.3).

    A code that comes twice revokes what the first one got (RFC 6749, 4.1.2). Any other refusal leaves the code as it
    is: its owner may try again while it lives. The audit trail names the client that proved itself, not `actor`.

    :raises ProtocolError: with the error code that the client is told.
    """
    for requirement in CODE_REQUIREMENTS:
        requirement(asked)
    parameters, client, proof = asked.parameters, asked.client, asked.proof
    grant = _grant_for(parameters, client, proof, now)
    if proof is not None:
        use_up_proof(proof=proof, actor=actor, now=now)
    acting = acting_claims_of(grant, client, now)
    key, token_id, openid = active_key(actor=actor, now=now), secrets.token_urlsafe(24), settings.OPENID
    claims = access_token_claims(grant, token_id=token_id, settings=openid, now=now) | acting | asked.confirmation
    access_token = jwt.sign(claims, typ=jwt.ACCESS_TOKEN, key=key)
    refresh_token = _consume(grant, asked, token_id, access_token, now)
    about = id_token_claims(grant, access_token=access_token, settings=openid, now=now) | acting
    if grant.id_token_claims:
        about |= share_in_id_token(grant_id=grant.id, token_id=token_id, actor=actor, now=now)
    return IssuedTokens(
        access_token=access_token,
        id_token=jwt.sign(about, typ=jwt.ID_TOKEN, key=key),
        expires_in_s=int(openid.access_token_lifetime.total_seconds()),
        scope=" ".join(grant.scopes),
        token_type="DPoP" if proof else "Bearer",
        refresh_token=refresh_token,
    )


def _grant_for(parameters: Parameters, client: ClientRecord, proof: Proof | None, now: datetime) -> GrantRecord:
    grant = find_grant(code=parameters["code"])
    if grant is None:
        raise InvalidGrant("the code is not known")
    stands = is_session_under_way(session_id=SessionId(grant.session_id), now=now)
    redemption = Redemption(parameters, client, grant, proof, stands, now)
    code_is_this_clients(redemption)
    if grant.is_consumed:
        _revoke_replayed(grant, client, now)
    for requirement in REDEMPTION_REQUIREMENTS:
        requirement(redemption)
    return grant


def _consume(grant: GrantRecord, asked: TokenAsked, token_id: str, access_token: str, now: datetime) -> str:
    """Use up the code by one statement before anything is given, and write down what is; return a refresh token.

    There is a refresh token (else nothing) where the person lets the client go on while they are away.
    """
    consumed = {"grant_id": grant.id, "now": now}
    access = {
        "id": token_id,
        "token_hash": token_hash(access_token),
        "grant_id": grant.id,
        "issued_at": now,
        "expires_at": now + settings.OPENID.access_token_lifetime,
    }
    if Scope.OFFLINE_ACCESS in grant.scopes:
        refresh_token, columns = _refresh_token(grant, asked, now)
        is_first = _ISSUE_FOR_LONGER.make(consumed, access, columns) is not None
    else:
        refresh_token = ""
        is_first = _ISSUE.make(consumed, access) is not None
    if not is_first:
        _revoke_replayed(grant, asked.client, now)
    return refresh_token


def _refresh_token(grant: GrantRecord, asked: TokenAsked, now: datetime) -> tuple[str, dict[str, object]]:
    """Return a new refresh token, and the columns of its row: only a hash is kept.

    Where the client cannot prove itself, the key that it has shown is the one that alone may use it.
    """
    token, has_no_proof = secrets.token_urlsafe(32), asked.client.auth_method is AuthMethod.NONE
    return token, {
        "grant_id": grant.id,
        "token_hash": token_hash(token),
        "dpop_jkt": asked.proof.thumbprint if has_no_proof and asked.proof else "",
        "issued_at": now,
        "expires_at": now + settings.OPENID.refresh_token_lifetime,
    }


def _revoke_replayed(grant: GrantRecord, client: ClientRecord, now: datetime) -> None:
    with transaction.atomic():
        if Grant.objects.filter(pk=grant.id, revoked_at=None).update(revoked_at=now):
            audit.record(
                action="openid.code_replayed",
                subject_kind="grant",
                subject_id=str(grant.id),
                actor=Actor(ActorKind.CLIENT, client.id, client.institution_code),
                now=now,
            )
    raise InvalidGrant("the code was used before; what it had given is revoked")
