"""Authorization requests that wait for the person, and are used up once."""

import secrets
from datetime import datetime

from django.db import transaction

from kapi.contexts.openid.errors import RequestGone
from kapi.contexts.openid.models import PendingAuthorization, PushedRequest
from kapi.contexts.openid.rules.redirects import is_redirect_of
from kapi.contexts.openid.selectors.authorization import request_of, stored_request, waiting
from kapi.contexts.openid.selectors.clients import as_record
from kapi.contexts.openid.values.authorization import AuthorizationRequest
from kapi.foundation.keys import token_hash
from kapi.foundation.settled import settings
from kapi.foundation.statements import Change, Slot
from kapi.kernel.actors import Actor

_USE_UP = Change(lambda: PushedRequest.objects.filter(pk=Slot("reference_hash"), used_at=None), used_at=Slot("now"))


def keep_request(
    *,
    request: AuthorizationRequest,
    client_id: str,
    pushed_id: str | None,
    browser: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Keep a request while the person signs in and decides, and return its id.

    It is tied to `browser` (empty: to whichever comes first); `pushed_id` is the pushed request that it comes from.
    """
    row = PendingAuthorization.objects.create(
        pk=secrets.token_urlsafe(32),
        client_id=client_id,
        pushed_id=pushed_id,
        browser_hash=token_hash(browser) if browser else "",
        request=stored_request(request),
        created_at=now,
        expires_at=now + settings.OPENID.request_lifetime,
    )
    return row.pk


def take_waiting(*, request_id: str, browser: str, actor: Actor, now: datetime) -> PendingAuthorization:
    """Return the request that waits, tied from now on to this browser if it was nobody's.

    :raises RequestGone: if there is none, or the client may do less than when it came.
    """
    rows = waiting(request_id, browser, now)
    row = rows.select_related("client").first()
    if row is None:
        raise RequestGone
    if not row.browser_hash and not rows.filter(browser_hash="").update(browser_hash=token_hash(browser)):
        raise RequestGone
    request, client = request_of(row.request), as_record(row.client)
    if not set(request.scopes) <= set(client.scopes) or not is_redirect_of(request.redirect_uri, client):
        raise RequestGone
    return row


def note_choice(*, request_id: str, browser: str, actor: Actor, now: datetime) -> None:
    """Write down that the person has chosen for whom they act, so that a request that wants it does not ask again.

    :raises RequestGone: if the request is unknown, over, answered, or another browser's.
    """
    row = take_waiting(request_id=request_id, browser=browser, actor=actor, now=now)
    PendingAuthorization.objects.filter(pk=row.pk).update(chosen_at=now)


def waive_stronger_proof(*, request_id: str, browser: str, actor: Actor, now: datetime) -> None:
    """Write down that the person goes on without the stronger proof that the client would like: `acr` says what is.

    :raises RequestGone: if the request is unknown, over, answered, or another browser's.
    """
    row = take_waiting(request_id=request_id, browser=browser, actor=actor, now=now)
    PendingAuthorization.objects.filter(pk=row.pk).update(waived_at=now)


def finish_request(*, row: PendingAuthorization, actor: Actor, now: datetime) -> None:
    """Use up the request, so that of two answers only one is given, and what was pushed with it.

    :raises RequestGone: if it was answered in this very moment.
    """
    with transaction.atomic():
        if not PendingAuthorization.objects.filter(pk=row.pk, finished_at=None).update(finished_at=now):
            raise RequestGone
        use_up_pushed(pushed_id=row.pushed_id, actor=actor, now=now)


def use_up_pushed(*, pushed_id: str | None, actor: Actor, now: datetime) -> None:
    """Use up what was pushed, by one statement: of all windows that brought its reference one gets the answer.

    :raises RequestGone: if it was not this one.
    """
    if pushed_id is not None and not _USE_UP.make(reference_hash=pushed_id, now=now):
        raise RequestGone
