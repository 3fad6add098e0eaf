"""Fixtures about the population register."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.contexts.identity.population_in_tests import WrittenPopulationRegister


@pytest.fixture
def population(tmp_path: Path, settings: Settings) -> WrittenPopulationRegister:
    """The dummy population register, in use, with nothing in it yet."""
    settings.POPULATION_REGISTER = "kapi.contexts.identity.providers.population.dummy.DummyPopulationRegister"
    settings.DUMMY_POPULATION_REGISTER = tmp_path
    written = WrittenPopulationRegister(tmp_path)
    written.begins()
    return written
