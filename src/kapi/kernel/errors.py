"""Refusals that callers can foresee."""

from typing import ClassVar


class DomainError(Exception):
    """A foreseen refusal with a stable `code`; each site turns the code into words and a status."""

    code: ClassVar[str]

    def __init_subclass__(cls) -> None:
        if "code" not in cls.__dict__:
            raise TypeError(f"{cls.__name__} has no code of its own")


class InvalidValue(DomainError, ValueError):
    """A value that does not have the form it must have.

    `field` names the input, `reason` is a stable word (`length`, `digits`, `checksum`, ...). The value itself is
    never part of the error, for it may be personal data.
    """

    code = "invalid_value"

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")
