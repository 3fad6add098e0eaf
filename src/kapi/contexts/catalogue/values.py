"""What a service, its parts and its pages are."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from kapi.kernel.langstring import NO_TEXT, LangString, LocalText

RevisionId = NewType("RevisionId", int)

MOST_FAVOURITES = 50
"""How many services a person can put on their own page."""


class ServiceKind(StrEnum):
    """What a citizen does there."""

    INFORMATION = "information"
    ENQUIRY = "enquiry"
    APPLICATION = "application"
    PAYMENT = "payment"
    DOCUMENT = "document"


class ServiceStatus(StrEnum):
    """Whether a service is offered."""

    IN_PREPARATION = "in_preparation"
    ACTIVE = "active"
    RETIRED = "retired"


class Assurance(StrEnum):
    """How surely the person must be known."""

    LOW = "low"
    SUBSTANTIAL = "substantial"
    HIGH = "high"


class OutputType(StrEnum):
    """What kind of thing comes out."""

    DOCUMENT = "document"
    DECISION = "decision"
    BENEFIT = "benefit"
    INFORMATION = "information"
    PAYMENT = "payment"


class ChannelType(StrEnum):
    """Where a service is got. The last three are for those who cannot or will not go online."""

    WEB = "web"
    MOBILE = "mobile"
    COUNTER = "counter"
    PHONE = "phone"
    POST = "post"

    @property
    def is_digital(self) -> bool:
        """Whether one needs the Internet for it."""
        return self in (ChannelType.WEB, ChannelType.MOBILE)


class RevisionState(StrEnum):
    """Where a revision stands. The table of moves is in `rules.states`."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    REJECTED = "rejected"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    RETIRED = "retired"


class ExportFormat(StrEnum):
    """The forms in which a service is given out, as `?format=` names them."""

    JSON_LD = "jsonld"
    TURTLE = "ttl"

    @property
    def media_type(self) -> str:
        """The media type of an answer in this form."""
        return {"jsonld": "application/ld+json", "ttl": "text/turtle; charset=utf-8"}[self.value]


class UseKind(StrEnum):
    """What is counted about a service."""

    VIEW = "view"  # its page was read
    START = "start"  # somebody went on to the institution


@dataclass(frozen=True)
class Channel:
    """One way to the service: `address` is a URL or a phone number, `place` says where a counter or postbox is.

    The page behind a web address is in Turkish; `address_en` is that of the same page in English, if there is one.
    """

    type: ChannelType
    address: str = ""
    place: LangString = NO_TEXT
    address_en: str = ""


@dataclass(frozen=True)
class Cost:
    """A fee in minor units (kuruş), and when it applies. 0 says that there is none."""

    amount_minor: int
    currency: str
    condition: LangString = NO_TEXT


@dataclass(frozen=True)
class Output:
    """What comes out."""

    title: LangString
    type: OutputType


@dataclass(frozen=True, order=True)
class LegalResource:
    """A law or rule that a service rests on; any part may be empty, but not all."""

    type: str = ""
    number: str = ""
    article: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class ServiceContent:
    """Everything that one revision says about a service. Empty means "not stated".

    `processing_time` is an ISO 8601 duration (xsd:duration), counted in working days if `working_days`. `audience` is
    the number of people the service is for. `no_other_channel_reason` is for services that are online only.
    """

    title: LangString
    summary: LangString = NO_TEXT
    description: LangString = NO_TEXT
    kind: ServiceKind = ServiceKind.INFORMATION
    maturity: int = 1
    audience: int | None = None
    assurance: Assurance = Assurance.LOW
    processing_time: str = ""
    working_days: bool = False
    costs: tuple[Cost, ...] = ()
    requirements: tuple[LangString, ...] = ()
    evidence: tuple[LangString, ...] = ()
    outputs: tuple[Output, ...] = ()
    legal_basis: tuple[LegalResource, ...] = ()
    life_events: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    keywords_tr: tuple[str, ...] = ()
    keywords_en: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    no_other_channel_reason: LangString = NO_TEXT
    complaint_authority: LangString = NO_TEXT
    sign_language_url: str = ""
    easy_read_url: str = ""


@dataclass(frozen=True)
class Fault:
    """Something wrong with a content: which field, a stable word, and what to do."""

    field: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Link:
    """A code with its title, to be linked to."""

    code: str
    title: LocalText


