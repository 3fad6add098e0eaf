"""Reading what we signed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kapi.contexts.identity.selectors import moments_of_standing, where_session_is_under_way
from kapi.contexts.openid.errors import InvalidDpopProof, InvalidToken, TokenNotReadable
from kapi.contexts.openid.models import Grant
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.dpop import read_proof
from kapi.contexts.openid.rules.tokens import token_is_presented_by_its_holder
from kapi.contexts.openid.selectors.keys import verification_key
from kapi.contexts.openid.values.clients import Attribute, Scope
from kapi.contexts.openid.values.dpop import Proof, ShownProof
from kapi.contexts.openid.values.tokens import GrantRecord, IdTokenHint, PresentedToken
from kapi.foundation.keys import token_hash
from kapi.foundation.settled import settings
from kapi.foundation.statements import Question, Slot

_COLUMNS = (
    *("pk", "redirect_uri", "scopes", "claims", "nonce", "code_challenge", "dpop_jkt", "acr", "amr"),
    *("authenticated_at", "issued_at", "code_expires_at", "consumed_at", "revoked_at"),
    *("visit__client_id", "visit__person_id", "visit__session_id", "visit__subject", "visit__sid"),
    *("visit__principal_id", "visit__agent_subject"),
)
_GRANT = Question(
    lambda: (
        Grant.objects.filter(code_hash=Slot("code_hash"))
        .annotate(stands=where_session_is_under_way("visit__session_id"))
        .values_list(*_COLUMNS, "stands")
    )
)


def read_own(token: str, *, typ: str) -> jwt.Claims:
    """Return the claims of a JWT that we signed, of whatever age.

    :raises TokenNotReadable: if it is not ours or not of this type.
    """
    header = jwt.header_of(token)
    if header.get("typ") != typ:
        raise TokenNotReadable("type")
    key = verification_key(kid=header.get("kid"))
    if key is None:
        raise TokenNotReadable("key")
    claims = jwt.read(token, keys=[key], algorithms=[jwt.SIGNING_ALGORITHM])
    if claims.get("iss") != settings.OPENID.issuer:
        raise TokenNotReadable("issuer")
    return claims


def read_presented(
    presented: PresentedToken, *, shown: ShownProof | None, certificate: str, now: datetime
) -> tuple[jwt.Claims, Proof | None]:
    """Return what an access token of ours says, and the proof that it came with, which is not used up yet.

    :raises InvalidToken: if it is not ours, or bound to a key or certificate and not presented by its holder.
    :raises InvalidDpopProof: if it comes as DPoP without a good proof.
    :raises UseDpopNonce: if the proof lacks only our nonce.
    """
    try:
        claims = read_own(presented.token, typ=jwt.ACCESS_TOKEN)
    except TokenNotReadable:
        raise InvalidToken("the access token is not one of ours") from None
    proof = read_proof_beside(presented, shown=shown, now=now)
    token_is_presented_by_its_holder(claims, presented, proof, certificate)
    return claims, proof


def read_proof_beside(presented: PresentedToken, *, shown: ShownProof | None, now: datetime) -> Proof | None:
    """Return the proof that an access token came with, which is not used up yet; None where it came without.

    :raises InvalidDpopProof: if it comes as DPoP without a good proof.
    :raises UseDpopNonce: if the proof lacks only our nonce.
    """
    if not presented.as_dpop:
        return None
    if shown is None:
        raise InvalidDpopProof("the header DPoP with a proof is missing")
    return read_proof(shown, access_token=presented.token, settings=settings.OPENID, now=now)


def read_hint(token: str) -> IdTokenHint | None:
    """Return what an ID token of ours says, expired or not; None if it is not one."""
    try:
        claims = read_own(token, typ=jwt.ID_TOKEN)
    except TokenNotReadable:
        return None
    return IdTokenHint(client_id=claims["aud"], subject=claims["sub"], sid=claims["sid"])


def find_grant(*, code: str, now: datetime) -> tuple[GrantRecord, bool] | None:
    """Return what a code stands for, good or not, and whether the session is under way that it came of. One query."""
    row = _GRANT.first(code_hash=token_hash(code), **moments_of_standing(now))
    if row is None:
        return None
    *columns, stands = row
    return _grant(columns), stands


def _grant(columns: Sequence[Any]) -> GrantRecord:
    pk, redirect_uri, scopes, claims, nonce, code_challenge, dpop_jkt, acr, amr, *others = columns
    authenticated_at, issued_at, code_expires_at, consumed_at, revoked_at, *visit = others
    client_id, person_id, session_id, subject, sid, principal_id, agent_subject = visit
    return GrantRecord(
        id=pk,
        client_id=client_id,
        person_id=person_id,
        session_id=session_id,
        subject=subject,
        sid=sid,
        redirect_uri=redirect_uri,
        scopes=tuple(Scope(name) for name in scopes),
        nonce=nonce,
        code_challenge=code_challenge,
        dpop_jkt=dpop_jkt,
        acr=acr,
        amr=tuple(amr),
        authenticated_at=authenticated_at,
        issued_at=issued_at,
        code_expires_at=code_expires_at,
        is_consumed=consumed_at is not None,
        is_revoked=revoked_at is not None,
        id_token_claims=tuple(Attribute(name) for name in (claims or {}).get("id_token", ())),
        principal_id=principal_id,
        agent_subject=agent_subject,
    )
