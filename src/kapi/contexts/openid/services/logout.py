"""Signing out: at a client's wish, and telling every client of the session."""

import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import RequestGone
from kapi.contexts.openid.events import ClientClosed, ClientSuspended
from kapi.contexts.openid.models import Grant, LogoutDelivery, MachineToken, PendingLogout, Visit
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.logout import (
    KNOWN,
    SIGN_OUT_REQUIREMENTS,
    SignOutAsked,
    is_confirmation,
    logout_token_claims,
    next_try_at,
    place_after,
    sign_out_kind,
)
from kapi.contexts.openid.rules.parameters import parse_pairs, read_parameters
from kapi.contexts.openid.selectors.clients import find_client
from kapi.contexts.openid.selectors.keys import StoredKey
from kapi.contexts.openid.selectors.logout import waiting_sign_out
from kapi.contexts.openid.selectors.tokens import read_hint
from kapi.contexts.openid.services.keys import active_key
from kapi.contexts.openid.values.logout import LogoutCause, LogoutNotice, SignOutKind, SignOutStep
from kapi.foundation.keys import token_hash
from kapi.foundation.outbox.services import publish
from kapi.foundation.settled import settings
from kapi.kernel.actors import Actor

LEASE = timedelta(seconds=60)
MOST_FOR_ONE = 32


def start_sign_out(
    *, encoded: bytes, browser: str, session: SignedIn | None, actor: Actor, now: datetime
) -> SignOutStep:
    """Take a client's wish that came with our cookies (GET) and return what the browser has to do next.

    Ending the session is the caller's part (`identity`). An ID token that is not ours counts as none, and then the
    browser goes nowhere afterwards unless `client_id` tells whose the place is.

    :raises InvalidRequest: shown as a page, as are the next two.
    :raises UnknownClient: if `client_id` is no client of ours.
    :raises PostLogoutRedirectUriNotRegistered: if the place to go afterwards is not a registered one.
    """
    asked = _read(encoded)
    sid = asked.hint.sid if asked.hint else ""
    step = _step(sid, place_after(asked), session)
    if step.kind is SignOutKind.CONFIRM:
        return SignOutStep(SignOutKind.CONFIRM, request_id=_keep(asked, browser=browser, now=now))
    return step


def keep_sign_out(*, encoded: bytes, actor: Actor, now: datetime) -> SignOutStep:
    """Take a client's wish that came without our cookies (a form on another site); the browser comes back with them.

    :raises InvalidRequest: shown as a page, as are the next two.
    :raises UnknownClient: if `client_id` is no client of ours.
    :raises PostLogoutRedirectUriNotRegistered: if the place to go afterwards is not a registered one.
    """
    return SignOutStep(SignOutKind.RESUME, request_id=_keep(_read(encoded), browser="", now=now))


def resume_sign_out(
    *, request_id: str, browser: str, session: SignedIn | None, actor: Actor, now: datetime
) -> SignOutStep:
    """Go on with a wish that waited for our cookies.

    :raises RequestGone: if it is unknown, over, answered, or another browser's.
    """
    row = _waiting(request_id, browser, now)
    step = _step(row.sid, row.redirect_url, session)
    if step.kind is SignOutKind.CONFIRM:
        return SignOutStep(SignOutKind.CONFIRM, request_id=row.pk)
    _finish(row, now)
    return step


def finish_sign_out(*, request_id: str, browser: str, actor: Actor, now: datetime) -> str:
    """Use up a wish that the person has confirmed, and return where to go (empty: nowhere).

    :raises RequestGone: if it is unknown, over, answered, or another browser's.
    """
    row = _waiting(request_id, browser, now)
    _finish(row, now)
    return row.redirect_url


def end_visits(*, session_id: int, actor: Actor, now: datetime) -> int:
    """Let everything that a session has granted die with it, and queue a notice to every client that saw it.

    What the person gave for the time when they are away (`offline_access`) lives on (Back-Channel Logout 1.0, 2.7).
    Return how many notices were queued. Doing it again queues nothing.
    """
    with transaction.atomic():
        ending = Grant.objects.filter(visit__session_id=session_id, revoked_at=None, refreshtoken=None)
        ending.update(revoked_at=now)
        return _queue(Visit.objects.filter(session_id=session_id), now)


