"""Every move of a revision, as a table."""

import pytest

from kapi.contexts.catalogue.rules.states import MOVES, OPEN, may_move
from kapi.contexts.catalogue.values import RevisionState as S

ALLOWED = {
    (S.DRAFT, S.IN_REVIEW),
    (S.IN_REVIEW, S.PUBLISHED),
    (S.IN_REVIEW, S.REJECTED),
    (S.REJECTED, S.DRAFT),
    (S.PUBLISHED, S.SUPERSEDED),
    (S.PUBLISHED, S.RETIRED),
}


class TestMayMove:
    @pytest.mark.parametrize("source", list(S))
    @pytest.mark.parametrize("target", list(S))
    def test_allows_these_moves_only(self, source: S, target: S) -> None:
        assert may_move(source, target) is ((source, target) in ALLOWED)

    def test_never_leads_back_from_what_was_public(self) -> None:
        assert not [target for source in MOVES if source not in OPEN for target in MOVES[source] if target in OPEN]
