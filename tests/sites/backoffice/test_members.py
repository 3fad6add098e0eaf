"""Who holds which role."""

from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.institutions.models import Membership, Proposal
from kapi.contexts.institutions.values import Role
from kapi.foundation.audit.models import AuditRecord
from kapi.sites.backoffice.looks import LOOKS_PER_HOUR
from tests.contexts.institutions.institutions_in_tests import give_role
from tests.sites.backoffice.staff import (
    FACULTY,
    GATEWAY,
    MINISTRY,
    OTHER,
    make_person,
    mistakes,
    number,
    rows,
    words,
)
from tests.sites.backoffice.test_desk import use_up

PAGE = f"/yonetim/kurumlar/{MINISTRY}/gorevliler/"


def give(browser: Client, place: int, role: str, page: str = PAGE) -> object:
    """Send the form that gives a role."""
    return browser.post(page, {"identity_number": number(place).digits, "role": role}, follow=True)


class TestMembers:
    def test_gives_a_role_that_takes_one_person(self, administrator: Client, now: datetime) -> None:
        person_id = make_person(5, now=now, name="Işıl")
        answer = give(administrator, 5, "service_editor")
        assert "Rol verildi." in words(answer)
        assert ["Işıl Yılmaz", "Hizmet yazarı"] in [row[:2] for row in rows(answer)]
        assert Membership.objects.get(person_id=person_id).role == Role.SERVICE_EDITOR
        assert AuditRecord.objects.filter(action="identity.person_looked_up", subject_id=str(person_id)).exists()

    def test_proposes_a_role_that_takes_two(self, administrator: Client, now: datetime) -> None:
        person_id = make_person(5, now=now)
        assert "başka bir kişi karar vermeli" in words(give(administrator, 5, "desk_officer"))
        assert not Membership.objects.filter(person_id=person_id).exists()
        assert Proposal.objects.get(state="open").payload == {"person_id": str(person_id), "role": "desk_officer"}

    def test_refuses_what_cannot_be(self, administrator: Client, now: datetime) -> None:
        person_id = make_person(5, now=now)
        give_role(person_id, MINISTRY, Role.SERVICE_EDITOR, now=now)
        for place, role, field in (
            (5, "service_editor", "#role"),  # held already
            (5, "operator", "#role"),  # not theirs to give
            (5, "king", "#role"),
            (6, "service_editor", "#identity_number"),  # nobody
            (12, "service_editor", "#identity_number"),  # oneself
        ):
            assert [where for _, where in mistakes(give(administrator, place, role))] == [field], (place, role)

    def test_tells_only_so_often_whose_number_a_number_is(self, administrator: Client, now: datetime) -> None:
        use_up(f"backoffice.look:{administrator.person_id}", LOOKS_PER_HOUR, now=now)  # type: ignore[attr-defined]
        make_person(5, now=now)
        answer = administrator.post(PAGE, {"identity_number": number(5).digits, "role": "service_editor"})
        assert answer.status_code == 429

    def test_ends_a_role(self, administrator: Client, now: datetime) -> None:
        person_id = make_person(5, now=now)
        give_role(person_id, MINISTRY, Role.SERVICE_EDITOR, now=now)
        membership = Membership.objects.get(person_id=person_id)
        assert "Rol sona erdi." in words(administrator.post(PAGE, {"end": membership.pk}, follow=True))
        membership.refresh_from_db()
        assert membership.revoked_at is not None

    def test_ends_no_role_of_another_institution(self, administrator: Client, now: datetime) -> None:
        person_id = make_person(5, now=now)
        give_role(person_id, OTHER, Role.SERVICE_EDITOR, now=now)
        administrator.post(PAGE, {"end": Membership.objects.get(person_id=person_id).pk})
        assert Membership.objects.get(person_id=person_id).revoked_at is None

    def test_leaves_the_gateways_own_people_to_operators(
        self, administrator: Client, operator: Client, approver: Client, now: datetime
    ) -> None:
        page = f"/yonetim/kurumlar/{GATEWAY}/gorevliler/"
        give_role(administrator.person_id, GATEWAY, Role.INSTITUTION_ADMINISTRATOR, now=now)  # type: ignore[attr-defined]
        membership = Membership.objects.get(role=Role.OPERATOR_APPROVER)
        assert administrator.post(page, {"end": membership.pk}).status_code == 403
        assert operator.post(page, {"end": membership.pk}).status_code == 302

    @pytest.mark.parametrize("nonsense", ["", "x", "9" * 40, "\x00"])
    def test_passes_over_what_names_no_role(self, administrator: Client, nonsense: str) -> None:
        assert administrator.post(PAGE, {"end": nonsense}, follow=True).status_code == 200

    def test_offers_an_administrator_no_role_of_the_gateway(self, administrator: Client, operator: Client) -> None:
        page = BeautifulSoup(administrator.get(PAGE).content, "html.parser")
        assert page.select_one('option[value="desk_officer"]') is not None
        assert page.select_one('option[value="operator"]') is None
        assert b'value="operator"' in operator.get(PAGE).content

    def test_asks_no_more_of_the_database_for_many(
        self, administrator: Client, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for place in range(20, 26):
            give_role(make_person(place, now=now), MINISTRY, Role.CLIENT_MANAGER, now=now)
        with django_assert_max_num_queries(7):
            administrator.get(PAGE)

    def test_reaches_units_below(self, administrator: Client) -> None:
        assert administrator.get(f"/yonetim/kurumlar/{FACULTY}/gorevliler/").status_code == 200
        assert administrator.get(f"/yonetim/kurumlar/{OTHER}/gorevliler/").status_code == 403
