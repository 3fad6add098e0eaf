"""Authorization requests: received, kept while the person signs in, answered where nothing lacks."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from kapi.contexts.identity.selectors import asking_for_session
from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import InvalidRequest, ProtocolError
from kapi.contexts.openid.models import PendingAuthorization
from kapi.contexts.openid.rules.approvals import Given
from kapi.contexts.openid.rules.authorization import (
    KNOWN,
    REQUIREMENTS,
    Asked,
    client_is_answered,
    parameters_of,
    read_request,
    redirect_uri_is_registered,
    refuse,
)
from kapi.contexts.openid.rules.interaction import WAITING, next_step
from kapi.contexts.openid.rules.limits import are_not_too_many
from kapi.contexts.openid.rules.parameters import parse_pairs, read_parameters
from kapi.contexts.openid.rules.principals import asked_of
from kapi.contexts.openid.rules.pushed import (
    USE_REQUIREMENTS,
    Use,
    is_reference,
    reference_is_known,
    reference_stands_alone,
)
from kapi.contexts.openid.selectors.authorization import Found, asking_for_pushed, request_of
from kapi.contexts.openid.selectors.clients import as_record, find_client
from kapi.contexts.openid.selectors.interaction import situation_of
from kapi.contexts.openid.selectors.tokens import read_hint
from kapi.contexts.openid.services.codes import issue_code, issue_code_again
from kapi.contexts.openid.services.limits import count_brought_request, counting_brought_request
from kapi.contexts.openid.services.waiting import finish_request, keep_request, take_waiting, use_up_pushed
from kapi.contexts.openid.values.authorization import AuthorizationRequest, Next, NextKind, Parameters, Step
from kapi.contexts.openid.values.clients import ClientRecord
from kapi.foundation.settled import settings
from kapi.foundation.statements import Asking, ask_together
from kapi.kernel.actors import Actor


@dataclass(frozen=True)
class Arrival:
    """A request that a browser has brought, of which nothing but its form has been looked at.

    `pushed` is what it stands for, if it is a reference; its answers are those of `found`, who is signed in.
    """

    parameters: Parameters
    pushed: Found | None
    found: SignedIn | None


def receive_arrival(*, encoded: bytes, session_token: str, address: str, actor: Actor, now: datetime) -> Arrival:
    """Count a request that came with our cookies, and read with it what it is about and who is signed in: all at once.

    `encoded` is the query of a GET; `session_token` is that of the session's cookie, empty if there is none.

    :raises TooManyRequests: if there were too many from this address.
    :raises InvalidRequest: if parameters cannot be read; shown as a page.
    """
    try:
        parameters = _read(encoded)
    except InvalidRequest:
        count_brought_request(address=address, actor=actor, now=now)
        raise
    token = session_token if session_token.isascii() else ""
    counted = counting_brought_request(address=address, actor=actor, now=now)
    found = asking_for_session(token=token, now=now) if token else None
    pushed = _asking_for_pushed(parameters, token)
    ask_together(counted, found, pushed)
    if counted is not None:
        are_not_too_many(counted.answer)
    return Arrival(parameters, pushed.answer if pushed else None, found.answer if found else None)


def start_authorization(
    *, arrival: Arrival, browser: str, session: SignedIn | None, actor: Actor, now: datetime
) -> Next:
    """Take a request that came with our cookies and say what the browser has to do next.

    `session` is who was found with it, as far as they still are who they were; `browser` is the secret of the browser's
    own cookie, to which a request that has to wait is tied.

    :raises UnknownClient: shown as a page.
    :raises ClientSuspended: shown as a page.
    :raises RedirectUriNotRegistered: shown as a page.
    :raises InvalidRequestUri: if it stands for no pushed request that can be used; shown as a page.
    :raises RequestGone: if a pushed request is answered in this very moment by another browser window.
    """
    received = _receive(arrival, session, now)
    if isinstance(received, Next):
        return received
    try:
        return _go_on(received, session, pending=None, browser=browser, now=now, actor=actor)
    except ProtocolError as refusal:
        use_up_pushed(pushed_id=received.pushed_id, actor=actor, now=now)
        return refuse(refusal, parameters_of(received.request), settings.OPENID.issuer)


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
        return refuse(refusal, parameters_of(request), settings.OPENID.issuer)


def keep_authorization(*, encoded: bytes, actor: Actor, now: datetime) -> Next:
    """Take a request that came without our cookies (a form on another site) and have the browser come back with them.

    :raises InvalidRequest: if parameters cannot be read; shown as a page.
    :raises UnknownClient: shown as a page.
    :raises RedirectUriNotRegistered: shown as a page.
    :raises InvalidRequestUri: if it stands for no pushed request that can be used; shown as a page.
    """
    parameters = _read(encoded)
    pushed = _asking_for_pushed(parameters, token="")
    received = _receive(Arrival(parameters, pushed.alone() if pushed else None, found=None), None, now)
    if isinstance(received, Next):
        return received
    request_id = _keep(received, browser="", actor=actor, now=now)
    return Next(NextKind.RESUME, request_id=request_id, language=received.request.language)


def resume_authorization(
    *, request_id: str, browser: str, session: SignedIn | None, actor: Actor, now: datetime
) -> Next:
    """Go on with a request that waited, and return what the browser has to do next.

    :raises RequestGone: if it is unknown, over, answered, or another browser's.
    """
    row = take_waiting(request_id=request_id, browser=browser, actor=actor, now=now)
    received = _Received(request_of(row.request), as_record(row.client), row.pushed_id)
    try:
        return _go_on(received, session, pending=row, browser=browser, now=now, actor=actor)
    except ProtocolError as refusal:
        finish_request(row=row, actor=actor, now=now)
        return refuse(refusal, parameters_of(received.request), settings.OPENID.issuer)


@dataclass(frozen=True)
class _Received:
    """A request that fulfils every requirement, from whom, and the pushed request that it comes from, if any.

    `answers`: what the person has answered this client for themselves, where that was read with the request.
    """

    request: AuthorizationRequest
    client: ClientRecord
    pushed_id: str | None = None
    answers: tuple[Given, ...] | None = None


def _read(encoded: bytes) -> Parameters:
    return read_parameters(parse_pairs(encoded), KNOWN)


def _asking_for_pushed(parameters: Parameters, token: str) -> Asking[Found | None] | None:
    if not is_reference(parameters):
        return None
    return asking_for_pushed(request_uri=parameters["request_uri"], session_token=token)


def _receive(arrival: Arrival, session: SignedIn | None, now: datetime) -> _Received | Next:
    """Return the request, or the refusal that its redirect URI can be trusted with."""
    parameters = arrival.parameters
    client_id = parameters.get("client_id", "")
    if is_reference(parameters):
        return _pushed_before(arrival, client_id, session, now)
    client = client_is_answered(find_client(client_id=client_id))
    redirect_uri_is_registered(Asked(parameters, client, now))
    token = parameters.get("id_token_hint")
    try:
        request = read_request(Asked(parameters, client, now, read_hint(token) if token else None), REQUIREMENTS)
    except ProtocolError as refusal:
        return refuse(refusal, parameters, settings.OPENID.issuer)
    return _Received(request, client)


def _pushed_before(arrival: Arrival, client_id: str, session: SignedIn | None, now: datetime) -> _Received:
    pushed, owner, answers = arrival.pushed or (None, None, ())
    client = client_is_answered(owner if owner and owner.id == client_id else find_client(client_id=client_id))
    reference_stands_alone(arrival.parameters)
    known = reference_is_known(pushed)
    use = Use(known, client, now)
    for requirement in USE_REQUIREMENTS:
        requirement(use)
    return _Received(known.request, client, known.id, answers if _are_of(session, arrival.found) else None)


def _are_of(session: SignedIn | None, found: SignedIn | None) -> bool:
    """Tell whether what was read with a session are the answers for whom it acts now: for its person."""
    if session is None or found is None or session.acting_for is not None:
        return False
    return session.session_id == found.session_id


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
    situation = situation_of(
        request, client, session, pending=pending, is_allowed=False, answers=received.answers, now=now
    )
    step = next_step(situation)
    if step is Step.ANSWER and session is not None and situation.agreed is not None:
        if pending is None and received.pushed_id is not None:
            again = issue_code_again(
                request=request,
                client=client,
                session=session,
                shared=situation.agreed,
                pushed_id=received.pushed_id,
                actor=actor,
                now=now,
            )
            if again is not None:
                return again
        with transaction.atomic():
            if pending:
                finish_request(row=pending, actor=actor, now=now)
            else:
                use_up_pushed(pushed_id=received.pushed_id, actor=actor, now=now)
            return issue_code(
                request=request, client=client, session=session, shared=situation.agreed, actor=actor, now=now
            )
    request_id = pending.pk if pending else _keep(received, browser=browser, actor=actor, now=now)
    # Without an answer that is remembered a request that lacks nothing else is approved first.
    kind = WAITING.get(step, NextKind.APPROVE)
    return Next(kind, request_id=request_id, language=request.language)


def _keep(received: _Received, *, browser: str, actor: Actor, now: datetime) -> str:
    return keep_request(
        request=received.request,
        client_id=received.client.id,
        pushed_id=received.pushed_id,
        browser=browser,
        actor=actor,
        now=now,
    )
