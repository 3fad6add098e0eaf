"""What the person decides about an authorization request that waits: yes, no, or not to sign in after all."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import AccessDenied, ProtocolError, TermsChanged
from kapi.contexts.openid.models import Approval, PendingAuthorization
from kapi.contexts.openid.rules.approvals import digest_of, optional_scopes, scope_set, terms_of
from kapi.contexts.openid.rules.authorization import parameters_of, refuse
from kapi.contexts.openid.rules.interaction import WAITING, next_step
from kapi.contexts.openid.rules.principals import asked_of, principal_of
from kapi.contexts.openid.selectors.authorization import request_of
from kapi.contexts.openid.selectors.clients import as_record
from kapi.contexts.openid.selectors.interaction import situation_of
from kapi.contexts.openid.services.codes import issue_code
from kapi.contexts.openid.services.waiting import finish_request, take_waiting
from kapi.contexts.openid.values.authorization import AuthorizationRequest, Decision, Next, Step
from kapi.contexts.openid.values.clients import ClientRecord, Scope
from kapi.foundation.audit import services as audit
from kapi.foundation.settled import settings
from kapi.kernel.actors import Actor


def decide(
    *,
    request_id: str,
    browser: str,
    session: SignedIn,
    decision: Decision,
    consented: frozenset[str] | None = None,
    shown: str = "",
    actor: Actor,
    now: datetime,
) -> Next:
    """Take the person's decision and return where the browser goes: to the client, or to sign in first.

    `consented` are the scopes that a yes includes of those that may be left out (None: all of them); what rests on law
    is shared in any case. `shown` is the digest of the terms that the page had (empty: not said). A yes, and what was
    left out of it, is remembered for this client and what it asked for, on those terms.

    :raises TermsChanged: if a yes was to other terms than those of today.
    :raises RequestGone: if the request is unknown, over, answered, or another browser's.
    """
    row = take_waiting(request_id=request_id, browser=browser, actor=actor, now=now)
    request, client = asked_of(request_of(row.request), session), as_record(row.client)
    try:
        if decision is Decision.DENY:
            return _deny(row, request, actor, now)
        situation = situation_of(request, client, session, pending=row, is_allowed=True, now=now)
        step = next_step(situation)
        if step is not Step.ANSWER:
            return Next(WAITING[step], request_id=row.pk, language=request.language)
        if shown and shown != digest_of(terms_of(client, request.scopes)):
            raise TermsChanged
        optional = optional_scopes(client, request.scopes)
        shared = [scope for scope in request.scopes if consented is None or scope not in optional - consented]
        with transaction.atomic():
            finish_request(row=row, actor=actor, now=now)
            _approve(request, client, session, shared=shared, actor=actor, now=now)
            return issue_code(request=request, client=client, session=session, shared=shared, actor=actor, now=now)
    except ProtocolError as refusal:
        finish_request(row=row, actor=actor, now=now)
        return refuse(refusal, parameters_of(request), settings.OPENID.issuer)


def cancel_authorization(*, request_id: str, browser: str, actor: Actor, now: datetime) -> Next:
    """Send the person back to the client without an answer, because they do not want to sign in after all.

    :raises RequestGone: if the request is unknown, over, answered, or another browser's.
    """
    row = take_waiting(request_id=request_id, browser=browser, actor=actor, now=now)
    request = request_of(row.request)
    with transaction.atomic():
        finish_request(row=row, actor=actor, now=now)
        _record_decision("openid.request_cancelled", request, actor, now)
    return refuse(AccessDenied("the person did not sign in"), parameters_of(request), settings.OPENID.issuer)


def _deny(row: PendingAuthorization, request: AuthorizationRequest, actor: Actor, now: datetime) -> Next:
    with transaction.atomic():
        finish_request(row=row, actor=actor, now=now)
        _record_decision("openid.approval_denied", request, actor, now)
    return refuse(
        AccessDenied("the person did not agree to the sharing"), parameters_of(request), settings.OPENID.issuer
    )


def _approve(
    request: AuthorizationRequest,
    client: ClientRecord,
    session: SignedIn,
    *,
    shared: Sequence[Scope],
    actor: Actor,
    now: datetime,
) -> None:
    left_out = scope_set(set(request.scopes) - set(shared))
    Approval.objects.update_or_create(
        person_id=session.person_id,
        client_id=client.id,
        principal_id=principal_of(session),
        scope=scope_set(request.scopes),
        withdrawn_at=None,
        defaults={"terms": terms_of(client, request.scopes), "left_out": left_out, "given_at": now},
    )
    _record_decision("openid.approval_given", request, actor, now, left_out=left_out)


def _record_decision(
    action: str, request: AuthorizationRequest, actor: Actor, now: datetime, *, left_out: str = ""
) -> None:
    details: dict[str, object] = {"scope": scope_set(request.scopes)}
    audit.record(
        action=action,
        subject_kind="client",
        subject_id=request.client_id,
        actor=actor,
        now=now,
        details=details | ({"left_out": left_out} if left_out else {}),
    )
