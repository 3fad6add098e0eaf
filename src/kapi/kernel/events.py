"""Facts that a context announces to the others."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact in the past. Fields are primitive (str, int, bool, None) and hold ids, never personal data.

    `name` is `context.fact_in_the_past.vN`; a new meaning is a new version.
    """

    name: ClassVar[str]

    def __init_subclass__(cls) -> None:
        if "name" not in cls.__dict__:
            raise TypeError(f"{cls.__name__} has no name of its own")
