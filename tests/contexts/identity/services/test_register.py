"""What the population register tells is acted upon."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from kapi.contexts.identity import services
from kapi.contexts.identity.errors import AccountBarred, PopulationRegisterUnavailable, SignInRefused
from kapi.contexts.identity.models import (
    Account,
    Authenticator,
    KnownDevice,
    RegisterEntry,
    RegisterEntrySetAside,
    RegisterMark,
    Session,
)
from kapi.contexts.identity.selectors import find_account, find_session_by_id, get_person_record, sign_in_history
from kapi.contexts.identity.selectors.register import hindrance_of, population_register_state
from kapi.contexts.identity.values import (
    AccountState,
    AuthenticatorKind,
    EndReason,
    Hindrance,
    HistoryKind,
    PersonId,
    RegisterEvent,
    RegisterEventKind,
    RegisterOutcome,
    RegisterPage,
    SetAsideReason,
)
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.models import OutboxEvent
from kapi.jobs import read_register_events
from kapi.kernel.actors import system
from tests import people
from tests.contexts.identity.population_in_tests import WrittenPopulationRegister, event

pytestmark = pytest.mark.django_db
ACTOR = system("test")
MINUTE = timedelta(minutes=1)
DEATH, WITHDRAWN = RegisterEventKind.DEATH, RegisterEventKind.DEATH_WITHDRAWN
NAME = RegisterEventKind.NAME_CHANGED


@pytest.fixture
def citizen(now: datetime) -> PersonId:
    """A person with an account in use."""
    return people.make_citizen(now=now)


class LongMarks:
    """A register whose marks nobody can keep."""

    name = "long"

    def events_after(self, *, mark: str) -> RegisterPage:
        return RegisterPage(events=(event(DEATH, datetime(2026, 11, 1, tzinfo=UTC)),), mark="x" * 201)

    def check(self) -> None:
        """It can be reached."""


def told(what: RegisterEvent, now: datetime) -> RegisterOutcome | None:
    return services.record_register_event(source="test", event=what, actor=ACTOR, now=now)


class TestDeath:
    def test_closes_the_account_and_everything_that_opened_it(self, citizen: PersonId, now: datetime) -> None:
        session = people.sign_in(now=now).signed_in
        with transaction.atomic():
            services.authenticators.keep_authenticator(
                session_id=session.session_id,
                kind=AuthenticatorKind.PASSKEY,
                name="Telefon",
                secret="s",
                finder="f",
                actor=session.actor,
                now=now,
            )
        before = OutboxEvent.objects.latest("pk").pk
        assert told(event(DEATH, now), now + MINUTE) is RegisterOutcome.DONE
        assert find_account(person_id=citizen).state is AccountState.CLOSED  # type: ignore[union-attr]
        assert Session.objects.get(pk=session.session_id).end_reason == EndReason.ACCOUNT_CLOSED
        assert not Authenticator.objects.exists()
        assert not KnownDevice.objects.exists()
        with pytest.raises(SignInRefused):
            people.sign_in(now=now + MINUTE)
        # No notice of a removed authenticator goes to the bereaved.
        assert sorted(OutboxEvent.objects.filter(pk__gt=before).values_list("name", flat=True)) == [
            "identity.account_closed.v1",
            "identity.session_ended.v1",
        ]
        assert sign_in_history(person_id=citizen).entries[1].kind is HistoryKind.ACCOUNT_CLOSED

    def test_leaves_no_desk_to_open_it(self, citizen: PersonId, now: datetime) -> None:
        told(event(DEATH, now), now)
        with pytest.raises(AccountBarred) as refusal:
            services.recover_account(person_id=citizen, actor=people.DESK, now=now)
        assert refusal.value.hindrance is Hindrance.DEATH

    def test_lets_no_desk_issue_an_account(self, now: datetime) -> None:
        person_id = people.register(now=now)
        assert told(event(DEATH, now), now) is RegisterOutcome.NOTHING
        with pytest.raises(AccountBarred):
            services.issue_account(person_id=person_id, actor=people.DESK, now=now)
        assert not Account.objects.exists()

    def test_that_was_entered_wrongly_is_set_right_at_a_desk(self, citizen: PersonId, now: datetime) -> None:
        told(event(DEATH, now), now)
        assert told(event(WITHDRAWN, now + MINUTE), now + MINUTE) is RegisterOutcome.DONE
        assert find_account(person_id=citizen).state is AccountState.CLOSED  # type: ignore[union-attr]
        issued = services.recover_account(person_id=citizen, actor=people.DESK, now=now + MINUTE)
        started = people.sign_in(now=now + MINUTE, password=issued.code)
        assert started.signed_in.must_change_password

    def test_of_nobody_registered_here_is_not_kept(self, now: datetime) -> None:
        assert told(event(DEATH, now), now) is None
        assert not RegisterEntry.objects.exists()


class TestGuardianship:
    def test_closes_the_account_until_it_has_ended_and_a_desk_hands_it_back(
        self, citizen: PersonId, now: datetime
    ) -> None:
        told(event(RegisterEventKind.GUARDIANSHIP, now), now)
        with pytest.raises(SignInRefused):
            people.sign_in(now=now)
        with pytest.raises(AccountBarred) as refusal:
            services.recover_account(person_id=citizen, actor=people.DESK, now=now)
        assert refusal.value.hindrance is Hindrance.GUARDIANSHIP
        told(event(RegisterEventKind.GUARDIANSHIP_ENDED, now + MINUTE), now + MINUTE)
        services.recover_account(person_id=citizen, actor=people.DESK, now=now + MINUTE)
        assert hindrance_of(person_id=citizen) is None


class TestNameChange:
    def test_shows_the_new_name_in_sessions_that_go_on(self, citizen: PersonId, now: datetime) -> None:
        session = people.sign_in(now=now).signed_in
        assert told(event(NAME, now, name=("Deniz", "Güneş")), now + MINUTE) is RegisterOutcome.DONE
        going_on = find_session_by_id(session_id=session.session_id, now=now + MINUTE)
        assert going_on is not None
        assert going_on.display_name == get_person_record(person_id=citizen).display_name == "Deniz Güneş"
        assert sign_in_history(person_id=citizen).entries[0].kind is HistoryKind.RENAMED
        assert AuditRecord.objects.get(action="identity.person_renamed").details == {"changed": ["family_name"]}

    def test_takes_the_last_stated_in_whatever_order_they_come(self, citizen: PersonId, now: datetime) -> None:
        names = [event(NAME, now + day * MINUTE, name=("Deniz", f"Soyad{'ABC'[day]}")) for day in range(3)]
        for order in permutations(names):
            RegisterEntry.objects.all().delete()
            for what in order:
                told(what, now + 5 * MINUTE)
            assert get_person_record(person_id=citizen).family_name == "SoyadC"

    def test_is_written_down_where_the_name_cannot_be_used(self, citizen: PersonId, now: datetime) -> None:
        assert told(event(NAME, now, name=("1234", None)), now) is RegisterOutcome.UNUSABLE
        assert get_person_record(person_id=citizen).given_names == "Deniz"

    def test_from_before_a_desk_has_seen_the_person_changes_nothing(self, citizen: PersonId, now: datetime) -> None:
        before = event(NAME, now - MINUTE, name=("Eski", "Ad"))
        assert told(before, now) is RegisterOutcome.LATE
        assert get_person_record(person_id=citizen).given_names == "Deniz"


class TestRecordRegisterEvent:
    def test_acts_once_upon_a_number_of_a_source(self, citizen: PersonId, now: datetime) -> None:
        what = event(DEATH, now, number="7")
        assert [told(what, now), told(what, now + MINUTE)] == [RegisterOutcome.DONE] * 2
        assert RegisterEntry.objects.count() == 1
        assert OutboxEvent.objects.filter(name="identity.account_closed.v1").count() == 1
        other = services.record_register_event(source="hand", event=what, actor=ACTOR, now=now)
        assert other is RegisterOutcome.NOTHING

    def test_writes_down_what_comes_late_and_leaves_the_later_word(self, citizen: PersonId, now: datetime) -> None:
        told(event(WITHDRAWN, now), now)
        assert told(event(DEATH, now - MINUTE), now) is RegisterOutcome.LATE
        assert find_account(person_id=citizen).state is AccountState.ACTIVE  # type: ignore[union-attr]
        assert hindrance_of(person_id=citizen) is None

    def test_keeps_no_name_and_no_number_in_the_trail(self, citizen: PersonId, now: datetime) -> None:
        told(event(NAME, now, name=("Gizem", "Saklı")), now)
        details = [str(record.details) for record in AuditRecord.objects.all()]
        assert not [text for text in details if "Gizem" in text or "Saklı" in text or people.NUMBER.digits in text]

    def test_leaves_no_second_row_of_a_number(self, citizen: PersonId, now: datetime) -> None:
        told(event(DEATH, now), now)
        row = RegisterEntry.objects.get()
        row.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


class TestReadRegisterEvents:
    def test_reads_on_from_where_it_was(
        self, citizen: PersonId, population: WrittenPopulationRegister, now: datetime
    ) -> None:
        population.says("1", "name_changed", now, name=("Deniz", "Ay"))
        assert read_register_events.run(now=now) == 1
        population.says("2", "name_changed", now + MINUTE, name=("Deniz", "Güneş"))
        population.says("3", "death", now, of=people.OTHER_NUMBER)
        assert read_register_events.run(now=now + MINUTE) == 2
        assert read_register_events.run(now=now + MINUTE) == 0
        assert get_person_record(person_id=citizen).family_name == "Güneş"
        state = population_register_state()
        assert (state.entries, state.unusable, state.last_answer_at) == (2, 0, now + MINUTE)

    def test_may_read_the_same_again(
        self, citizen: PersonId, population: WrittenPopulationRegister, now: datetime
    ) -> None:
        population.says("1", "death", now)
        read_register_events.run(now=now)
        RegisterMark.objects.update(mark="")
        assert read_register_events.run(now=now) == 1
        assert RegisterEntry.objects.count() == 1

    def test_sets_aside_what_cannot_be_taken_and_reads_on(
        self, citizen: PersonId, population: WrittenPopulationRegister, now: datetime
    ) -> None:
        longest = "7" * 64
        population.says(longest, "death", now)
        population.says(longest + "8", "death_withdrawn", now + MINUTE)
        population.says(longest + "9", "death_withdrawn", now + MINUTE)
        population.says("", "guardianship", now)
        population.says("future", "guardianship", now + timedelta(days=400))
        population.says("zone", "death", "2026-11-20T09:00:00")
        population.says("kind", "flood", now)
        population.says("nobody", "death", now, of="12345678901")
        population.says("name", "name_changed", now, name=("x" * 500, ""))
        population.says("last", "name_changed", now, name=("Deniz", "Güneş"))
        for _again in range(2):
            assert read_register_events.run(now=now) == 10
            RegisterMark.objects.update(mark="")
        assert get_person_record(person_id=citizen).family_name == "Güneş"
        assert hindrance_of(person_id=citizen) is Hindrance.DEATH
        state = population_register_state()
        told_why = {line.number[:66]: line.reason for line in state.set_aside}
        assert state.unusable == len(told_why) == len(state.set_aside) == 8
        assert {name: told_why.pop(name) for name in ("future", "zone", "kind", "nobody", "name")} == {
            "future": SetAsideReason.TIME,
            "zone": SetAsideReason.FORM,
            "kind": SetAsideReason.FORM,
            "nobody": SetAsideReason.FORM,
            "name": SetAsideReason.NAME,
        }
        assert {(name[:32], reason) for name, reason in told_why.items()} == {
            ("7" * 32, SetAsideReason.NUMBER),
            ("line 4", SetAsideReason.FORM),
        }
        noted = AuditRecord.objects.filter(action="identity.register_entry_set_aside")
        assert noted.count() == RegisterEntrySetAside.objects.count() == 7

    def test_takes_a_number_with_signs_that_no_database_keeps_for_unusable(
        self, citizen: PersonId, now: datetime
    ) -> None:
        for number in ("a\0b", "\ud800", "x" * 10_000):
            assert told(event(DEATH, now, number=number), now) is RegisterOutcome.UNUSABLE
        naive = event(DEATH, now.replace(tzinfo=None), number="naive")
        assert told(naive, now) is RegisterOutcome.UNUSABLE
        assert find_account(person_id=citizen).state is AccountState.ACTIVE  # type: ignore[union-attr]
        assert RegisterEntrySetAside.objects.count() == 4

    def test_takes_no_mark_that_cannot_be_kept(self, citizen: PersonId, now: datetime, settings: Settings) -> None:
        settings.POPULATION_REGISTER = f"{__name__}.{LongMarks.__name__}"
        with pytest.raises(PopulationRegisterUnavailable):
            services.read_register_events(actor=ACTOR, now=now)
        assert hindrance_of(person_id=citizen) is Hindrance.DEATH
        assert population_register_state().last_answer_at is None

    def test_goes_on_when_the_register_is_back(
        self, citizen: PersonId, population: WrittenPopulationRegister, now: datetime
    ) -> None:
        population.is_down()
        assert read_register_events.run(now=now) == 0
        with pytest.raises(PopulationRegisterUnavailable):
            services.read_register_events(actor=ACTOR, now=now)
        assert population_register_state().last_answer_at is None
        population.begins()
        population.says("1", "death", now)
        assert read_register_events.run(now=now) == 1
