"""A service description in words, field by field: for reading one revision and for comparing two."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kapi.contexts.catalogue.values import Assurance, Channel, ChannelType, OutputType, ServiceContent, ServiceKind
from kapi.kernel.langstring import LangString

KINDS: Final[dict[ServiceKind, Promise]] = {
    ServiceKind.INFORMATION: gettext_lazy("Information"),
    ServiceKind.ENQUIRY: gettext_lazy("Enquiry"),
    ServiceKind.APPLICATION: gettext_lazy("Application"),
    ServiceKind.PAYMENT: gettext_lazy("Payment"),
    ServiceKind.DOCUMENT: gettext_lazy("Document"),
}
ASSURANCES: Final[dict[Assurance, Promise]] = {
    Assurance.LOW: gettext_lazy("Low"),
    Assurance.SUBSTANTIAL: gettext_lazy("Substantial"),
    Assurance.HIGH: gettext_lazy("High"),
}
OUTPUTS: Final[dict[OutputType, Promise]] = {
    OutputType.DOCUMENT: gettext_lazy("Document"),
    OutputType.DECISION: gettext_lazy("Decision"),
    OutputType.BENEFIT: gettext_lazy("Benefit"),
    OutputType.INFORMATION: gettext_lazy("Information"),
    OutputType.PAYMENT: gettext_lazy("Payment"),
}
CHANNELS: Final[dict[ChannelType, Promise]] = {
    ChannelType.WEB: gettext_lazy("Web address"),
    ChannelType.MOBILE: gettext_lazy("Mobile application"),
    ChannelType.COUNTER: gettext_lazy("Service counter"),
    ChannelType.PHONE: gettext_lazy("By telephone"),
    ChannelType.POST: gettext_lazy("By post"),
}
MATURITY: Final[dict[int, Promise]] = {
    1: gettext_lazy("1: information only"),
    2: gettext_lazy("2: forms to download"),
    3: gettext_lazy("3: application online"),
    4: gettext_lazy("4: wholly online"),
    5: gettext_lazy("5: offered without being asked"),
}


@dataclass(frozen=True)
class ContentFact:
    """A field in words: its name, what it says, and in which language that is (empty: the page's own)."""

    name: str
    text: str
    language: str = ""


@dataclass(frozen=True)
class Change:
    """A field that two revisions do not say alike."""

    name: str
    before: str
    now: str
    language: str


def facts_of(content: ServiceContent) -> list[ContentFact]:
    """Write a whole content down, always the same fields in the same order; what is not stated is empty."""
    return [
        *_both(_("Title"), content.title),
        *_both(_("Summary"), content.summary),
        *_both(_("Description"), content.description),
        ContentFact(_("Kind"), str(KINDS[content.kind])),
        ContentFact(_("Maturity"), str(MATURITY.get(content.maturity, content.maturity))),
        ContentFact(_("How many people it is for"), "" if content.audience is None else str(content.audience)),
        ContentFact(_("How surely the person must be known"), str(ASSURANCES[content.assurance])),
        ContentFact(_("Processing time"), _time(content)),
        *_list(_("Requirements"), content.requirements),
        *_list(_("Documents asked for"), content.evidence),
        *_list(_("What comes out"), [output.title for output in content.outputs]),
        ContentFact(_("What kind comes out"), "\n".join(str(OUTPUTS[output.type]) for output in content.outputs)),
        ContentFact(_("Ways to the service"), "\n".join(_channel(c) for c in content.channels)),
        *_both(_("Why there is no way but online"), content.no_other_channel_reason),
        ContentFact(_("Costs"), "\n".join(_cost(c.amount_minor, c.currency, c.condition) for c in content.costs)),
        ContentFact(
            _("Legal basis"),
            "\n".join(_law(law.type, law.number, law.article, law.title) for law in content.legal_basis),
            "tr",
        ),
        *_both(_("Where to complain"), content.complaint_authority),
        ContentFact(_("Life events"), "\n".join(content.life_events)),
        ContentFact(_("Categories"), "\n".join(content.categories)),
        ContentFact(_("Keywords, Turkish"), "\n".join(content.keywords_tr), "tr"),
        ContentFact(_("Keywords, English"), "\n".join(content.keywords_en), "en"),
        ContentFact(_("Everyday words"), "\n".join(content.synonyms), "tr"),
        ContentFact(_("In sign language"), content.sign_language_url),
        ContentFact(_("Easy to read"), content.easy_read_url),
    ]


def changes_between(before: ServiceContent | None, now: ServiceContent) -> list[Change]:
    """List what a revision says otherwise than the one before it; everything that is stated if there is none."""
    former = [fact.text for fact in facts_of(before)] if before else None
    facts = facts_of(now)
    return [
        Change(fact.name, old, fact.text, fact.language)
        for fact, old in zip(facts, former or [""] * len(facts), strict=True)
        if fact.text != old
    ]


def _both(name: str, text: LangString) -> list[ContentFact]:
    return [
        ContentFact(_("%(field)s, Turkish") % {"field": name}, text.tr, "tr"),
        ContentFact(_("%(field)s, English") % {"field": name}, text.en, "en"),
    ]


def _list(name: str, items: "tuple[LangString, ...] | list[LangString]") -> list[ContentFact]:
    turkish, english = (item.tr for item in items), (item.en for item in items)
    return _both(name, LangString("\n".join(turkish).strip("\n"), "\n".join(english).strip("\n")))


def _time(content: ServiceContent) -> str:
    if content.processing_time and content.working_days:
        return _("%(time)s, in working days") % {"time": content.processing_time}
    return content.processing_time


def _channel(channel: Channel) -> str:
    addresses = LangString(channel.address, channel.address_en)
    parts = (str(CHANNELS[channel.type]), *(" / ".join(both.stored().values()) for both in (addresses, channel.place)))
    return ": ".join(part for part in parts if part)


def _cost(minor: int, currency: str, condition: LangString) -> str:
    amount = f"{minor // 100},{minor % 100:02d} {currency}"
    return ": ".join(part for part in (amount, " / ".join(condition.stored().values())) if part)


def _law(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
