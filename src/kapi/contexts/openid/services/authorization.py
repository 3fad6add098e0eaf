"""Authorization requests: received, kept while the person signs in, answered where nothing lacks."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import ProtocolError
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
from kapi.contexts.openid.rules.parameters import parse_pairs, read_parameters
from kapi.contexts.openid.rules.principals import asked_of
from kapi.contexts.openid.rules.pushed import (
    USE_REQUIREMENTS,
    Use,
    is_reference,
    reference_is_known,
    reference_stands_alone,
)
from kapi.contexts.openid.selectors.authorization import find_pushed, request_of
from kapi.contexts.openid.selectors.clients import as_record, find_client
from kapi.contexts.openid.selectors.interaction import situation_of
from kapi.contexts.openid.selectors.tokens import read_hint
from kapi.contexts.openid.services.codes import issue_code, issue_code_again
from kapi.contexts.openid.services.waiting import finish_request, keep_request, take_waiting, use_up_pushed
from kapi.contexts.openid.values.authorization import AuthorizationRequest, Next, NextKind, Parameters, Step
from kapi.contexts.openid.values.clients import ClientRecord
from kapi.foundation.settled import settings
from kapi.kernel.actors import Actor


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
    received = _receive(encoded, session, now)
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
    received = _receive(encoded, None, now)
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


def _receive(encoded: bytes, session: SignedIn | None, now: datetime) -> _Received | Next:
    """Return the request, or the refusal that its redirect URI can be trusted with."""
    parameters = read_parameters(parse_pairs(encoded), KNOWN)
    client_id = parameters.get("client_id", "")
    if is_reference(parameters):
        return _pushed_before(parameters, client_id, session, now)
    client = client_is_answered(find_client(client_id=client_id))
    redirect_uri_is_registered(Asked(parameters, client, now))
    token = parameters.get("id_token_hint")
    try:
        request = read_request(Asked(parameters, client, now, read_hint(token) if token else None), REQUIREMENTS)
    except ProtocolError as refusal:
        return refuse(refusal, parameters, settings.OPENID.issuer)
    return _Received(request, client)


def _pushed_before(parameters: Parameters, client_id: str, session: SignedIn | None, now: datetime) -> _Received:
    person_id = session.person_id if session and session.acting_for is None else None
    found = find_pushed(request_uri=parameters["request_uri"], person_id=person_id)
    pushed, owner, answers = found or (None, None, ())
    client = client_is_answered(owner if owner and owner.id == client_id else find_client(client_id=client_id))
    reference_stands_alone(parameters)
    known = reference_is_known(pushed)
    use = Use(known, client, now)
    for requirement in USE_REQUIREMENTS:
        requirement(use)
    return _Received(known.request, client, known.id, None if person_id is None else answers)


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
