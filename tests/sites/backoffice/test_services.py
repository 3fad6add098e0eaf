"""The services of an institution, and what their staff does with them."""

from datetime import datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.catalogue.models import Category, LifeEvent, Service, ServiceRevision
from kapi.contexts.catalogue.rules.content import from_document
from kapi.contexts.institutions.values import Role
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE, publish, titled
from tests.contexts.institutions.institutions_in_tests import give_role
from tests.sites.backoffice.staff import MINISTRY, OTHER, mistakes, rows, words

LIST = "/yonetim/hizmetler/"
NEW = f"/yonetim/kurumlar/{MINISTRY}/yeni-hizmet/"


@pytest.fixture
def certificate(institutions: None, now: datetime) -> str:
    """A published service of the ministry: its code."""
    Category.objects.create(code="egitim", title={"tr": "Eğitim", "en": "Education"})
    Category.objects.create(code="nufus", title={"tr": "Nüfus"})
    LifeEvent.objects.create(code="universite", title={"tr": "Üniversiteye gidiyorum"}, position=1)
    publish("ogrenci-belgesi", STUDENT_CERTIFICATE, now=now, institution_code=MINISTRY)
    return "ogrenci-belgesi"


def filled_in(answer: Any) -> dict[str, Any]:
    """Return what the page's large form would send as it stands."""
    form = BeautifulSoup(answer.content, "html.parser").select("main form")[-1]
    sent: dict[str, Any] = {}
    for control in form.select("input[name], textarea[name]"):
        name = str(control["name"])
        if name == "csrfmiddlewaretoken":
            continue
        if control.get("type") in ("checkbox", "radio"):
            if control.has_attr("checked"):
                sent.setdefault(name, []).append(control["value"])
        else:
            sent[name] = control.get_text() if control.name == "textarea" else control.get("value", "")
    for control in form.select("select[name]"):
        chosen = control.select_one("option[selected]") or control.select_one("option")
        sent[str(control["name"])] = chosen["value"] if chosen is not None else ""
    return sent


def new_revision(editor: Client, code: str) -> str:
    """Begin a revision and return the address of its form."""
    return str(editor.post(f"{LIST}{code}/yeni-surum/")["Location"])


def shown_at(form: str) -> str:
    """Return the address of the revision whose form this is."""
    return form.removesuffix("duzenle/")


def submitted(editor: Client, code: str, **changes: Any) -> str:
    """Write a revision, ask for its approval, and return its address."""
    form = new_revision(editor, code)
    editor.post(form, filled_in(editor.get(form)) | changes)
    page = shown_at(form)
    editor.post(page, {"deed": "submit", "version": ServiceRevision.objects.latest("pk").version})
    return page


