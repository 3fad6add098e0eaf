"""The form of a service description: from what is stored to fields, from fields to what is stored. Nothing is lost."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from kapi.contexts.catalogue.values import (
    Assurance,
    Channel,
    ChannelType,
    Cost,
    Fault,
    LegalResource,
    Output,
    OutputType,
    ServiceContent,
    ServiceKind,
)
from kapi.kernel.langstring import LangString

TEXTS: Final = ("title", "summary", "description", "complaint_authority", "no_other_channel_reason")
"""What is written in Turkish and in English: fields `<name>_tr` and `<name>_en`."""
LINES: Final = ("keywords_tr", "keywords_en", "synonyms")
"""Lists of short texts, one on each line."""
PLAIN: Final = ("processing_time", "sign_language_url", "easy_read_url")
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "requirements": ("tr", "en"),
    "evidence": ("tr", "en"),
    "outputs": ("type", "title_tr", "title_en"),
    "channels": ("type", "address", "address_en", "place_tr", "place_en"),
    "costs": ("amount", "currency", "condition_tr", "condition_en"),
    "legal_basis": ("type", "number", "article", "title"),
}
"""Lists of things with several parts: fields `<group>-<row>-<part>`; rows left empty count for nothing."""
CHOICES: Final = ("life_events", "categories")
SPARE_ROWS: Final = 2
MOST_ROWS: Final = 60
MOST_CODES: Final = 200
LONGEST_CODE: Final = 80
_SINGLE: Final = (
    *(f"{name}_{language}" for name in TEXTS for language in ("tr", "en")),
    *("kind", "maturity", "audience", "assurance", "working_days"),
    *LINES,
    *PLAIN,
)
_AMOUNT: Final = re.compile(r"(\d{1,12})(?:[.,](\d{1,2}))?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_WHOLE: Final = re.compile(r"\d{1,9}", re.ASCII)
# Columns of the catalogue's files, by which faults are named, whose fields have another name here.
_GROUP_OF_COLUMN: Final = {"output": "outputs", "cost": "costs", "channel": "channels"}


@dataclass(frozen=True)
class ContentForm:
    """The fields as they were typed, how many rows each group shows, and what is to be mended where."""

    values: dict[str, str]
    chosen: dict[str, tuple[str, ...]]
    rows: dict[str, int]
    mistakes: dict[str, str] = field(default_factory=dict)

    def control(self, name: str) -> dict[str, Any]:
        """Give a component's id, name, value and error message for one field."""
        shown: dict[str, Any] = {"id": name, "name": name, "value": self.values.get(name, "")}
        if name in self.mistakes:
            shown["errorMessage"] = {"text": self.mistakes[name]}
        return shown

    def cell(self, group: str, row: int, part: str) -> dict[str, Any]:
        """Give the same for one part of one row."""
        return self.control(f"{group}-{row}-{part}")

    @property
    def error_list(self) -> list[dict[str, str]]:
        """Give the error summary's links."""
        return [{"text": text, "href": f"#{name}"} for name, text in self.mistakes.items()]

    def mended(self, mistakes: dict[str, str]) -> "ContentForm":
        """Return the form with more mistakes."""
        return replace(self, mistakes=self.mistakes | mistakes)

    def with_more_rows(self) -> "ContentForm":
        """Return the form with more empty rows in each group."""
        return replace(self, rows={group: min(count + 3, MOST_ROWS) for group, count in self.rows.items()})


def form_of(content: ServiceContent) -> ContentForm:
    """Fill the form with what is stored."""
    values = {
        "kind": content.kind.value,
        "maturity": str(content.maturity),
        "audience": "" if content.audience is None else str(content.audience),
        "assurance": content.assurance.value,
        "working_days": "yes" if content.working_days else "",
    }
    for name in TEXTS:
        text: LangString = getattr(content, name)
        values |= {f"{name}_tr": text.tr, f"{name}_en": text.en}
    values |= {name: "\n".join(getattr(content, name)) for name in LINES}
    values |= {name: getattr(content, name) for name in PLAIN}
    tables: dict[str, list[tuple[str, ...]]] = {
        "requirements": [(item.tr, item.en) for item in content.requirements],
        "evidence": [(item.tr, item.en) for item in content.evidence],
        "outputs": [(output.type.value, output.title.tr, output.title.en) for output in content.outputs],
        "channels": [(c.type.value, c.address, c.address_en, c.place.tr, c.place.en) for c in content.channels],
        "costs": [(_amount(c.amount_minor), c.currency, c.condition.tr, c.condition.en) for c in content.costs],
        "legal_basis": [(law.type, law.number, law.article, law.title) for law in content.legal_basis],
    }
    for group, listed in tables.items():
        for row, cells in enumerate(listed):
            values |= {f"{group}-{row}-{part}": cell for part, cell in zip(GROUPS[group], cells, strict=True)}
    rows = {group: min(len(listed) + SPARE_ROWS, MOST_ROWS) for group, listed in tables.items()}
    return ContentForm(values, {name: getattr(content, name) for name in CHOICES}, rows)


