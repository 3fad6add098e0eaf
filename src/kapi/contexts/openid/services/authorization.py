"""Authorization requests: received, kept while the person signs in and decides, answered once."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from kapi.contexts.identity.selectors import attainable_acrs, provable_acrs
from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import (
    AccessDenied,
    ProtocolError,
    RequestGone,
    TermsChanged,
)
from kapi.contexts.openid.models import (
    Approval,
    Grant,
    LogoutDelivery,
    PendingAuthorization,
    PrincipalSubject,
    PushedRequest,
    Subject,
    Visit,
)
from kapi.contexts.openid.rules.approvals import digest_of, optional_scopes, scope_set, terms_of
from kapi.contexts.openid.rules.authorization import (
    KNOWN,
    REQUIREMENTS,
    Asked,
    client_is_answered,
    code_parameters,
    error_parameters,
    read_request,
    redirect_uri_is_registered,
)
from kapi.contexts.openid.rules.claims import assurance_for, claims_to_give
from kapi.contexts.openid.rules.interaction import Situation, next_step
from kapi.contexts.openid.rules.parameters import parse_pairs, read_parameters
from kapi.contexts.openid.rules.principals import asked_of
from kapi.contexts.openid.rules.pushed import (
    USE_REQUIREMENTS,
    Use,
    is_reference,
    reference_is_known,
    reference_stands_alone,
)
from kapi.contexts.openid.rules.redirects import is_loopback, is_redirect_of, with_parameters
from kapi.contexts.openid.selectors.authorization import (
    find_pushed,
    request_of,
    scopes_agreed_to,
    stored_request,
    waiting,
)
from kapi.contexts.openid.selectors.clients import as_record, find_client
from kapi.contexts.openid.selectors.principals import standing_of, subject_in, subjects_within_reach
from kapi.contexts.openid.selectors.tokens import read_hint
from kapi.contexts.openid.values.authorization import (
    AuthorizationRequest,
    Decision,
    Next,
    NextKind,
    Parameters,
    Refused,
    Step,
)
from kapi.contexts.openid.values.clients import ClientRecord, Profile, Scope
from kapi.foundation.audit import services as audit
from kapi.foundation.keys import token_hash
from kapi.foundation.statements import Change, Question, Slot, insert
from kapi.kernel.actors import Actor

_USE_UP = Change(lambda: PushedRequest.objects.filter(pk=Slot("reference_hash"), used_at=None), used_at=Slot("now"))
_OWN_VISIT = Question(
    lambda: Visit.objects.select_related("logoutdelivery").filter(
        session_id=Slot("session_id"), client_id=Slot("client_id"), principal_id=None
    )
)
_COME_AGAIN = Change(lambda: Visit.objects.filter(pk=Slot("visit_id"), last_at__lt=Slot("now")), last_at=Slot("now"))
_WAITING = {
    Step.SIGN_IN: NextKind.SIGN_IN,
    Step.STRENGTHEN: NextKind.STRENGTHEN,
    Step.CHOOSE: NextKind.CHOOSE,
    Step.APPROVE: NextKind.APPROVE,
}


def start_authorization(*, encoded: bytes, browser: str, session: SignedIn | None, actor: Actor, now: datetime) -> Next:
    """Take a request that came with our cookies (GET: `encoded` is the query) and say what the browser has to do next.

    `browser` is the secret of the browser's own cookie, to which a request that has to wait is tied.

    :raises InvalidRequest: if parameters cannot be read; shown as a page.
    :raises UnknownClient: shown as a page.
    :raises ClientSuspended: shown as a page.
    :raises RedirectUriNotRegistered: shown as a page.
    :raises InvalidRequestUri: if it stands for no pushed request that can be used; shown as a page.
    :raises RequestGone: if a pushed request is answered in this very moment by another browser window.
    """
    received = _receive(encoded, now)
    if isinstance(received, Next):
        return received
    try:
        return _go_on(received, session, pending=None, browser=browser, now=now, actor=actor)
    except ProtocolError as refusal:
        _use_up(received.pushed_id, now)
        return _refuse(refusal, _parameters_of(received.request))


def begin_authorization(
    *,
    request: AuthorizationRequest,
    client: ClientRecord,
    browser: str,
    session: SignedIn | None,
    actor: Actor,
    now: datetime,
) -> Next:
    """Begin with a request that another way of asking has read and held against its own requirements."""
    try:
        return _go_on(_Received(request, client), session, pending=None, browser=browser, now=now, actor=actor)
    except ProtocolError as refusal:
        return _refuse(refusal, _parameters_of(request))


def keep_authorization(*, encoded: bytes, actor: Actor, now: datetime) -> Next:
    """Take a request that came without our cookies (a form on another site) and have the browser come back with them.

    :raises InvalidRequest: if parameters cannot be read; shown as a page.
    :raises UnknownClient: shown as a page.
    :raises RedirectUriNotRegistered: shown as a page.
    :raises InvalidRequestUri: if it stands for no pushed request that can be used; shown as a page.
    """
    received = _receive(encoded, now)
    if isinstance(received, Next):
        return received
    request_id = _keep(received, browser="", now=now)
    return Next(NextKind.RESUME, request_id=request_id, language=received.request.language)


def resume_authorization(
    *, request_id: str, browser: str, session: SignedIn | None, actor: Actor, now: datetime
) -> Next:
    """Go on with a request that waited, and return what the browser has to do next.

    :raises RequestGone: if it is unknown, over, answered, or another browser's.
    """
    row = _waiting(request_id, browser, now)
    received = _Received(request_of(row.request), as_record(row.client), row.pushed_id)
    try:
        return _go_on(received, session, pending=row, browser=browser, now=now, actor=actor)
    except ProtocolError as refusal:
        _finish(row, now)
        return _refuse(refusal, _parameters_of(received.request))


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
    row = _waiting(request_id, browser, now)
    request, client = asked_of(request_of(row.request), session), as_record(row.client)
    try:
        if decision is Decision.DENY:
            return _deny(row, request, actor, now)
        situation = _situation(request, client, session, pending=row, is_allowed=True, now=now)
        step = next_step(situation)
        if step is not Step.ANSWER:
            return Next(_WAITING[step], request_id=row.pk, language=request.language)
        if shown and shown != digest_of(terms_of(client, request.scopes)):
            raise TermsChanged
        optional = optional_scopes(client, request.scopes)
        shared = [scope for scope in request.scopes if consented is None or scope not in optional - consented]
        with transaction.atomic():
            _finish(row, now)
            _approve(request, client, session, shared=shared, actor=actor, now=now)
            return _answer(request, client, session, shared=shared, actor=actor, now=now)
    except ProtocolError as refusal:
        _finish(row, now)
        return _refuse(refusal, _parameters_of(request))


def note_choice(*, request_id: str, browser: str, actor: Actor, now: datetime) -> None:
    """Write down that the person has chosen for whom they act, so that a request that wants it does not ask again.

    :raises RequestGone: if the request is unknown, over, answered, or another browser's.
    """
    PendingAuthorization.objects.filter(pk=_waiting(request_id, browser, now).pk).update(chosen_at=now)


def waive_stronger_proof(*, request_id: str, browser: str, actor: Actor, now: datetime) -> None:
    """Write down that the person goes on without the stronger proof that the client would like: `acr` says what is.

    :raises RequestGone: if the request is unknown, over, answered, or another browser's.
    """
    PendingAuthorization.objects.filter(pk=_waiting(request_id, browser, now).pk).update(waived_at=now)


def cancel_authorization(*, request_id: str, browser: str, actor: Actor, now: datetime) -> Next:
    """Send the person back to the client without an answer, because they do not want to sign in after all.

    :raises RequestGone: if the request is unknown, over, answered, or another browser's.
    """
    row = _waiting(request_id, browser, now)
    request = request_of(row.request)
    with transaction.atomic():
        _finish(row, now)
        _record_decision("openid.request_cancelled", request, actor, now)
    return _refuse(AccessDenied("the person did not sign in"), _parameters_of(request))


def _deny(row: PendingAuthorization, request: AuthorizationRequest, actor: Actor, now: datetime) -> Next:
    with transaction.atomic():
        _finish(row, now)
        _record_decision("openid.approval_denied", request, actor, now)
    return _refuse(AccessDenied("the person did not agree to the sharing"), _parameters_of(request))


@dataclass(frozen=True)
class _Received:
    """A request that fulfils every requirement, from whom, and the pushed request that it comes from, if any."""

    request: AuthorizationRequest
    client: ClientRecord
    pushed_id: str | None = None


def _receive(encoded: bytes, now: datetime) -> _Received | Next:
    """Return the request, or the refusal that its redirect URI can be trusted with."""
    parameters = read_parameters(parse_pairs(encoded), KNOWN)
    client = client_is_answered(find_client(client_id=parameters.get("client_id", "")))
    if is_reference(parameters):
        reference_stands_alone(parameters)
        return _pushed_before(parameters["request_uri"], client, now)
    redirect_uri_is_registered(Asked(parameters, client, now))
    token = parameters.get("id_token_hint")
    try:
        request = read_request(Asked(parameters, client, now, read_hint(token) if token else None), REQUIREMENTS)
    except ProtocolError as refusal:
        return _refuse(refusal, parameters)
    return _Received(request, client)


def _pushed_before(request_uri: str, client: ClientRecord, now: datetime) -> _Received:
    pushed = reference_is_known(find_pushed(request_uri=request_uri))
    for requirement in USE_REQUIREMENTS:
        requirement(Use(pushed, client, now))
    return _Received(pushed.request, client, pushed.id)


def _go_on(
    received: _Received,
    session: SignedIn | None,
    *,
    pending: PendingAuthorization | None,
    browser: str,
    actor: Actor,
    now: datetime,
) -> Next:
    request, client = asked_of(received.request, session), received.client
    situation = _situation(request, client, session, pending=pending, is_allowed=False, now=now)
    step = next_step(situation)
    if step is Step.ANSWER and session is not None and situation.agreed is not None:
        with transaction.atomic():
            if pending:
                _finish(pending, now)
            else:
                _use_up(received.pushed_id, now)
            return _answer(request, client, session, shared=situation.agreed, actor=actor, now=now)
    request_id = pending.pk if pending else _keep(received, browser=browser, now=now)
    # Without an answer that is remembered a request that lacks nothing else is approved first.
    kind = _WAITING.get(step, NextKind.APPROVE)
    return Next(kind, request_id=request_id, language=request.language)


def _situation(
    request: AuthorizationRequest,
    client: ClientRecord,
    session: SignedIn | None,
    *,
    pending: PendingAuthorization | None,
    is_allowed: bool,
    now: datetime,
) -> Situation:
    subject = subject_in(session, client.sector) if session and request.subject else ""
    is_other = session is not None and request.subject not in ("", subject)
    return Situation(
        request=request,
        began_at=pending.created_at if pending else now,
        session=session,
        subject=subject,
        within_reach=subjects_within_reach(session, client.sector, now) if session and is_other else frozenset(),
        reaches=session is None or standing_of(session, client, now) is not None,
        has_chosen=pending is not None and pending.chosen_at is not None,
        agreed=_agreed(request, client, session),
        reachable=_reachable(request, session),
        attainable=_attainable(request, session),
        has_waived=pending is not None and pending.waived_at is not None,
        is_allowed=is_allowed,
        now=now,
    )


def _agreed(request: AuthorizationRequest, client: ClientRecord, session: SignedIn | None) -> tuple[Scope, ...] | None:
    """Return what an answer that is remembered gives; there is none for an address that any app on a device may have.

    RFC 8252, 8.6: the person is asked each time, for nothing else tells that app from another.
    """
    if session is None or (is_loopback(request.redirect_uri) and client.profile is Profile.NATIVE):
        return None
    return scopes_agreed_to(session.person_id, client, request.scopes, _principal_id(session))


def _reachable(request: AuthorizationRequest, session: SignedIn | None) -> frozenset[str]:
    """Return what the person could prove; asked for only where they have not proved what the client wants."""
    if session is None or not request.wanted_acrs or session.find_assurance(request.wanted_acrs):
        return frozenset()
    return provable_acrs(person_id=session.person_id)


def _attainable(request: AuthorizationRequest, session: SignedIn | None) -> frozenset[str]:
    """Return what the person could prove once they have added something; asked for only where the client insists."""
    essential = request.claims.essential_acrs
    if session is None or not essential or session.find_assurance(essential):
        return frozenset()
    return attainable_acrs(person_id=session.person_id)


def _principal_id(session: SignedIn) -> int | None:
    return session.acting_for.legal_person_id if session.acting_for else None


def _keep(received: _Received, *, browser: str, now: datetime) -> str:
    row = PendingAuthorization.objects.create(
        pk=secrets.token_urlsafe(32),
        client_id=received.client.id,
        pushed_id=received.pushed_id,
        browser_hash=token_hash(browser) if browser else "",
        request=stored_request(received.request),
        created_at=now,
        expires_at=now + settings.OPENID.request_lifetime,
    )
    return row.pk


def _waiting(request_id: str, browser: str, now: datetime) -> PendingAuthorization:
    """Return the request that waits, tied from now on to this browser if it was nobody's."""
    rows = waiting(request_id, browser, now)
    row = rows.select_related("client").first()
    if row is None:
        raise RequestGone
    if not row.browser_hash and not rows.filter(browser_hash="").update(browser_hash=token_hash(browser)):
        raise RequestGone
    request, client = request_of(row.request), as_record(row.client)
    if not set(request.scopes) <= set(client.scopes) or not is_redirect_of(request.redirect_uri, client):
        raise RequestGone  # the client may do less than when the request came
    return row


