"""While lists of passwords are tried, a right password is not enough where device and network are new."""

from datetime import datetime, timedelta

import argon2
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kapi.contexts.identity.errors import SignInHeldOff, SignInRefused
from kapi.contexts.identity.models import Session
from kapi.contexts.identity.rules import pressure as rules
from kapi.contexts.identity.rules.misuse import REPORTABLE
from kapi.contexts.identity.selectors import sign_in_history
from kapi.contexts.identity.selectors.pressure import ListsTried, are_lists_tried, lists_tried
from kapi.contexts.identity.services import pressure, reauthenticate, report_misuse
from kapi.contexts.identity.values import HistoryKind, MisuseAbout, MisuseExtent, MisuseSubject, PersonId
from kapi.kernel.actors import NOBODY
from tests import authenticator_apps as apps
from tests import people
from tests.contexts.identity.test_enumeration import shape_of
from tests.held_off import TRIED, try_lists

pytestmark = pytest.mark.django_db
HOME, WORK, AWAY = "192.0.2.10", "198.18.7.9", "198.51.100.7"


@pytest.fixture
def owner(now: datetime) -> tuple[PersonId, str]:
    """Somebody who has signed in at home; their id and the cookie of their device."""
    person_id = people.make_citizen(now=now)
    return person_id, people.sign_in(now=now, address=HOME).device_token


