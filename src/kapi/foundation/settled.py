"""Settings that are read dozens of times in a request, and what follows from settings alone: worked out once.

Nothing changes a setting while we serve. Tests do (`override_settings`); Django says so, and all of this is forgotten.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, ParamSpec, Protocol, TypeVar, cast

from django.conf import LazySettings
from django.conf import settings as _djangos
from django.core.signals import setting_changed

P = ParamSpec("P")
R = TypeVar("R")


class _Settled:
    """Django's settings at the price of an attribute: its own object looks, each time, what it stands for."""

    def __getattr__(self, name: str) -> Any:
        value = self.__dict__[name] = getattr(_djangos, name)
        return value


settings: Final = cast("LazySettings", _Settled())


class _Forgetful(Protocol):
    def cache_clear(self) -> None: ...


_WORKED_OUT: Final[list[_Forgetful]] = []


def worked_out_once(*, most: int = 1) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep what a function returns, for `most` different arguments. It may look at settings and nothing else."""

    def keep(function: Callable[P, R]) -> Callable[P, R]:
        kept = lru_cache(maxsize=most)(function)
        _WORKED_OUT.append(kept)
        return cast("Callable[P, R]", kept)

    return keep


def forget(**_: object) -> None:
    """Have everything worked out anew, from the settings as they are now."""
    settings.__dict__.clear()
    for kept in _WORKED_OUT:
        kept.cache_clear()


setting_changed.connect(forget)
