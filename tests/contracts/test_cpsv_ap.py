"""Every service we give out satisfies the official CPSV-AP 3.2.0 shapes."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyshacl import validate
from rdflib import DCTERMS, FOAF, RDF, SKOS, Graph, URIRef

from kapi.contexts.catalogue import selectors, services
from kapi.contexts.catalogue.rules.cpsv_ap import ServiceFacts, describe, prefixes
from kapi.contexts.catalogue.rules.rdf import to_json_ld, to_turtle
from kapi.contexts.catalogue.values import (
    Channel,
    ChannelType,
    Cost,
    ExportFormat,
    LegalResource,
    Output,
    OutputType,
    ServiceContent,
)
from kapi.contexts.institutions import services as institutions
from kapi.kernel.actors import system
from kapi.kernel.langstring import LangString
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE, prepare_catalogue, publish

HERE = Path(__file__).parent / "cpsv_ap"
DATA = Path(__file__).resolve().parents[2] / "demo/data"
BASE = "https://kapi.example"


@cache
def shapes() -> Graph:
    return Graph().parse(HERE / "cpsv-ap-SHACL.ttl")


def violations(graph: Graph) -> list[str]:
    """Return what the official shapes have against a graph."""
    _, _, text = validate(graph, shacl_graph=shapes())
    return str(text).split("Constraint Violation")[1:]


def facts(content: ServiceContent) -> ServiceFacts:
    return ServiceFacts(
        code="ogrenci-belgesi",
        revision=1,
        content=content,
        institution_code="10000001",
        institution_name=LangString("Yükseköğretim Kurulu"),
        institution_url="https://yok.example/a b",
        category_titles={code: LangString(code) for code in content.categories},
        life_event_titles={code: LangString(code, code) for code in content.life_events},
    )


def graphs(content: ServiceContent) -> tuple[Graph, Graph]:
    things = describe(facts(content), BASE)
    turtle = Graph().parse(data=to_turtle(things, prefixes(BASE)), format="turtle")
    return turtle, Graph().parse(data=to_json_ld(things, prefixes(BASE)), format="json-ld")


class TestOfficialExample:
    def test_breaks_the_shapes_in_six_places(self) -> None:
        assert len(violations(Graph().parse(HERE / "example-rdf_public_service.ttl"))) == 6


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
langstrings = st.builds(LangString, words, st.just("") | words)
contents = st.builds(
    ServiceContent,
    title=langstrings,
    summary=langstrings,
    description=langstrings,
    processing_time=st.sampled_from(["", "PT0S", "P3D", "P1Y2M"]),
    working_days=st.booleans(),
    maturity=st.integers(1, 5),
    audience=st.none() | st.integers(0, 10**8),
    costs=st.lists(st.builds(Cost, st.integers(0, 10**9), st.sampled_from(["TRY", "EUR"]), langstrings)).map(tuple),
    requirements=st.lists(langstrings, max_size=3).map(tuple),
    evidence=st.lists(langstrings, max_size=3).map(tuple),
    outputs=st.lists(st.builds(Output, langstrings, st.sampled_from(OutputType)), max_size=2).map(tuple),
    legal_basis=st.lists(st.builds(LegalResource, words, words, words, words), max_size=2, unique=True).map(tuple),
    keywords_tr=st.lists(words, max_size=2, unique=True).map(tuple),
    synonyms=st.lists(words, max_size=2, unique=True).map(tuple),
    life_events=st.lists(st.sampled_from(["dogum", "okul"]), unique=True).map(tuple),
    categories=st.lists(st.sampled_from(["egitim", "saglik"]), unique=True).map(tuple),
    channels=st.lists(
        st.builds(
            Channel,
            st.just(ChannelType.WEB),
            st.sampled_from(["https://a.example/?q=ö|^`", "https://b.example"]),
            address_en=st.sampled_from(["", "https://b.example", "https://c.example/en/ö"]),
        )
        | st.builds(Channel, st.just(ChannelType.PHONE), words)
        | st.builds(Channel, st.just(ChannelType.COUNTER), place=langstrings),
        max_size=3,
    ).map(tuple),
    complaint_authority=langstrings,
    sign_language_url=st.sampled_from(["", "https://a.example/"]),
)  # fmt: skip


class TestDescribe:
    def test_satisfies_the_shapes(self) -> None:
        turtle, json_ld = graphs(STUDENT_CERTIFICATE)
        assert violations(turtle) == []
        assert set(turtle) == set(json_ld)

    def test_would_break_them_without_the_classes_of_its_concepts(self) -> None:
        turtle, _ = graphs(STUDENT_CERTIFICATE)
        turtle.remove((None, RDF.type, SKOS.Concept))
        assert len(violations(turtle)) >= 5

    def test_satisfies_them_with_the_least_that_can_be_published(self) -> None:
        least = ServiceContent(title=LangString("A"), summary=LangString("B"), description=LangString("C"))
        assert violations(graphs(least)[0]) == []

    def test_says_in_which_language_the_pages_of_a_channel_are(self) -> None:
        turtle, _ = graphs(STUDENT_CERTIFICATE)
        spoken = {
            str(page): {str(language).rpartition("/")[2] for language in turtle.objects(page, DCTERMS.language)}
            for page in turtle.subjects(RDF.type, FOAF.Document)
        }
        assert spoken == {
            "https://example.edu/ogrenci-belgesi": {"TUR"},
            "https://example.edu/en/student-certificate": {"ENG"},
        }
        assert {str(page) for page in turtle.objects(None, FOAF.page)} == set(spoken)

    def test_lets_no_address_of_a_channel_stand_in_for_something_else(self) -> None:
        trap = Channel(ChannelType.WEB, f"{BASE}/hizmet/ogrenci-belgesi/#hizmet")
        turtle, _ = graphs(replace(STUDENT_CERTIFICATE, channels=(trap,)))
        assert set(turtle) >= {(URIRef(trap.address), RDF.type, URIRef("http://purl.org/vocab/cpsv#PublicService"))}
        assert violations(turtle) == []

    @given(contents)
    def test_says_the_same_in_both_forms_whatever_is_said(self, content: ServiceContent) -> None:
        turtle, json_ld = graphs(content)
        assert set(turtle) == set(json_ld)

    @given(contents)
    @settings(max_examples=20, deadline=None)
    def test_satisfies_the_shapes_whatever_is_said(self, content: ServiceContent) -> None:
        assert violations(graphs(content)[0]) == []


@pytest.mark.django_db
class TestExportService:
    def test_gives_what_was_published(self, now: datetime) -> None:
        prepare_catalogue(now)
        publish("ogrenci-belgesi", STUDENT_CERTIFICATE, now=now)
        turtle = Graph().parse(
            data=selectors.export_service(code="ogrenci-belgesi", form=ExportFormat.TURTLE), format="turtle"
        )
        json_ld = Graph().parse(
            data=selectors.export_service(code="ogrenci-belgesi", form=ExportFormat.JSON_LD), format="json-ld"
        )
        assert set(turtle) == set(json_ld)
        assert violations(turtle) == []
        assert any("Öğrenci Belgesi Sorgulama" in str(found) for found in turtle.objects())

    def test_every_demo_service_satisfies_the_shapes(self, now: datetime) -> None:
        load_demo(now)
        codes = selectors.active_service_codes()
        assert len(codes) >= 300
        whole = Graph()
        for code in codes:
            turtle = Graph().parse(data=selectors.export_service(code=code, form=ExportFormat.TURTLE), format="turtle")
            json_ld = Graph().parse(
                data=selectors.export_service(code=code, form=ExportFormat.JSON_LD), format="json-ld"
            )
            assert set(turtle) == set(json_ld), code
            whole += turtle
        assert violations(whole) == []


def load_demo(now: datetime) -> None:
    """Load the demo institutions and services."""
    who = {"author_id": 1, "approver_id": 2, "actor": system("test"), "now": now}
    institutions.load_institutions(data=(DATA / "institutions.csv").read_bytes(), **who)  # type: ignore[arg-type]
    services.load_catalogue(
        categories=(DATA / "categories.csv").read_bytes(),
        life_events=(DATA / "life_events.csv").read_bytes(),
        services=(DATA / "services.csv").read_bytes(),
        life_event_steps=(DATA / "life_event_steps.csv").read_bytes(),
        places={"municipality": "http://localhost:8001", "university": "http://localhost:8002"},
        progress=lambda done: None,
        **who,  # type: ignore[arg-type]
    )