class TestServices:
    def test_lists_services_with_their_states(self, editor: Client, certificate: str) -> None:
        new_revision(editor, certificate)
        assert rows(editor.get(LIST)) == [
            ["Öğrenci Belgesi Sorgulama", "Örnek Bakanlığı", "Sunuluyor", "Taslak : Öğrenci Belgesi Sorgulama"]
        ]

    def test_filters_by_words_and_state(self, editor: Client, certificate: str, now: datetime) -> None:
        publish("diploma", titled("Diploma Sorgulama"), now=now, institution_code=MINISTRY)
        publish("baska", titled("Başka Hizmet"), now=now, institution_code=OTHER)
        new_revision(editor, certificate)
        assert [row[0] for row in rows(editor.get(LIST, {"sirala": "-ad"}))] == [
            "Öğrenci Belgesi Sorgulama",
            "Diploma Sorgulama",
        ]
        assert [row[0] for row in rows(editor.get(LIST, {"q": "DIPLOMA"}))] == ["Diploma Sorgulama"]
        assert [row[0] for row in rows(editor.get(LIST, {"durum": "taslak"}))] == ["Öğrenci Belgesi Sorgulama"]
        assert rows(editor.get(LIST, {"durum": "kapali"})) == []

    @pytest.mark.parametrize("page", ["0", "2", "x", "9" * 30])
    def test_has_no_such_page(self, editor: Client, page: str) -> None:
        assert editor.get(LIST, {"sayfa": page}).status_code == 404

    def test_asks_no_more_of_the_database_for_many(
        self, editor: Client, certificate: str, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for place in range(5):
            publish(f"s-{place}", titled(f"Hizmet {place}"), now=now, institution_code=MINISTRY)
        with django_assert_max_num_queries(9):
            editor.get(LIST)


class TestService:
    def test_shows_its_history(self, editor: Client, publisher: Client, certificate: str) -> None:
        publisher.post(submitted(editor, certificate, summary_tr="Yeni özet."), {"deed": "approve", "version": "2"})
        states = [row[1] for row in rows(editor.get(f"{LIST}{certificate}/"))]
        assert states == ["Yayında", "Yerine yenisi geçti"]

    def test_is_not_for_those_who_work_elsewhere(self, editor: Client, certificate: str, now: datetime) -> None:
        publish("baska", titled("Başka Hizmet"), now=now, institution_code=OTHER)
        assert editor.get(f"{LIST}baska/").status_code == 403
        assert editor.post(f"{LIST}baska/yeni-surum/").status_code == 403
        assert editor.get(f"{LIST}yok/").status_code == 404

    def test_is_retired_once_somebody_says_so_twice(self, publisher: Client, editor: Client, certificate: str) -> None:
        address = f"{LIST}{certificate}/kapat/"
        assert editor.post(address, {"sure": "yes"}).status_code == 403
        assert [where for _, where in mistakes(publisher.post(address))] == ["#sure"]
        assert "artık sunulmuyor" in words(publisher.post(address, {"sure": "yes"}, follow=True))
        assert Service.objects.get().status == "retired"
        assert publisher.post(address, {"sure": "yes"}).status_code == 422

    def test_is_not_retired_while_something_is_written(
        self, publisher: Client, editor: Client, certificate: str
    ) -> None:
        new_revision(editor, certificate)
        answer = publisher.post(f"{LIST}{certificate}/kapat/", {"sure": "yes"})
        assert "Önce onu bitirin" in words(answer)


class TestNewService:
    def test_begins_with_a_draft(self, editor: Client) -> None:
        sent = filled_in(editor.get(NEW)) | {"code": "yeni-hizmet", "title_tr": "Yeni Hizmet"}
        answer = editor.post(NEW, sent, follow=True)
        assert "Taslak olarak kaydedildi" in words(answer)
        row = Service.objects.get(code="yeni-hizmet")
        assert (row.status, row.institution_id) == ("in_preparation", MINISTRY)

    def test_is_saved_from_each_part_and_its_parts_are_listed(self, editor: Client) -> None:
        page = BeautifulSoup(editor.get(NEW).content, "html.parser")
        links = [str(link["href"]) for link in page.select("main nav[aria-labelledby=contents] a")]
        assert len(links) == 9
        assert [heading.get("id") for heading in page.select("main form h2")] == [link[1:] for link in links]
        saves = [
            button for button in page.select("main form button") if button.get_text(strip=True) == "Taslağı kaydet"
        ]
        assert len(saves) == 5
        assert {button.get("name") for button in saves} == {None}

    @pytest.mark.parametrize("code", ["", "Öğrenci", "a b", "x" * 81, "\x00"])
    def test_says_what_is_wrong_with_a_code(self, editor: Client, code: str) -> None:
        sent = filled_in(editor.get(NEW)) | {"code": code, "title_tr": "Yeni Hizmet"}
        answer = editor.post(NEW, sent)
        assert [where for _, where in mistakes(answer)] == ["#code"]

    def test_takes_no_code_twice(self, editor: Client, certificate: str) -> None:
        sent = filled_in(editor.get(NEW)) | {"code": certificate, "title_tr": "Yeni Hizmet"}
        assert [where for _, where in mistakes(editor.post(NEW, sent))] == ["#code"]


class TestEdit:
    def test_loses_nothing(self, editor: Client, certificate: str) -> None:
        form = new_revision(editor, certificate)
        answer = editor.post(form, filled_in(editor.get(form)), follow=True)
        assert "Taslak olarak kaydedildi" in words(answer)
        revision = ServiceRevision.objects.latest("pk")
        assert revision.version == 2
        assert from_document(revision.content) == STUDENT_CERTIFICATE

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"title_tr": " "}, "title_tr"),
            ({"audience": "many"}, "audience"),
            ({"audience": "9" * 10}, "audience"),
            ({"maturity": "9"}, "maturity"),
            ({"kind": "x"}, "kind"),
            ({"costs-0-amount": "free"}, "costs-0-amount"),
            ({"costs-1-amount": "1.234.567"}, "costs-1-amount"),
            ({"costs-0-currency": "Lira"}, "costs-0-currency"),
            ({"channels-3-address": "https://x.example"}, "channels-3-type"),
            ({"outputs-1-title_tr": "Karar"}, "outputs-1-type"),
            ({"synonyms": "a\x00b"}, "synonyms"),
        ],
    )
    def test_says_what_cannot_be_saved_and_keeps_what_was_typed(
        self, editor: Client, certificate: str, typed: dict[str, str], field: str
    ) -> None:
        form = new_revision(editor, certificate)
        sent = filled_in(editor.get(form)) | {"summary_tr": "Yeni özet."} | typed
        answer = editor.post(form, sent)
        assert answer.status_code == 422
        assert [where for _, where in mistakes(answer)] == [f"#{field}"]
        if "\x00" not in str(typed):
            again = filled_in(answer)
            for chosen in {"kind", "maturity"} & set(typed):  # what is not in the list cannot be chosen again
                del again[chosen]
            assert {name: again[name] for name in sent if name in again} == {
                name: value for name, value in sent.items() if name in again
            }
        assert ServiceRevision.objects.latest("pk").version == 1

    def test_keeps_what_was_typed_when_somebody_was_faster(self, editor: Client, certificate: str) -> None:
        form = new_revision(editor, certificate)
        sent = filled_in(editor.get(form))
        editor.post(form, sent | {"summary_tr": "Birinci."})
        answer = editor.post(form, sent | {"summary_tr": "İkinci."})
        assert "başka biri bu sürümü değiştirdi" in words(answer)
        assert filled_in(answer)["summary_tr"] == "İkinci."
        assert ServiceRevision.objects.latest("pk").content["summary"]["tr"] == "Birinci."

    def test_takes_the_address_of_the_english_page(self, editor: Client, publisher: Client, certificate: str) -> None:
        address = "https://example.edu/en/certificates"
        page = submitted(editor, certificate, **{"channels-0-address_en": address})
        assert address in str(rows(publisher.get(page)))
        publisher.post(page, {"deed": "approve", "version": "2"})
        assert publisher.get(f"/en/hizmet/{certificate}/git/")["Location"] == address

    @pytest.mark.parametrize(
        ("field", "words_of_it"),
        [
            ("channels-0-address_en", "https:// ile başlayan bir adres"),
            ("channels-2-address_en", "Yalnızca bir web adresinin İngilizcesi olur"),
        ],
    )
    def test_says_which_english_address_keeps_it_from_publication(
        self, editor: Client, certificate: str, field: str, words_of_it: str
    ) -> None:
        form = new_revision(editor, certificate)
        editor.post(form, filled_in(editor.get(form)) | {field: "/en/"})
        answer = editor.post(shown_at(form), {"deed": "submit", "version": "2"})
        assert [where for _, where in mistakes(answer)] == [f"#{field}"]
        assert words_of_it in mistakes(answer)[0][0]

    def test_gives_more_rows_without_saving(self, editor: Client, certificate: str) -> None:
        form = new_revision(editor, certificate)
        page = editor.get(form)
        answer = editor.post(form, filled_in(page) | {"title_tr": "Yeni ad", "more": "1"})
        assert len(filled_in(answer)) > len(filled_in(page))
        assert filled_in(answer)["title_tr"] == "Yeni ad"
        assert ServiceRevision.objects.latest("pk").version == 1

    def test_is_closed_while_a_revision_waits(self, editor: Client, certificate: str) -> None:
        page = submitted(editor, certificate)
        answer = editor.get(page + "duzenle/")
        assert answer.status_code == 422
        assert "durumu değişmiş" in words(answer)


