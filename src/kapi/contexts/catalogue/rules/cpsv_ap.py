"""A service in the terms of CPSV-AP 3.2.0, as linked data.

Every concept is described in the same file with its class `skos:Concept`: without that, the official shapes refuse it.
What CPSV-AP has no term for stands under the gateway's own prefix `kapi`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from kapi.contexts.catalogue.rules.rdf import Literal, Ref, Thing, once, texts
from kapi.contexts.catalogue.values import Channel, Cost, LegalResource, Output, ServiceContent
from kapi.kernel.langstring import LANGUAGES, LangString

Statement = tuple[str, Ref | Literal]

_AUTHORITY = "http://publications.europa.eu/resource/authority"
COUNTRY = f"{_AUTHORITY}/country/TUR"
LANGUAGE = {"tr": f"{_AUTHORITY}/language/TUR", "en": f"{_AUTHORITY}/language/ENG"}
_STANDARD_PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "cpsv": "http://purl.org/vocab/cpsv#",
    "cv": "http://data.europa.eu/m8g/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "org": "http://www.w3.org/ns/org#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_LABELS = {
    ("kind", "information"): LangString("Bilgi", "Information"),
    ("kind", "enquiry"): LangString("Sorgulama", "Enquiry"),
    ("kind", "application"): LangString("Başvuru", "Application"),
    ("kind", "payment"): LangString("Ödeme", "Payment"),
    ("kind", "document"): LangString("Belge", "Document"),
    ("status", "active"): LangString("Sunuluyor", "Active"),
    ("channel", "web"): LangString("İnternet", "Web"),
    ("channel", "mobile"): LangString("Mobil uygulama", "Mobile app"),
    ("channel", "counter"): LangString("Yüz yüze", "In person"),
    ("channel", "phone"): LangString("Telefon", "Telephone"),
    ("channel", "post"): LangString("Posta", "Post"),
    ("output", "document"): LangString("Belge", "Document"),
    ("output", "decision"): LangString("Karar", "Decision"),
    ("output", "benefit"): LangString("Yardım", "Benefit"),
    ("output", "information"): LangString("Bilgi", "Information"),
    ("output", "payment"): LangString("Ödeme", "Payment"),
    ("assurance", "low"): LangString("Düşük güven düzeyi", "Low level of assurance"),
    ("assurance", "substantial"): LangString("Orta güven düzeyi", "Substantial level of assurance"),
    ("assurance", "high"): LangString("Yüksek güven düzeyi", "High level of assurance"),
}


@dataclass(frozen=True, kw_only=True)
class ServiceFacts:
    """What is known about a service besides its content: the names behind the codes."""

    code: str
    revision: int
    content: ServiceContent
    institution_code: str
    institution_name: LangString
    institution_url: str
    category_titles: Mapping[str, LangString]
    life_event_titles: Mapping[str, LangString]


def prefixes(base: str) -> dict[str, str]:
    """Return the prefixes of an export; `base` is the gateway's address without a slash at the end."""
    return {**_STANDARD_PREFIXES, "kapi": f"{base}/terimler#"}


