"""This was not me: an owner disowns a line of the history, a session, a device or a sharing."""

from datetime import datetime

from django.db import transaction

from kapi.contexts.identity.errors import NothingToReport, OwnSession
from kapi.contexts.identity.events import MisuseReported
from kapi.contexts.identity.models import Account, BegunSignIn, HeldOffSignIn, KnownDevice, MisuseReport, Session
from kapi.contexts.identity.selectors import misuse as questions
from kapi.contexts.identity.selectors import visitor_of
from kapi.contexts.identity.selectors.misuse import Meant
from kapi.contexts.identity.services.history import note_in_history
from kapi.contexts.identity.services.sessions import end_session, end_sessions_of, own_open_session
from kapi.contexts.identity.values import (
    EndReason,
    HistoryKind,
    MisuseExtent,
    MisuseSubject,
    PersonId,
    ReportId,
    SessionId,
    SignedIn,
)
from kapi.foundation.audit.services import record
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor


def report_misuse(
    *, session_id: SessionId, subject: MisuseSubject, extent: MisuseExtent, actor: Actor, now: datetime
) -> ReportId:
    """Take an owner's word that something was not them: end those sessions, or all but this one, and forget the device.

    A sign-in that waits for its second step, or is held off, lapses too. What else is needed (another password,
    removing what was used) is kept with the report for its owner to do, for whoever sits in this session may be the
    stranger: nothing is taken away by it that a session could not take away before. Reporting the same again changes
    nothing.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises NothingToReport: if it is not the person's, or nobody came in by it.
    :raises OwnSession: if it is this very session or device.
    """
    with transaction.atomic():
        signed_in = own_open_session(session_id=session_id, actor=actor, now=now)
        # Locked, so that the same report sent twice at once is made once.
        Account.objects.select_for_update(of=("self",)).get(pk=signed_in.person_id)
        known = MisuseReport.objects.filter(
            person_id=signed_in.person_id, about=subject.about, about_id=subject.id
        ).first()
        if known is not None:
            return ReportId(known.pk)
        meant = questions.find_meant(person_id=signed_in.person_id, subject=subject)
        if meant is None:
            raise NothingToReport
        own_device = questions.device_of(session_id)
        if questions.is_own(meant, session_id, own_device, subject):
            raise OwnSession
        ended = _end(meant, signed_in, extent, actor, now)
        KnownDevice.objects.filter(pk__in=meant.device_ids - {own_device}).delete()
        BegunSignIn.objects.filter(account_id=signed_in.person_id).delete()
        # These stay, as wrong ones: one that was gone would tell its holder that the password was right.
        HeldOffSignIn.objects.filter(account_id=signed_in.person_id).update(account=None)
        return _write_down(signed_in, subject, meant, ended=ended, actor=actor, now=now)


def _end(meant: Meant, signed_in: SignedIn, extent: MisuseExtent, actor: Actor, now: datetime) -> int:
    reason = EndReason.NOT_ME
    if extent is MisuseExtent.ALL_OTHERS:
        return end_sessions_of(
            person_id=signed_in.person_id, but=signed_in.session_id, reason=reason, actor=actor, now=now
        )
    open_ones = [row for row in meant.sessions if row.ended_at is None]
    for row in open_ones:
        end_session(session_id=SessionId(row.pk), reason=reason, actor=actor, now=now)
    return len(open_ones)


def _write_down(
    signed_in: SignedIn, subject: MisuseSubject, meant: Meant, *, ended: int, actor: Actor, now: datetime
) -> ReportId:
    row = MisuseReport.objects.create(
        person_id=signed_in.person_id,
        about=subject.about,
        about_id=subject.id,
        subject_at=meant.at,
        network=meant.visitor.network,
        browser=meant.visitor.browser,
        system=meant.visitor.system,
        reported_in=signed_in.session_id,
        at=now,
        sessions=list(meant.session_ids),
        ended=ended,
        asks_for_password=meant.asks_for_password,
        authenticators=sorted(meant.authenticators),
    )
    record(
        action="identity.misuse_reported",
        subject_kind="report",
        subject_id=str(row.pk),
        actor=actor,
        now=now,
        details={
            "person_id": signed_in.person_id,
            "about": subject.about,
            "about_id": subject.id,
            "session_ids": list(meant.session_ids),
            "ended": ended,
        },
    )
    note_in_history(
        person_id=PersonId(signed_in.person_id),
        session_id=signed_in.session_id,
        kind=HistoryKind.MISUSE_REPORTED,
        visitor=visitor_of(Session.objects.get(pk=signed_in.session_id)),
        actor=actor,
        now=now,
    )
    publish(MisuseReported(report_id=row.pk, person_id=signed_in.person_id), now=now)
    return ReportId(row.pk)
