"""The header Accept is read as RFC 9110, 12.5.1 says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.sites.ui.accept import asks_for

SIGNED = "application/token-introspection+jwt"


class TestAsksFor:
    @pytest.mark.parametrize(
        ("accept", "is_asked_for"),
        [
            ("", False),
            ("*/*", False),
            ("application/*", False),
            ("application/json", False),
            (SIGNED, True),
            (SIGNED.upper(), True),
            (f"text/html, {SIGNED} ; Q=0.8 ,*/*;q=0.1", True),
            (f"{SIGNED}, application/json", True),
            (f"application/json, {SIGNED}", True),
            (f"{SIGNED};q=0.5, application/json", False),
            (f"{SIGNED};q=0.5, application/json;q=0.499", True),
            (f"{SIGNED};q=0.5, */*", False),
            (f"{SIGNED};q=0.5, application/*;q=0.4, */*", True),
            (f"{SIGNED};q=0.5, application/json;q=0.3, application/*, */*", True),
            (f"{SIGNED};q=0", False),
            (f"{SIGNED};q=0.000", False),
            (f"{SIGNED};q=2", False),
            (f"{SIGNED};q=nan", False),
            (f"{SIGNED};q=1e1", False),
            (f"{SIGNED};q=", False),
            (f"{SIGNED};profile=a", False),
            (f"x{SIGNED}", False),
        ],
    )
    def test_goes_by_name_and_quality(self, accept: str, is_asked_for: bool) -> None:
        assert asks_for(accept, SIGNED, rather_than="application/json") is is_asked_for

    @given(accept=st.text(st.sampled_from(f",;=q*/0.1 {SIGNED}"), max_size=200) | st.text(max_size=200))
    def test_reads_any_rubbish(self, accept: str) -> None:
        assert asks_for(accept, SIGNED, rather_than="application/json") in (True, False)
