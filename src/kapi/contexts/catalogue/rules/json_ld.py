"""Reading services from JSON-LD in the form that the gateway itself gives out (`rules.cpsv_ap`).

That is a flat `@graph` (or several documents of that form in a list) with the prefixes of the export. It is read as
plain JSON: other shapes of the same graph are refused with words, never guessed at.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from kapi.contexts.catalogue.rules.content import faults_of, is_code
from kapi.contexts.catalogue.rules.cpsv_ap import LANGUAGE
from kapi.contexts.catalogue.rules.rows import PROBLEMS, ServiceRow
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
from kapi.kernel.langstring import LANGUAGES, LangString
from kapi.kernel.tables import RowFault

_Choice = TypeVar("_Choice", bound=StrEnum)
_SERVICE = "cpsv:PublicService"
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,2})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_AS_EXPORTED = "write it as the gateway's own export does (?format=jsonld)"


def looks_like_json(data: bytes) -> bool:
    """Say whether a file is JSON rather than CSV."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def read_json_ld(data: bytes) -> tuple[list[ServiceRow], list[RowFault]]:
    """Read every service of a file, numbered from 1 in its order, and everything that is wrong with any."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return [], [RowFault(1, "", "not JSON", "save the file as JSON in UTF-8")]
    graphs = [part.get("@graph") for part in _list(document) if isinstance(part, dict)]
    nodes = [node for graph in graphs for node in _list(graph) if isinstance(node, dict)]
    index: dict[str, dict[str, Any]] = {}
    for node in nodes:
        if isinstance(iri := node.get("@id"), str):
            # The same institution or concept may stand in each of several documents; services must not.
            index.setdefault(iri, node)
    services = [node for node in nodes if _SERVICE in _list(node.get("@type"))]
    if not services:
        return [], [RowFault(1, "", "no service in it", f"{_AS_EXPORTED}: a node of type {_SERVICE} in @graph")]
    rows: list[ServiceRow] = []
    faults: list[RowFault] = []
    for number, node in enumerate(services, 1):
        reader = _Reader(number, node, index)
        row = reader.read()
        faults += reader.faults
        if row is not None and not reader.faults:
            rows.append(row)
    return rows, faults


@dataclass
class _Reader:
    """Reads one service and gathers what is wrong with it."""

    number: int
    node: dict[str, Any]
    index: dict[str, dict[str, Any]]
    faults: list[RowFault] = field(default_factory=list)

    def read(self) -> ServiceRow | None:
        code = self._plain(self.node, "dct:identifier")
        if not is_code(code):
            self._fault("dct:identifier", "not a code", "write lower-case ASCII words joined by hyphens")
        institution_code = self._identifier(self.node, "cv:hasCompetentAuthority")
        try:
            InstitutionCode.parse(institution_code)
        except InvalidValue:
            self._fault("cv:hasCompetentAuthority", "not a code", "give the institution its 8 digits as dct:identifier")
        content = self._content()
        if content is None:
            return None
        for fault in faults_of(content):
            self._fault(fault.field, PROBLEMS[fault.reason], fault.remedy)
        return ServiceRow(self.number, code, institution_code, content)

    def _content(self) -> ServiceContent | None:
        kind = self._one_of(ServiceKind, "cv:isClassifiedBy")
        assurance = self._one_of(Assurance, "kapi:assurance")
        maturity = self._number("kapi:maturity")
        audience = self._number("kapi:audienceSize") if "kapi:audienceSize" in self.node else None
        channels, outputs, costs = list(self._channels()), list(self._outputs()), list(self._costs())
        if self.faults or kind is None or assurance is None or maturity is None:
            return None
        return ServiceContent(
            title=self._words(self.node, "dct:title"),
            summary=self._words(self.node, "dct:abstract"),
            description=self._words(self.node, "dct:description"),
            kind=kind,
            maturity=maturity,
            audience=audience,
            assurance=assurance,
            processing_time=self._plain(self.node, "cv:processingTime"),
            working_days=self._plain(self.node, "kapi:workingDays") == "true",
            costs=tuple(costs),
            requirements=tuple(self._words(part, "dct:title") for part in self._parts("cv:holdsRequirement")),
            evidence=tuple(self._words(part, "dct:title") for part in self._parts("cpsv:hasInput")),
            outputs=tuple(outputs),
            legal_basis=tuple(self._laws()),
            life_events=tuple(self._plain(part, "dct:identifier") for part in self._parts("cv:isGroupedBy")),
            categories=tuple(self._plain(part, "dct:identifier") for part in self._parts("cv:thematicArea")),
            keywords_tr=tuple(self._texts("dcat:keyword", "tr")),
            keywords_en=tuple(self._texts("dcat:keyword", "en")),
            synonyms=tuple(self._texts("kapi:synonym", "")),
            channels=tuple(channels),
            no_other_channel_reason=self._words(self.node, "kapi:noOtherChannelReason"),
            complaint_authority=self._words(self.node, "kapi:complaintAuthority"),
            sign_language_url=self._link(self.node, "kapi:signLanguage"),
            easy_read_url=self._link(self.node, "kapi:easyRead"),
        )

    def _channels(self) -> Iterator[Channel]:
        for part in self._parts("cv:hasChannel"):
            kind = self._part_type(ChannelType, part, "cv:hasChannel")
            if kind is not None:
                address, address_en = self._pages(part) if kind.is_digital else (self._plain(part, "cv:telephone"), "")
                yield Channel(kind, address, self._words(part, "dct:description"), address_en)

    def _pages(self, part: dict[str, Any]) -> tuple[str, str]:
        """Return the Turkish and the English page of a channel; one whose language is not said is the Turkish one."""
        spoken = {link: _links(self.index.get(link, {}).get("dct:language")) for link in _links(part.get("foaf:page"))}
        english = [link for link, languages in spoken.items() if LANGUAGE["en"] in languages]
        turkish = [link for link, languages in spoken.items() if LANGUAGE["tr"] in languages or link not in english]
        return next(iter(turkish), ""), next(iter(english), "")

    def _outputs(self) -> Iterator[Output]:
        for part in self._parts("cpsv:produces"):
            kind = self._part_type(OutputType, part, "cpsv:produces")
            if kind is not None:
                yield Output(self._words(part, "dct:title"), kind)

    def _costs(self) -> Iterator[Cost]:
        for part in self._parts("cv:hasCost"):
            amount, currency = self._plain(part, "cv:hasValue"), self._link(part, "cv:currency").rpartition("/")[2]
            if not _AMOUNT.fullmatch(amount):
                self._fault("cv:hasValue", "not an amount", "write 0 or an amount with a point, such as 125.50")
                continue
            whole, _, rest = amount.partition(".")
            minor = int(whole) * 100 + int(rest.ljust(2, "0"))
            yield Cost(minor, currency, self._words(part, "dct:description"))

    def _laws(self) -> Iterator[LegalResource]:
        for part in self._parts("cv:hasLegalResource"):
            yield LegalResource(
                type=self._plain(part, "kapi:legalType"),
                number=self._plain(part, "kapi:legalNumber"),
                article=self._plain(part, "kapi:legalArticle"),
                title=self._words(part, "dct:title").tr,
            )

    def _one_of(self, choices: type[_Choice], name: str) -> _Choice | None:
        return self._choose(choices, self._identifier(self.node, name), name)

    def _part_type(self, choices: type[_Choice], part: dict[str, Any], name: str) -> _Choice | None:
        return self._choose(choices, self._identifier(part, "dct:type"), name)

    def _choose(self, choices: type[_Choice], value: str, name: str) -> _Choice | None:
        try:
            return choices(value)
        except ValueError:
            self._fault(name, "unknown", f"give its concept one of these identifiers: {', '.join(choices)}")
            return None

    def _number(self, name: str) -> int | None:
        text = self._plain(self.node, name)
        if not _WHOLE.fullmatch(text):
            self._fault(name, "not a number", "write digits only")
            return None
        return int(text)

    def _identifier(self, node: dict[str, Any], name: str) -> str:
        """Return the `dct:identifier` of the thing that `name` points to."""
        return self._plain(self.index.get(self._link(node, name), {}), "dct:identifier")

    def _parts(self, name: str) -> list[dict[str, Any]]:
        """Return the nodes that `name` points to; each must be in the file."""
        links = [value.get("@id", "") for value in _list(self.node.get(name)) if isinstance(value, dict)]
        missing = [link for link in links if not isinstance(link, str) or link not in self.index]
        if missing:
            self._fault(name, "points to nothing in the file", _AS_EXPORTED)
        return [self.index[link] for link in links if link not in missing]

    def _link(self, node: dict[str, Any], name: str) -> str:
        return next(iter(_links(node.get(name))), "")

    def _plain(self, node: dict[str, Any], name: str) -> str:
        return next(iter(_values(node.get(name), "")), "")

    def _words(self, node: dict[str, Any], name: str) -> LangString:
        found = {language: next(iter(_values(node.get(name), language)), "") for language in LANGUAGES}
        return LangString.read(found)

    def _texts(self, name: str, language: str) -> list[str]:
        return list(dict.fromkeys(_values(self.node.get(name), language)))

    def _fault(self, column: str, problem: str, remedy: str) -> None:
        self.faults.append(RowFault(self.number, column, problem, remedy))


def _values(found: Any, language: str) -> list[str]:
    """Return the texts among JSON-LD values that are in `language` (empty: in none)."""
    texts = []
    for value in _list(found):
        node = value if isinstance(value, dict) else {"@value": value}
        content = node.get("@value")
        if node.get("@language", "") == language and isinstance(content, str | int | float | bool):
            texts.append(str(content).strip() if not isinstance(content, bool) else str(content).lower())  # protocol
    return texts


def _links(found: Any) -> list[str]:
    """Return what JSON-LD values point to."""
    links = (value.get("@id") for value in _list(found) if isinstance(value, dict))
    return [link for link in links if isinstance(link, str)]


def _list(value: Any) -> list[Any]:
    """JSON-LD writes one value with or without a list around it."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
