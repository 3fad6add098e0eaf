"""At the desk."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.identity import services as identity
from kapi.contexts.identity.errors import SignInRefused
from kapi.contexts.identity.models import Person
from kapi.contexts.identity.values import BirthDate, RegisterEvent, RegisterEventKind
from kapi.contexts.institutions.values import Role
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.limits.services import count
from kapi.sites.backoffice.looks import LOOKS_PER_HOUR
from tests import people
from tests.sites.backoffice.staff import BORN_2012, MINISTRY, at_work, make_person, mistakes, number, words

DESK = "/yonetim/gise/"


def find(browser: Client, place: int) -> Any:
    """Look the person up and follow to their page."""
    return browser.post(DESK, {"identity_number": number(place).digits}, follow=True)


def ticket(answer: Any) -> str:
    """Return the ticket in the page's form."""
    field = BeautifulSoup(answer.content, "html.parser").select_one('main input[name="kisi"]')
    assert field is not None
    return str(field["value"])


def code(answer: Any) -> str:
    """Return the sealed code on the page."""
    panel = BeautifulSoup(answer.content, "html.parser").select_one(".govuk-panel__title")
    assert panel is not None
    return panel.get_text(strip=True)


def deeds(action: str) -> list[str]:
    """Return the subjects of these deeds in the audit trail."""
    return list(AuditRecord.objects.filter(action=action).values_list("subject_id", flat=True))


def fields() -> dict[str, str]:
    """Return a registration form as typed."""
    typed = {"identity_number": number(9).digits, "given_names": "Suryani", "family_name": ""}
    return typed | {"birth_day": "", "birth_month": "", "birth_year": "1985"}


def use_up(key: str, times: int, *, now: datetime) -> None:
    """Count what an officer would have done that often within the hour."""
    for _ in range(times):
        count(key=key, limit=times, window=timedelta(hours=1), now=now)


class TestDesk:
    def test_finds_a_person_without_the_number_in_any_address(self, officer: Client, now: datetime) -> None:
        person_id = make_person(5, now=now, name="Işıl")
        answer = find(officer, 5)
        assert "Işıl Yılmaz" in words(answer)
        assert number(5).digits not in answer.content.decode() + str(answer.redirect_chain)
        assert deeds("identity.person_looked_up") == [str(person_id)]

    def test_offers_to_register_whom_it_does_not_know(self, officer: Client) -> None:
        answer = officer.post(DESK, {"identity_number": number(9).digits})
        assert "Bu numarayla kayıtlı kimse yok." in words(answer)

    @pytest.mark.parametrize("typed", ["", "123", "1" * 11, "x" * 11, "\x00", "1" * 5000])
    def test_says_what_is_wrong_with_a_number(self, officer: Client, typed: str) -> None:
        answer = officer.post(DESK, {"identity_number": typed})
        assert answer.status_code == 422
        assert [where for _, where in mistakes(answer)] == ["#identity_number"]

    def test_hears_only_so_many_looks_of_one_officer(self, officer: Client, now: datetime) -> None:
        use_up(f"backoffice.look:{officer.person_id}", LOOKS_PER_HOUR, now=now)  # type: ignore[attr-defined]
        assert officer.post(DESK, {"identity_number": number(9).digits}).status_code == 429
        assert officer.post(DESK + "kayit/", fields()).status_code == 429

    def test_writes_down_a_search_that_found_nobody(self, officer: Client) -> None:
        officer.post(DESK, {"identity_number": number(9).digits})
        assert deeds("identity.nobody_found") == [""]

    def test_is_kept_nowhere(self, officer: Client) -> None:
        assert "no-store" in officer.get(DESK)["Cache-Control"]


