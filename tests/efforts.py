"""How much work something long makes, for tests that anything is answered soon."""

import time
from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st

LONGEST: Final = 65_536
# CPU of ours for what has 64 KiB: what looks at all of it once takes milliseconds, what does so again and again takes
# minutes. Far above what is usual, so that a busy machine fails nothing.
_MOST_S: Final = 1.0
_PIECES: Final = (
    "a", ".", "..", "a.b.", "=", "-_", "{", "}", "[", "]", "eyJ", "W1tb", "%", "%41", "%ff", "&", "&a=", "a=b&",
    " ", ", ", "\t", "\\", '"', "/", "//", "/../", "?", "#", "@", ":", "[::", "0", "9", "ş", "İ", "\u0307",
    "\U0001f600", "Bearer ", "DPoP ", "\0", "+", ";",
)  # fmt: skip


def long_texts() -> st.SearchStrategy[str]:
    """Return texts of up to 64 KiB: a piece said again and again, between two others."""
    piece = st.sampled_from(_PIECES)
    return st.builds(
        lambda first, again, last, length: (first + again * (length // len(again)) + last)[:LONGEST],
        piece,
        piece,
        piece,
        st.sampled_from([100, 2000, 8000, 8192, 20_000, LONGEST]),
    )


def soon(deed: Callable[[], object], refusals: type[Exception] | tuple[type[Exception], ...]) -> bool:
    """Say whether something is done, or refused in one of these ways, with little CPU: at the best of three tries."""
    return any(_try(deed, refusals)[1] < _MOST_S for _ in range(3))


def refused_soon(deed: Callable[[], object], refusals: type[Exception] | tuple[type[Exception], ...]) -> bool:
    """Say whether something is refused in one of these ways with little CPU."""
    return any(was_refused and took_s < _MOST_S for was_refused, took_s in (_try(deed, refusals) for _ in range(3)))


def _try(deed: Callable[[], object], refusals: type[Exception] | tuple[type[Exception], ...]) -> tuple[bool, float]:
    begun, was_refused = time.process_time(), False
    try:
        deed()
    except refusals:
        was_refused = True
    return was_refused, time.process_time() - begun
