"""This was not me."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from kapi.contexts.identity import services
from kapi.contexts.identity.errors import NothingToReport, OwnSession, SessionOver
from kapi.contexts.identity.models import BegunSignIn, HistoryRow, KnownDevice, MisuseReport, Session
from kapi.contexts.identity.selectors import contacts_of, find_session_by_id, sign_in_history
from kapi.contexts.identity.selectors.misuse import (
    devices_of,
    misuse_counts,
    misuse_reports_of,
    preview_misuse,
    sessions_reported,
)
from kapi.contexts.identity.values import (
    AuthenticatorKind,
    EndReason,
    HistoryKind,
    Method,
    MisuseAbout,
    MisuseExtent,
    MisuseSubject,
    PersonId,
    Proof,
    ReportId,
    SessionId,
    SignedIn,
)
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.models import OutboxEvent
from tests import people
from tests.sent_codes import EMAIL, PHONE, add_contact, remove_contact

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=1)


@pytest.fixture
def citizen(now: datetime) -> PersonId:
    """A person with an account in use."""
    return people.make_citizen(now=now)


@pytest.fixture
def own(citizen: PersonId, now: datetime) -> SignedIn:
    """Their own session, from which they report."""
    return people.sign_in(now=now).signed_in


@pytest.fixture
def strange(citizen: PersonId, now: datetime) -> SignedIn:
    """A session of somebody who knows their password."""
    return people.sign_in(now=now, address="203.0.113.77", user_agent="").signed_in


def about_session(session: SignedIn) -> MisuseSubject:
    return MisuseSubject(about=MisuseAbout.SESSION, id=session.session_id)


def about_line(kind: HistoryKind, session_id: int | None = None) -> MisuseSubject:
    rows = HistoryRow.objects.filter(kind=kind)
    row = (rows.filter(session=session_id) if session_id else rows.filter(session=None)).latest("pk")
    return MisuseSubject(about=MisuseAbout.HISTORY, id=row.pk)


def report(own: SignedIn, subject: MisuseSubject, now: datetime, extent: MisuseExtent = MisuseExtent.THOSE) -> ReportId:
    return services.report_misuse(
        session_id=own.session_id, subject=subject, extent=extent, actor=own.actor, now=now + LATER
    )


class TestReportMisuse:
    def test_ends_the_session_forgets_its_device_and_says_what_is_to_be_done(
        self, own: SignedIn, strange: SignedIn, now: datetime
    ) -> None:
        device = Session.objects.get(pk=strange.session_id).device_id or 0
        report_id = report(own, about_session(strange), now)
        assert Session.objects.get(pk=strange.session_id).end_reason == EndReason.NOT_ME
        assert not KnownDevice.objects.filter(pk=device).exists()
        assert find_session_by_id(session_id=own.session_id, now=now + LATER) is not None
        (view,) = misuse_reports_of(person_id=own.person_id)
        assert (view.report_id, view.ended, view.password_due, view.is_done) == (report_id, 1, True, False)
        assert sessions_reported(report_id=report_id) == (strange.session_id,)
        assert misuse_counts(since=now).reported == misuse_counts(since=now).waiting == 1

    def test_is_finished_once_another_password_is_chosen(self, own: SignedIn, strange: SignedIn, now: datetime) -> None:
        report(own, about_session(strange), now)
        services.change_password(
            session_id=own.session_id,
            current_password=people.PASSWORD,
            new_password="dört kelime bir arada durur",
            actor=own.actor,
            now=now + 2 * LATER,
        )
        (view,) = misuse_reports_of(person_id=own.person_id)
        assert view.password_due is False
        assert view.is_done
        assert misuse_counts(since=now).waiting == 0

    def test_ends_all_other_sessions_if_wanted(
        self, citizen: PersonId, own: SignedIn, strange: SignedIn, now: datetime
    ) -> None:
        people.sign_in(now=now)
        report(own, about_session(strange), now, MisuseExtent.ALL_OTHERS)
        assert list(Session.objects.filter(ended_at=None).values_list("pk", flat=True)) == [own.session_id]

    def test_takes_a_line_of_the_history_for_its_session(self, own: SignedIn, strange: SignedIn, now: datetime) -> None:
        report_id = report(own, about_line(HistoryKind.SIGNED_IN, strange.session_id), now)
        assert sessions_reported(report_id=report_id) == (strange.session_id,)
        assert find_session_by_id(session_id=strange.session_id, now=now + LATER) is None

    def test_takes_a_device_for_every_session_on_it(self, own: SignedIn, strange: SignedIn, now: datetime) -> None:
        (view,) = [
            view
            for view in devices_of(person_id=own.person_id)
            if view.visitor.network == "203.0.113.0/24" and not view.visitor.browser
        ]
        subject = MisuseSubject(about=MisuseAbout.DEVICE, id=view.device_id)
        assert sessions_reported(report_id=report(own, subject, now)) == (strange.session_id,)
        assert view.device_id not in {view.device_id for view in devices_of(person_id=own.person_id)}

    def test_asks_for_another_password_of_whose_password_somebody_knows_though_nobody_came_in(
        self, own: SignedIn, now: datetime
    ) -> None:
        services.history.note_in_history(
            person_id=own.person_id,
            session_id=None,
            kind=HistoryKind.WRONG_CODE,
            visitor=services.history.NOWHERE,
            actor=own.actor,
            now=now,
        )
        BegunSignIn.objects.create(
            token_hash="x", account_id=own.person_id, password_mark="", proved_at=now, expires_at=now + LATER
        )
        report(own, about_line(HistoryKind.WRONG_CODE), now)
        assert misuse_reports_of(person_id=own.person_id)[0].password_due
        assert not BegunSignIn.objects.exists()

    def test_asks_to_remove_what_was_used_besides(self, own: SignedIn, strange: SignedIn, now: datetime) -> None:
        with transaction.atomic():
            added = services.authenticators.keep_authenticator(
                session_id=strange.session_id,
                kind=AuthenticatorKind.PASSKEY,
                name="Telefon",
                secret="s",
                finder="f",
                actor=own.actor,
                now=now,
            )
            proof = Proof(method=Method.PASSKEY, at=now, authenticator_id=added)
            services.evidence.strengthen_session(session_id=strange.session_id, proof=proof, actor=own.actor, now=now)
        for subject in (about_session(strange), about_line(HistoryKind.AUTHENTICATOR_ADDED, strange.session_id)):
            report(own, subject, now)
        for view in misuse_reports_of(person_id=own.person_id):
            assert [there.authenticator_id for there in view.authenticators] == [added]

    def test_asks_to_remove_a_contact_that_was_added_there_and_says_that_one_was_removed(
        self, own: SignedIn, strange: SignedIn, now: datetime
    ) -> None:
        former = add_contact(own, EMAIL, now=now)
        remove_contact(strange, former, now=now)
        later = now + timedelta(seconds=11)
        add_contact(strange, PHONE, now=later)
        for kind in (HistoryKind.CONTACT_ADDED, HistoryKind.CONTACT_REMOVED):
            subject = about_line(kind, strange.session_id)
            preview = preview_misuse(signed_in=own, subject=subject, now=later)
            assert preview is not None
            assert (preview.kind, preview.contacts, preview.contact_removed) == (kind, (PHONE.masked,), True)
        report(own, about_line(HistoryKind.CONTACT_ADDED, strange.session_id), now)
        (view,) = misuse_reports_of(person_id=own.person_id)
        assert (view.contacts, view.contact_removed, view.is_done) == ((PHONE.masked,), True, False)
        (added,) = contacts_of(person_id=own.person_id)
        remove_contact(own, added.contact_id, now=later)
        assert misuse_reports_of(person_id=own.person_id)[0].contacts == ()

    def test_leaves_the_contacts_of_other_sessions_out(self, own: SignedIn, strange: SignedIn, now: datetime) -> None:
        add_contact(own, PHONE, now=now)
        report(own, about_session(strange), now)
        (view,) = misuse_reports_of(person_id=own.person_id)
        assert (view.contacts, view.contact_removed) == ((), False)

    def test_writes_ids_into_trail_history_and_event_and_nothing_else(
        self, own: SignedIn, strange: SignedIn, now: datetime
    ) -> None:
        report_id = report(own, about_session(strange), now)
        record = AuditRecord.objects.get(action="identity.misuse_reported")
        assert record.details == {
            "person_id": own.person_id,
            "about": "session",
            "about_id": strange.session_id,
            "session_ids": [strange.session_id],
            "ended": 1,
        }
        event = OutboxEvent.objects.get(name="identity.misuse_reported.v1")
        assert event.payload == {"report_id": report_id, "person_id": own.person_id}
        assert sign_in_history(person_id=own.person_id).entries[0].kind is HistoryKind.MISUSE_REPORTED

    def test_changes_nothing_the_second_time(self, own: SignedIn, strange: SignedIn, now: datetime) -> None:
        first = report(own, about_session(strange), now)
        assert report(own, about_session(strange), now) == first
        assert OutboxEvent.objects.filter(name="identity.misuse_reported.v1").count() == 1

    def test_refuses_this_very_session_and_its_device(self, own: SignedIn, now: datetime) -> None:
        device = Session.objects.get(pk=own.session_id).device_id
        assert device is not None
        for subject in (about_session(own), MisuseSubject(about=MisuseAbout.DEVICE, id=device)):
            with pytest.raises(OwnSession):
                report(own, subject, now)
            preview = preview_misuse(signed_in=own, subject=subject, now=now)
            assert preview is not None
            assert preview.own

    def test_refuses_what_is_somebody_elses_or_brought_nobody_in(self, own: SignedIn, now: datetime) -> None:
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        other = people.sign_in(now=now, number=people.OTHER_NUMBER).signed_in
        device = Session.objects.get(pk=other.session_id).device_id
        assert device is not None
        for subject in (
            about_session(other),
            about_line(HistoryKind.SIGNED_IN, other.session_id),
            MisuseSubject(about=MisuseAbout.DEVICE, id=device),
            MisuseSubject(about=MisuseAbout.SHARING, id=1, session_id=other.session_id),
            MisuseSubject(about=MisuseAbout.SHARING, id=1),
            MisuseSubject(about=MisuseAbout.SESSION, id=0),
        ):
            with pytest.raises(NothingToReport):
                report(own, subject, now)
            assert preview_misuse(signed_in=own, subject=subject, now=now) is None
        own_desk = HistoryRow.objects.filter(person_id=own.person_id, kind=HistoryKind.CODE_ISSUED).get()
        with pytest.raises(NothingToReport):
            report(own, MisuseSubject(about=MisuseAbout.HISTORY, id=own_desk.pk), now)
        assert find_session_by_id(session_id=other.session_id, now=now) is not None
        assert not MisuseReport.objects.exists()

    def test_refuses_who_is_not_signed_in(self, own: SignedIn, strange: SignedIn, now: datetime) -> None:
        services.end_session(session_id=own.session_id, reason=EndReason.SIGNED_OUT, actor=own.actor, now=now)
        with pytest.raises(SessionOver):
            report(own, about_session(strange), now)

    def test_leaves_the_device_that_is_shared_with_this_session(self, own: SignedIn, now: datetime) -> None:
        device = Session.objects.get(pk=own.session_id).device
        former = people.sign_in(now=now).signed_in
        Session.objects.filter(pk=former.session_id).update(device=device)
        report(own, about_session(former), now)
        assert KnownDevice.objects.filter(pk=device.pk).exists()  # type: ignore[union-attr]

    def test_is_kept_once_for_each(self, own: SignedIn, strange: SignedIn, now: datetime) -> None:
        report(own, about_session(strange), now)
        row = MisuseReport.objects.get()
        row.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()

    def test_is_forgotten_with_the_history(self, own: SignedIn, strange: SignedIn, now: datetime) -> None:
        report(own, about_session(strange), now)
        services.forget_old_traces(limit=50, actor=own.actor, now=now + timedelta(days=360))
        assert MisuseReport.objects.exists()
        services.forget_old_traces(limit=50, actor=own.actor, now=now + timedelta(days=370))
        assert not MisuseReport.objects.exists()


def test_sessions_of_an_unknown_report_are_none(db: None) -> None:
    assert sessions_reported(report_id=SessionId(4)) == ()
