"""Questions about signing out."""

import re
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from kapi.contexts.openid.errors import RequestGone
from kapi.contexts.openid.models import LogoutDelivery, PendingLogout, Visit
from kapi.contexts.openid.rules.redirects import origin_of
from kapi.contexts.openid.values.logout import DeliveryRecord, DeliveryState, PendingSignOut, ToldVisit, Undelivered
from kapi.foundation.keys import token_hash
from kapi.kernel.langstring import NO_TEXT, LangString

_ID = re.compile(r"[A-Za-z0-9_-]{43}")


def get_pending_sign_out(*, request_id: str, browser: str, now: datetime) -> PendingSignOut:
    """Return what the confirmation page shows.

    :raises RequestGone: if the request is unknown, over, answered, or another browser's.
    """
    row = waiting_sign_out(request_id, browser, now).select_related("client").first()
    if row is None:
        raise RequestGone
    name = LangString.read(row.client.name) if row.client else NO_TEXT
    return PendingSignOut(row.pk, name, origin_of(row.redirect_url) if row.redirect_url else "")


def logout_deliveries(*, session_id: int | None = None, limit: int = 100) -> list[DeliveryRecord]:
    """Return the ledger: which clients were told that a session has ended, the latest first."""
    rows = LogoutDelivery.objects.select_related("visit").order_by("-created_at", "-pk")
    if session_id is not None:
        rows = rows.filter(visit__session_id=session_id)
    return [_record(row) for row in rows[:limit]]


def told_of_sessions(*, session_ids: Iterable[int]) -> dict[int, list[ToldVisit]]:
    """Return, by session, which clients saw it and whether they know what became of it, the first visit first.

    One query. A client told nothing yet counts as waiting.
    """
    rows = Visit.objects.filter(session_id__in=list(session_ids)).select_related("client", "logoutdelivery")
    told: dict[int, list[ToldVisit]] = {}
    for row in rows.order_by("first_at", "pk"):
        told.setdefault(row.session_id, []).append(ToldVisit(LangString.read(row.client.name), _state_of(row)))
    return told


def undelivered_logouts(*, client_id: str | None = None) -> list[Undelivered]:
    """Return how many sign-outs each client (or the one named) does not know of, in order of client. One query."""
    rows = LogoutDelivery.objects.filter(confirmed_at=None).values("visit__client_id").order_by("visit__client_id")
    if client_id is not None:
        rows = rows.filter(visit__client_id=client_id)
    counted = rows.annotate(
        waiting=Count("pk", filter=Q(given_up_at=None)), given_up=Count("pk", filter=Q(given_up_at__isnull=False))
    )
    return [Undelivered(row["visit__client_id"], row["waiting"], row["given_up"]) for row in counted]


def waiting_sign_out(request_id: str, browser: str, now: datetime) -> QuerySet[PendingLogout]:
    """Return the request of that id if it waits and is this browser's (or nobody's yet)."""
    if not _ID.fullmatch(request_id) or not browser:
        return PendingLogout.objects.none()
    mine = Q(browser_hash=token_hash(browser)) | Q(browser_hash="")
    return PendingLogout.objects.filter(mine, pk=request_id, finished_at=None, expires_at__gt=now).order_by("pk")


def _state_of(visit: Visit) -> DeliveryState | None:
    if not visit.client.backchannel_logout_uri:
        return None
    delivery: LogoutDelivery | None = getattr(visit, "logoutdelivery", None)
    return _delivery_state(delivery) if delivery else DeliveryState.WAITING


def _delivery_state(row: LogoutDelivery) -> DeliveryState:
    if row.confirmed_at is not None:
        return DeliveryState.CONFIRMED
    return DeliveryState.GIVEN_UP if row.given_up_at is not None else DeliveryState.WAITING


def _record(row: LogoutDelivery) -> DeliveryRecord:
    state = _delivery_state(row)
    return DeliveryRecord(
        client_id=row.visit.client_id,
        session_id=row.visit.session_id,
        state=state,
        attempts=row.attempts,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        next_at=row.due_at if state is DeliveryState.WAITING else None,
        last_error=row.last_error,
    )
