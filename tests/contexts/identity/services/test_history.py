"""The history, and how long traces of people are kept."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import SignInRefused
from kapi.contexts.identity.models import HistoryRow, KnownDevice, SealedCode, Session
from kapi.contexts.identity.values import EndReason, HistoryKind
from kapi.kernel.actors import system
from tests.people import NOBODYS_NUMBER, OTHER_NUMBER, make_citizen, sign_in

pytestmark = pytest.mark.django_db
JOB = system("job:forget_old_traces")


class TestSignInHistory:
    def test_comes_in_pages_newest_first(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        make_citizen(now=now, number=OTHER_NUMBER)
        for minute in range(4):
            sign_in(now=now + timedelta(minutes=minute))
        first = selectors.sign_in_history(person_id=person_id, limit=4)
        assert [entry.kind for entry in first.entries] == [HistoryKind.SIGNED_IN] * 4
        assert first.entries[0].at > first.entries[3].at
        second = selectors.sign_in_history(person_id=person_id, limit=4, older_than=first.older_than)
        assert [entry.kind.value for entry in second.entries] == ["password_chosen", "code_used", "code_issued"]
        assert second.older_than is None

    def test_has_no_empty_last_page(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        page = selectors.sign_in_history(person_id=person_id, limit=3)
        assert (len(page.entries), page.older_than) == (3, None)


class TestForgetOldTraces:
    def test_forgets_history_sessions_devices_and_codes_when_their_time_is_over(self, now: datetime) -> None:
        make_citizen(now=now)
        started = sign_in(now=now)
        services.end_session(
            session_id=started.signed_in.session_id,
            reason=EndReason.SIGNED_OUT,
            actor=started.signed_in.actor,
            now=now,
        )
        with pytest.raises(SignInRefused):
            sign_in(now=now, number=NOBODYS_NUMBER)
        assert services.forget_old_traces(limit=100, actor=JOB, now=now + timedelta(days=30)) == 0
        assert services.forget_old_traces(limit=100, actor=JOB, now=now + timedelta(days=31)) == 1
        assert not HistoryRow.objects.filter(person=None).exists()
        assert services.forget_old_traces(limit=100, actor=JOB, now=now + timedelta(days=366)) == 4 + 1 + 2
        assert not HistoryRow.objects.exists()
        assert not SealedCode.objects.exists()
        assert not Session.objects.exists()
        assert KnownDevice.objects.count() == 2
        assert services.forget_old_traces(limit=1, actor=JOB, now=now + timedelta(days=401)) == 1
        assert services.forget_old_traces(limit=1, actor=JOB, now=now + timedelta(days=401)) == 1
        assert not KnownDevice.objects.exists()
