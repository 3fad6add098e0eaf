"""Answers that are the same for everybody and may be a minute old, kept in the process.

Counting a category's services over the whole catalogue on every view of the home page would cost more than the rest of
the page; what a person is waiting for (a service's own page, a search) is never remembered.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

SECONDS: Final = 60.0
MOST_ANSWERS: Final = 20_000
_kept: dict[tuple[Any, ...], tuple[float, Any]] = {}


def remembered_for(*, seconds: float) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep each answer of a question for so long, by its arguments, and `MOST_ANSWERS` in all."""

    def remember(question: Callable[P, R]) -> Callable[P, R]:
        @wraps(question)
        def ask(*args: P.args, **kwargs: P.kwargs) -> R:
            key = (question, args, tuple(sorted(kwargs.items())))
            until, answer = _kept.get(key, (0.0, None))
            if time.monotonic() >= until:
                answer = question(*args, **kwargs)
                if len(_kept) >= MOST_ANSWERS:
                    _kept.clear()
                _kept[key] = (time.monotonic() + seconds, answer)
            return answer  # type: ignore[no-any-return]

        return ask

    return remember


def remembered(question: Callable[P, R]) -> Callable[P, R]:
    """Keep each answer of `question` for `SECONDS`."""
    return remembered_for(seconds=SECONDS)(question)


def forget_all() -> None:
    """Forget every answer."""
    _kept.clear()
