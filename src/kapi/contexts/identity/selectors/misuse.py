"""Questions about what an owner says was not them, and about the devices of an account."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db.models import Count, F, Max, Q

from kapi.contexts.identity.models import (
    Account,
    Authenticator,
    HistoryRow,
    KnownDevice,
    MisuseReport,
    Session,
)
from kapi.contexts.identity.rules import misuse as rules
from kapi.contexts.identity.rules import sessions as session_rules
from kapi.contexts.identity.selectors.authenticators import authenticators_of
from kapi.contexts.identity.selectors.contacts import contacts_of
from kapi.contexts.identity.selectors.history import visitor_of
from kapi.contexts.identity.selectors.sessions import proofs_of
from kapi.contexts.identity.values import (
    AuthenticatorKind,
    AuthenticatorView,
    DeviceView,
    HistoryEntry,
    HistoryKind,
    MisuseAbout,
    MisuseCounts,
    MisusePreview,
    MisuseReportView,
    MisuseSubject,
    PersonId,
    ReportId,
    SessionId,
    SignedIn,
    Visitor,
)

_MOST_SESSIONS: Final = 100  # of one device
_MOST_REPORTS: Final = 50
_MOST_DEVICES: Final = 50
_NOWHERE: Final = Visitor(network="", browser="", system="")


@dataclass(frozen=True)
class _ContactChanges:
    """What happened in sessions to where a person can be reached."""

    added: tuple[str, ...]  # masked, and still in use
    has_removed: bool


@dataclass(frozen=True)
class Meant:
    """What a report is about. `sessions` are those whose rows are still there, `session_ids` all of them."""

    at: datetime
    kind: HistoryKind | None
    visitor: Visitor
    session_ids: tuple[int, ...]
    sessions: tuple[Session, ...] = ()
    device_ids: frozenset[int] = field(default_factory=frozenset)
    asks_for_password: bool = False
    authenticators: frozenset[int] = field(default_factory=frozenset)


def find_meant(*, person_id: PersonId, subject: MisuseSubject) -> Meant | None:
    """Return what a report about `subject` is about; None where that is not the person's, or nobody came in by it."""
    if subject.about is MisuseAbout.HISTORY:
        return _line(person_id, subject.id)
    if subject.about is MisuseAbout.DEVICE:
        return _device(person_id, subject.id)
    session_id = (subject.session_id or 0) if subject.about is MisuseAbout.SHARING else subject.id
    row = Session.objects.filter(pk=session_id, person_id=person_id).first()
    return _of_sessions([row], row.started_at, None, visitor_of(row)) if row else None


def preview_misuse(*, signed_in: SignedIn, subject: MisuseSubject, now: datetime) -> MisusePreview | None:
    """Return what `services.report_misuse` would do about `subject`; None where there is nothing to report."""
    meant = find_meant(person_id=signed_in.person_id, subject=subject)
    if meant is None:
        return None
    own_device = device_of(signed_in.session_id)
    there = {int(view.authenticator_id): view for view in authenticators_of(person_id=signed_in.person_id)}
    report = MisuseReport.objects.filter(person_id=signed_in.person_id, about=subject.about, about_id=subject.id)
    report_id = report.order_by("pk").values_list("pk", flat=True).first()
    changes = _contact_changes(signed_in.person_id)(meant.session_ids)
    return MisusePreview(
        at=meant.at,
        kind=meant.kind,
        visitor=meant.visitor,
        under_way=sum(_is_under_way(row, now) for row in meant.sessions),
        forgets_device=bool(meant.device_ids - {own_device}),
        asks_for_password=meant.asks_for_password,
        authenticators=tuple(there[pk] for pk in sorted(meant.authenticators) if pk in there),
        contacts=changes.added,
        contact_removed=changes.has_removed,
        own=is_own(meant, signed_in.session_id, own_device, subject),
        report_id=ReportId(report_id) if report_id else None,
    )


def is_reportable(entry: HistoryEntry) -> bool:
    """Tell whether somebody came in by what a line of the history tells, so that its owner may disown it."""
    return entry.staff_id is None and entry.kind in rules.REPORTABLE


def is_own(meant: Meant, session_id: SessionId, own_device: int | None, subject: MisuseSubject) -> bool:
    """Tell whether it is the session, or the device, from which one looks."""
    return session_id in meant.session_ids or (
        subject.about is MisuseAbout.DEVICE and own_device is not None and subject.id == own_device
    )


def device_of(session_id: SessionId) -> int | None:
    """Return on which known device a session is."""
    return Session.objects.filter(pk=session_id).values_list("device_id", flat=True).order_by("pk").first()


def misuse_reports_of(*, person_id: PersonId) -> tuple[MisuseReportView, ...]:
    """List what a person has disowned and how each report stands, the latest first. Six queries."""
    rows = list(MisuseReport.objects.filter(person_id=person_id).order_by("-pk")[:_MOST_REPORTS])
    if not rows:
        return ()
    changed_at = Account.objects.filter(pk=person_id).values_list("password_changed_at", flat=True).first()
    there = authenticators_of(person_id=person_id)
    changes_in = _contact_changes(person_id)
    return tuple(_report(row, changed_at, there, changes_in(row.sessions)) for row in rows)


def sessions_reported(*, report_id: int) -> tuple[SessionId, ...]:
    """Return the sessions that a report is about; none where there is no such report (any more)."""
    rows = MisuseReport.objects.filter(pk=report_id).values_list("sessions", flat=True).order_by("pk")
    return tuple(SessionId(session_id) for session_id in next(iter(rows), ()))


