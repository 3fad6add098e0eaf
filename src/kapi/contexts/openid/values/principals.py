"""Values about acting for a legal person at a client."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """What a mandate lets its representative do at one client: all services (None), or these (codes, sorted)."""

    services: tuple[str, ...] | None


@dataclass(frozen=True)
class PrincipalQuestion:
    """What our page says where a client and the one acted for do not go together.

    `accepts_companies`: people may come there for a legal person. `reaches`: the present mandate covers something
    there, or the person acts for themselves. `expects_another`: the client knows whom it expects, and it is not the
    present one.
    """

    accepts_companies: bool
    reaches: bool
    expects_another: bool
