"""Every test of docs/conformance.md fails where its fault is planted, and passes in the same hands where none is."""

import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from joserfc.errors import JoseError
from pytest_django import Settings

from kapi.contexts.openid.errors import ProtocolError, RequestGone
from kapi.foundation import settled
from kapi.sites.ui import programs
from tests.architecture.source import ROOT
from tests.contexts.openid import test_fapi2, test_oidc_basic
from tests.contexts.openid.conformance_faults import BASIC, FAPI, Fault, Ground
from tests.contexts.openid.test_fapi2 import other  # noqa: F401 - a fixture
from tests.contexts.openid.test_fapi2 import party as institution  # noqa: F401 - a fixture
from tests.contexts.openid.test_oidc_basic import party as relying_party  # noqa: F401 - a fixture

FAULTS = [(test_fapi2, name) for name in FAPI] + [(test_oidc_basic, name) for name in BASIC]
# How a test fails: it says so, or what it needs is refused or is not there. Any other crash is a fault planted badly.
FAILURES = (AssertionError, pytest.fail.Exception, ProtocolError, RequestGone, JoseError, KeyError, ValueError)


def _run(module: ModuleType, name: str, request: pytest.FixtureRequest, fault: Fault | None) -> None:
    """Call a test with its fixtures, and the fault planted when all of them are there."""
    test = getattr(module, name)
    party = "institution" if module is test_fapi2 else "relying_party"
    given: dict[str, Any] = {
        fixture: request.getfixturevalue(party if fixture == "party" else fixture)
        for fixture in inspect.signature(test).parameters
    }
    if fault is not None:
        patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
        settings: Settings = request.getfixturevalue("settings")
        fault(Ground(patch, settings, module))
    test(**given)


@pytest.fixture(autouse=True)
def _what_is_planted_is_met() -> Iterator[None]:
    """Forget which view an address has and what was written once, before a fault is planted there and after it."""
    programs._view_at.cache_clear()
    settled.forget()
    yield
    programs._view_at.cache_clear()
    settled.forget()


class TestFaults:
    def test_are_there_for_every_module_of_the_list(self) -> None:
        listed = re.findall(
            r"^\| `[A-Z]\w+` \| `(test_\w+)` \|", (ROOT / "docs/conformance.md").read_text(), re.MULTILINE
        )
        assert sorted(listed) == sorted([*FAPI, *BASIC])

    @pytest.mark.django_db
    @pytest.mark.parametrize(("module", "name"), FAULTS, ids=[name for _, name in FAULTS])
    def test_are_found_by_the_test_of_their_module(
        self, request: pytest.FixtureRequest, module: ModuleType, name: str
    ) -> None:
        fault = (FAPI if module is test_fapi2 else BASIC)[name]
        with pytest.raises(FAILURES):
            _run(module, name, request, fault)

    @pytest.mark.proof
    @pytest.mark.django_db
    @pytest.mark.parametrize(("module", "name"), FAULTS, ids=[name for _, name in FAULTS])
    def test_are_all_that_is_wrong_then(self, request: pytest.FixtureRequest, module: ModuleType, name: str) -> None:
        _run(module, name, request, None)