class TestSignInWhileListsAreTried:
    def test_needs_more_than_the_password_where_everything_is_new(
        self, owner: tuple[PersonId, str], now: datetime
    ) -> None:
        sessions = Session.objects.count()
        try_lists(now)
        for password in (people.PASSWORD, "wrong"):
            with pytest.raises(SignInHeldOff):
                people.sign_in(now=now, password=password, address=AWAY)
        with pytest.raises(SignInHeldOff):
            people.sign_in(now=now, number=people.NOBODYS_NUMBER, address=AWAY)
        assert Session.objects.count() == sessions
        kinds = [entry.kind for entry in sign_in_history(person_id=owner[0]).entries[:2]]
        assert kinds == [HistoryKind.WRONG_SECRET, HistoryKind.HELD_OFF]
        assert HistoryKind.HELD_OFF in REPORTABLE

    def test_goes_on_where_the_owner_is_known(self, owner: tuple[PersonId, str], now: datetime) -> None:
        try_lists(now)
        assert people.sign_in(now=now, address="192.0.2.99").token
        assert people.sign_in(now=now, address=AWAY, device_token=owner[1]).token

    @pytest.mark.parametrize("nowhere", ["", "unknown", "192.0.2.10:4711"])
    def test_takes_an_address_that_cannot_be_read_for_new_to_everybody(
        self, owner: tuple[PersonId, str], now: datetime, nowhere: str
    ) -> None:
        people.sign_in(now=now, address=nowhere, device_token=owner[1])
        assert people.sign_in(now=now, address=nowhere).token
        try_lists(now)
        with pytest.raises(SignInHeldOff):
            people.sign_in(now=now, address=nowhere)

    def test_goes_on_wherever_a_device_of_the_owner_has_been(self, owner: tuple[PersonId, str], now: datetime) -> None:
        people.sign_in(now=now, address=WORK, device_token=owner[1])
        try_lists(now)
        assert people.sign_in(now=now, address="192.0.2.99").token
        assert people.sign_in(now=now, address="198.18.7.77").token

    def test_takes_nobodys_word_for_where_a_disowned_device_has_been(
        self, owner: tuple[PersonId, str], now: datetime
    ) -> None:
        stranger = people.sign_in(now=now, address=WORK)
        people.sign_in(now=now, address="198.18.8.9", device_token=stranger.device_token)
        session_id = people.sign_in(now=now, address=HOME, device_token=owner[1]).signed_in.session_id
        report_misuse(
            session_id=session_id,
            subject=MisuseSubject(about=MisuseAbout.SESSION, id=stranger.signed_in.session_id),
            extent=MisuseExtent.THOSE,
            actor=stranger.signed_in.actor,
            now=now,
        )
        try_lists(now)
        for address in (WORK, "198.18.8.9"):
            with pytest.raises(SignInHeldOff):
                people.sign_in(now=now, address=address)

    def test_goes_on_with_a_sealed_code(self, owner: tuple[PersonId, str], now: datetime) -> None:
        code = people.issue(now=now, number=people.OTHER_NUMBER)[1].code
        try_lists(now)
        assert people.sign_in(now=now, number=people.OTHER_NUMBER, password=code, address=AWAY).token

    def test_lets_who_is_signed_in_prove_it_once_more_anywhere(
        self, owner: tuple[PersonId, str], now: datetime
    ) -> None:
        signed_in = people.sign_in(now=now, address=HOME).signed_in
        try_lists(now)
        assert reauthenticate(
            session_id=signed_in.session_id,
            identity_number=people.NUMBER,
            password=people.PASSWORD,
            address=AWAY,
            device_token=None,
            user_agent="",
            actor=signed_in.actor,
            now=now,
        ).token

    def test_tells_by_no_statement_and_no_hash_that_a_password_was_right(
        self, owner: tuple[PersonId, str], now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        computed: list[str] = []
        verify = argon2.low_level.verify_secret

        def count_verify(encoded: bytes, *arguments: object, **more: object) -> bool:
            computed.append("one")
            return bool(verify(encoded, *arguments, **more))  # type: ignore[arg-type]

        monkeypatch.setattr("argon2._password_hasher.verify_secret", count_verify)
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        careful = people.make_numbers(101)[100]
        people.make_citizen(now=now, number=careful)
        apps.add_app(people.sign_in(now=now, number=careful, address=HOME).signed_in, now=now)
        try_lists(now)
        shapes = []
        for place, (number, password) in enumerate(
            [
                (people.NUMBER, people.PASSWORD),
                (careful, people.PASSWORD),
                (people.OTHER_NUMBER, "wrong"),
                (people.NOBODYS_NUMBER, "wrong"),
            ]
        ):
            computed.clear()
            with CaptureQueriesContext(connection) as queries, pytest.raises(SignInHeldOff):
                people.sign_in(now=now, number=number, password=password, address=f"198.51.{place}.7")
            shapes.append(([shape_of(query["sql"]) for query in queries], len(computed)))
        assert shapes == [shapes[0]] * len(shapes)
        assert shapes[0][1] == 1


class TestAlarm:
    def test_is_not_raised_by_people_who_mistype(self, now: datetime) -> None:
        for number in TRIED[:60]:
            pressure.note_entered(number=number, actor=NOBODY, now=now)
        try_lists(now)
        assert not are_lists_tried(now=now)

    def test_is_not_raised_by_one_number_or_held_down_by_one_account(self, now: datetime) -> None:
        try_lists(now, TRIED[:1] * 200)
        assert not are_lists_tried(now=now)
        for _ in range(100):
            pressure.note_entered(number=people.NUMBER, actor=NOBODY, now=now)
        try_lists(now)
        assert are_lists_tried(now=now)

    def test_notices_what_trickles_in_all_day(self, now: datetime) -> None:
        watch = rules.WATCHES[1]
        numbers = people.make_numbers(watch.least_failed)
        for place, number in enumerate(numbers):
            pressure.note_failed(number=number, actor=NOBODY, now=now + place * timedelta(minutes=3))
        assert are_lists_tried(now=now + watch.least_failed * timedelta(minutes=3))

    def test_ends_an_hour_after_the_last_of_it(self, now: datetime) -> None:
        try_lists(now)
        assert are_lists_tried(now=now + rules.LASTS - timedelta(seconds=1))
        assert not are_lists_tried(now=now + rules.LASTS)

    def test_tells_since_when_it_stands_however_often_it_was_prolonged(
        self, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rules, "WATCHES", (rules.Watch(timedelta(hours=24), 3),))
        assert lists_tried(now=now) is None
        try_lists(now, TRIED[:3])
        later = now + rules.PROLONGED_BELOW + timedelta(minutes=1)
        try_lists(later, TRIED[3:4])
        assert lists_tried(now=later) == ListsTried(since=now, until=later + rules.LASTS)
        anew = later + rules.LASTS
        assert lists_tried(now=anew) is None
        try_lists(anew, TRIED[4:5])
        assert lists_tried(now=anew) == ListsTried(since=anew, until=anew + rules.LASTS)

    def test_changes_nothing_while_it_is_quiet(self, owner: tuple[PersonId, str], now: datetime) -> None:
        assert people.sign_in(now=now, address=AWAY).token
        with pytest.raises(SignInRefused) as refusal:
            people.sign_in(now=now, password="wrong", address=AWAY)
        assert not isinstance(refusal.value, SignInHeldOff)