class TestRevision:
    def test_is_published_by_another_person(self, editor: Client, publisher: Client, certificate: str) -> None:
        page = submitted(editor, certificate, summary_tr="Yeni özet.")
        answer = publisher.get(page)
        assert ["Özet, Türkçe", STUDENT_CERTIFICATE.summary.tr, "Yeni özet."] in rows(answer)
        assert "1 alan farklı" in words(answer)
        done = publisher.post(page, {"deed": "approve", "version": "2"}, follow=True)
        assert "Artık herkes okuyabilir" in words(done)
        assert "Yeni özet." in publisher.get(f"/hizmet/{certificate}/").content.decode()

    def test_is_never_published_by_its_author(self, editor: Client, certificate: str, now: datetime) -> None:
        give_role(editor.person_id, MINISTRY, Role.SERVICE_APPROVER, now=now)  # type: ignore[attr-defined]
        page = submitted(editor, certificate)
        text = words(editor.get(page))
        assert "başka bir kişi onaylamalı" in text
        assert "Onayla ve yayımla" not in text
        answer = editor.post(page, {"deed": "approve", "version": "2"})
        assert answer.status_code == 422
        assert ServiceRevision.objects.latest("pk").state == "in_review"

    def test_is_sent_back_with_a_reason(self, editor: Client, publisher: Client, certificate: str) -> None:
        page = submitted(editor, certificate)
        assert [where for _, where in mistakes(publisher.post(page, {"deed": "reject", "note": " "}))] == ["#note"]
        publisher.post(page, {"deed": "reject", "note": "Ücreti de yazın."})
        assert "Ücreti de yazın." in words(editor.get(page))
        assert "Ücreti de yazın." in words(editor.get(page + "duzenle/"))
        assert "geri gönderilen" in words(editor.get("/yonetim/"))

    def test_is_not_handed_in_incomplete(self, editor: Client, certificate: str) -> None:
        form = new_revision(editor, certificate)
        sent = filled_in(editor.get(form))
        channels = {name: "" for name in sent if name.startswith("channels-")}
        editor.post(form, sent | channels | {"summary_tr": "", "processing_time": "soon", "easy_read_url": "x"})
        answer = editor.post(shown_at(form), {"deed": "submit", "version": "2"})
        assert answer.status_code == 422
        assert {where for _, where in mistakes(answer)} == {
            "#summary_tr",
            "#processing_time",
            "#easy_read_url",
            "#channels-0-type",
        }
        assert ServiceRevision.objects.latest("pk").state == "draft"

    def test_leads_to_each_row_that_keeps_it_from_publication(self, editor: Client, certificate: str) -> None:
        form = new_revision(editor, certificate)
        sent = filled_in(editor.get(form)) | {
            "channels-2-address": "call us",
            "evidence-1-tr": "",
            "evidence-1-en": "Petition",
            "outputs-0-title_tr": "",
        }
        editor.post(form, sent)
        answer = editor.post(shown_at(form), {"deed": "submit", "version": "2"})
        assert {where for _, where in mistakes(answer)} == {
            "#channels-2-address",
            "#evidence-1-tr",
            "#outputs-0-title_tr",
        }

    @pytest.mark.parametrize("sent", [{}, {"deed": "burn"}, {"deed": "approve", "version": "x"}])
    def test_asks_for_a_deed(self, publisher: Client, editor: Client, certificate: str, sent: dict[str, str]) -> None:
        assert publisher.post(submitted(editor, certificate), sent).status_code == 422

    def test_deeds_are_for_those_who_hold_the_role(self, editor: Client, publisher: Client, certificate: str) -> None:
        form = new_revision(editor, certificate)
        assert publisher.get(form).status_code == 403
        assert publisher.post(shown_at(form), {"deed": "submit", "version": "1"}).status_code == 403
        page = submitted_as_it_is(editor, form)
        assert editor.post(page, {"deed": "approve", "version": "1"}).status_code == 403

    def test_is_thrown_away_once_somebody_says_so_twice(
        self, editor: Client, publisher: Client, certificate: str
    ) -> None:
        page = shown_at(new_revision(editor, certificate))
        assert publisher.post(page, {"deed": "discard", "version": "1", "sure": "yes"}).status_code == 403
        assert [where for _, where in mistakes(editor.post(page, {"deed": "discard", "version": "1"}))] == ["#sure"]
        late = editor.post(page, {"deed": "discard", "version": "9", "sure": "yes"})
        assert late.status_code == 422
        done = editor.post(page, {"deed": "discard", "version": "1", "sure": "yes"}, follow=True)
        assert "Taslak atıldı" in words(done)
        assert ServiceRevision.objects.get().state == "published"

    def test_takes_a_service_along_that_was_never_offered(self, editor: Client) -> None:
        sent = filled_in(editor.get(NEW)) | {"code": "yeni-hizmet", "title_tr": "Yeni Hizmet"}
        editor.post(NEW, sent)
        page = f"/yonetim/surumler/{ServiceRevision.objects.get().pk}/"
        done = editor.post(page, {"deed": "discard", "version": "1", "sure": "yes"}, follow=True)
        assert "Taslak atıldı" in words(done)
        assert not Service.objects.exists()

    def test_asks_the_database_a_few_times(
        self, editor: Client, certificate: str, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        page = shown_at(new_revision(editor, certificate))
        with django_assert_max_num_queries(7):
            editor.get(page)


def submitted_as_it_is(editor: Client, form: str) -> str:
    """Ask for the approval of a draft as it was begun."""
    editor.post(shown_at(form), {"deed": "submit", "version": "1"})
    return shown_at(form)
