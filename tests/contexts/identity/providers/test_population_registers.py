"""The contract suite of population registers: each that settings can name passes it."""

from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from kapi.contexts.identity.errors import NoPopulationRegister, PopulationRegisterUnavailable
from kapi.contexts.identity.providers.population.registry import get_population_register
from kapi.contexts.identity.values import RegisterEventKind, RegisterPage
from tests import people
from tests.contexts.identity.population_in_tests import WrittenPopulationRegister

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class TestPopulationRegister:
    def test_tells_what_was_entered_after_a_mark_in_the_order_of_entering(
        self, population: WrittenPopulationRegister
    ) -> None:
        population.says("1", "name_changed", AT, name=("Ada", ""))
        population.says("2", "death", AT, happened_on="2026-11-19")
        register = get_population_register()
        page = register.events_after(mark="")
        first, second = page.events
        assert (first.kind, first.given_names, first.family_name) == (RegisterEventKind.NAME_CHANGED, "Ada", None)
        assert (second.number, second.identity_number, second.stated_at) == ("2", people.NUMBER, AT)
        assert second.happened_on is not None
        assert register.events_after(mark=page.mark).events == ()
        population.says("3", "death_withdrawn", AT)
        assert [event.number for event in register.events_after(mark=page.mark).events] == ["3"]
        assert len(page.mark) <= 200

    def test_tells_every_kind(self, population: WrittenPopulationRegister) -> None:
        for kind in RegisterEventKind:
            population.says(kind, kind, AT, name=("Ada", "Ay"))
        assert [event.kind for event in get_population_register().events_after(mark="").events] == list(
            RegisterEventKind
        )

    def test_says_when_it_cannot_be_reached(self, population: WrittenPopulationRegister) -> None:
        get_population_register().check()
        population.is_down()
        with pytest.raises(PopulationRegisterUnavailable):
            get_population_register().check()
        with pytest.raises(PopulationRegisterUnavailable):
            get_population_register().events_after(mark="")

    @pytest.mark.parametrize(
        ("kind", "stated_at"), [("flood", AT), ("death", "2026-11-20T09:00:00"), ("death", "yesterday")]
    )
    def test_names_what_it_cannot_read_and_goes_on(
        self, population: WrittenPopulationRegister, kind: str, stated_at: datetime | str
    ) -> None:
        population.says("1", kind, stated_at)
        population.says("2", "death", AT)
        page = get_population_register().events_after(mark="")
        assert ([event.number for event in page.events], page.unreadable) == (["2"], ("1",))
        assert people.NUMBER.digits not in repr(page.unreadable)
        assert get_population_register().events_after(mark=page.mark) == RegisterPage(events=(), mark=page.mark)

    def test_waits_for_the_end_of_what_is_being_written(self, population: WrittenPopulationRegister) -> None:
        population.says("1", "death", AT)
        file = population.folder / "population_events.csv"
        whole = file.read_bytes()
        file.write_bytes(whole[:-20])
        assert get_population_register().events_after(mark="").events == ()
        file.write_bytes(whole)
        assert len(get_population_register().events_after(mark="").events) == 1

    def test_has_a_short_name_to_be_written_beside_entries(self, population: WrittenPopulationRegister) -> None:
        assert 0 < len(get_population_register().name) <= 40


class TestRegistry:
    def test_says_that_there_is_no_register(self, settings: Settings) -> None:
        settings.POPULATION_REGISTER = ""
        with pytest.raises(NoPopulationRegister):
            get_population_register()
