"""What a content must say, and its form as one JSON document."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from kapi.contexts.catalogue.values import (
    Assurance,
    Channel,
    ChannelType,
    Cost,
    Duration,
    Fault,
    LegalResource,
    Output,
    OutputType,
    ServiceContent,
    ServiceKind,
)
from kapi.kernel.langstring import LangString

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_CODE = 80
LONGEST_TITLE = 160
LONGEST_SUMMARY = 400
LONGEST_TEXT = 8_000
LONGEST_LIST = 60
_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(?P<years>\d{1,3})Y)?(?:(?P<months>\d{1,3})M)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,3})H)?(?:(?P<minutes>\d{1,4})M)?(?:0S)?)?",
    re.ASCII,
)
_CURRENCY = re.compile(r"[A-Z]{3}")


def is_code(text: str) -> bool:
    """Say whether `text` can be the code of a service, a life event or a category: ASCII words joined by hyphens."""
    return len(text) <= LONGEST_CODE and CODE.fullmatch(text) is not None


def read_duration(text: str, *, working_days: bool) -> Duration | None:
    """Read an ISO 8601 duration in years, months, days, hours and minutes; None if it is not one."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    parts = {name: int(value or 0) for name, value in match.groupdict().items()}
    return Duration(**parts, working_days=working_days)


