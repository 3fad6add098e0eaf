"""What is sealed, and how a step of resealing it went."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SealedColumn:
    """A column whose values are sealed for `purpose`.

    `digest` is the column that holds the keyed digest of the same text, by which rows are found; empty if none does.
    """

    model: str  # "app_label.Model"
    column: str
    purpose: str
    digest: str = ""

    @property
    def name(self) -> str:
        """How it is called in marks and messages."""
        return f"{self.model}.{self.column}"


@dataclass(frozen=True)
class Step:
    """What one step did.

    `unopened` are the primary keys of rows that no key opens, `clashing` of those whose digest under the present key
    another row has: the same thing was registered twice while the key was being changed.
    """

    seen: int
    resealed: int
    unopened: tuple[str, ...]
    clashing: tuple[str, ...]
    is_last: bool
