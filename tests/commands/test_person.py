"""`kapi person`: registering people, the first operators, codes, sessions."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from typer.testing import CliRunner

from kapi.commands.main import app
from kapi.contexts.identity import selectors as identity
from kapi.contexts.identity.models import Enrolment
from kapi.contexts.identity.values import PersonId
from kapi.contexts.institutions import selectors as institutions
from kapi.contexts.institutions.values import Role
from tests.people import NUMBER, OTHER_NUMBER, PASSWORD, make_citizen, make_numbers, register, sign_in

pytestmark = pytest.mark.django_db
FIRST = ("operator", "--identity-number", NUMBER.digits, "--given-names", "Ada", "--family-name", "Çelik")
SECOND = ("operator", "--identity-number", OTHER_NUMBER.digits, "--given-names", "Efe", "--another")


def run(*arguments: str, code: int = 0, typed: str | None = None) -> str:
    """Run `kapi person` and return what it printed."""
    done = CliRunner().invoke(app, ["person", *arguments], input=typed, env={"COLUMNS": "160"})
    assert done.exit_code == code, done.output
    return done.output


class TestOperator:
    def test_puts_the_first_in_office_with_a_code_that_works(self) -> None:
        facts = json.loads(run(*FIRST, "--json").splitlines()[-1])
        assert (facts["role"], facts["institution"]) == ("operator", "00000001")
        assert facts["sign_in"] == "http://localhost:8000/giris/"
        assert institutions.operators_in_office() == {(Role.OPERATOR, facts["person_id"])}
        assert sign_in(now=timezone.now(), password=facts["code"]).signed_in.must_change_password

    def test_prints_the_code_for_people(self) -> None:
        printed = run(*FIRST)
        assert "Sealed code" in printed
        assert "role=operator institution=00000001" in printed
        assert NUMBER.digits not in printed

    def test_asks_for_the_number_that_should_not_stay_in_the_shells_history(self) -> None:
        printed = run("operator", "--given-names", "Ada", typed=f"{NUMBER.digits}\n")
        assert "Identity number:" in printed
        assert "role=operator" in printed

    def test_refuses_a_second_one_unless_asked_for_another(self) -> None:
        run(*FIRST)
        assert "--another" in run(*SECOND[:-1], code=1)
        assert "role=operator_approver institution=00000001" in run(*SECOND)
        third = make_numbers(1)[0].digits
        refused = run("operator", "--identity-number", third, "--given-names", "Can", "--another", code=1)
        assert "Two operators are in office" in refused
        assert identity.find_person(identity_number=make_numbers(1)[0]) is None

    def test_wants_two_different_people(self) -> None:
        run(*FIRST)
        assert "somebody else" in run(*FIRST, "--another", code=1)

    def test_takes_the_institution_that_is_named(self) -> None:
        assert "institution=90000020" in run(*FIRST, "--institution", "90000020")
        assert "institution=90000020" in run(*SECOND)

    def test_wants_eight_digits_for_an_institution(self) -> None:
        assert "8 digits" in run(*FIRST, "--institution", "9000", code=1)

    def test_lets_a_citizen_with_an_account_keep_it(self) -> None:
        now = timezone.now()
        make_citizen(now=now)
        printed = run(
            "operator", "--identity-number", NUMBER.digits, "--given-names", "Deniz", "--family-name", "Yılmaz"
        )
        assert "own password" in printed
        assert "one passkey that opens the work pages" in printed
        assert sign_in(now=now, password=PASSWORD).token

    @pytest.mark.parametrize(
        ("number", "words"),
        [("10000000147", "check digits"), ("1", "11 digits"), ("1000000014x", "digits only")],
    )
    def test_says_what_is_wrong_with_a_number(self, number: str, words: str) -> None:
        assert words in run("operator", "--identity-number", number, "--given-names", "Ada", code=1)


class TestEnrol:
    def test_lets_who_works_here_add_a_passkey_for_work(self) -> None:
        run(*FIRST)
        facts = json.loads(run("enrol", "--identity-number", NUMBER.digits, "--json"))
        assert Enrolment.objects.get().expires_at.isoformat() == facts["enrolment_until"]

    def test_is_for_nobody_else(self) -> None:
        register(now=timezone.now())
        assert "works nowhere here" in run("enrol", "--identity-number", NUMBER.digits, code=1)


class TestAdd:
    def test_registers_and_finds(self) -> None:
        arguments = ("add", "--identity-number", NUMBER.digits, "--given-names", "Ada", "--birth", "1950-03")
        person_id = json.loads(run(*arguments, "--json"))["person_id"]
        assert run(*arguments).strip() == f"person={person_id}"
        record = identity.get_person_record(person_id=PersonId(person_id))
        assert (record.family_name, record.birth_year, record.birth_month, record.birth_day) == (None, 1950, 3, None)

    @pytest.mark.parametrize("birth", ["3.5.1950", "1950-02-30", "1950-01-01-01", "later", "1950-1-x"])
    def test_refuses_a_birth_date_that_cannot_be(self, birth: str) -> None:
        printed = run("add", "--identity-number", NUMBER.digits, "--given-names", "Ada", "--birth", birth, code=1)
        assert "birth" in printed

    def test_refuses_to_mix_up_two_people(self) -> None:
        run("add", "--identity-number", NUMBER.digits, "--given-names", "Ada")
        assert "another name" in run("add", "--identity-number", NUMBER.digits, "--given-names", "Efe", code=1)


class TestIssue:
    def test_prints_a_code_that_works(self) -> None:
        register(now=timezone.now())
        facts = json.loads(run("issue", "--identity-number", NUMBER.digits, "--json"))
        assert sign_in(now=timezone.now(), password=facts["code"]).signed_in.must_change_password

    def test_recovers_only_when_told_to(self) -> None:
        make_citizen(now=timezone.now())
        assert "--recover" in run("issue", "--identity-number", NUMBER.digits, code=1)
        assert "Sealed code" in run("issue", "--identity-number", NUMBER.digits, "--recover")

    def test_says_what_to_do_with_a_stranger(self) -> None:
        assert "kapi person add" in run("issue", "--identity-number", NUMBER.digits, code=1)


class TestSessions:
    def test_lists_and_ends(self) -> None:
        now = timezone.now() - timedelta(minutes=2)
        make_citizen(now=now)
        token = sign_in(now=now).token
        listed = run("sessions", "--identity-number", NUMBER.digits)
        assert "192.0.2.0/24" in listed
        assert "Firefox Linux" in listed
        assert len(json.loads(run("sessions", "--identity-number", NUMBER.digits, "--json"))) == 1
        assert "1 ended" in run("sessions", "--identity-number", NUMBER.digits, "--end")
        assert identity.find_session(token=token, now=timezone.now()) is None
        assert "No session" in run("sessions", "--identity-number", NUMBER.digits)


class TestRegisterEvent:
    def test_closes_and_a_withdrawal_lets_the_account_be_handed_back(self) -> None:
        make_citizen(now=timezone.now())
        number = ("--identity-number", NUMBER.digits)
        assert "outcome=done" in run("register-event", "death", *number, "--happened-on", "2026-11-20")
        assert "register-event" in run("issue", *number, "--recover", code=1)
        assert "Nothing had to be changed" in run("register-event", "death", *number)
        run("register-event", "death_withdrawn", *number)
        assert "Sealed code" in run("issue", *number, "--recover")

    def test_changes_a_name_and_shows_no_number(self) -> None:
        person_id = make_citizen(now=timezone.now())
        name = ("--given-names", "Deniz", "--family-name", "Güneş")
        printed = run("register-event", "name_changed", "--identity-number", NUMBER.digits, *name, "--json")
        assert json.loads(printed) == {"outcome": "done"}
        assert NUMBER.digits not in printed
        assert identity.get_person_record(person_id=person_id).family_name == "Güneş"

    def test_says_what_is_wrong(self) -> None:
        number = ("--identity-number", NUMBER.digits)
        assert "Nobody is registered" in run("register-event", "death", *number, code=1)
        make_citizen(now=timezone.now())
        assert "--given-names" in run("register-event", "death", *number, "--given-names", "Ada", code=1)
        assert "--given-names" in run("register-event", "name_changed", *number, code=1)
        assert "YYYY-MM-DD" in run("register-event", "death", *number, "--happened-on", "yesterday", code=1)
        assert "cannot be used" in run("register-event", "name_changed", *number, "--given-names", "123", code=1)
