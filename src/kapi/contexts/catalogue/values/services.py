"""What a service is, and what is said of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kapi.kernel.langstring import NO_TEXT, LangString

MOST_FAVOURITES: Final = 50  # services that a person can put on their own page


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
