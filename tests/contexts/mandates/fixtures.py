"""Fixtures about companies and acting for them, for whichever tests need them."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.contexts.mandates.register_in_tests import WrittenRegister


@pytest.fixture
def register(tmp_path: Path, settings: Settings) -> WrittenRegister:
    """The dummy register, in use, with companies that nobody represents yet."""
    settings.REPRESENTATIVES_REGISTER = "kapi.contexts.mandates.providers.dummy.DummyRegister"
    settings.DUMMY_REGISTER = tmp_path
    written = WrittenRegister(tmp_path)
    written.says()
    return written