def is_web_address(text: str) -> bool:
    """Say whether `text` is an absolute http or https address without blanks."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s{}<>\"\\]", text)
    except ValueError:
        return False


def faults_of(content: ServiceContent) -> list[Fault]:
    """List everything that keeps a content from being published."""
    return [*_faults_of_texts(content), *_faults_of_facts(content), *_faults_of_channels(content)]


def _faults_of_texts(content: ServiceContent) -> Iterable[Fault]:
    for name, text, longest in (
        ("title", content.title, LONGEST_TITLE),
        ("summary", content.summary, LONGEST_SUMMARY),
        ("description", content.description, LONGEST_TEXT),
    ):
        if not text.tr:
            yield Fault(f"{name}_tr", "missing", "write it in Turkish")
        for language, value in text.stored().items():
            if len(value) > longest:
                yield Fault(f"{name}_{language}", "too_long", f"write at most {longest} characters")
    for name, items in (("requirements", content.requirements), ("evidence", content.evidence)):
        yield from _faults_of_list(name, items)
    yield from _faults_of_list("output", [output.title for output in content.outputs])


def _faults_of_list(name: str, items: Iterable[LangString]) -> Iterable[Fault]:
    listed = list(items)
    if len(listed) > LONGEST_LIST:
        yield Fault(f"{name}_tr", "too_many", f"list at most {LONGEST_LIST}")
    if any(not item.tr for item in listed):
        yield Fault(f"{name}_tr", "missing", "write each item in Turkish as well")


def _faults_of_facts(content: ServiceContent) -> Iterable[Fault]:
    if not 1 <= content.maturity <= 5:
        yield Fault("maturity", "range", "write a number from 1 to 5")
    if content.audience is not None and content.audience < 0:
        yield Fault("audience", "range", "write how many people it is for, or leave it empty")
    time = content.processing_time
    if time and read_duration(time, working_days=False) is None:
        yield Fault("processing_time", "form", "write an ISO 8601 duration such as PT0S, P3D or P1M")
    for cost in content.costs:
        if cost.amount_minor < 0:
            yield Fault("cost_amount", "range", "write 0 or an amount such as 125.50")
        if not _CURRENCY.fullmatch(cost.currency):
            yield Fault("cost_currency", "form", "write three capital letters such as TRY")
    if any(resource == LegalResource() for resource in content.legal_basis):
        yield Fault("legal_basis", "missing", "name the law, or leave the whole column empty")
    for name in ("sign_language_url", "easy_read_url"):
        if (address := getattr(content, name)) and not is_web_address(address):
            yield Fault(name, "form", "write an address that begins with https://")


def _faults_of_channels(content: ServiceContent) -> Iterable[Fault]:
    if not content.channels:
        yield Fault("channel_web", "missing", "name at least one channel")
    elif all(channel.type.is_digital for channel in content.channels) and not content.no_other_channel_reason.tr:
        yield Fault(
            "no_other_channel_reason_tr", "missing", "name a counter, a phone or a postal address, or say why not"
        )
    for channel in content.channels:
        if channel.type.is_digital and not is_web_address(channel.address):
            yield Fault(f"channel_{channel.type}", "form", "write an address that begins with https://")
        if channel.address_en and not channel.type.is_digital:
            yield Fault(f"channel_{channel.type}_address_en", "form", "leave it empty: only a web address has one")
        elif channel.address_en and not is_web_address(channel.address_en):
            yield Fault(f"channel_{channel.type}_en", "form", "write an address that begins with https://, or nothing")
        if channel.type is ChannelType.PHONE and not re.fullmatch(r"\+?[0-9 ()]{3,24}", channel.address):
            yield Fault("channel_phone", "form", "write digits and blanks such as +90 312 000 00 00")
        if channel.type in (ChannelType.COUNTER, ChannelType.POST) and not channel.place.tr:
            yield Fault(f"channel_{channel.type}_tr", "missing", "say in Turkish where it is")


def to_document(content: ServiceContent) -> dict[str, Any]:
    """Return the JSON document that is stored and hashed. Empty parts are left out."""
    document: dict[str, Any] = {
        "title": content.title.stored(),
        "summary": content.summary.stored(),
        "description": content.description.stored(),
        "kind": content.kind.value,
        "maturity": content.maturity,
        "audience": content.audience,
        "assurance": content.assurance.value,
        "processing_time": content.processing_time,
        "working_days": content.working_days,
        "costs": [
            {"amount_minor": cost.amount_minor, "currency": cost.currency, "condition": cost.condition.stored()}
            for cost in content.costs
        ],
        "requirements": [item.stored() for item in content.requirements],
        "evidence": [item.stored() for item in content.evidence],
        "outputs": [{"title": output.title.stored(), "type": output.type.value} for output in content.outputs],
        "legal_basis": [
            {"type": law.type, "number": law.number, "article": law.article, "title": law.title}
            for law in content.legal_basis
        ],
        "channels": [_channel_document(channel) for channel in content.channels],
        "no_other_channel_reason": content.no_other_channel_reason.stored(),
        "complaint_authority": content.complaint_authority.stored(),
        "sign_language_url": content.sign_language_url,
        "easy_read_url": content.easy_read_url,
    }
    for name in ("life_events", "categories", "keywords_tr", "keywords_en", "synonyms"):
        document[name] = list(getattr(content, name))
    return {key: value for key, value in document.items() if value not in ("", [], {}, None)}


def _channel_document(channel: Channel) -> dict[str, Any]:
    document = {"type": channel.type.value, "address": channel.address, "place": channel.place.stored()}
    # Left out where there is none, so that revisions from before there could be one keep their hash.
    return document | ({"address_en": channel.address_en} if channel.address_en else {})


def from_document(document: dict[str, Any]) -> ServiceContent:
    """Read what `to_document` wrote."""

    def words(name: str) -> LangString:
        return LangString.read(document.get(name, {}))

    return ServiceContent(
        title=words("title"),
        summary=words("summary"),
        description=words("description"),
        kind=ServiceKind(document["kind"]),
        maturity=document["maturity"],
        audience=document.get("audience"),
        assurance=Assurance(document["assurance"]),
        processing_time=document.get("processing_time", ""),
        working_days=document.get("working_days", False),
        costs=tuple(
            Cost(cost["amount_minor"], cost["currency"], LangString.read(cost["condition"]))
            for cost in document.get("costs", [])
        ),
        requirements=tuple(LangString.read(item) for item in document.get("requirements", [])),
        evidence=tuple(LangString.read(item) for item in document.get("evidence", [])),
        outputs=tuple(
            Output(LangString.read(output["title"]), OutputType(output["type"]))
            for output in document.get("outputs", [])
        ),
        legal_basis=tuple(LegalResource(**law) for law in document.get("legal_basis", [])),
        channels=tuple(
            Channel(
                ChannelType(channel["type"]),
                channel["address"],
                LangString.read(channel["place"]),
                channel.get("address_en", ""),
            )
            for channel in document.get("channels", [])
        ),
        no_other_channel_reason=words("no_other_channel_reason"),
        complaint_authority=words("complaint_authority"),
        sign_language_url=document.get("sign_language_url", ""),
        easy_read_url=document.get("easy_read_url", ""),
        life_events=tuple(document.get("life_events", [])),
        categories=tuple(document.get("categories", [])),
        keywords_tr=tuple(document.get("keywords_tr", [])),
        keywords_en=tuple(document.get("keywords_en", [])),
        synonyms=tuple(document.get("synonyms", [])),
    )


def content_sha256(document: dict[str, Any]) -> str:
    """Return the SHA-256 (64 hex digits) of a content document, independent of the order of its keys."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