def _finish(row: PendingAuthorization, now: datetime) -> None:
    """Use up the request, so that of two answers only one is given, and what was pushed with it."""
    with transaction.atomic():
        if not PendingAuthorization.objects.filter(pk=row.pk, finished_at=None).update(finished_at=now):
            raise RequestGone
        _use_up(row.pushed_id, now)


def _use_up(pushed_id: str | None, now: datetime) -> None:
    """Use up what was pushed, by one statement: of all windows that brought its reference one gets the answer."""
    if pushed_id is not None and not _USE_UP.make(reference_hash=pushed_id, now=now):
        raise RequestGone


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
        principal_id=_principal_id(session),
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


def _answer(
    request: AuthorizationRequest,
    client: ClientRecord,
    session: SignedIn,
    *,
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
        visit_id=_visit(client, session, now).pk,
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


def _visit(client: ClientRecord, session: SignedIn, now: datetime) -> Visit:
    visit, is_new = _former_visit(client, session), False
    if visit is None:
        visit, is_new = Visit.objects.select_related("logoutdelivery").get_or_create(
            session_id=session.session_id,
            client_id=client.id,
            principal_id=_principal_id(session),
            defaults={
                "person_id": session.person_id,
                **_subjects(session, client.sector),
                "sid": secrets.token_urlsafe(16),
                "first_at": now,
                "last_at": now,
            },
        )
    if not is_new:
        _COME_AGAIN.make(visit_id=visit.pk, now=now)
        _begin_anew(visit)
    return visit


def _former_visit(client: ClientRecord, session: SignedIn) -> Visit | None:
    """Return the visit of this session to the client, if it was there before for itself: most are."""
    if session.acting_for is not None:
        return None
    return _OWN_VISIT.first(session_id=session.session_id, client_id=client.id)


def _begin_anew(visit: Visit) -> None:
    """Give a visit another `sid` where the client was told that this one is over: it was closed and opened again.

    The end of the session will then be told as well. A notice that is on its way ends this visit too.
    """
    told: LogoutDelivery | None = getattr(visit, "logoutdelivery", None)
    if told is None or (told.confirmed_at is None and told.given_up_at is None):
        return
    with transaction.atomic():
        LogoutDelivery.objects.filter(pk=told.pk).delete()
        visit.sid = secrets.token_urlsafe(16)
        Visit.objects.filter(pk=visit.pk).update(sid=visit.sid)


def _subjects(session: SignedIn, sector: str) -> dict[str, str]:
    """Return the names under which a visit goes: whose it is, and who acts if that is somebody else."""
    own = _subject(session.person_id, sector)
    if session.acting_for is None:
        return {"subject": own}
    principal, _ = PrincipalSubject.objects.get_or_create(
        principal_id=session.acting_for.legal_person_id,
        sector=sector,
        defaults={"name": secrets.token_urlsafe(24)},
    )
    return {"subject": principal.name, "agent_subject": own}


def _subject(person_id: int, sector: str) -> str:
    """Return the name under which the sector knows the person, made at the first visit."""
    subject, _ = Subject.objects.get_or_create(
        person_id=person_id, sector=sector, defaults={"name": secrets.token_urlsafe(24)}
    )
    return subject.name


def _refuse(refusal: ProtocolError, parameters: Parameters) -> Next:
    answer = error_parameters(refusal, parameters, settings.OPENID.issuer)
    url = with_parameters(parameters["redirect_uri"], answer)
    refused = Refused(parameters["client_id"], refusal.code, refusal.description)
    return Next(NextKind.REDIRECT, url=url, refused=refused)


def _parameters_of(request: AuthorizationRequest) -> Parameters:
    return {"client_id": request.client_id, "redirect_uri": request.redirect_uri, "state": request.state}
