"""The people of the demo: registered, given accounts and roles, as a desk and two operators would do it."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kapi.contexts.identity import selectors as identity
from kapi.contexts.identity.errors import AccountExists, TooYoung
from kapi.contexts.identity.services.accounts import issue_account
from kapi.contexts.identity.services.passwords import choose_first_password
from kapi.contexts.identity.services.people import register_person
from kapi.contexts.identity.services.sessions import end_session
from kapi.contexts.identity.services.sign_in import sign_in_with_password
from kapi.contexts.identity.values import BirthDate, EndReason, PersonId
from kapi.contexts.institutions import services as institutions
from kapi.contexts.institutions.errors import OperatorsAppointed, RoleHeld
from kapi.contexts.institutions.selectors import memberships_of
from kapi.contexts.institutions.values import Role
from kapi.kernel.actors import NOBODY, Actor, ActorKind, system
from kapi.kernel.identifiers import IdentityNumber

PASSWORD = "Kapi-Demo-2026!"  # noqa: S105 - printed for everyone who tries the demo
OPERATING_INSTITUTION = "90000020"
MUNICIPALITY = "90002001"
UNIVERSITY = "90003001"
CIVIL_REGISTRY = "90001011"
ACTOR = system("command:demo")

# The word in people.csv -> which roles, where.
_ROLES: dict[str, tuple[tuple[Role, str], ...]] = {
    "operator": ((Role.OPERATOR, OPERATING_INSTITUTION),),
    "operator2": ((Role.OPERATOR_APPROVER, OPERATING_INSTITUTION),),
    "desk": ((Role.DESK_OFFICER, CIVIL_REGISTRY), (Role.SUPPORT_OFFICER, CIVIL_REGISTRY)),
    "municipality_editor": ((Role.SERVICE_EDITOR, MUNICIPALITY), (Role.CLIENT_MANAGER, MUNICIPALITY)),
    "municipality_approver": ((Role.SERVICE_APPROVER, MUNICIPALITY),),
    "university_administrator": ((Role.INSTITUTION_ADMINISTRATOR, UNIVERSITY),),
}


@dataclass(frozen=True)
class DemoPerson:
    """A line of people.csv, registered. `has_account` says whether one can sign in as this person."""

    id: PersonId
    number: IdentityNumber
    name: str
    note: str
    note_en: str
    role: str
    has_account: bool


def load_people(file: Path, *, progress: Callable[[int], None], now: datetime) -> list[DemoPerson]:
    """Register everybody in the file and give each an account whose first password is chosen; repeating does nothing.

    `progress` is called with the number of people done.
    """
    people = []
    for done, row in enumerate(_rows(file), start=1):
        number = IdentityNumber.parse(row["identity_number"])
        person_id = register_person(
            identity_number=number,
            given_names=row["given_names"],
            family_name=row["family_name"] or None,
            birth=_birth(row["birth_date"]),
            actor=ACTOR,
            now=now,
        )
        has_account = _ensure_account(person_id, number, now)
        name = " ".join(part for part in (row["given_names"], row["family_name"]) if part)
        people.append(DemoPerson(person_id, number, name, row["note_tr"], row["note_en"], row["role"], has_account))
        progress(done)
    return people


def holders_of_cards(file: Path) -> list[tuple[str, str]]:
    """List number and name of everybody in the file: all of them have cards."""
    names = ((row["identity_number"], f"{row['given_names']} {row['family_name']}".strip()) for row in _rows(file))
    return list(names)


def grant_roles(people: list[DemoPerson], *, now: datetime) -> None:
    """Put the operators in office and let them give the others their roles, by the two-person rule; repeatable."""
    by_role = {person.role: person for person in people}
    officers = tuple(
        Actor(ActorKind.STAFF, str(by_role[role].id), OPERATING_INSTITUTION) for role in ("operator", "operator2")
    )
    for person in people:
        held = {(member.role, member.institution_code) for member in memberships_of(person_id=person.id, language="tr")}
        for role, institution_code in _ROLES.get(person.role, ()):
            if (role, institution_code) not in held:
                _grant(person.id, institution_code, role, officers, now)


def _grant(person_id: PersonId, institution_code: str, role: Role, officers: tuple[Actor, ...], now: datetime) -> None:
    operator, approver = officers
    if role in (Role.OPERATOR, Role.OPERATOR_APPROVER):
        try:
            institutions.appoint_operator(
                person_id=person_id, institution_code=institution_code, role=role, actor=ACTOR, now=now
            )
        except (OperatorsAppointed, RoleHeld):
            return
    elif role in (Role.DESK_OFFICER, Role.SUPPORT_OFFICER, Role.INSTITUTION_ADMINISTRATOR):
        proposal_id = institutions.propose_role(
            person_id=person_id, institution_code=institution_code, role=role, actor=operator, now=now
        )
        institutions.accept_proposal(proposal_id=proposal_id, actor=approver, now=now)
    else:
        institutions.grant_role(
            person_id=person_id, institution_code=institution_code, role=role, actor=operator, now=now
        )


def _ensure_account(person_id: PersonId, number: IdentityNumber, now: datetime) -> bool:
    try:
        issued = issue_account(person_id=person_id, actor=ACTOR, now=now)
    except AccountExists:
        return True
    except TooYoung:
        return False
    started = sign_in_with_password(
        identity_number=number,
        password=issued.code,
        address="127.0.0.1",
        device_token=None,
        user_agent="",
        actor=NOBODY,
        now=now,
    )
    session = started.signed_in
    choose_first_password(session_id=session.session_id, new_password=PASSWORD, actor=session.actor, now=now)
    end_session(session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=session.actor, now=now)
    return True


def is_loaded() -> bool:
    """Tell whether the main demo person is there."""
    person_id = identity.find_person(identity_number=IdentityNumber.parse("10000000146"))
    return person_id is not None and identity.find_account(person_id=person_id) is not None


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _birth(text: str) -> BirthDate:
    parts = [int(part) for part in text.split("-")] if text else []
    return BirthDate(**dict(zip(("year", "month", "day"), parts, strict=False)))
