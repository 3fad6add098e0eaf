"""What was sealed under a former key comes under the present one, whatever happens meanwhile."""

from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from kapi.config.sealed import SEALED_COLUMNS
from kapi.contexts.catalogue.models import Feedback
from kapi.contexts.catalogue.services import record_feedback
from kapi.contexts.identity import selectors
from kapi.contexts.identity.models import Person
from kapi.contexts.identity.services import register_person
from kapi.contexts.identity.values import BirthDate
from kapi.contexts.openid.models import SigningKey
from kapi.contexts.openid.services.keys import active_key
from kapi.foundation import keys
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.resealing import services
from kapi.foundation.resealing.models import ResealMark
from kapi.foundation.resealing.values import SealedColumn, Step
from kapi.kernel.actors import NOBODY, system
from kapi.kernel.identifiers import IdentityNumber
from tests.people import make_numbers

pytestmark = pytest.mark.django_db
ACTOR = system("test")
OLD, NEW = "an old secret key of more than 32 characters", "a new secret key of more than 32 characters"
COLUMNS = {column.name: column for column in SEALED_COLUMNS}
NUMBERS = COLUMNS["identity.Person.number_sealed"]


@pytest.fixture(autouse=True)
def _old_key(settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []


def change_key(settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]


def register(now: datetime, *numbers: IdentityNumber) -> None:
    for number in numbers:
        register_person(
            identity_number=number,
            given_names="Deniz",
            family_name=None,
            birth=BirthDate(year=1990),
            actor=ACTOR,
            now=now,
        )


def step(now: datetime, limit: int = 100, column: SealedColumn = NUMBERS) -> Step:
    return services.reseal_further(column=column, limit=limit, actor=ACTOR, now=now)


def found(numbers: list[IdentityNumber]) -> list[bool]:
    return [selectors.find_person(identity_number=number) is not None for number in numbers]


class TestResealFurther:
    def test_brings_numbers_and_their_digests_under_the_present_key(self, now: datetime, settings: Settings) -> None:
        numbers = make_numbers(3)
        register(now, *numbers)
        change_key(settings)
        assert found(numbers) == [True] * 3
        assert step(now) == Step(3, 3, (), (), is_last=True)
        settings.SECRET_KEY_FALLBACKS = []
        assert found(numbers) == [True] * 3
        ids = [selectors.find_person(identity_number=number) for number in numbers]
        assert [selectors.get_person_record(person_id=pk).identity_number for pk in ids if pk] == numbers

    def test_is_found_by_both_digests_while_it_is_under_way(self, now: datetime, settings: Settings) -> None:
        numbers = make_numbers(4)
        register(now, *numbers)
        change_key(settings)
        step(now, limit=2)
        assert found(numbers) == [True] * 4
        register(now, *numbers)
        assert Person.objects.count() == 4

    def test_brings_everything_that_is_sealed(self, now: datetime, settings: Settings) -> None:
        active_key(actor=ACTOR, now=now)
        record_feedback(page="/", service_code=None, score=3, text="ok", language="tr", actor=NOBODY, now=now)
        change_key(settings)
        assert step(now, column=COLUMNS["openid.SigningKey.private"]).resealed == 2
        assert step(now, column=COLUMNS["catalogue.Feedback.text_sealed"]).resealed == 1
        settings.SECRET_KEY_FALLBACKS = []
        assert len(active_key(actor=ACTOR, now=now).sign(b"a")) == 64
        assert keys.open_sealed(Feedback.objects.get().text_sealed, purpose="catalogue.feedback") == "ok"

    def test_passes_over_what_was_destroyed(self, now: datetime, settings: Settings) -> None:
        active_key(actor=ACTOR, now=now)
        SigningKey.objects.update(private=b"")
        change_key(settings)
        assert step(now, column=COLUMNS["openid.SigningKey.private"]) == Step(2, 0, (), (), is_last=True)

    def test_goes_on_where_it_was_and_begins_anew_after_the_end(self, now: datetime, settings: Settings) -> None:
        register(now, *make_numbers(5))
        change_key(settings)
        steps = [step(now, limit=2) for _ in range(3)]
        assert [(done.seen, done.resealed, done.is_last) for done in steps] == [
            (2, 2, False), (2, 2, False), (1, 1, True),
        ]  # fmt: skip
        assert services.seen_so_far(NUMBERS) == 0
        assert step(now) == Step(5, 0, (), (), is_last=True)
        finished = AuditRecord.objects.filter(action="keys.resealed").values_list("details", flat=True)
        assert list(finished.order_by("pk")) == [{"seen": 5, "resealed": 5}, {"seen": 5, "resealed": 0}]

    def test_begins_anew_under_yet_another_key(self, now: datetime, settings: Settings) -> None:
        register(now, *make_numbers(4))
        change_key(settings)
        step(now, limit=3)
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "x" * 40, [NEW, OLD]
        assert step(now).resealed == 4
        assert ResealMark.objects.get().key_name == keys.key_name()

    def test_names_rows_that_no_key_opens_and_goes_on(self, now: datetime, settings: Settings) -> None:
        register(now, *make_numbers(3))
        pk = Person.objects.order_by("pk")[1].pk
        Person.objects.filter(pk=pk).update(number_sealed=b"\0" * 40)
        change_key(settings)
        assert step(now) == Step(3, 2, (str(pk),), (), is_last=True)

    def test_names_a_person_who_was_registered_under_both_keys(self, now: datetime, settings: Settings) -> None:
        numbers = make_numbers(3)
        register(now, *numbers)
        settings.SECRET_KEY = NEW  # a process that was not told the former key
        register(now, numbers[1])
        change_key(settings)
        twice = Person.objects.order_by("pk")[1].pk
        assert step(now) == Step(4, 2, (), (str(twice),), is_last=True)

    def test_leaves_alone_what_somebody_changed_meanwhile(self, now: datetime, settings: Settings) -> None:
        register(now, *make_numbers(1))
        change_key(settings)
        rows = list(services._read(NUMBERS, "", 10))
        renewed, _unopened = services._renew(NUMBERS, rows)
        theirs = keys.seal("of somebody else", purpose=NUMBERS.purpose)
        Person.objects.update(number_sealed=theirs)
        services._write(NUMBERS, renewed)
        assert bytes(Person.objects.get().number_sealed) == theirs

    def test_takes_no_query_per_row(
        self, now: datetime, settings: Settings, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        register(now, *make_numbers(30))
        change_key(settings)
        with django_assert_max_num_queries(16):
            assert step(now, limit=40).resealed == 30


class TestInspect:
    def test_counts_what_is_under_a_former_key_and_changes_nothing(self, now: datetime, settings: Settings) -> None:
        register(now, *make_numbers(3))
        change_key(settings)
        before = list(Person.objects.order_by("pk").values_list("number_digest", flat=True))
        first, after = services.inspect(column=NUMBERS, after="", limit=2)
        second, _after = services.inspect(column=NUMBERS, after=after, limit=2)
        assert [(seen.resealed, seen.is_last) for seen in (first, second)] == [(2, False), (1, True)]
        assert list(Person.objects.order_by("pk").values_list("number_digest", flat=True)) == before
