"""At the desk: another name or birth date."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from kapi.contexts.identity.models import Person
from kapi.contexts.identity.selectors import sign_in_history
from kapi.contexts.identity.values import HistoryKind, PersonId
from kapi.contexts.institutions.values import Role
from kapi.foundation.audit.models import AuditRecord
from kapi.sites.backoffice.corrections import CORRECTIONS_PER_HOUR
from tests import people
from tests.sites.backoffice.staff import MINISTRY, at_work, make_person, mistakes, number, words
from tests.sites.backoffice.test_desk import DESK, find, ticket, use_up

PAGE = f"{DESK}duzelt/"
OFFERED = "Adı veya doğum tarihini düzelt"


def filled_in(answer: Any) -> dict[str, str]:
    """Return what the form on the page would send as it stands."""
    form = BeautifulSoup(answer.content, "html.parser").select("main form")[-1]
    return {
        str(field["name"]): str(field.get("value", ""))
        for field in form.select("input:not([type=radio]), input[type=radio][checked]")
        if field["name"] != "csrfmiddlewaretoken"
    }


@pytest.fixture
def person_id(institutions: None, now: datetime) -> PersonId:
    """A citizen with an account."""
    return people.make_citizen(now=now, number=number(5))


@pytest.fixture
def sent(officer: Client, person_id: PersonId) -> dict[str, str]:
    """The form of that citizen as it comes, with a reason."""
    page = officer.get(PAGE, {"kisi": ticket(find(officer, 5))})
    assert number(5).digits not in page.content.decode()
    return filled_in(page) | {"reason": "court"}


def corrections() -> list[dict[str, object]]:
    """Return what the audit trail says of corrections."""
    return list(AuditRecord.objects.filter(action="identity.person_corrected").values_list("details", flat=True))


class TestCorrect:
    def test_shows_what_would_change_and_writes_nothing_yet(self, officer: Client, sent: dict[str, str]) -> None:
        answer = officer.post(PAGE, sent | {"family_name": " Çelik  Öz ", "step": "check"})
        assert "Soyadı Önce: Yılmaz Sonra: Çelik Öz" in words(answer)
        assert "Adı Önce:" not in words(answer)
        assert "Mahkeme karar verdi" in words(answer)
        assert corrections() == []

    def test_writes_it_down_once_it_is_confirmed(
        self, officer: Client, sent: dict[str, str], person_id: PersonId
    ) -> None:
        check = officer.post(PAGE, sent | {"given_names": "Deniz Işıl", "birth_day": "", "step": "check"})
        answer = officer.post(PAGE, filled_in(check) | {"step": "save"}, follow=True)
        assert "Düzeltme yazıldı" in words(answer)
        row = Person.objects.get(pk=person_id)
        assert (row.given_names, row.family_name, row.birth_day) == ("Deniz Işıl", "Yılmaz", None)
        assert corrections() == [{"changed": ["birth_day", "given_names"], "reason": "court"}]
        kinds = [entry.kind for entry in sign_in_history(person_id=person_id).entries]
        assert kinds.count(HistoryKind.CORRECTED) == 1

    def test_comes_back_to_the_form_with_what_was_typed(self, officer: Client, sent: dict[str, str]) -> None:
        check = officer.post(PAGE, sent | {"family_name": "Çelik", "step": "check"})
        form = filled_in(officer.post(PAGE, filled_in(check) | {"step": "back"}))
        assert (form["family_name"], form["reason"]) == ("Çelik", "court")

    @pytest.mark.parametrize("step", ["check", "save"])
    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({}, "given_names"),  # nothing is different
            ({"given_names": " "}, "given_names"),
            ({"given_names": "1234"}, "given_names"),
            ({"given_names": "a" * 5000}, "given_names"),
            ({"given_names": "\x00"}, "given_names"),
            ({"family_name": "<b>"}, "family_name"),
            ({"birth_year": "MCM"}, "birth_year"),
            ({"birth_year": "3000"}, "birth_year"),
            ({"birth_month": "13"}, "birth_month"),
            ({"birth_day": "30", "birth_month": "2"}, "birth_day"),
            ({"birth_day": "3", "birth_month": ""}, "birth_month"),
            ({"family_name": "Çelik", "reason": ""}, "reason"),
            ({"family_name": "Çelik", "reason": "whim"}, "reason"),
        ],
    )
    def test_says_what_is_wrong_and_writes_nothing(
        self, officer: Client, sent: dict[str, str], typed: dict[str, str], field: str, step: str
    ) -> None:
        answer = officer.post(PAGE, sent | typed | {"step": step})
        assert answer.status_code == 422
        assert [where for _, where in mistakes(answer)] == [f"#{field}"]
        assert corrections() == []

    def test_never_touches_a_colleague_or_oneself(self, officer: Client, now: datetime) -> None:
        at_work(2, (Role.OPERATOR, MINISTRY), now=now)
        for place, said in ((2, "Önce rolleri sonlandırılmalı"), (0, "Bu sizin hesabınız")):
            page = find(officer, place)
            assert OFFERED not in words(page)
            sealed = parse_qs(urlsplit(str(page.redirect_chain[0][0])).query)["kisi"][0]
            sent = {"given_names": "Başka", "birth_year": "1990", "reason": "court", "step": "save", "kisi": sealed}
            answer = officer.post(PAGE, sent)
            assert answer.status_code == 422
            assert said in words(answer)
        assert corrections() == []

    def test_hears_only_so_many_of_one_officer(self, officer: Client, sent: dict[str, str], now: datetime) -> None:
        key = f"backoffice.correct:{officer.person_id}"  # type: ignore[attr-defined]
        use_up(key, CORRECTIONS_PER_HOUR - 1, now=now)
        assert officer.post(PAGE, sent | {"family_name": "Çelik", "step": "save"}).status_code == 302
        assert officer.post(PAGE, sent | {"family_name": "Demir", "step": "save"}).status_code == 429
        assert len(corrections()) == 1

    def test_takes_no_ticket_but_ones_own(self, officer: Client, sent: dict[str, str], now: datetime) -> None:
        colleague = at_work(3, (Role.DESK_OFFICER, MINISTRY), now=now)
        assert colleague.get(PAGE, {"kisi": sent["kisi"]}).status_code == 403
        assert colleague.post(PAGE, sent).status_code == 403
        for answer in (officer.get(PAGE, {"kisi": "x"}), officer.post(PAGE, sent | {"kisi": "x"})):
            assert [where for _, where in mistakes(answer)] == ["#identity_number"]

    def test_is_offered_for_who_has_no_account_too(self, officer: Client, now: datetime) -> None:
        make_person(6, now=now)
        assert OFFERED in words(find(officer, 6))