@dataclass(frozen=True)
class Duration:
    """A processing time in its parts. All zero: at once."""

    years: int = 0
    months: int = 0
    days: int = 0
    hours: int = 0
    minutes: int = 0
    working_days: bool = False

    @property
    def at_once(self) -> bool:
        """Whether it takes no time."""
        return not (self.years or self.months or self.days or self.hours or self.minutes)


@dataclass(frozen=True)
class ChannelView:
    """A channel in one language. The language of a web address is that of the page behind it."""

    type: ChannelType
    address: LocalText
    place: LocalText


@dataclass(frozen=True)
class CostView:
    """A fee in one language."""

    amount_minor: int
    currency: str
    condition: LocalText


@dataclass(frozen=True)
class OutputView:
    """An output in one language."""

    title: LocalText
    type: OutputType


@dataclass(frozen=True)
class ServiceLine:
    """A service in a list."""

    code: str
    title: LocalText
    summary: LocalText
    institution: Link
    kind: ServiceKind
    online: bool


@dataclass(frozen=True)
class ServicePage:
    """A published service, all that its page shows, in one language. `None` and empty mean "not stated"."""

    code: str
    title: LocalText
    summary: LocalText
    description: LocalText
    institution: Link
    kind: ServiceKind
    maturity: int
    audience: int | None
    assurance: Assurance
    processing_time: Duration | None
    costs: tuple[CostView, ...]
    requirements: tuple[LocalText, ...]
    evidence: tuple[LocalText, ...]
    outputs: tuple[OutputView, ...]
    legal_basis: tuple[LegalResource, ...]
    life_events: tuple[Link, ...]
    categories: tuple[Link, ...]
    channels: tuple[ChannelView, ...]
    no_other_channel_reason: LocalText
    complaint_authority: LocalText
    sign_language_url: str
    easy_read_url: str
    revision: int
    published_at: datetime

    @property
    def online_address(self) -> LocalText:
        """Where to do it online, with the language spoken there; empty if it cannot be done online."""
        return next((channel.address for channel in self.channels if channel.type.is_digital), LocalText("", "tr"))


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
class Listing:
    """One page of a list, and how many there are in all."""

    lines: tuple[ServiceLine, ...]
    total: int


@dataclass(frozen=True)
class LifeEventStep:
    """A step of a life event: advice, or a service (its code and whether it can be opened)."""

    title: LocalText
    service_code: str


@dataclass(frozen=True)
class LifeEventPage:
    """A life event with its steps in order, and a stretch of the `total` services that belong to it."""

    code: str
    title: LocalText
    summary: LocalText
    steps: tuple[LifeEventStep, ...]
    services: tuple[ServiceLine, ...]
    total: int


@dataclass(frozen=True)
class LifeEventLine:
    """A life event in a list."""

    code: str
    title: LocalText
    summary: LocalText


@dataclass(frozen=True)
class CategoryLine:
    """A category in a list, with how many services it has."""

    code: str
    title: LocalText
    services: int


@dataclass(frozen=True)
class StandardsRow:
    """One row of the service-standards table that the law asks for (regulation 2009/15169, article 6)."""

    code: str
    name: LocalText
    documents: tuple[LocalText, ...]
    completion_time: Duration | None
    complaint_authority: LocalText


@dataclass(frozen=True)
class StandardsTable:
    """A stretch of the service-standards table, and how many rows it has in all."""

    rows: tuple[StandardsRow, ...]
    total: int


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


@dataclass(frozen=True)
class UnansweredQuery:
    """What people searched for and did not find, without anything that names them."""

    text: str
    times: int
    last_at: datetime


@dataclass(frozen=True)
class FeedbackView:
    """What somebody told us about a page."""

    page: str
    service_code: str
    score: int | None
    text: str
    language: str
    at: datetime


@dataclass(frozen=True)
class BarrierView:
    """A barrier that somebody met; `contact` is empty if they want no answer."""

    id: int
    page: str
    text: str
    contact: str
    language: str
    at: datetime
    answered_at: datetime | None


@dataclass(frozen=True)
class Scores:
    """How people judged a service: how many gave 1 to 5, and the mean."""

    count: int
    mean: float | None
    by_score: dict[int, int] = field(default_factory=dict)
