"""Programs act by themselves: a client gets a token, and shows it at the institutions' API."""

import secrets
from collections.abc import Collection
from datetime import UTC, datetime

from kapi.contexts.openid.errors import InsufficientScope, InvalidDpopProof, InvalidToken
from kapi.contexts.openid.models import MachineToken
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.client_authentication import refused_by_name
from kapi.contexts.openid.rules.clients import given_since_opening
from kapi.contexts.openid.rules.dpop import proof_is_fresh
from kapi.contexts.openid.rules.machine_tokens import (
    API_REQUIREMENTS,
    REQUIREMENTS,
    Brought,
    machine_token_claims,
    scopes_asked_for,
)
from kapi.contexts.openid.rules.tokens import TokenAsked, presented_token, token_comes_in_the_header_alone
from kapi.contexts.openid.selectors.tokens import read_presented
from kapi.contexts.openid.services.client_authentication import Proven, use_up, used_up_if_refused
from kapi.contexts.openid.services.dpop import use_up_proof, using_up_proof
from kapi.contexts.openid.services.keys import active_key
from kapi.contexts.openid.services.limits import count_bad_token, counting_machine_token, refuse_machine_token
from kapi.contexts.openid.values.clients import ApiScope
from kapi.contexts.openid.values.dpop import ShownProof
from kapi.contexts.openid.values.tokens import ApiCaller, IssuedTokens, PresentedToken
from kapi.foundation.settled import settings
from kapi.foundation.turns import Row
from kapi.kernel.actors import Actor


def issue_machine_token(*, asked: TokenAsked, proven: Proven, actor: Actor, now: datetime) -> IssuedTokens:
    """Give a client a token for itself (RFC 6749, 4.4), for the API alone, as short-lived as every access token.

    :raises ProtocolError: with the error code that the client is told.
    """
    with used_up_if_refused(proven=proven, actor=actor, now=now):
        for requirement in REQUIREMENTS:
            requirement(asked)
    client, proof, scopes, openid = asked.client, asked.proof, scopes_asked_for(asked), settings.OPENID
    key = proven.signing_key or active_key(actor=actor, now=now)
    token_id, scope = secrets.token_urlsafe(24), " ".join(scopes)
    steps = [counting_machine_token(client_id=client.id, actor=actor, now=now)]
    if proof is not None:
        steps.append(using_up_proof(proof=proof, actor=actor, now=now))
    lifetime = openid.access_token_lifetime
    steps.append(
        Row(MachineToken, id=token_id, client_id=client.id, scope=scope, issued_at=now, expires_at=now + lifetime)
    )
    done = use_up(proven=proven, then=steps, actor=actor, now=now)
    with refused_by_name(client):
        if not done:
            refuse_machine_token(client_id=client.id, actor=actor, now=now)
        proof_is_fresh(done == len(steps))
    claims = machine_token_claims(client_id=client.id, scopes=scopes, token_id=token_id, settings=openid, now=now)
    return IssuedTokens(
        access_token=jwt.sign(claims | asked.confirmation, typ=jwt.ACCESS_TOKEN, key=key),
        expires_in_s=int(lifetime.total_seconds()),
        scope=scope,
        token_type="DPoP" if proof else "Bearer",
    )


def accept_machine_token(
    *,
    authorization: str,
    sent: Collection[str] = (),
    proof: ShownProof | None = None,
    certificate: str = "",
    needed: ApiScope,
    address: str = "",
    actor: Actor,
    now: datetime,
) -> ApiCaller:
    """Return the program that calls the API with a good token for what it wants (RFC 6750, RFC 9449).

    `authorization` is the header as it came, `sent` the names of the parameters beside it, `certificate` the thumbprint
    of that of the connection. A token is good no longer than its client is open, and for nothing that was taken from
    the client since. Bad ones are counted by the origin of `address` (empty: not known).

    :raises TokenMissing: if there is no token in the header.
    :raises InvalidRequest: if the header names our scheme and does not hold one token, or a token comes elsewhere.
    :raises InvalidToken: if it is not good (any more), or bound to a key and not presented by it.
    :raises InsufficientScope: if it is good, but not for what is `needed`.
    :raises InvalidDpopProof: if it comes as DPoP without a good proof.
    :raises UseDpopNonce: if the proof lacks only our nonce.
    :raises TooManyRequests: if token or proof is not good, too often.
    """
    token_comes_in_the_header_alone(sent)
    presented = presented_token(authorization)
    try:
        caller = _caller(presented, proof, certificate, actor, now)
    except (InvalidToken, InvalidDpopProof):
        count_bad_token(address=address, actor=actor, now=now)
        raise
    if needed not in caller.scopes:
        raise InsufficientScope(needed)
    return caller


def _caller(
    presented: PresentedToken, shown: ShownProof | None, certificate: str, actor: Actor, now: datetime
) -> ApiCaller:
    claims, proof = read_presented(presented, shown=shown, certificate=certificate, now=now)
    for requirement in API_REQUIREMENTS:
        requirement(Brought(claims, settings.OPENID, now))
    row = MachineToken.objects.select_related("client").filter(pk=claims["jti"]).first()
    if row is None or row.revoked_at is not None or row.client.closed_at is not None:
        raise InvalidToken("the access token was revoked")
    if not given_since_opening(row.issued_at, row.client.good_from):
        raise InvalidToken("the access token was revoked")
    if proof is not None:
        use_up_proof(proof=proof, actor=actor, now=now)
    granted = set(row.scope.split()) & set(row.client.api_scopes.split())
    return ApiCaller(
        client_id=row.client_id,
        institution_code=row.client.institution_id or "",
        scopes=frozenset(ApiScope(name) for name in granted),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )
