"""When wrong passwords for many numbers are more than people who mistype."""

import pytest

from kapi.contexts.identity.rules.pressure import WATCHES, is_a_list


class TestIsAList:
    @pytest.mark.parametrize(
        ("failed", "entered", "expected"),
        [
            (99, 0, False),
            (100, 0, True),
            (100, 50, True),
            (100, 51, False),
            (10_000, 4_999, True),
            (10_000, 9_000, False),
        ],
    )
    def test_takes_many_numbers_and_few_who_come_in(self, failed: int, entered: int, expected: bool) -> None:
        assert is_a_list(failed=failed, entered=entered, watch=WATCHES[0]) is expected
