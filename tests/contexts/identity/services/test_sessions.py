"""Sessions: being seen, going on, ending."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.models import Session
from kapi.contexts.identity.values import EndReason, SessionId
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.models import OutboxEvent
from kapi.foundation.statements import Question
from kapi.kernel.actors import system
from tests.people import OTHER_NUMBER, make_citizen, sign_in

pytestmark = pytest.mark.django_db
JOB = system("job:end_expired_sessions")
MINUTE = timedelta(minutes=1)


def ended(session_id: SessionId) -> tuple[datetime | None, str]:
    """Tell when and why a session ended."""
    row = Session.objects.get(pk=session_id)
    return row.ended_at, row.end_reason


class TestFindSession:
    def test_asks_once(self, now: datetime) -> None:
        make_citizen(now=now)
        token = sign_in(now=now).token
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert selectors.find_session(token=token, now=now)
        assert len(queries) == 1

    @pytest.mark.parametrize("token", ["", "x", "ş", "\ud800", "x" * 100_000, "a\0b"])
    def test_finds_nobody_behind_nonsense(self, now: datetime, token: str) -> None:
        make_citizen(now=now)
        sign_in(now=now)
        assert selectors.find_session(token=token, now=now) is None

    def test_says_when_to_warn_and_when_it_ends(self, now: datetime) -> None:
        make_citizen(now=now)
        found = selectors.find_session(token=sign_in(now=now).token, now=now)
        assert found is not None
        assert found.expires_at == now + 15 * MINUTE
        assert found.warn_at == found.expires_at - timedelta(seconds=150)
        assert found.ends_at == now + timedelta(hours=12)

    def test_finds_nothing_after_fifteen_minutes_of_rest(self, now: datetime) -> None:
        make_citizen(now=now)
        token = sign_in(now=now).token
        assert selectors.find_session(token=token, now=now + 15 * MINUTE - timedelta(microseconds=1))
        assert selectors.find_session(token=token, now=now + 15 * MINUTE) is None


class TestWhereSessionIsUnderWay:
    def test_says_what_asking_for_the_session_alone_says(self, now: datetime) -> None:
        make_citizen(now=now)
        at_rest, seen, signed_out = (sign_in(now=now).signed_in for _ in range(3))
        rested, day_over, just_before = now + 15 * MINUTE, now + timedelta(hours=12), timedelta(microseconds=1)
        Session.objects.filter(pk=seen.session_id).update(last_seen_at=day_over - MINUTE)
        services.end_session(
            session_id=signed_out.session_id, reason=EndReason.SIGNED_OUT, actor=signed_out.actor, now=now
        )
        standing = Question(
            lambda: Session.objects.filter(selectors.where_session_is_under_way("pk")).values_list("pk", flat=True)
        )
        for moment, expected in (
            (rested - just_before, {at_rest.session_id, seen.session_id}),
            (rested, {seen.session_id}),
            (day_over - just_before, {seen.session_id}),
            (day_over, set()),
        ):
            assert set(standing.all(**selectors.moments_of_standing(moment))) == expected
            for session in (at_rest, seen, signed_out):
                asked = selectors.is_session_under_way(session_id=session.session_id, now=moment)
                assert asked == (session.session_id in expected)


class TestNoteActivity:
    def test_writes_at_most_once_a_minute(self, now: datetime) -> None:
        make_citizen(now=now)
        signed_in = sign_in(now=now).signed_in
        with CaptureQueriesContext(connection) as queries:
            same = services.note_activity(
                signed_in=signed_in, actor=signed_in.actor, now=now + MINUTE - timedelta(seconds=1)
            )
        assert (len(queries), same) == (0, signed_in)
        later = services.note_activity(signed_in=signed_in, actor=signed_in.actor, now=now + MINUTE)
        assert later.expires_at == now + 16 * MINUTE

    def test_lets_a_session_go_on_for_twelve_hours_and_no_longer(self, now: datetime) -> None:
        make_citizen(now=now)
        started = sign_in(now=now)
        at = now
        while signed_in := selectors.find_session(token=started.token, now=at):
            services.note_activity(signed_in=signed_in, actor=signed_in.actor, now=at)
            at += 10 * MINUTE
        assert at == now + timedelta(hours=12)

    def test_does_not_wake_a_session_that_has_ended(self, now: datetime) -> None:
        make_citizen(now=now)
        started = sign_in(now=now)
        signed_in = started.signed_in
        services.end_session(
            session_id=signed_in.session_id, reason=EndReason.SIGNED_OUT, actor=signed_in.actor, now=now
        )
        services.note_activity(signed_in=signed_in, actor=signed_in.actor, now=now + MINUTE)
        assert selectors.find_session(token=started.token, now=now + MINUTE) is None


class TestExtendSession:
    def test_begins_the_fifteen_minutes_anew(self, now: datetime) -> None:
        make_citizen(now=now)
        signed_in = sign_in(now=now).signed_in
        at = signed_in.warn_at
        extended = services.extend_session(session_id=signed_in.session_id, actor=signed_in.actor, now=at)
        assert extended.expires_at == at + 15 * MINUTE

    def test_comes_too_late_after_the_end(self, now: datetime) -> None:
        make_citizen(now=now)
        signed_in = sign_in(now=now).signed_in
        with pytest.raises(SessionOver):
            services.extend_session(session_id=signed_in.session_id, actor=signed_in.actor, now=signed_in.expires_at)

    def test_is_refused_for_another_persons_session(self, now: datetime) -> None:
        make_citizen(now=now)
        make_citizen(now=now, number=OTHER_NUMBER)
        mine, theirs = sign_in(now=now).signed_in, sign_in(now=now, number=OTHER_NUMBER).signed_in
        with pytest.raises(SessionOver):
            services.extend_session(session_id=theirs.session_id, actor=mine.actor, now=now + MINUTE)
        assert Session.objects.get(pk=theirs.session_id).last_seen_at == now


class TestEndSession:
    def test_ends_it_once_and_tells_others(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        started = sign_in(now=now)
        session_id, actor = started.signed_in.session_id, started.signed_in.actor
        for later in (MINUTE, 2 * MINUTE):
            services.end_session(session_id=session_id, reason=EndReason.SIGNED_OUT, actor=actor, now=now + later)
        assert ended(session_id) == (now + MINUTE, "signed_out")
        assert selectors.find_session(token=started.token, now=now) is None
        told = OutboxEvent.objects.filter(name="identity.session_ended.v1", payload__session_id=session_id)
        assert [event.payload for event in told] == [
            {"session_id": session_id, "person_id": person_id, "reason": "signed_out"}
        ]
        assert AuditRecord.objects.filter(action="identity.session_ended", subject_id=str(session_id)).count() == 1

    def test_is_refused_for_another_persons_session(self, now: datetime) -> None:
        make_citizen(now=now)
        make_citizen(now=now, number=OTHER_NUMBER)
        mine, theirs = sign_in(now=now).signed_in, sign_in(now=now, number=OTHER_NUMBER).signed_in
        with pytest.raises(SessionOver):
            services.end_session(
                session_id=theirs.session_id, reason=EndReason.SIGNED_OUT_REMOTELY, actor=mine.actor, now=now
            )
        assert ended(theirs.session_id) == (None, "")

    def test_is_refused_where_there_is_none(self, now: datetime) -> None:
        with pytest.raises(SessionOver):
            services.end_session(session_id=SessionId(0), reason=EndReason.SIGNED_OUT, actor=JOB, now=now)


class TestEndOtherSessions:
    def test_leaves_this_one(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        make_citizen(now=now, number=OTHER_NUMBER)
        mine, *others = [sign_in(now=now) for _ in range(3)]
        strangers = sign_in(now=now, number=OTHER_NUMBER)
        count = services.end_other_sessions(session_id=mine.signed_in.session_id, actor=mine.signed_in.actor, now=now)
        assert count == 2
        left = selectors.sessions_of(person_id=person_id, now=now)
        assert [view.session_id for view in left] == [mine.signed_in.session_id]
        assert {ended(other.signed_in.session_id)[1] for other in others} == {"signed_out_remotely"}
        assert selectors.find_session(token=strangers.token, now=now)


class TestSessionsOf:
    def test_lists_what_is_under_way_the_last_seen_first(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        first = sign_in(now=now, user_agent="").signed_in
        second = sign_in(now=now + MINUTE, address="2001:db8::1").signed_in
        views = selectors.sessions_of(person_id=person_id, now=now + 2 * MINUTE)
        assert [view.session_id for view in views] == [second.session_id, first.session_id]
        assert (views[0].visitor.network, views[0].visitor.browser) == ("2001:db8::/48", "Firefox")
        late = selectors.sessions_of(person_id=person_id, now=now + 15 * MINUTE)
        assert [view.session_id for view in late] == [second.session_id]


class TestEndExpiredSessions:
    def test_writes_down_when_and_why_they_ended(self, now: datetime) -> None:
        make_citizen(now=now)
        idle = sign_in(now=now).signed_in.session_id
        old = sign_in(now=now).signed_in.session_id
        fresh = sign_in(now=now).signed_in.session_id
        twelve = timedelta(hours=12)
        Session.objects.filter(pk=old).update(last_seen_at=now + twelve - MINUTE)
        Session.objects.filter(pk=fresh).update(last_seen_at=now + twelve, ends_at=now + 2 * twelve)
        assert services.end_expired_sessions(limit=10, actor=JOB, now=now + twelve + MINUTE) == 2
        assert ended(idle) == (now + 15 * MINUTE, "idle")
        assert ended(old) == (now + twelve, "too_old")
        assert ended(fresh) == (None, "")
        assert OutboxEvent.objects.filter(payload__session_id=idle, payload__reason="idle").count() == 1
        assert services.end_expired_sessions(limit=10, actor=JOB, now=now + twelve + MINUTE) == 0

    def test_works_in_batches(self, now: datetime) -> None:
        make_citizen(now=now)
        for _ in range(3):
            sign_in(now=now)
        later = now + timedelta(days=1)
        assert [services.end_expired_sessions(limit=2, actor=JOB, now=later) for _ in range(3)] == [2, 1, 0]


class TestConstraints:
    @pytest.mark.parametrize("broken", [{"end_reason": "idle"}, {"ended_at": datetime.fromisoformat("2026-11-22T09Z")}])
    def test_want_a_reason_for_an_end(self, now: datetime, broken: dict[str, object]) -> None:
        make_citizen(now=now)
        session_id = sign_in(now=now).signed_in.session_id
        with pytest.raises(IntegrityError), transaction.atomic():
            Session.objects.filter(pk=session_id).update(**broken)