def tell_of_misuse(*, session_ids: Iterable[int], actor: Actor, now: datetime) -> int:
    """Let everything that these sessions have granted die, also for the time when the person is away, and tell every
    client that saw them that they were not the person's; also one that knows already that the session is over.

    Return how many notices were queued. Doing it again queues nothing.
    """
    with transaction.atomic():
        visits = Visit.objects.filter(session_id__in=list(session_ids))
        Grant.objects.filter(visit__in=visits, revoked_at=None).update(revoked_at=now)
        # Deleted and made anew, so that an answer to the former notice is not taken for one to this.
        LogoutDelivery.objects.filter(visit__in=visits).exclude(cause=LogoutCause.MISUSE).delete()
        made = _queue(visits, now, LogoutCause.MISUSE)
        # What another worker has queued for the end of the session in this very moment says it too.
        LogoutDelivery.objects.filter(visit__in=visits).exclude(cause=LogoutCause.MISUSE).update(
            cause=LogoutCause.MISUSE
        )
        return made


def end_visits_for(*, person_id: int, principal_id: int, until: datetime, actor: Actor, now: datetime) -> int:
    """Let everything die that was granted to a representative for a principal until a moment, also for the time when
    the person is away, and queue a notice for each visit of theirs; they stay signed in here, and elsewhere for
    themselves. Return how many notices were queued. Doing it again queues nothing.
    """
    with transaction.atomic():
        visits = Visit.objects.filter(person_id=person_id, principal_id=principal_id)
        ending = Grant.objects.filter(visit__in=visits, issued_at__lte=until, revoked_at=None)
        ending.update(revoked_at=now)
        # Who has come again since did so on another mandate.
        return _queue(visits.filter(last_at__lte=until), now)


def end_visits_at(*, client_id: str, until: datetime, after_grant: int, limit: int, actor: Actor, now: datetime) -> int:
    """Let what a closed client was granted until a moment die, and queue a notice for each visit that it knows of.

    Grants after the id `after_grant` are ended, `limit` at most; the rest is announced anew. Nothing of it comes back
    if the client is opened again. Return how many grants there were. Doing it again ends and queues nothing.
    """
    with transaction.atomic():
        grants = Grant.objects.filter(visit__client_id=client_id, issued_at__lte=until, pk__gt=after_grant)
        found = _end_at(client_id, grants, until, limit, now)
        if len(found) == limit:
            publish(ClientClosed(client_id=client_id, closed_at=until.isoformat(), after_grant=found[-1]), now=now)
    return len(found)


def rest_visits_at(
    *, client_id: str, until: datetime, after_grant: int, limit: int, actor: Actor, now: datetime
) -> int:
    """Do the same for a suspended client, but for what people gave it for the time when they are away: it is refused
    as long as the client is suspended, and good again when it is resumed.
    """
    with transaction.atomic():
        grants = Grant.objects.filter(visit__client_id=client_id, issued_at__lte=until, pk__gt=after_grant)
        found = _end_at(client_id, grants.filter(refreshtoken=None), until, limit, now)
        if len(found) == limit:
            left = ClientSuspended(client_id=client_id, suspended_at=until.isoformat(), after_grant=found[-1])
            publish(left, now=now)
    return len(found)


def _end_at(client_id: str, grants: QuerySet[Grant], until: datetime, limit: int, now: datetime) -> list[int]:
    """End what a client got for itself, and up to `limit` grants; queue a notice for their visits; return their ids."""
    own = MachineToken.objects.filter(client_id=client_id, issued_at__lte=until, revoked_at=None)
    own.update(revoked_at=now)
    found = list(grants.order_by("pk").values_list("pk", "visit_id")[:limit])
    Grant.objects.filter(pk__in=[pk for pk, _visit in found], revoked_at=None).update(revoked_at=now)
    _queue(Visit.objects.filter(pk__in={visit for _pk, visit in found}), now)
    return [pk for pk, _visit in found]


def _queue(visits: QuerySet[Visit], now: datetime, cause: LogoutCause = LogoutCause.NONE) -> int:
    """Queue a notice to the client of each visit, where it has an address for them and was not told yet."""
    untold = visits.filter(logoutdelivery=None).exclude(client__backchannel_logout_uri="").order_by("pk")
    made = LogoutDelivery.objects.bulk_create(
        [LogoutDelivery(visit=visit, created_at=now, due_at=now, cause=cause) for visit in untold],
        ignore_conflicts=True,
    )
    return len(made)


def claim_notices(
    *,
    limit: int,
    slow: frozenset[str] = frozenset(),
    silent: frozenset[str] = frozenset(),
    actor: Actor,
    now: datetime,
) -> list[LogoutNotice]:
    """Claim up to `limit` notices that are due, those never tried first, under a lease, and sign their tokens.

    None for the clients in `slow`, who have not answered what was posted to them before, one for each in `silent`, who
    let the last one run out, and for no other client more than `MOST_FOR_ONE`, so that one that does not answer holds
    up no other. Whoever claimed them posts them and records what came of it; if it dies, another takes over after the
    lease.
    """
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    with transaction.atomic():
        due = LogoutDelivery.objects.filter(free, confirmed_at=None, given_up_at=None, due_at__lte=now)
        due = due.exclude(visit__client__in=slow).select_related("visit").order_by("attempts", "due_at", "pk")
        # SQLite's transactions hold the write lock from their beginning; PostgreSQL lets other workers pass by.
        is_shared = connection.vendor == "postgresql"
        rows = due.select_for_update(of=("self",), skip_locked=True) if is_shared else due
        ids = _share(rows[: 4 * limit], limit, silent)
        LogoutDelivery.objects.filter(pk__in=ids).update(leased_until=now + LEASE)
    if not ids:
        return []
    key = active_key(actor=actor, now=now)
    claimed = LogoutDelivery.objects.select_related("visit__client").filter(pk__in=ids).order_by("attempts", "pk")
    return [_notice(row, key, now) for row in claimed]


