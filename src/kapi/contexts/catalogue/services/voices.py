"""Listening to people: feedback, barriers, searches that found nothing, and how often services are used."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, Sum

from kapi.contexts.catalogue.errors import BarrierNotFound
from kapi.contexts.catalogue.models import BarrierReport, Feedback, Service, ServiceUse, UnansweredSearch
from kapi.contexts.catalogue.selectors.voices import BARRIER_PURPOSE, FEEDBACK_PURPOSE
from kapi.contexts.catalogue.values import UseKind
from kapi.foundation.audit.services import record
from kapi.foundation.keys import seal
from kapi.kernel import turkish
from kapi.kernel.actors import Actor
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import hide_long_numbers
from kapi.kernel.langstring import LANGUAGES

LONGEST_TEXT = 4_000
LONGEST_QUERY = 120
USAGE_WINDOW = timedelta(days=90)
KEEP_UNANSWERED = timedelta(days=180)
KEEP_VOICES = timedelta(days=365)
# Part of a number may name somebody as well; no service is searched for by five digits.
_DIGITS = re.compile(r"\d{5,}")
_DAY_ENDS_IN = ZoneInfo("Europe/Istanbul")


def record_feedback(
    *,
    page: str,
    service_code: str | None,
    score: int | None,
    text: str,
    language: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep what somebody told us about a page: a score of 1 to 5, a text, or both.

    `page` is the path of the page without its query. Numbers of nine digits or more are hidden before the text is
    sealed; who said it is not kept, not even in the audit trail. A service that does not exist counts as none.

    :raises InvalidValue: if there is neither score nor text, or one of them is out of bounds.
    """
    kept = _text("text", text)
    if score is None and not kept:
        raise InvalidValue("text", "missing")
    if score is not None and not 1 <= score <= 5:
        raise InvalidValue("score", "range")
    Feedback.objects.create(
        page=_page(page),
        service=Service.objects.filter(code=service_code).first() if service_code else None,
        score=score,
        text_sealed=seal(kept, purpose=FEEDBACK_PURPOSE),
        language=_language(language),
        at=now,
    )


def record_barrier_report(*, page: str, text: str, contact: str, language: str, actor: Actor, now: datetime) -> int:
    """Keep a barrier that somebody met on our pages, and return its number.

    `contact` is how to answer them (empty if they want no answer); it is sealed like the text.

    :raises InvalidValue: if the text is missing, or something is too long.
    """
    kept = _text("text", text)
    if not kept:
        raise InvalidValue("text", "missing")
    if len(contact) > 200:
        raise InvalidValue("contact", "length")
    row = BarrierReport.objects.create(
        page=_page(page),
        text_sealed=seal(kept, purpose=BARRIER_PURPOSE),
        contact_sealed=seal(contact.strip(), purpose=BARRIER_PURPOSE),
        language=_language(language),
        at=now,
    )
    return row.pk


def answer_barrier(*, barrier_id: int, actor: Actor, now: datetime) -> None:
    """Write down that a report of a barrier was answered, or mended where its author wants no answer.

    :raises BarrierNotFound: if no such report is kept.
    """
    with transaction.atomic():
        row = BarrierReport.objects.select_for_update(of=("self",)).filter(pk=barrier_id).first()
        if row is None:
            raise BarrierNotFound
        if row.answered_at is None:
            BarrierReport.objects.filter(pk=barrier_id).update(answered_at=now)
            record(
                action="catalogue.barrier_answered",
                subject_kind="barrier",
                subject_id=str(barrier_id),
                actor=actor,
                now=now,
            )


def record_unanswered_search(*, query: str, actor: Actor, now: datetime) -> None:
    """Count a search that found nothing, under its folded text, without numbers that may name a person."""
    text = _DIGITS.sub("[...]", hide_long_numbers(query))[:LONGEST_QUERY].strip()
    folded = turkish.fold(text)[:LONGEST_QUERY]
    if not folded:
        return
    with transaction.atomic():
        row, new = UnansweredSearch.objects.get_or_create(
            folded=folded, defaults={"text": text, "first_at": now, "last_at": now}
        )
        if not new:
            UnansweredSearch.objects.filter(pk=row.pk).update(times=F("times") + 1, last_at=now)


def count_uses(*, counts: Mapping[str, int], kind: UseKind, actor: Actor, now: datetime) -> None:
    """Add to today's counters of services (code -> how often); codes of no service are left out.

    A site may gather counts and hand them on together: every call writes one row per service.
    """
    day = now.astimezone(_DAY_ENDS_IN).date()
    services = dict(Service.objects.filter(code__in=list(counts)).values_list("code", "pk"))
    with transaction.atomic():
        for code in sorted(services):
            row, new = ServiceUse.objects.get_or_create(
                service_id=services[code], day=day, kind=kind, defaults={"count": counts[code]}
            )
            if not new:
                ServiceUse.objects.filter(pk=row.pk).update(count=F("count") + counts[code])


def refresh_usage(*, actor: Actor, now: datetime) -> int:
    """Bring `usage` (starts of the last 90 days, and a tenth of the views) up to date; return how many changed."""
    since = now.astimezone(_DAY_ENDS_IN).date() - USAGE_WINDOW
    sums = Service.objects.annotate(
        starts=Sum("uses__count", filter=Q(uses__kind=UseKind.START, uses__day__gte=since), default=0),
        views=Sum("uses__count", filter=Q(uses__kind=UseKind.VIEW, uses__day__gte=since), default=0),
    ).values_list("pk", "usage", "starts", "views")
    changed = 0
    with transaction.atomic():
        for pk, usage, starts, views in list(sums):
            fresh = starts + views // 10
            if fresh != usage:
                Service.objects.filter(pk=pk).update(usage=fresh)
                changed += 1
    return changed


def forget_old_voices(*, limit: int, actor: Actor, now: datetime) -> int:
    """Delete up to `limit` of each, and return how many: feedback and barrier reports older than `KEEP_VOICES`, and
    unanswered searches that nobody repeated for `KEEP_UNANSWERED`.
    """
    forgotten = 0
    for rows in (
        Feedback.objects.filter(at__lt=now - KEEP_VOICES).order_by("at", "pk"),
        BarrierReport.objects.filter(at__lt=now - KEEP_VOICES).order_by("at", "pk"),
        UnansweredSearch.objects.filter(last_at__lt=now - KEEP_UNANSWERED).order_by("last_at", "pk"),
    ):
        with transaction.atomic():
            ids = list(rows.values_list("pk", flat=True)[:limit])
            forgotten += rows.model.objects.filter(pk__in=ids).delete()[0]
    return forgotten


def _text(field: str, text: str) -> str:
    kept = text.strip()
    if len(kept) > LONGEST_TEXT:
        raise InvalidValue(field, "length")
    return hide_long_numbers(kept)


def _page(path: str) -> str:
    if not path.startswith("/"):
        raise InvalidValue("page", "form")
    return hide_long_numbers(path.partition("?")[0])[:200]


def _language(language: str) -> str:
    if language not in LANGUAGES:
        raise InvalidValue("language", "unknown")
    return language
