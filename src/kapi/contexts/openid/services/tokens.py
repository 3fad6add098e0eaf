"""A code is redeemed once."""

import secrets
from datetime import datetime
from typing import NoReturn

from django.db import transaction

from kapi.contexts.openid.errors import InvalidGrant
from kapi.contexts.openid.models import AccessToken, Grant, RefreshToken
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.client_authentication import refused_by_name
from kapi.contexts.openid.rules.dpop import proof_is_fresh
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
from kapi.contexts.openid.services.client_authentication import Proven, use_up, used_up_if_refused
from kapi.contexts.openid.services.dpop import using_up_proof
from kapi.contexts.openid.services.keys import active_key
from kapi.contexts.openid.services.sharing import share_in_id_token
from kapi.contexts.openid.values.clients import AuthMethod, ClientRecord, Scope
from kapi.contexts.openid.values.tokens import GrantRecord, IssuedTokens
from kapi.foundation.audit import services as audit
from kapi.foundation.keys import token_hash
from kapi.foundation.settled import settings
from kapi.foundation.statements import Change, Slot
from kapi.foundation.turns import Changing, Row, Step
from kapi.kernel.actors import Actor, ActorKind

_CONSUMING = Change(
    lambda: Grant.objects.filter(pk=Slot("grant_id"), consumed_at=None, revoked_at=None), consumed_at=Slot("now")
)


def redeem_code(*, asked: TokenAsked, proven: Proven, actor: Actor, now: datetime) -> IssuedTokens:
    """Use up the code and mint the tokens (RFC 6749, 4.1.3).

    A code that comes twice revokes what the first one got (RFC 6749, 4.1.2). Any other refusal leaves the code as it
    is: its owner may try again while it lives. The audit trail names the client that proved itself, not `actor`.

    :raises ProtocolError: with the error code that the client is told.
    """
    client, proof, openid = asked.client, asked.proof, settings.OPENID
    with used_up_if_refused(proven=proven, actor=actor, now=now):
        for requirement in CODE_REQUIREMENTS:
            requirement(asked)
        redemption = _redemption(asked, now)
        grant = redemption.grant
        code_is_this_clients(redemption)
        acting = {} if grant.is_consumed else _acting_claims_if_good(redemption)
    if grant.is_consumed:
        use_up(proven=proven, actor=actor, now=now)  # who sends one request twice over is not taken for a thief
        _revoke_replayed(grant, client, now)
    key, token_id = proven.signing_key or active_key(actor=actor, now=now), secrets.token_urlsafe(24)
    claims = access_token_claims(grant, token_id=token_id, settings=openid, now=now) | acting | asked.confirmation
    access_token = jwt.sign(claims, typ=jwt.ACCESS_TOKEN, key=key)
    row = Row(
        AccessToken,
        id=token_id,
        token_hash=token_hash(access_token),
        grant_id=grant.id,
        issued_at=now,
        expires_at=now + openid.access_token_lifetime,
    )
    refresh_token = _consume(redemption, row, proven, actor)
    about = id_token_claims(grant, access_token=access_token, settings=openid, now=now) | acting
    if grant.id_token_claims:
        with refused_by_name(client):
            about |= share_in_id_token(grant_id=grant.id, token_id=token_id, actor=actor, now=now)
    return IssuedTokens(
        access_token=access_token,
        id_token=jwt.sign(about, typ=jwt.ID_TOKEN, key=key),
        expires_in_s=int(openid.access_token_lifetime.total_seconds()),
        scope=" ".join(grant.scopes),
        token_type="DPoP" if proof else "Bearer",
        refresh_token=refresh_token,
    )


def _redemption(asked: TokenAsked, now: datetime) -> Redemption:
    found = find_grant(code=asked.parameters["code"], now=now)
    if found is None:
        raise InvalidGrant("the code is not known")
    grant, stands = found
    return Redemption(asked.parameters, asked.client, grant, asked.proof, stands, now)


def _acting_claims_if_good(redemption: Redemption) -> dict[str, object]:
    for requirement in REDEMPTION_REQUIREMENTS:
        requirement(redemption)
    return acting_claims_of(redemption.grant, redemption.client, redemption.now)


def _consume(redemption: Redemption, access: Row, proven: Proven, actor: Actor) -> str:
    """Use up what the client has shown and the code, and write down what it gets for it; return a refresh token.

    There is a refresh token (else nothing) where the person lets the client go on while they are away.
    """
    grant, proof, now, refresh_token = redemption.grant, redemption.proof, redemption.now, ""
    steps: list[Step] = [] if proof is None else [using_up_proof(proof=proof, actor=actor, now=now)]
    steps += [Changing(_CONSUMING, grant_id=grant.id, now=now), access]
    if Scope.OFFLINE_ACCESS in grant.scopes:
        refresh_token, row = _refresh_token(redemption)
        steps.append(row)
    done = use_up(proven=proven, then=steps, actor=actor, now=now)
    with refused_by_name(proven.client):
        proof_is_fresh(proof is None or done > 0)
    if done < len(steps):
        _revoke_replayed(grant, proven.client, now)
    return refresh_token


def _refresh_token(redemption: Redemption) -> tuple[str, Row]:
    """Return a new refresh token, and its row: only a hash is kept.

    Where the client cannot prove itself, the key that it has shown is the one that alone may use it.
    """
    token, proof, has_no_proof = (
        secrets.token_urlsafe(32),
        redemption.proof,
        redemption.client.auth_method is AuthMethod.NONE,
    )
    return token, Row(
        RefreshToken,
        grant_id=redemption.grant.id,
        token_hash=token_hash(token),
        dpop_jkt=proof.thumbprint if has_no_proof and proof else "",
        issued_at=redemption.now,
        expires_at=redemption.now + settings.OPENID.refresh_token_lifetime,
    )


def _revoke_replayed(grant: GrantRecord, client: ClientRecord, now: datetime) -> NoReturn:
    with transaction.atomic():
        if Grant.objects.filter(pk=grant.id, revoked_at=None).update(revoked_at=now):
            audit.record(
                action="openid.code_replayed",
                subject_kind="grant",
                subject_id=str(grant.id),
                actor=Actor(ActorKind.CLIENT, client.id, client.institution_code),
                now=now,
            )
    with refused_by_name(client):
        raise InvalidGrant("the code was used before; what it had given is revoked")
