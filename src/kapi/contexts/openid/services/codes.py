"""Codes are issued."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.models import Grant
from kapi.contexts.openid.rules.approvals import scope_set
from kapi.contexts.openid.rules.authorization import code_parameters
from kapi.contexts.openid.rules.claims import assurance_for, claims_to_give
from kapi.contexts.openid.rules.redirects import with_parameters
from kapi.contexts.openid.services.visits import note_visit
from kapi.contexts.openid.values.authorization import AuthorizationRequest, Next, NextKind
from kapi.contexts.openid.values.clients import ClientRecord, Scope
from kapi.foundation.audit import services as audit
from kapi.foundation.keys import token_hash
from kapi.foundation.statements import insert
from kapi.kernel.actors import Actor


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
    proved = assurance_for(request, session)
    code = secrets.token_urlsafe(32)
    grant_id = insert(
        Grant,
        visit_id=note_visit(client=client, session=session, actor=actor, now=now).pk,
        code_hash=token_hash(code),
        redirect_uri=request.redirect_uri,
        scopes=[scope for scope in shared if scope not in request.claimed],
        claims=claims_to_give(request.claims, shared),
        nonce=request.nonce,
        code_challenge=request.code_challenge,
        dpop_jkt=request.dpop_jkt,
        acr=proved.acr,
        amr=list(proved.amr),
        authenticated_at=proved.proved_at,
        issued_at=now,
        code_expires_at=now + settings.OPENID.code_lifetime,
    )
    audit.record(
        action="openid.code_issued",
        subject_kind="client",
        subject_id=client.id,
        actor=actor,
        now=now,
        details={"session_id": session.session_id, "grant_id": grant_id, "scope": scope_set(shared)},
    )
    url = with_parameters(request.redirect_uri, code_parameters(code, request, settings.OPENID.issuer))
    return Next(NextKind.REDIRECT, url=url)
