"""Figures are rounded and compared as the table says."""

import pytest

from bench.figures import Figure, compared, percentile


class TestPercentile:
    @pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.95, 95), (1.0, 100), (0.0, 1)])
    def test_is_a_value_that_was_measured(self, share: float, expected: int) -> None:
        assert percentile(range(100, 0, -1), share) == expected


class TestCompared:
    def test_tells_the_ratio_to_the_peer(self) -> None:
        assert compared("home", 30.04, "ms", peer="hello", peer_value=1.5, note="") == Figure(
            "home", 30.0, "ms", "hello", 1.5, 20.027, ""
        )
