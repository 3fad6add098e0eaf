"""How what is said of a service is written, and where that stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from kapi.contexts.catalogue.values.pages import Link
from kapi.contexts.catalogue.values.services import ServiceContent, ServiceStatus
from kapi.kernel.langstring import LocalText

RevisionId = NewType("RevisionId", int)


class RevisionState(StrEnum):
    """Where a revision stands. The table of moves is in `rules.states`."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    REJECTED = "rejected"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    RETIRED = "retired"


@dataclass(frozen=True)
class RevisionView:
    """A revision as the people who write and approve it see it."""

    id: RevisionId
    service_code: str
    institution_code: str
    number: int
    state: RevisionState
    content: ServiceContent
    content_sha256: str
    version: int
    author_id: int
    contributors: tuple[int, ...]
    approver_id: int | None
    drafted_at: datetime
    published_at: datetime | None
    note: str


@dataclass(frozen=True)
class ServiceOverview:
    """A service as its editors see it in a list: what is public, and what is being written."""

    code: str
    title: LocalText
    institution: Link
    status: ServiceStatus
    open_revision: RevisionId | None
    open_state: RevisionState | None
