"""Services, life events, categories and standards as pages show them, in one language."""

from dataclasses import dataclass
from datetime import datetime

from kapi.contexts.catalogue.values.services import Assurance, ChannelType, LegalResource, OutputType, ServiceKind
from kapi.kernel.langstring import LocalText


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
