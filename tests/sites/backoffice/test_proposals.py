"""Deeds that take two people."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.institutions import services
from kapi.contexts.institutions.models import Membership, Proposal
from kapi.contexts.institutions.values import Role
from kapi.kernel.actors import Actor, ActorKind
from tests.contexts.institutions.institutions_in_tests import OPERATOR
from tests.installation import make_installation
from tests.sites.backoffice.staff import MINISTRY, make_person, mistakes, rows, words

LIST = "/yonetim/oneriler/"


def propose(person_id: int, role: Role, *, now: datetime, actor: Actor = OPERATOR) -> str:
    """Propose a role and return the address of the proposal."""
    proposal_id = services.propose_role(person_id=person_id, institution_code=MINISTRY, role=role, actor=actor, now=now)
    return f"{LIST}{proposal_id}/"


def as_staff(browser: Any) -> Actor:
    """Return the person of a browser as one who acts."""
    return Actor(ActorKind.STAFF, str(browser.person_id))


class TestProposals:
    def test_lists_what_waits(self, approver: Client, now: datetime) -> None:
        propose(make_person(5, now=now, name="Işıl"), Role.DESK_OFFICER, now=now)
        (row,) = rows(approver.get(LIST))
        assert row[2:4] == ["Rol verme", "Örnek Bakanlığı"]
        assert row[0] == "Işıl Yılmaz: Masa görevlisi"

    def test_shows_who_does_not_decide_only_their_own(self, operator: Client, now: datetime) -> None:
        propose(make_person(5, now=now), Role.DESK_OFFICER, now=now)
        assert rows(operator.get(LIST)) == []
        propose(make_person(5, now=now), Role.AUDITOR, now=now, actor=as_staff(operator))
        assert len(rows(operator.get(LIST))) == 1

    def test_asks_no_more_of_the_database_for_many(
        self, approver: Client, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for place in range(20, 25):
            propose(make_person(place, now=now), Role.DESK_OFFICER, now=now)
        with django_assert_max_num_queries(7):
            approver.get(LIST)


class TestProposal:
    def test_accepting_does_the_deed(self, approver: Client, now: datetime) -> None:
        person_id = make_person(5, now=now)
        answer = approver.post(propose(person_id, Role.DESK_OFFICER, now=now), {"decision": "accept"}, follow=True)
        assert "Kabul edildi" in words(answer)
        assert Membership.objects.get(person_id=person_id).role == Role.DESK_OFFICER

    def test_rejecting_does_not(self, approver: Client, now: datetime) -> None:
        person_id = make_person(5, now=now)
        approver.post(propose(person_id, Role.DESK_OFFICER, now=now), {"decision": "reject"})
        assert not Membership.objects.filter(person_id=person_id).exists()

    def test_its_author_withdraws_and_never_decides(self, operator: Client, now: datetime) -> None:
        address = propose(make_person(5, now=now), Role.AUDITOR, now=now, actor=as_staff(operator))
        assert operator.post(address, {"decision": "accept"}).status_code == 403
        assert "Geri çekildi" in words(operator.post(address, {"decision": "withdraw"}, follow=True))

    def test_an_approver_never_decides_their_own(self, approver: Client, now: datetime) -> None:
        address = propose(make_person(5, now=now), Role.AUDITOR, now=now, actor=as_staff(approver))
        assert "Öneriyi kabul et" not in words(approver.get(address))
        answer = approver.post(address, {"decision": "accept"})
        assert answer.status_code == 422
        assert "Bunu siz önerdiniz" in words(answer)

    def test_nobody_decides_about_a_role_of_their_own(self, approver: Client, now: datetime) -> None:
        address = propose(approver.person_id, Role.AUDITOR, now=now)  # type: ignore[attr-defined]
        assert "size bir rol" in words(approver.get(address))
        assert approver.post(address, {"decision": "accept"}).status_code == 422

    def test_is_not_for_others(self, operator: Client, editor: Client, now: datetime) -> None:
        address = propose(make_person(5, now=now), Role.DESK_OFFICER, now=now)
        assert operator.get(address).status_code == 403
        assert editor.get(address).status_code == 403

    def test_says_that_somebody_was_faster(self, approver: Client, now: datetime) -> None:
        address = propose(make_person(5, now=now), Role.DESK_OFFICER, now=now)
        approver.post(address, {"decision": "reject"})
        answer = approver.post(address, {"decision": "accept"})
        assert answer.status_code == 422
        assert "Başka biri karar vermiş" in words(answer)

    def test_says_what_keeps_the_deed_from_being_done(self, approver: Client, now: datetime) -> None:
        person_id = make_person(5, now=now)
        address = propose(person_id, Role.DESK_OFFICER, now=now)
        approver.post(propose(person_id, Role.DESK_OFFICER, now=now), {"decision": "accept"})
        answer = approver.post(address, {"decision": "accept"})
        assert [where for _, where in mistakes(answer)] == ["#decision"]
        assert Proposal.objects.get(pk=int(address.split("/")[3])).state == "open"

    @pytest.mark.parametrize("decision", ["", "maybe", "\x00"])
    def test_asks_for_a_decision(self, approver: Client, now: datetime, decision: str) -> None:
        address = propose(make_person(5, now=now), Role.DESK_OFFICER, now=now)
        assert approver.post(address, {"decision": decision}).status_code == 422

    @pytest.mark.parametrize("number", ["999999999", "9" * 40])
    def test_knows_no_other_number(self, approver: Client, number: str) -> None:
        assert approver.get(f"{LIST}{number}/").status_code == 404


RACE = """
import json, threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, UTC
from django.db import connection
from kapi.contexts.institutions import services
from kapi.kernel.actors import Actor, ActorKind
from kapi.kernel.errors import DomainError
from tests.contexts.institutions.institutions_in_tests import add_top
now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
"""
DECIDE = """
import os, time
from pathlib import Path
from django.conf import settings
Path(settings.DATA_DIR, f"here.{os.getpid()}").touch()
while len(list(Path(settings.DATA_DIR).glob("here.*"))) < 2:
    time.sleep(0.01)
barrier = threading.Barrier(4)
def decide(number):
    deed = services.accept_proposal if number % 2 else services.reject_proposal
    barrier.wait()
    try:
        deed(proposal_id=proposal_id, actor=Actor(ActorKind.STAFF, f"{os.getpid()}{number}"), now=now)
        return "decided"
    except DomainError as refusal:
        return refusal.code
    finally:
        connection.close()
with ThreadPoolExecutor(4) as pool:
    print(json.dumps(list(pool.map(decide, range(4)))))
"""


@pytest.mark.proof
class TestTwoAtOnce:
    def test_one_decision_wins(self, tmp_path: Path) -> None:
        with make_installation(tmp_path) as made:
            made.kapi("migrate")
            prepared = made.python(
                RACE + "add_top('20000001', 'Örnek', now=now)\n"
                "from kapi.contexts.institutions.values import Role\n"
                "print(services.propose_role(person_id=5, institution_code='20000001', role=Role.AUDITOR, "
                "actor=Actor(ActorKind.STAFF, '901'), now=now))"
            )
            lines = f"{RACE}\nproposal_id = {int(prepared)}\n{DECIDE}"
            with ThreadPoolExecutor(2) as processes:
                answers = [json.loads(output) for output in processes.map(made.python, [lines] * 2)]
        assert Counter(answers[0] + answers[1]) == {"decided": 1, "proposal_not_open": 7}
