"""Rows of the catalogue's CSV files, and what is wrong with them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kapi.contexts.catalogue.rules.content import faults_of, is_code
from kapi.contexts.catalogue.values import (
    Assurance,
    Channel,
    ChannelType,
    Cost,
    LegalResource,
    Output,
    OutputType,
    ServiceContent,
    ServiceKind,
)
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import InstitutionCode
from kapi.kernel.langstring import LangString
from kapi.kernel.tables import Row, RowFault

CATEGORY_COLUMNS = ("code", "title_tr", "title_en")
LIFE_EVENT_COLUMNS = ("code", "title_tr", "title_en", "summary_tr", "summary_en", "order")
STEP_COLUMNS = ("life_event", "order", "title_tr", "title_en", "service_code")
SERVICE_COLUMNS = (
    "code", "institution_code", "title_tr", "title_en", "summary_tr", "summary_en", "description_tr", "description_en",
    "kind", "maturity", "audience", "assurance", "processing_time", "working_days",
    "cost_amount", "cost_currency", "cost_condition_tr", "cost_condition_en",
    "requirements_tr", "requirements_en", "evidence_tr", "evidence_en", "output_tr", "output_en", "output_type",
    "legal_basis", "life_events", "categories", "keywords_tr", "keywords_en", "synonyms",
    "channel_web", "channel_web_en", "channel_counter_tr", "channel_counter_en", "channel_phone",
    "no_other_channel_reason_tr", "no_other_channel_reason_en", "complaint_authority_tr", "complaint_authority_en",
    "sign_language_url", "easy_read_url",
)  # fmt: skip
OPTIONAL_SERVICE_COLUMNS = ("channel_web_en",)
"""Columns that a file may do without: they were not there in the first release."""
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,2})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class ServiceRow:
    """A service as a file describes it: `number` is its row (or its place in a JSON-LD file)."""

    number: int
    code: str
    institution_code: str
    content: ServiceContent


def read_service_row(row: Row, *, places: Mapping[str, str]) -> tuple[ServiceRow | None, list[RowFault]]:
    """Read one row of services.csv, or say everything that is wrong with it.

    `places` are the addresses that `{name}` stands for in `channel_web`.
    """
    faults = list(_faults_of_cells(row))
    if faults:
        return None, faults
    cells = row.cells
    content = ServiceContent(
        title=_words(row, "title"),
        summary=_words(row, "summary"),
        description=_words(row, "description"),
        kind=ServiceKind(cells["kind"]),
        maturity=int(cells["maturity"]),
        audience=int(cells["audience"]) if cells["audience"] else None,
        assurance=Assurance(cells["assurance"]),
        processing_time=cells["processing_time"],
        working_days=cells["working_days"] == "yes",
        costs=tuple(_costs(row)),
        requirements=tuple(_list_of_words(row, "requirements")),
        evidence=tuple(_list_of_words(row, "evidence")),
        outputs=tuple(Output(title, OutputType(cells["output_type"])) for title in _list_of_words(row, "output")),
        legal_basis=tuple(_laws(row)),
        life_events=_once(row, "life_events"),
        categories=_once(row, "categories"),
        keywords_tr=_once(row, "keywords_tr"),
        keywords_en=_once(row, "keywords_en"),
        synonyms=_once(row, "synonyms"),
        channels=tuple(_channels(row, places)),
        no_other_channel_reason=_words(row, "no_other_channel_reason"),
        complaint_authority=_words(row, "complaint_authority"),
        sign_language_url=cells["sign_language_url"],
        easy_read_url=cells["easy_read_url"],
    )
    faults = [row.fault(fault.field, PROBLEMS[fault.reason], fault.remedy) for fault in faults_of(content)]
    if faults:
        return None, faults
    return ServiceRow(row.number, cells["code"], cells["institution_code"], content), []


PROBLEMS = {
    "missing": "missing",
    "too_long": "too long",
    "too_many": "too many",
    "range": "out of range",
    "form": "not understood",
    "unknown": "unknown",
}


def _faults_of_cells(row: Row) -> Iterator[RowFault]:
    cells = row.cells
    if not is_code(cells["code"]):
        yield row.fault("code", "not a code", "write lower-case ASCII words joined by hyphens, at most 80 characters")
    try:
        InstitutionCode.parse(cells["institution_code"])
    except InvalidValue:
        yield row.fault("institution_code", "not a code", "write 8 digits")
    yield from _faults_of_choices(row)
    for column in ("maturity", "audience"):
        if not _WHOLE.fullmatch(cells[column]) and (cells[column] or column == "maturity"):
            yield row.fault(column, "not a number", "write digits only")
    if cells["cost_amount"] and not _AMOUNT.fullmatch(cells["cost_amount"]):
        yield row.fault("cost_amount", "not an amount", "write 0 or an amount with a point, such as 125.50")
    for column in ("requirements", "evidence", "output"):
        turkish, english = row.items(f"{column}_tr"), row.items(f"{column}_en")
        if english and len(english) != len(turkish):
            yield row.fault(
                f"{column}_en", f"{len(english)} items beside {len(turkish)}", "list the same things in both languages"
            )
    if any(not item.strip("; ") for item in row.items("legal_basis")):
        yield row.fault("legal_basis", "not understood", "write type;number;article;title, parts may be empty")


def _faults_of_choices(row: Row) -> Iterator[RowFault]:
    choices: dict[str, list[str]] = {
        "kind": list(ServiceKind),
        "assurance": list(Assurance),
        "working_days": ["yes", "no"],
    }
    if row.cells["output_tr"]:
        choices["output_type"] = list(OutputType)
    for column, allowed in choices.items():
        if row.cells[column] not in allowed:
            yield row.fault(column, "unknown", f"write one of {', '.join(allowed)}")


def _words(row: Row, column: str) -> LangString:
    return LangString(row.cells[f"{column}_tr"], row.cells[f"{column}_en"])


def _list_of_words(row: Row, column: str) -> Iterable[LangString]:
    turkish, english = row.items(f"{column}_tr"), row.items(f"{column}_en")
    return (LangString(*pair) for pair in zip(turkish, english or [""] * len(turkish), strict=True))


def _once(row: Row, column: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for item in row.items(column) if item))


def _costs(row: Row) -> Iterable[Cost]:
    amount = row.cells["cost_amount"]
    if amount:
        whole, _, part = amount.partition(".")
        yield Cost(
            int(whole) * 100 + int(part.ljust(2, "0")), row.cells["cost_currency"], _words(row, "cost_condition")
        )


def _laws(row: Row) -> Iterable[LegalResource]:
    for item in row.items("legal_basis"):
        parts = [part.strip() for part in item.split(";", 3)]
        yield LegalResource(*parts, *[""] * (4 - len(parts)))


def _channels(row: Row, places: Mapping[str, str]) -> Iterable[Channel]:
    cells = row.cells
    if cells["channel_web"] or cells["channel_web_en"]:
        address, address_en = (
            _PLACE.sub(lambda match: places.get(match[1], match[0]), cells[column])
            for column in ("channel_web", "channel_web_en")
        )
        yield Channel(ChannelType.WEB, address, address_en=address_en)
    counter = _words(row, "channel_counter")
    if counter:
        yield Channel(ChannelType.COUNTER, place=counter)
    if cells["channel_phone"]:
        yield Channel(ChannelType.PHONE, cells["channel_phone"])
