"""The institutions at which somebody may do something, spelt out."""

from collections.abc import Iterable

from kapi.contexts.institutions import selectors as institutions


def codes_within(roots: Iterable[str] | None) -> list[str] | None:
    """Return the institutions at and below `roots`; None: everywhere. One or two queries for each root."""
    if roots is None:
        return None
    return list(dict.fromkeys(code for root in roots for code in institutions.subtree_codes(root)))