def read_form(request: HttpRequest) -> ContentForm:
    """Take the fields as they were sent; a missing one is empty."""
    values = {name: request.POST.get(name, "").replace("\r\n", "\n") for name in _SINGLE}
    rows = {}
    for group, parts in GROUPS.items():
        count = next((n for n in range(MOST_ROWS) if f"{group}-{n}-{parts[0]}" not in request.POST), MOST_ROWS)
        rows[group] = max(count, 1)
        for row in range(count):
            names = (f"{group}-{row}-{part}" for part in parts)
            values |= {name: request.POST.get(name, "").replace("\r\n", "\n") for name in names}
    return ContentForm(values, {name: _codes(request, name) for name in CHOICES}, rows)


def content_of(form: ContentForm) -> ServiceContent | ContentForm:
    """Read the form, or return it with what keeps it from being stored even as a draft."""
    mistakes = _mistakes_in(form)
    if mistakes:
        return form.mended(mistakes)
    typed = {name: value.strip() for name, value in form.values.items()}
    return ServiceContent(
        title=_text(typed, "title"),
        summary=_text(typed, "summary"),
        description=_text(typed, "description"),
        complaint_authority=_text(typed, "complaint_authority"),
        no_other_channel_reason=_text(typed, "no_other_channel_reason"),
        keywords_tr=_lines(typed["keywords_tr"]),
        keywords_en=_lines(typed["keywords_en"]),
        synonyms=_lines(typed["synonyms"]),
        kind=ServiceKind(typed["kind"]),
        maturity=int(typed["maturity"]),
        audience=int(typed["audience"]) if typed["audience"] else None,
        assurance=Assurance(typed["assurance"]),
        working_days=typed["working_days"] == "yes",
        processing_time=typed["processing_time"],
        sign_language_url=typed["sign_language_url"],
        easy_read_url=typed["easy_read_url"],
        life_events=tuple(dict.fromkeys(form.chosen["life_events"])),
        categories=tuple(dict.fromkeys(form.chosen["categories"])),
        requirements=tuple(LangString(*cells) for _row, cells in _filled(form, "requirements")),
        evidence=tuple(LangString(*cells) for _row, cells in _filled(form, "evidence")),
        outputs=tuple(
            Output(LangString(title, title_en), OutputType(kind))
            for _row, (kind, title, title_en) in _filled(form, "outputs")
        ),
        channels=tuple(
            Channel(ChannelType(kind), address, LangString(place, place_en), address_en)
            for _row, (kind, address, address_en, place, place_en) in _filled(form, "channels")
        ),
        costs=tuple(
            Cost(_minor(amount), currency or "TRY", LangString(condition, condition_en))
            for _row, (amount, currency, condition, condition_en) in _filled(form, "costs")
        ),
        legal_basis=tuple(LegalResource(*cells) for _row, cells in _filled(form, "legal_basis")),
    )


def mistakes_of(faults: Iterable[Fault], content: ServiceContent) -> dict[str, str]:
    """Say in words, at each field, what keeps a content from being published."""
    return {_field_of(fault, content): _words_of(fault) for fault in faults}


def _codes(request: HttpRequest, name: str) -> tuple[str, ...]:
    """Take what was ticked. What could be no code was typed by no browser of ours."""
    return tuple(
        code for code in request.POST.getlist(name)[:MOST_CODES] if "\0" not in code and len(code) <= LONGEST_CODE
    )


def _mistakes_in(form: ContentForm) -> dict[str, str]:
    typed = {name: value.strip() for name, value in form.values.items()}
    mistakes = {
        name: _("There is a sign in this text that cannot be saved. Type it again.")
        for name, value in typed.items()
        if "\0" in value
    }
    if not typed["title_tr"]:
        mistakes["title_tr"] = _("Enter the Turkish title. Everything else can wait.")
    for name, known in (("kind", ServiceKind), ("assurance", Assurance)):
        if typed[name] not in set(known):
            mistakes[name] = _("Choose one of the list.")
    if typed["maturity"] not in {"1", "2", "3", "4", "5"}:
        mistakes["maturity"] = _("Choose one of the list.")
    if typed["audience"] and not _WHOLE.fullmatch(typed["audience"]):
        mistakes["audience"] = _("Write a number in digits, or leave it empty.")
    kinds_of: dict[str, set[str]] = {"outputs": set(OutputType), "channels": set(ChannelType)}
    for group, kinds in kinds_of.items():
        for row, cells in _filled(form, group):
            if cells[0] not in kinds:
                mistakes[f"{group}-{row}-type"] = _("Choose what kind it is.")
    for row, (amount, currency, *_rest) in _filled(form, "costs"):
        if not _AMOUNT.fullmatch(amount):
            mistakes[f"costs-{row}-amount"] = _("Write an amount such as 125,50. Write 0 if it is free.")
        if currency and not _CURRENCY.fullmatch(currency):
            mistakes[f"costs-{row}-currency"] = _("Write three capital letters such as TRY.")
    return mistakes


def _filled(form: ContentForm, group: str) -> list[tuple[int, tuple[str, ...]]]:
    """List the rows in which something was typed; a choice or a currency alone is nothing."""
    parts = GROUPS[group]
    presets = {"type", "currency"} if group != "legal_basis" else set()
    found = []
    for row in range(form.rows[group]):
        cells = tuple(form.values.get(f"{group}-{row}-{part}", "").strip() for part in parts)
        if any(cell for part, cell in zip(parts, cells, strict=True) if part not in presets):
            found.append((row, cells))
    return found


def _text(typed: dict[str, str], name: str) -> LangString:
    return LangString(typed[f"{name}_tr"], typed[f"{name}_en"])


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _amount(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02d}"


def _minor(amount: str) -> int:
    match = _AMOUNT.fullmatch(amount)
    whole, part = match.groups() if match else ("0", "")
    return int(whole) * 100 + int((part or "").ljust(2, "0"))


def _field_of(fault: Fault, content: ServiceContent) -> str:
    """Find the field of a fault, which the catalogue names by the column of its files."""
    column, _sep, rest = fault.field.partition("_")
    group = _GROUP_OF_COLUMN.get(column)
    if group == "channels":
        kind, _sep, part = rest.partition("_")
        row = next((n for n, channel in enumerate(content.channels) if channel.type == kind), 0)
        if not content.channels:
            return f"channels-{row}-type"
        return f"channels-{row}-{'place_tr' if part == 'tr' else 'address_en' if part else 'address'}"
    if group == "outputs":
        row = next((n for n, output in enumerate(content.outputs) if not output.title.tr), 0)
        return f"outputs-{row}-title_tr"
    if group == "costs":
        return f"costs-0-{rest}"
    if fault.field in ("requirements_tr", "evidence_tr"):
        listed: tuple[LangString, ...] = getattr(content, column)
        return f"{column}-{next((n for n, item in enumerate(listed) if not item.tr), 0)}-tr"
    return "legal_basis-0-title" if fault.field == "legal_basis" else fault.field


def _words_of(fault: Fault) -> str:
    by_field = {
        "channel_web": _("Name at least one way to the service."),
        "channel_phone": _("Write digits and blanks such as +90 312 000 00 00."),
        "no_other_channel_reason_tr": _(
            "Name a counter, a telephone or a postal address, or say here why there is none."
        ),
        "processing_time": _("Write a duration such as P3D (3 days), P1M (a month) or PT0S (at once)."),
    }
    if fault.field.endswith("_address_en"):
        return _("Only a web address has an English one. Leave this empty.")
    by_reason = {
        "missing": _("Write this in Turkish."),
        "too_long": _("This text is too long. Shorten it."),
        "too_many": _("The list is too long. Shorten it to 60 or fewer."),
        "range": _("This number is not possible here."),
        "form": _("Write an address that begins with https://"),
        "unknown": _("Something chosen here is no longer in the list. Choose again."),
    }
    if fault.field in by_field and not (fault.field == "channel_web" and fault.reason == "form"):
        return by_field[fault.field]
    return by_reason[fault.reason]
