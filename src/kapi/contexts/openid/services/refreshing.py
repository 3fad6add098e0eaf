"""Going on while the person is away: refresh tokens, given with `offline_access`, used again and again, taken back."""

import secrets
from datetime import datetime

from django.db import transaction

from kapi.contexts.identity.values import AccountState
from kapi.contexts.openid.errors import InvalidGrant
from kapi.contexts.openid.models import AccessToken, Grant
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.client_authentication import refused_by_name
from kapi.contexts.openid.rules.dpop import proof_is_fresh
from kapi.contexts.openid.rules.refreshing import (
    REFRESH_REQUIREMENTS,
    REQUIREMENTS,
    Refreshing,
    scopes_to_give,
)
from kapi.contexts.openid.rules.tokens import TokenAsked, access_token_claims
from kapi.contexts.openid.selectors.principals import acting_claims_of
from kapi.contexts.openid.selectors.refreshing import find_refresh, still_agreed_to
from kapi.contexts.openid.services.client_authentication import Proven, use_up, used_up_if_refused
from kapi.contexts.openid.services.dpop import using_up_proof
from kapi.contexts.openid.services.keys import active_key
from kapi.contexts.openid.values.dpop import Proof
from kapi.contexts.openid.values.tokens import IssuedTokens, RefreshRecord
from kapi.foundation.audit import services as audit
from kapi.foundation.keys import token_hash
from kapi.foundation.settled import settings
from kapi.foundation.turns import Row, Step
from kapi.kernel.actors import Actor


def refresh_access(*, asked: TokenAsked, proven: Proven, actor: Actor, now: datetime) -> IssuedTokens:
    """Give a client another access token while the person is away (RFC 6749, 6).

    The refresh token stays what it is: however often and at once it comes, each time is good. There is no ID token,
    for nobody has signed in; `auth_time` and `acr` of the access token are those of the person's last sign-in there.

    :raises ProtocolError: with the error code that the client is told.
    """
    with used_up_if_refused(proven=proven, actor=actor, now=now):
        for requirement in REQUIREMENTS:
            requirement(asked)
        record = find_refresh(token=asked.parameters["refresh_token"])
        if record is None:
            raise InvalidGrant("the refresh token is not known")
        refreshing = _situation(asked, record, now)
        for rule in REFRESH_REQUIREMENTS:
            rule(refreshing)
        acting = acting_claims_of(record, asked.client, now)
    grant, openid = record._replace(scopes=scopes_to_give(refreshing)), settings.OPENID
    scope, lifetime = " ".join(grant.scopes), openid.access_token_lifetime
    key = proven.signing_key or active_key(actor=actor, now=now)
    token_id = secrets.token_urlsafe(24)
    claims = access_token_claims(grant, token_id=token_id, settings=openid, now=now) | acting | asked.confirmation
    access_token = jwt.sign(claims, typ=jwt.ACCESS_TOKEN, key=key)
    row = Row(
        AccessToken,
        id=token_id,
        token_hash=token_hash(access_token),
        grant_id=grant.grant_id,
        scope=scope,
        issued_at=now,
        expires_at=now + lifetime,
    )
    _write_down(row, asked.proof, proven, actor, now)
    return IssuedTokens(
        access_token=access_token,
        expires_in_s=int(lifetime.total_seconds()),
        scope=scope,
        token_type="DPoP" if asked.proof else "Bearer",
    )


def end_offline_access(*, person_id: int, actor: Actor, now: datetime) -> int:
    """Take back every refresh token of a person, and what was given with it; return how many there were."""
    rows = Grant.objects.filter(visit__person_id=person_id, revoked_at=None, refreshtoken__isnull=False)
    with transaction.atomic():
        ended = rows.update(revoked_at=now)
        if ended:
            audit.record(
                action="openid.offline_access_ended",
                subject_kind="person",
                subject_id=str(person_id),
                actor=actor,
                now=now,
                details={"grants": ended},
            )
    return ended


def _situation(asked: TokenAsked, record: RefreshRecord, now: datetime) -> Refreshing:
    return Refreshing(
        asked=asked,
        record=record,
        agreed=still_agreed_to(record, asked.client),
        account_is_active=record.account_state == AccountState.ACTIVE,
        now=now,
    )


def _write_down(row: Row, proof: Proof | None, proven: Proven, actor: Actor, now: datetime) -> None:
    """Use up what the client has shown, and write down the token that it is to get."""
    steps: list[Step] = [] if proof is None else [using_up_proof(proof=proof, actor=actor, now=now)]
    steps.append(row)
    done = use_up(proven=proven, then=steps, actor=actor, now=now)
    with refused_by_name(proven.client):
        proof_is_fresh(done == len(steps))