def describe(facts: ServiceFacts, base: str) -> list[Thing]:
    """Say everything that is published about a service, the service itself first."""
    content = facts.content
    page = f"{base}/hizmet/{facts.code}/"
    parts = [
        *_parts(page, "kanal", "cv:Channel", "cv:hasChannel", [_channel(item, base) for item in content.channels]),
        *_parts(page, "kosul", "cv:Requirement", "cv:holdsRequirement", [_titled(x) for x in content.requirements]),
        *_parts(page, "belge", "cv:Evidence", "cpsv:hasInput", [_titled(item) for item in content.evidence]),
        *_parts(page, "cikti", "cv:Output", "cpsv:produces", [_output(item, base) for item in content.outputs]),
        *_parts(page, "ucret", "cv:Cost", "cv:hasCost", [_cost(item) for item in content.costs]),
        *_parts(page, "dayanak", "eli:LegalResource", "cv:hasLegalResource", map(_law, content.legal_basis)),
    ]
    areas = _named(f"{base}/kategoriler", ("skos:Concept",), "skos:prefLabel", facts.category_titles)
    events = _named(f"{base}/yasam-olaylari", ("cv:Event", "cv:LifeEvent"), "dct:title", facts.life_event_titles)
    groups = [*(("cv:thematicArea", area) for area in areas), *(("cv:isGroupedBy", event) for event in events)]
    authority = _authority(facts, base)
    statements: list[Statement] = [
        ("dct:identifier", Literal(facts.code)),
        *texts("dct:title", content.title),
        *texts("dct:abstract", content.summary),
        *texts("dct:description", content.description),
        ("cv:hasCompetentAuthority", Ref(authority.iri)),
        ("adms:status", Ref(_concept_iri(base, "status", "active"))),
        ("cv:isClassifiedBy", Ref(_concept_iri(base, "kind", content.kind))),
        ("kapi:assurance", Ref(_concept_iri(base, "assurance", content.assurance))),
        ("dct:spatial", Ref(COUNTRY)),
        *(("dct:language", Ref(LANGUAGE[language])) for language in content.title.stored()),
        *_facts(content),
        *((link, Ref(thing.iri)) for link, thing in [*parts, *groups]),
        ("kapi:revision", Literal(str(facts.revision), datatype="xsd:integer")),
    ]
    service = Thing(f"{page}#hizmet", ("cpsv:PublicService",), tuple(statements))
    things = once(
        [service, authority, *(thing for _, thing in [*parts, *groups]), *_concepts(content, base), *_places()]
    )
    return [*things, *_documents(content.channels, known={thing.iri for thing in things})]


def _facts(content: ServiceContent) -> Iterable[Statement]:
    if content.processing_time:
        yield "cv:processingTime", Literal(content.processing_time, datatype="xsd:duration")
        yield "kapi:workingDays", Literal("true" if content.working_days else "false", datatype="xsd:boolean")
    yield "kapi:maturity", Literal(str(content.maturity), datatype="xsd:integer")
    if content.audience is not None:
        yield "kapi:audienceSize", Literal(str(content.audience), datatype="xsd:integer")
    for language, keywords in (("tr", content.keywords_tr), ("en", content.keywords_en)):
        yield from (("dcat:keyword", Literal(keyword, language=language)) for keyword in keywords)
    yield from (("kapi:synonym", Literal(synonym)) for synonym in content.synonyms)
    yield from texts("kapi:noOtherChannelReason", content.no_other_channel_reason)
    yield from texts("kapi:complaintAuthority", content.complaint_authority)
    for name, address in (("signLanguage", content.sign_language_url), ("easyRead", content.easy_read_url)):
        if address:
            yield f"kapi:{name}", Ref(address)


def _parts(
    page: str, word: str, kind: str, link: str, described: Iterable[list[Statement]]
) -> Iterable[tuple[str, Thing]]:
    """Give each part of a service an IRI and an identifier of its own."""
    for number, statements in enumerate(described, 1):
        name = f"{word}-{number}"
        yield link, Thing(f"{page}#{name}", (kind,), (("dct:identifier", Literal(name)), *statements))


def _titled(title: LangString) -> list[Statement]:
    return [*texts("dct:title", title)]


def _channel(channel: Channel, base: str) -> list[Statement]:
    statements: list[Statement] = [("dct:type", Ref(_concept_iri(base, "channel", channel.type)))]
    if channel.type.is_digital:
        statements += [("foaf:page", Ref(address)) for address in _languages_of_pages([channel])]
    elif channel.address:
        statements.append(("cv:telephone", Literal(channel.address)))
    return [*statements, *texts("dct:description", channel.place)]