def _share(rows: Iterable[LogoutDelivery], limit: int, silent: frozenset[str]) -> list[int]:
    """Choose up to `limit` of the rows in their order, of each client no more than `MOST_FOR_ONE`, or one."""
    chosen: list[int] = []
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row.visit.client_id] += 1
        most = 1 if row.visit.client_id in silent else MOST_FOR_ONE
        if counts[row.visit.client_id] <= most and len(chosen) < limit:
            chosen.append(row.pk)
    return chosen


def record_answer(*, delivery_id: int, status: int, error: str, actor: Actor, now: datetime) -> None:
    """Write down what came of a notice: confirmed, to be tried again later, or given up after a day.

    `status` is the HTTP status that came back, 0 if none did; then `error` is a word for why. Nothing is written where
    another notice has taken this one's place meanwhile.
    """
    with transaction.atomic():
        row = LogoutDelivery.objects.select_for_update(of=("self",)).filter(pk=delivery_id).first()
        if row is None:
            return
        attempts = row.attempts + 1
        changes: dict[str, object] = {"attempts": attempts, "leased_until": None}
        if is_confirmation(status):
            changes |= {"confirmed_at": now, "last_error": ""}
        else:
            again_at = next_try_at(attempts=attempts, created_at=row.created_at, now=now)
            changes["last_error"] = f"http {status}" if status else error[:40]
            changes |= {"due_at": again_at} if again_at else {"given_up_at": now}
        LogoutDelivery.objects.filter(pk=delivery_id, confirmed_at=None, given_up_at=None).update(**changes)


def _read(encoded: bytes) -> SignOutAsked:
    parameters = read_parameters(parse_pairs(encoded), KNOWN)
    hint = read_hint(parameters["id_token_hint"]) if "id_token_hint" in parameters else None
    client_id = parameters.get("client_id") or (hint.client_id if hint else "")
    asked = SignOutAsked(parameters, hint, find_client(client_id=client_id) if client_id else None)
    for requirement in SIGN_OUT_REQUIREMENTS:
        requirement(asked)
    return asked


def _step(sid: str, url: str, session: SignedIn | None) -> SignOutStep:
    hinted = Visit.objects.filter(sid=sid).values_list("session_id", flat=True).order_by("pk").first() if sid else None
    kind = sign_out_kind(hinted_session=hinted, session=session.session_id if session else None, url=url)
    return SignOutStep(kind, url=url)


def _keep(asked: SignOutAsked, *, browser: str, now: datetime) -> str:
    row = PendingLogout.objects.create(
        pk=secrets.token_urlsafe(32),
        client_id=asked.client.id if asked.client else None,
        browser_hash=token_hash(browser) if browser else "",
        sid=asked.hint.sid if asked.hint else "",
        redirect_url=place_after(asked),
        created_at=now,
        expires_at=now + settings.OPENID.request_lifetime,
    )
    return row.pk


def _waiting(request_id: str, browser: str, now: datetime) -> PendingLogout:
    rows = waiting_sign_out(request_id, browser, now)
    row = rows.first()
    if row is None:
        raise RequestGone
    if not row.browser_hash and not rows.filter(browser_hash="").update(browser_hash=token_hash(browser)):
        raise RequestGone
    return row


def _finish(row: PendingLogout, now: datetime) -> None:
    if not PendingLogout.objects.filter(pk=row.pk, finished_at=None).update(finished_at=now):
        raise RequestGone


def _notice(row: LogoutDelivery, key: StoredKey, now: datetime) -> LogoutNotice:
    claims = logout_token_claims(
        issuer=settings.OPENID.issuer,
        client_id=row.visit.client_id,
        subject=row.visit.subject,
        sid=row.visit.sid,
        token_id=secrets.token_urlsafe(16),
        cause=LogoutCause(row.cause),
        caused_at=row.created_at,
        now=now,
    )
    token = jwt.sign(claims, typ=jwt.LOGOUT_TOKEN, key=key)
    return LogoutNotice(row.pk, row.visit.client_id, row.visit.client.backchannel_logout_uri, token)
