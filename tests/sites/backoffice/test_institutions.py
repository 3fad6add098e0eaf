"""The tree of institutions."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.institutions.models import Institution, Proposal
from kapi.foundation.audit.models import AuditRecord
from tests.sites.backoffice.staff import FACULTY, MINISTRY, OTHER, mistakes, rows, words

LIST = "/yonetim/kurumlar/"


def fields(**more: str) -> dict[str, str]:
    """Return the form of an institution as typed."""
    typed = dict.fromkeys(("name_en", "url", "phone", "address", "description_tr", "description_en"), "")
    return typed | {"code": "40000001", "name_tr": "Yeni Kurum", "kind": "agency"} | more


class TestInstitutions:
    def test_shows_an_operator_the_top_of_the_tree(self, operator: Client) -> None:
        assert [row[0] for row in rows(operator.get(LIST))] == ["Başka Kurum", "Kapı İşletmesi", "Örnek Bakanlığı"]

    def test_shows_others_their_own(self, editor: Client) -> None:
        assert [row[1] for row in rows(editor.get(LIST))] == [MINISTRY]

    def test_searches_only_where_one_works(self, editor: Client, operator: Client) -> None:
        assert [row[1] for row in rows(editor.get(LIST, {"q": "CAGRI"}))] == [FACULTY]
        assert rows(editor.get(LIST, {"q": "başka"})) == []
        assert [row[1] for row in rows(operator.get(LIST, {"q": "başka"}))] == [OTHER]

    def test_sorts_both_ways_and_keeps_the_search(self, operator: Client) -> None:
        assert [row[1] for row in rows(operator.get(LIST, {"sirala": "-kod"}))] == [OTHER, MINISTRY, "10000000"]
        page = BeautifulSoup(operator.get(LIST, {"q": "kurum", "sirala": "kod"}).content, "html.parser")
        sorted_by = page.select_one("th[aria-sort]")
        assert sorted_by is not None
        assert sorted_by["aria-sort"] == "ascending"
        link = sorted_by.a
        assert link is not None
        assert link["href"] == "?q=kurum&sirala=-kod"

    @pytest.mark.parametrize("query", ["%", "\x00", "'", "x" * 5000, "sirala=-"])
    def test_finds_nothing_for_nonsense(self, operator: Client, query: str) -> None:
        assert operator.get(LIST, {"q": query, "sirala": query}).status_code == 200


class TestInstitution:
    def test_leads_to_what_one_may_do_there(self, administrator: Client, editor: Client) -> None:
        assert "Görevliler ve roller" in words(administrator.get(f"{LIST}{FACULTY}/"))
        assert "Görevliler ve roller" not in words(editor.get(f"{LIST}{FACULTY}/"))

    def test_is_not_for_those_who_work_elsewhere(self, editor: Client) -> None:
        assert editor.get(f"{LIST}{OTHER}/").status_code == 403
        assert editor.get(f"{LIST}99999999/").status_code == 404

    def test_asks_the_database_a_few_times(
        self, administrator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_max_num_queries(6):
            administrator.get(f"{LIST}{FACULTY}/")


class TestChange:
    def test_saves_what_is_told(self, administrator: Client) -> None:
        page = BeautifulSoup(administrator.get(f"{LIST}{MINISTRY}/duzenle/").content, "html.parser")
        name = page.find(id="name_en")
        assert name is not None
        assert name["value"] == "Ministry of Examples"
        seen = page.select_one("input[name=seen]")
        assert seen is not None
        sent = fields(phone="+90 312 000 00 00") | {"seen": str(seen["value"])}
        answer = administrator.post(f"{LIST}{MINISTRY}/duzenle/", sent, follow=True)
        assert "Kaydedildi." in words(answer)
        assert Institution.objects.get(pk=MINISTRY).phone == "+90 312 000 00 00"
        assert AuditRecord.objects.filter(action="institutions.institution_changed").exists()
        again = administrator.post(f"{LIST}{MINISTRY}/duzenle/", sent | {"phone": "+90 312 999 00 00"})
        assert again.status_code == 422
        assert "başka biri değiştirdi" in words(again)
        assert b"+90 312 999 00 00" in again.content
        assert Institution.objects.get(pk=MINISTRY).phone == "+90 312 000 00 00"

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"name_tr": " "}, "name_tr"),
            ({"kind": "castle"}, "kind"),
            ({"url": "javascript:alert(1)"}, "url"),
            ({"address": "x" * 301}, "address"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(
        self, administrator: Client, typed: dict[str, str], field: str
    ) -> None:
        answer = administrator.post(f"{LIST}{MINISTRY}/duzenle/", fields(phone="kept") | typed)
        assert answer.status_code == 422
        assert [where for _, where in mistakes(answer)] == [f"#{field}"]
        assert b'value="kept"' in answer.content


class TestAddUnit:
    def test_adds_below_and_shows_it(self, administrator: Client) -> None:
        answer = administrator.post(f"{LIST}{FACULTY}/birim-ekle/", fields(), follow=True)
        assert "Yeni Kurum" in words(answer)
        assert Institution.objects.get(pk="40000001").parent_id == FACULTY

    @pytest.mark.parametrize("code", ["", "4000", "4000000x", OTHER])
    def test_says_what_is_wrong_with_a_code(self, administrator: Client, code: str) -> None:
        answer = administrator.post(f"{LIST}{FACULTY}/birim-ekle/", fields(code=code))
        assert [where for _, where in mistakes(answer)] == ["#code"]

    def test_adds_nothing_elsewhere(self, administrator: Client) -> None:
        assert administrator.post(f"{LIST}{OTHER}/birim-ekle/", fields()).status_code == 403


class TestPropose:
    def test_leads_to_a_proposal_that_its_author_cannot_decide(self, operator: Client) -> None:
        answer = operator.post(f"{LIST}oner/", fields(), follow=True)
        assert "başka bir kişi karar vermeli" in words(answer)
        assert not Institution.objects.filter(pk="40000001").exists()
        assert Proposal.objects.get(institution_code="40000001").state == "open"

    def test_refuses_a_code_that_is_taken(self, operator: Client) -> None:
        answer = operator.post(f"{LIST}oner/", fields(code=OTHER))
        assert [where for _, where in mistakes(answer)] == ["#code"]

    def test_is_for_operators(self, administrator: Client) -> None:
        assert administrator.get(f"{LIST}oner/").status_code == 403