class TestRegister:
    def test_takes_a_person_without_surname_day_and_month(self, officer: Client) -> None:
        answer = officer.post(DESK + "kayit/", fields(), follow=True)
        assert "Suryani" in words(answer)
        row = Person.objects.get(given_names="Suryani")
        assert (row.family_name, row.birth_year, row.birth_month, row.birth_day) == ("", 1985, None, None)
        assert deeds("identity.person_registered")[-1] == str(row.pk)

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"identity_number": "1"}, "identity_number"),
            ({"given_names": " "}, "given_names"),
            ({"given_names": "1234"}, "given_names"),
            ({"given_names": "a" * 5000}, "given_names"),
            ({"family_name": "<b>"}, "family_name"),
            ({"birth_year": "MCM"}, "birth_year"),
            ({"birth_year": "3000"}, "birth_year"),
            ({"birth_month": "13"}, "birth_month"),
            ({"birth_day": "30", "birth_month": "2"}, "birth_day"),
            ({"birth_day": "30"}, "birth_month"),
            ({"birth_month": "3", "birth_year": ""}, "birth_year"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(
        self, officer: Client, typed: dict[str, str], field: str
    ) -> None:
        sent = fields() | typed
        answer = officer.post(DESK + "kayit/", sent)
        assert answer.status_code == 422
        assert [where for _, where in mistakes(answer)] == [f"#{field}"]
        page = BeautifulSoup(answer.content, "html.parser")
        for name, value in sent.items():
            control = page.find(id=name)
            assert control is not None
            assert control.get("value", "") == value

    def test_refuses_another_name_under_a_known_number(self, officer: Client, now: datetime) -> None:
        make_person(9, now=now)
        answer = officer.post(DESK + "kayit/", fields())
        assert [where for _, where in mistakes(answer)] == ["#identity_number"]


class TestIssue:
    def test_shows_a_code_once_that_opens_the_door_once(self, officer: Client, now: datetime) -> None:
        make_person(5, now=now)
        sealed = ticket(find(officer, 5))
        answer = officer.post(DESK + "hesap-ac/", {"kisi": sealed})
        assert "no-store" in answer["Cache-Control"]
        started = people.sign_in(now=now, number=number(5), password=code(answer))
        assert started.signed_in.must_change_password
        again = officer.post(DESK + "hesap-ac/", {"kisi": sealed})
        assert again.status_code == 422
        assert code(answer) not in again.content.decode()

    def test_gives_another_code_to_who_lost_the_first(self, officer: Client, now: datetime) -> None:
        make_person(5, now=now)
        first = code(officer.post(DESK + "hesap-ac/", {"kisi": ticket(find(officer, 5))}))
        second = code(officer.post(DESK + "hesap-ac/", {"kisi": ticket(find(officer, 5))}))
        with pytest.raises(SignInRefused):
            people.sign_in(now=now, number=number(5), password=first)
        assert people.sign_in(now=now, number=number(5), password=second).token

    @pytest.mark.parametrize(
        ("birth", "said"), [(BORN_2012, "15 yaşından küçük"), (BirthDate(), "Doğum yılı bilinmiyor")]
    )
    def test_refuses_in_words_who_may_be_too_young(
        self, officer: Client, now: datetime, birth: BirthDate, said: str
    ) -> None:
        make_person(5, now=now, birth=birth)
        answer = officer.post(DESK + "hesap-ac/", {"kisi": ticket(find(officer, 5))})
        assert answer.status_code == 422
        assert said in words(answer)
        assert [where for _, where in mistakes(answer)] == ["#deeds"]

    def test_takes_no_ticket_that_was_tampered_with(self, officer: Client) -> None:
        answer = officer.post(DESK + "hesap-ac/", {"kisi": "x"})
        assert [where for _, where in mistakes(answer)] == ["#identity_number"]

    def test_takes_no_ticket_of_another_officer(self, officer: Client, now: datetime) -> None:
        make_person(5, now=now)
        sealed = ticket(find(officer, 5))
        colleague = at_work(2, (Role.DESK_OFFICER, MINISTRY), now=now)
        assert colleague.post(DESK + "hesap-ac/", {"kisi": sealed}).status_code == 403
        assert colleague.get(DESK + "kisi/", {"kisi": sealed}).status_code == 403


class TestRecover:
    def test_voids_the_password_and_shows_a_code(self, officer: Client, now: datetime) -> None:
        person_id = people.make_citizen(now=now, number=number(5))
        sealed = ticket(find(officer, 5))
        answer = officer.post(DESK + "hesap-geri-ver/", {"kisi": sealed, "seen": "yes"})
        with pytest.raises(SignInRefused):
            people.sign_in(now=now, number=number(5))
        assert people.sign_in(now=now, number=number(5), password=code(answer)).token
        assert deeds("identity.account_recovered") == [str(person_id)]

    def test_asks_for_the_card_first(self, officer: Client, now: datetime) -> None:
        people.make_citizen(now=now, number=number(5))
        answer = officer.post(DESK + "hesap-geri-ver/", {"kisi": ticket(find(officer, 5))})
        assert [where for _, where in mistakes(answer)] == ["#seen"]
        assert people.sign_in(now=now, number=number(5)).token

    def test_never_hands_over_a_colleagues_account(self, officer: Client, now: datetime) -> None:
        colleague = at_work(2, (Role.OPERATOR, MINISTRY), now=now)
        page = find(officer, 2)
        assert "Önce rolleri sonlandırılmalı" in words(page)
        sealed = parse_qs(urlsplit(str(page.redirect_chain[0][0])).query)["kisi"][0]
        answer = officer.post(DESK + "hesap-geri-ver/", {"kisi": sealed, "seen": "yes"})
        assert answer.status_code == 422
        assert colleague.get("/yonetim/").status_code == 200

    def test_never_hands_over_ones_own(self, officer: Client) -> None:
        assert "Bu sizin hesabınız" in words(find(officer, 0))

    def test_has_no_account_to_give_back(self, officer: Client, now: datetime) -> None:
        person_id = make_person(5, now=now)
        answer = officer.post(DESK + "hesap-geri-ver/", {"kisi": ticket(find(officer, 5)), "seen": "yes"})
        assert "henüz hesabı yok" in words(answer)
        assert identity.issue_account(person_id=person_id, actor=people.DESK, now=now).code


class TestClosedAccount:
    def test_is_said_to_be_closed_and_not_given_back_while_the_register_forbids_it(
        self, officer: Client, now: datetime
    ) -> None:
        people.make_citizen(now=now, number=number(7))
        death = RegisterEvent(number="1", kind=RegisterEventKind.DEATH, identity_number=number(7), stated_at=now)
        identity.record_register_event(source="test", event=death, actor=people.DESK, now=now)
        page = find(officer, 7)
        assert "Nüfus kaydındaki bir işlem nedeniyle kapalı" in words(page)
        answer = officer.post(f"{DESK}hesap-geri-ver/", {"kisi": ticket(page), "seen": "yes"}, follow=True)
        assert "bu kişi olarak giriş yapılmasını engelleyen" in words(answer)


class TestPerson:
    def test_asks_the_database_a_few_times(
        self, officer: Client, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        make_person(5, now=now)
        address = str(find(officer, 5).redirect_chain[0][0])
        with django_assert_max_num_queries(7):
            officer.get(address)
