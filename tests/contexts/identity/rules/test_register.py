"""What entries of the population register mean."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from kapi.contexts.identity.rules.register import begun_by, hindrance_of, same_matter
from kapi.contexts.identity.values import Hindrance, RegisterEventKind

DEATH, WITHDRAWN = RegisterEventKind.DEATH, RegisterEventKind.DEATH_WITHDRAWN
GUARDIANSHIP, ENDED = RegisterEventKind.GUARDIANSHIP, RegisterEventKind.GUARDIANSHIP_ENDED
NAME = RegisterEventKind.NAME_CHANGED


class TestHindranceOf:
    @pytest.mark.parametrize(
        ("kinds", "hindrance"),
        [
            ([], None),
            ([NAME], None),
            ([DEATH], Hindrance.DEATH),
            ([DEATH, WITHDRAWN], None),
            ([DEATH, WITHDRAWN, DEATH], Hindrance.DEATH),
            ([GUARDIANSHIP], Hindrance.GUARDIANSHIP),
            ([GUARDIANSHIP, ENDED], None),
            ([GUARDIANSHIP, DEATH], Hindrance.DEATH),
            ([DEATH, GUARDIANSHIP, WITHDRAWN], Hindrance.GUARDIANSHIP),
            ([WITHDRAWN], None),
        ],
    )
    def test_takes_the_last_stated_of_each_matter_in_whatever_order_they_came(
        self, kinds: list[RegisterEventKind], hindrance: Hindrance | None
    ) -> None:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        stated = [(kind, start + timedelta(days=day)) for day, kind in enumerate(kinds)]
        assert {hindrance_of(order) for order in permutations(stated)} == {hindrance}

    def test_takes_of_two_stated_at_once_the_one_that_hinders(self) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        assert hindrance_of([(DEATH, at), (WITHDRAWN, at)]) is Hindrance.DEATH


class TestMatters:
    def test_part_the_kinds(self) -> None:
        assert same_matter(DEATH) == same_matter(WITHDRAWN) == {DEATH, WITHDRAWN}
        assert same_matter(NAME) == {NAME}
        assert [begun_by(kind) for kind in (DEATH, WITHDRAWN, NAME)] == [Hindrance.DEATH, None, None]
