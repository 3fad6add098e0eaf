"""Search forgives what people do to words. The judged queries of the whole demo catalogue are in tests/demo."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kapi.contexts.catalogue import selectors, services
from kapi.contexts.catalogue.models import SearchEntry, SearchPosting, SearchWord, Service
from kapi.kernel.actors import system
from kapi.kernel.langstring import LangString
from tests.contexts.catalogue.services_in_tests import APPROVER, STUDENT_CERTIFICATE, prepare_catalogue, publish, titled

pytestmark = pytest.mark.django_db

SERVICES = {
    "ogrenci-belgesi": titled("Öğrenci Belgesi Sorgulama", "Student certificate", "okuyor belgesi"),
    "yerlesim-yeri": titled("Yerleşim Yeri Belgesi Alma", "Proof of residence", "ikametgâh", "muhtar kağıdı"),
    "adli-sicil": titled("Adli Sicil Kaydı Belgesi Alma", "Criminal record certificate", "sabıka kaydı"),
    "su-borcu": titled("Su Borcu Öğrenme ve Ödeme", "Pay your water bill", "su faturası"),
    "emlak-vergisi": titled("Emlak Vergisi Öğrenme ve Ödeme", "Pay property tax", "ev vergisi"),
    "mtv": titled("Motorlu Taşıtlar Vergisi Ödeme", "Pay motor vehicle tax", "MTV", "araba vergisi"),
    "isyeri-ruhsati": titled("İş Yeri Açma Ruhsatı Başvurusu", "Apply for a workplace licence", "dükkân ruhsatı"),
    "isik-ariza": titled("Sokak Işığı Arızası Bildirme", "Report a broken street light"),
    "nufus-kaydi": titled("Nüfus Kayıt Örneği Alma", "Extract of civil records"),
}


@pytest.fixture(autouse=True)
def _catalogue(now: datetime) -> None:
    prepare_catalogue(now)
    for code, content in SERVICES.items():
        publish(code, content, now=now)


def first(query: str) -> str:
    hits = selectors.search(query=query, language="tr")
    return hits[0].code if hits else ""


ASKED = {
    "öğrenci belgesi": "ogrenci-belgesi",
    "ogrnci belge": "ogrenci-belgesi",
    "ogrenci belgesi": "ogrenci-belgesi",
    "ÖĞRENCİ BELGESİ": "ogrenci-belgesi",
    "OGRENCI BELGESI": "ogrenci-belgesi",
    "öğrencilerin belgesini sorgulamak istiyorum": "ogrenci-belgesi",
    "belgesi öğrenci": "ogrenci-belgesi",
    "öğrenic belgseı": "ogrenci-belgesi",
    "ogrencibelgesi": "ogrenci-belgesi",
    "student certificate": "ogrenci-belgesi",
    "İKAMETGAH": "yerlesim-yeri",
    "ikametgahımı nasıl alırım": "yerlesim-yeri",
    "muhtardan kağıt": "yerlesim-yeri",
    "sabika": "adli-sicil",
    "sabıka kaydım": "adli-sicil",
    "sicil kaydi": "adli-sicil",
    "su": "su-borcu",
    "su borcum": "su-borcu",
    "suyun faturasi": "su-borcu",
    "water bill": "su-borcu",
    "mtv": "mtv",
    "arabamin vergisi": "mtv",
    "dukkan ruhsat": "isyeri-ruhsati",
    "IŞIK": "isik-ariza",
    "isik": "isik-ariza",
    "nüfus kaydı": "nufus-kaydi",
    "nufus kayit": "nufus-kaydi",
}


class TestSearch:
    def test_finds_by_the_words_people_use(self) -> None:
        assert {query: first(query) for query in ASKED} == ASKED

    def test_finds_nothing_where_nothing_fits(self) -> None:
        queries = ["", " ", "?!", "xqzwv", "zzzz yyyy", "'\"", "%%", "*", "\x00", "AND OR NOT", "NEAR(", "12345"]
        assert {query: first(query) for query in queries} == dict.fromkeys(queries, "")

    def test_takes_signs_for_what_they_are(self) -> None:
        queries = ["öğrenci' OR 1=1 --", '"öğrenci', "öğrenci*", "öğrenci AND (", "öğrenci:x"]
        assert {query: first(query) for query in queries} == dict.fromkeys(queries, "ogrenci-belgesi")

    @given(query=st.text(max_size=400))
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_answers_whatever_is_typed(self, query: str) -> None:
        hits = selectors.search(query=query, language="tr")
        assert all(0 < hit.score <= 1 for hit in hits)

    def test_gives_texts_in_the_language_asked_for(self) -> None:
        (hit, *_) = selectors.search(query="su faturası", language="en")
        assert (hit.title, hit.title.language, hit.summary.language) == ("Pay your water bill", "en", "tr")
        assert (hit.institution.code, hit.institution.title) == ("10000001", "Council of Higher Education")

    def test_gives_the_best_first_and_at_most_as_many_as_asked_for(self) -> None:
        hits = selectors.search(query="vergisi ödeme", language="tr", limit=2)
        assert [hit.code for hit in hits] == ["emlak-vergisi", "mtv"]
        assert hits[0].score >= hits[1].score

    def test_prefers_what_fits_to_what_is_used(self) -> None:
        Service.objects.filter(code="mtv").update(usage=10_000_000)
        assert first("emlak vergisi") == "emlak-vergisi"

    def test_takes_two_queries_and_one_more_for_each_word_that_nobody_knows(self) -> None:
        for query, number in (("öğrenci belgesi", 2), ("ogrnci belgesi", 3), ("ogrnci blgesi", 4)):
            with CaptureQueriesContext(connection) as queries:
                selectors.search(query=query, language="tr")
            assert len(queries) == number, query

    def test_finds_by_the_name_of_the_institution(self) -> None:
        assert len(selectors.search(query="yükseköğretim kurulu", language="tr")) == len(SERVICES)


class TestRebuildSearchIndex:
    def test_finds_the_same_as_before(self, now: datetime) -> None:
        def index() -> list[object]:
            postings = SearchPosting.objects.order_by("word__word", "service")
            return [
                list(SearchWord.objects.filter(services__gt=0).order_by("word").values_list("word", "services")),
                list(postings.values_list("word__word", "service", "weight")),
                list(SearchEntry.objects.order_by("service").values_list("service", "phrases")),
            ]

        services.retire(service_code="mtv", actor=APPROVER, now=now)
        before = index()
        assert services.rebuild_search_index(actor=system("command:search"), now=now) == len(SERVICES) - 1
        assert index() == before
        assert (first("ogrenci"), first("mtv")) == ("ogrenci-belgesi", "")


class TestIndex:
    def test_weighs_titles_and_synonyms_above_keywords_above_the_summary(self, now: datetime) -> None:
        content = replace(
            STUDENT_CERTIFICATE,
            title=LangString("Birinci"),
            synonyms=("ikinci",),
            keywords_tr=("üçüncü",),
            keywords_en=(),
            summary=LangString("Dördüncü birinci."),
        )
        publish("a", content, now=now)
        weights = dict(SearchPosting.objects.filter(service__code="a").values_list("word__word", "weight"))
        assert {word: weights[word] for word in ("birinci", "ikinci", "ucuncu", "dorduncu")} == {
            "birinci": 4,
            "ikinci": 4,
            "ucuncu": 2,
            "dorduncu": 1,
        }