def _documents(channels: Iterable[Channel], known: Collection[str]) -> Iterable[Thing]:
    """Say in which language each page is that a channel leads to."""
    for address, languages in _languages_of_pages(channels).items():
        if address not in known:
            spoken = tuple(("dct:language", Ref(LANGUAGE[language])) for language in languages)
            yield Thing(address, ("foaf:Document",), spoken)


def _languages_of_pages(channels: Iterable[Channel]) -> dict[str, list[str]]:
    """Return the web addresses of channels, each with the languages it is given for."""
    pages: dict[str, list[str]] = {}
    for channel in channels:
        for language, address in (("tr", channel.address), ("en", channel.address_en)):
            if address and channel.type.is_digital and language not in pages.setdefault(address, []):
                pages[address].append(language)
    return pages


def _output(output: Output, base: str) -> list[Statement]:
    return [*texts("dct:title", output.title), ("dct:type", Ref(_concept_iri(base, "output", output.type)))]


def _cost(cost: Cost) -> list[Statement]:
    value = f"{cost.amount_minor // 100}.{cost.amount_minor % 100:02d}"
    return [
        ("cv:hasValue", Literal(value, datatype="xsd:double")),
        ("cv:currency", Ref(_currency_iri(cost.currency))),
        *texts("dct:description", cost.condition),
    ]


def _law(law: LegalResource) -> list[Statement]:
    named = {"legalType": law.type, "legalNumber": law.number, "legalArticle": law.article}
    statements: list[Statement] = [(f"kapi:{name}", Literal(value)) for name, value in named.items() if value]
    return [*statements, ("dct:title", Literal(law.title, language="tr"))] if law.title else statements


def _named(folder: str, classes: tuple[str, ...], label: str, titles: Mapping[str, LangString]) -> Iterable[Thing]:
    for code, title in titles.items():
        yield Thing(f"{folder}/{code}/#kavram", classes, (("dct:identifier", Literal(code)), *texts(label, title)))


def _authority(facts: ServiceFacts, base: str) -> Thing:
    statements: list[Statement] = [
        ("dct:identifier", Literal(facts.institution_code)),
        *texts("skos:prefLabel", facts.institution_name),
        ("dct:spatial", Ref(COUNTRY)),
    ]
    if facts.institution_url:
        statements.append(("foaf:homepage", Ref(facts.institution_url)))
    iri = f"{base}/kurumlar/{facts.institution_code}/#kurum"
    return Thing(iri, ("cv:PublicOrganisation", "org:Organization"), tuple(statements))


def _concepts(content: ServiceContent, base: str) -> Iterable[Thing]:
    used = [
        ("status", "active"),
        ("kind", content.kind),
        ("assurance", content.assurance),
        *(("channel", channel.type) for channel in content.channels),
        *(("output", output.type) for output in content.outputs),
    ]
    for scheme, value in used:
        label = _LABELS[scheme, str(value)]
        statements = (("dct:identifier", Literal(str(value))), *texts("skos:prefLabel", label))
        yield Thing(_concept_iri(base, scheme, value), ("skos:Concept",), statements)
    for currency in dict.fromkeys(cost.currency for cost in content.costs):
        yield Thing(_currency_iri(currency), ("skos:Concept",), (("dct:identifier", Literal(currency)),))


def _places() -> Iterable[Thing]:
    yield Thing(COUNTRY, ("dct:Location",), (*texts("rdfs:label", LangString("Türkiye", "Türkiye")),))
    names = {"tr": LangString("Türkçe", "Turkish"), "en": LangString("İngilizce", "English")}
    for language in LANGUAGES:
        yield Thing(LANGUAGE[language], ("dct:LinguisticSystem",), (*texts("rdfs:label", names[language]),))


def _concept_iri(base: str, scheme: str, value: str) -> str:
    return f"{base}/terimler#{scheme}-{value}"


def _currency_iri(currency: str) -> str:
    return f"{_AUTHORITY}/currency/{currency}"
