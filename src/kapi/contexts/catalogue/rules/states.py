"""The table of moves of a revision."""

from kapi.contexts.catalogue.values import RevisionState

MOVES: dict[RevisionState, frozenset[RevisionState]] = {
    RevisionState.DRAFT: frozenset({RevisionState.IN_REVIEW}),
    RevisionState.IN_REVIEW: frozenset({RevisionState.PUBLISHED, RevisionState.REJECTED}),
    RevisionState.REJECTED: frozenset({RevisionState.DRAFT}),
    RevisionState.PUBLISHED: frozenset({RevisionState.SUPERSEDED, RevisionState.RETIRED}),
    RevisionState.SUPERSEDED: frozenset(),
    RevisionState.RETIRED: frozenset(),
}

OPEN = (RevisionState.DRAFT, RevisionState.IN_REVIEW, RevisionState.REJECTED)
"""States in which a revision is still being made; a service has at most one such revision."""


DISCARDABLE = (RevisionState.DRAFT, RevisionState.REJECTED)
"""States in which a revision may be thrown away by those who write. One that waits is sent back first."""


def may_move(source: RevisionState, target: RevisionState) -> bool:
    """Say whether a revision may go from one state to another."""
    return target in MOVES[source]
