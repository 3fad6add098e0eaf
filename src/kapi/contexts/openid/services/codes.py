"""Codes are issued."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.models import Grant, PushedRequest
from kapi.contexts.openid.rules.approvals import scope_set
from kapi.contexts.openid.rules.authorization import code_parameters
from kapi.contexts.openid.rules.claims import assurance_for, claims_to_give
from kapi.contexts.openid.rules.redirects import with_parameters
from kapi.contexts.openid.services.visits import COMING_AGAIN, UNDER_WAY, note_visit
from kapi.contexts.openid.values.authorization import AuthorizationRequest, Next, NextKind
from kapi.contexts.openid.values.clients import ClientRecord, Scope
from kapi.foundation.audit import services as audit
from kapi.foundation.chains import Chain, Inserting, Made, Updating
from kapi.foundation.inserts import insert
from kapi.foundation.keys import token_hash
from kapi.foundation.settled import settings
from kapi.foundation.statements import Slot
from kapi.kernel.actors import Actor

# What was pushed is used up where the visit stands, of which the second link then writes down that it goes on.
_AGAIN = Chain(
    Updating(
        lambda: PushedRequest.objects.filter(UNDER_WAY, pk=Slot("reference_hash"), used_at=None), used_at=Slot("now")
    ),
    COMING_AGAIN,
    Inserting(Grant),
    audit.RECORDING,
)


def issue_code(
    *,
    request: AuthorizationRequest,
    client: ClientRecord,
    session: SignedIn,
    shared: Sequence[Scope],
    actor: Actor,
    now: datetime,
) -> Next:
    """Issue the code for what is shared, in the caller's transaction, which has used up what it answers.

    :raises UnmetAuthenticationRequirements: if the sign-in bears out no `acr` that the client cannot do without.
    """
    code, columns = secrets.token_urlsafe(32), _columns(request, session, shared, now)
    visit = note_visit(client=client, session=session, actor=actor, now=now)
    grant_id = insert(Grant, visit_id=visit.pk, code_hash=token_hash(code), **columns)
    told = _told(client)
    audit.record(**told, details={**_details(session, shared), "grant_id": grant_id}, actor=actor, now=now)
    return _leave(request, code)


def issue_code_again(
    *,
    request: AuthorizationRequest,
    client: ClientRecord,
    session: SignedIn,
    shared: Sequence[Scope],
    pushed_id: str,
    actor: Actor,
    now: datetime,
) -> Next | None:
    """Use up a pushed request and issue the code where the session has visited the client for itself before.

    Return None, and change nothing, where it has not, where the visit is over, and where the request was used before.
    It needs no transaction.

    :raises UnmetAuthenticationRequirements: if the sign-in bears out no `acr` that the client cannot do without.
    """
    if session.acting_for is not None:
        return None
    code, visit = secrets.token_urlsafe(32), {"session_id": session.session_id, "client_id": client.id}
    columns = _columns(request, session, shared, now)
    recorded = audit.columns_of(
        **_told(client),
        details=_details(session, shared),
        with_key=("grant_id", Made(2)),
        actor=actor,
        now=now,
    )
    used_up = {"reference_hash": pushed_id, "now": now} | visit
    come_again = {"now": now} | visit
    if (
        _AGAIN.make(used_up, come_again, {"visit_id": Made(1), "code_hash": token_hash(code), **columns}, recorded)
        is None
    ):
        return None
    return _leave(request, code)


def _columns(
    request: AuthorizationRequest, session: SignedIn, shared: Sequence[Scope], now: datetime
) -> dict[str, object]:
    proved = assurance_for(request, session)
    return {
        "redirect_uri": request.redirect_uri,
        "scopes": [scope for scope in shared if scope not in request.claimed],
        "claims": claims_to_give(request.claims, shared),
        "nonce": request.nonce,
        "code_challenge": request.code_challenge,
        "dpop_jkt": request.dpop_jkt,
        "acr": proved.acr,
        "amr": list(proved.amr),
        "authenticated_at": proved.proved_at,
        "issued_at": now,
        "code_expires_at": now + settings.OPENID.code_lifetime,
    }


def _told(client: ClientRecord) -> dict[str, str]:
    return {"action": "openid.code_issued", "subject_kind": "client", "subject_id": client.id}


def _details(session: SignedIn, shared: Sequence[Scope]) -> dict[str, object]:
    return {"session_id": session.session_id, "scope": scope_set(shared)}


def _leave(request: AuthorizationRequest, code: str) -> Next:
    url = with_parameters(request.redirect_uri, code_parameters(code, request, settings.OPENID.issuer))
    return Next(NextKind.REDIRECT, url=url)