def misuse_counts(*, since: datetime) -> MisuseCounts:
    """Count the reports since a moment, and those of them whose owners have still to choose another password."""
    waits = Q(asks_for_password=True, person__account__password_changed_at__lte=F("at"))
    found = MisuseReport.objects.filter(at__gte=since).aggregate(
        reported=Count("pk"), waiting=Count("pk", filter=waits)
    )
    return MisuseCounts(**found)


def devices_of(*, person_id: PersonId) -> tuple[DeviceView, ...]:
    """List the browsers that an account knows, the last seen first. Two queries."""
    devices = list(KnownDevice.objects.filter(account_id=person_id).order_by("-last_seen_at", "-pk")[:_MOST_DEVICES])
    last = Session.objects.filter(device__in=devices).order_by("device").values("device").annotate(last=Max("pk"))
    latest = {row.device_id: row for row in Session.objects.filter(pk__in=last.values("last")).order_by("pk")}
    return tuple(
        DeviceView(
            device_id=device.pk,
            first_seen_at=device.first_seen_at,
            last_seen_at=device.last_seen_at,
            visitor=visitor_of(latest[device.pk]) if device.pk in latest else _NOWHERE,
        )
        for device in devices
    )


def _line(person_id: PersonId, entry_id: int) -> Meant | None:
    rows = HistoryRow.objects.filter(pk=entry_id, person_id=person_id, staff_id=None)
    row = rows.select_related("session").first()
    if row is None or HistoryKind(row.kind) not in rules.REPORTABLE:
        return None
    kind = HistoryKind(row.kind)
    own = Authenticator.objects.filter(person_id=person_id)
    further = own.none()
    if kind is HistoryKind.AUTHENTICATOR_ADDED:
        further = own.filter(added_at=row.at)
    if kind is HistoryKind.RECOVERY_CODE_USED:
        further = own.filter(kind=AuthenticatorKind.RECOVERY_CODES)
    return _of_sessions(
        [row.session] if row.session else [],
        row.at,
        kind,
        visitor_of(row),
        further=further.order_by("pk").values_list("pk", flat=True),
    )


def _device(person_id: PersonId, device_id: int) -> Meant | None:
    device = KnownDevice.objects.filter(pk=device_id, account_id=person_id).first()
    if device is None:
        return None
    sessions = list(Session.objects.filter(device=device).order_by("-pk")[:_MOST_SESSIONS])
    visitor = visitor_of(sessions[0]) if sessions else _NOWHERE
    return _of_sessions(sessions, device.first_seen_at, None, visitor, devices=(device_id,))


def _of_sessions(
    sessions: list[Session],
    at: datetime,
    kind: HistoryKind | None,
    visitor: Visitor,
    *,
    devices: Iterable[int] = (),
    further: Iterable[int] = (),
) -> Meant:
    proofs = [proof for row in sessions for proof in proofs_of(row)]
    return Meant(
        at=at,
        kind=kind,
        visitor=visitor,
        session_ids=tuple(row.pk for row in sessions),
        sessions=tuple(sessions),
        device_ids=frozenset(devices) | {row.device_id for row in sessions if row.device_id is not None},
        asks_for_password=kind in rules.BY_PASSWORD or rules.password_was_used(proofs),
        authenticators=rules.authenticators_used(proofs) | frozenset(further),
    )


def _is_under_way(row: Session, now: datetime) -> bool:
    return row.ended_at is None and session_rules.is_under_way(
        last_seen_at=row.last_seen_at, ends_at=row.ends_at, now=now
    )


def _contact_changes(person_id: PersonId) -> Callable[[Iterable[int]], _ContactChanges]:
    """Return what tells of sessions which contacts were added or removed there. Three queries, and none later.

    A contact and the line about it are of one moment.
    """
    lines = HistoryRow.objects.filter(
        person_id=person_id, kind__in=[HistoryKind.CONTACT_ADDED, HistoryKind.CONTACT_REMOVED]
    )
    found = list(lines.order_by("pk").values_list("kind", "session_id", "at"))
    there = contacts_of(person_id=person_id) if found else ()

    def changes_in(session_ids: Iterable[int]) -> _ContactChanges:
        wanted = set(session_ids)
        moments = {at for kind, session_id, at in found if kind == HistoryKind.CONTACT_ADDED and session_id in wanted}
        return _ContactChanges(
            added=tuple(view.masked for view in there if view.verified_at in moments),
            has_removed=any(kind == HistoryKind.CONTACT_REMOVED and pk in wanted for kind, pk, _ in found),
        )

    return changes_in


def _report(
    row: MisuseReport,
    password_changed_at: datetime | None,
    there: tuple[AuthenticatorView, ...],
    changes: _ContactChanges,
) -> MisuseReportView:
    is_changed = password_changed_at is not None and password_changed_at > row.at
    return MisuseReportView(
        report_id=ReportId(row.pk),
        at=row.at,
        about=MisuseAbout(row.about),
        subject_at=row.subject_at,
        visitor=Visitor(network=row.network, browser=row.browser, system=row.system),
        session_ids=tuple(SessionId(session_id) for session_id in row.sessions),
        ended=row.ended,
        password_due=not is_changed if row.asks_for_password else None,
        authenticators=tuple(view for view in there if view.authenticator_id in row.authenticators),
        contacts=changes.added,
        contact_removed=changes.has_removed,
    )
