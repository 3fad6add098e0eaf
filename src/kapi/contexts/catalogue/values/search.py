"""What a search finds, and what it does not."""

from dataclasses import dataclass
from datetime import datetime

from kapi.contexts.catalogue.values.pages import Link
from kapi.contexts.catalogue.values.services import ServiceKind
from kapi.kernel.langstring import LocalText


@dataclass(frozen=True)
class SearchHit:
    """A service that a search found, with how well it fits (0 to 1)."""

    code: str
    title: LocalText
    summary: LocalText
    institution: Link
    kind: ServiceKind
    score: float


@dataclass(frozen=True)
class Narrowing:
    """What results must have: the code of an institution, of a category, a kind; empty where it does not matter."""

    institution: str = ""
    category: str = ""
    kind: str = ""


@dataclass(frozen=True)
class SearchPage:
    """A stretch of what a search found, and what all of it can be narrowed by.

    `found` counts what fits the words, `total` what is left of it after narrowing. Only so many of the best are looked
    at: `more` says that others fit as well. `categories` are codes.
    """

    hits: tuple[SearchHit, ...]
    total: int
    found: int
    more: bool
    institutions: tuple[Link, ...]
    categories: frozenset[str]
    kinds: frozenset[ServiceKind]


@dataclass(frozen=True)
class UnansweredQuery:
    """What people searched for and did not find, without anything that names them."""

    text: str
    times: int
    last_at: datetime
