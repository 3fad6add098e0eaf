"""`kapi person`: register people, put the first operators in office, issue codes, see and end sessions."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, NoReturn
from uuid import uuid4

import typer
from django.conf import settings
from django.utils import timezone
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from kapi.contexts.identity import selectors as identity
from kapi.contexts.identity.errors import AccountBarred, AccountExists, AgeUnknown, NoAccount, PersonDiffers, TooYoung
from kapi.contexts.identity.services import (
    end_session,
    issue_account,
    issue_operator_account,
    open_enrolment,
    record_register_event,
    recover_account,
    register_person,
)
from kapi.contexts.identity.values import (
    AccountState,
    BirthDate,
    EndReason,
    IssuedCode,
    PersonId,
    RegisterEvent,
    RegisterEventKind,
    RegisterOutcome,
)
from kapi.contexts.institutions import selectors as institutions
from kapi.contexts.institutions.services import add_operating_institution, appoint_operator
from kapi.contexts.institutions.values import InstitutionDetails, InstitutionKind, Role
from kapi.kernel.actors import system
from kapi.kernel.errors import DomainError, InvalidValue
from kapi.kernel.identifiers import IdentityNumber, InstitutionCode
from kapi.kernel.langstring import LangString

app = typer.Typer(
    help="Register people, put the first operators in office, issue codes, see and end sessions.",
    no_args_is_help=True,
)
ACTOR = system("command:person")
# Stands for the operating institution where its real code was not given; no unit of the state has it.
PLACEHOLDER_CODE = "00000001"

Number = Annotated[
    str,
    typer.Option(
        "--identity-number",
        prompt="Identity number",
        help="T.C. Kimlik No or Yabancı Kimlik No. Left out, it is asked for, and stays out of the shell's history.",
    ),
]
GivenNames = Annotated[str, typer.Option("--given-names", prompt="Given names", help="As in the identity document.")]
FamilyName = Annotated[str, typer.Option("--family-name", help="Left out for those who have none.")]
Birth = Annotated[str, typer.Option("--birth", help="YYYY-MM-DD, YYYY-MM or YYYY: as much of it as is known.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("add")
def add(
    given_names: GivenNames,
    identity_number: Number,
    family_name: FamilyName = "",
    birth: Birth = "",
    as_json: AsJson = False,
) -> None:
    """Register a person, or find the one registered with the same name and birth date; print the id."""
    person_id = _register(_number(identity_number), given_names, family_name, birth)
    typer.echo(json.dumps({"person_id": person_id}) if as_json else f"person={person_id}")


@app.command("operator")
def operator(
    *,
    given_names: GivenNames,
    identity_number: Number,
    family_name: FamilyName = "",
    birth: Birth = "",
    another: Annotated[
        bool, typer.Option("--another", help="Put the second one in office, who approves what the first proposes.")
    ] = False,
    institution: Annotated[
        str, typer.Option("--institution", help="8-digit code of the institution that runs the gateway.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Put the gateway's first operator in office, and with --another the second; print a code to sign in with.

    Two are needed: one proposes, the other approves. Once both are in office all further roles are given on the
    work pages. The institution that runs the gateway is registered if there is none yet.
    """
    number = _number(identity_number)
    role = _vacancy(number, another=another)
    code = _operating_institution(institution)
    person_id = _register(number, given_names, family_name, birth)
    with _refusals():
        appoint_operator(person_id=person_id, institution_code=code, role=role, actor=ACTOR, now=timezone.now())
    facts = {"person_id": person_id, "role": role.value, "institution": code}
    try:
        issued = issue_operator_account(person_id=person_id, actor=ACTOR, now=timezone.now())
    except AccountExists:
        until = open_enrolment(person_id=person_id, actor=ACTOR, now=timezone.now())
        words = f"This person has an account already and signs in with their own password. {_enrolment(until)}"
        _say({**facts, "enrolment_until": until.isoformat()}, words, as_json=as_json)
        return
    _show_code(issued, facts, as_json=as_json)
    if not as_json:
        typer.echo(
            "The work pages open with a passkey only. Add it at once, under My account, after choosing the password:\n"
            "one that is added later than ten minutes after the code does not count. Then: kapi person enrol"
        )


@app.command("enrol")
def enrol(identity_number: Number, as_json: AsJson = False) -> None:
    """Let somebody who works here add one passkey that opens the work pages, within an hour.

    What who manages roles does on the work pages, for who administers the machine: for the first operators, and where
    nobody else is left.
    """
    person_id = _find(identity_number)
    if not institutions.has_role(person_id=person_id):
        _refuse("This person works nowhere here; only for work a passkey has to be vouched for.")
    until = open_enrolment(person_id=person_id, actor=ACTOR, now=timezone.now())
    _say({"person_id": person_id, "enrolment_until": until.isoformat()}, _enrolment(until), as_json=as_json)


@app.command("issue")
def issue(
    identity_number: Number,
    recover: Annotated[
        bool,
        typer.Option("--recover", help="The account is in use: void its password, end its sessions, begin again."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Issue an account to a registered person of 15 or more, and print the sealed code that opens it once.

    What a desk does on the work pages, for who administers the machine.
    """
    person_id = _find(identity_number)
    deed = recover_account if recover else issue_account
    with _refusals():
        issued = deed(person_id=person_id, actor=ACTOR, now=timezone.now())
    _show_code(issued, {"person_id": person_id}, as_json=as_json)


@app.command("sessions")
def sessions(
    identity_number: Number,
    end: Annotated[bool, typer.Option("--end", help="End them all.")] = False,
    as_json: AsJson = False,
) -> None:
    """List a person's sessions, and end them if asked."""
    person_id, now = _find(identity_number), timezone.now()
    views = identity.sessions_of(person_id=person_id, now=now)
    account = identity.find_account(person_id=person_id)
    if end:
        for view in views:
            end_session(session_id=view.session_id, reason=EndReason.SIGNED_OUT_REMOTELY, actor=ACTOR, now=now)
    if as_json:
        lines = [
            {
                "session_id": view.session_id,
                "started_at": view.started_at.isoformat(),
                "last_seen_at": view.last_seen_at.isoformat(),
                "expires_at": view.expires_at.isoformat(),
                "network": view.visitor.network,
                "browser": view.visitor.browser,
                "system": view.visitor.system,
                "ended": end,
            }
            for view in views
        ]
        typer.echo(json.dumps(lines))
        return
    table = Table("session", "began", "last seen", "network", "device")
    for view in views:
        moments = (f"{moment:%Y-%m-%d %H:%M}" for moment in (view.started_at, view.last_seen_at))
        device = " ".join(part for part in (view.visitor.browser, view.visitor.system) if part)
        table.add_row(str(view.session_id), *moments, view.visitor.network, device)
    Console().print(table if views else "No session is under way.")
    if account is None:
        typer.echo("This person has no account. Issue one with: kapi person issue")
    elif account.state is AccountState.AWAITING_PASSWORD:
        typer.echo("This person has not chosen a password yet.")
    if end and views:
        typer.echo(f"{len(views)} ended.")


def _enrolment(until: datetime) -> str:
    return (
        f"Until {timezone.localtime(until):%H:%M} they can add one passkey that opens the work pages, under My account."
    )


@app.command("register-event")
def register_event(
    *,
    kind: Annotated[RegisterEventKind, typer.Argument(help="What the population register says.", metavar="KIND")],
    identity_number: Number,
    happened_on: Annotated[str, typer.Option("--happened-on", help="YYYY-MM-DD, left out where it is not known.")] = "",
    given_names: Annotated[str, typer.Option("--given-names", help="The new ones, with name_changed.")] = "",
    family_name: Annotated[str, typer.Option("--family-name", help="The new one, if there is one.")] = "",
    number: Annotated[
        str, typer.Option("--number", help="The entry's own number; the same one is acted upon once.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Record by hand what the population register says of a person, where no register is connected or it is down.

    KIND is death, death_withdrawn, name_changed, guardianship or guardianship_ended. Death and guardianship close the
    account and end its sessions. What withdraws them opens nothing by itself: hand the account back afterwards with
    kapi person issue --recover, or at a desk.
    """
    parsed, now = _number(identity_number), timezone.now()
    if (kind is RegisterEventKind.NAME_CHANGED) != bool(given_names):
        _refuse("--given-names belongs to name_changed, and to it alone.")
    _find(identity_number)
    event = RegisterEvent(
        number=number or uuid4().hex,
        kind=kind,
        identity_number=parsed,
        stated_at=now,
        happened_on=_day(happened_on),
        given_names=given_names,
        family_name=family_name or None,
    )
    outcome = record_register_event(source="hand", event=event, actor=ACTOR, now=now)
    if outcome is RegisterOutcome.UNUSABLE:
        _refuse("The name cannot be used; it is written down that the entry came. Record it anew with the right name.")
    words = {
        RegisterOutcome.NOTHING: "Nothing had to be changed.",
        RegisterOutcome.LATE: "A later entry on the same matter is known, and counts.",
    }
    _say({"outcome": str(outcome)}, words.get(outcome, "") if outcome else "", as_json=as_json)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        _refuse("--happened-on: write YYYY-MM-DD")


def _vacancy(number: IdentityNumber, *, another: bool) -> Role:
    """Return the role that is to be filled next."""
    in_office = institutions.operators_in_office()
    if not in_office:
        return Role.OPERATOR
    if not another:
        _refuse("An operator is in office. To put the second one in office, who approves, add: --another")
    held = {role for role, _person in in_office}
    if {Role.OPERATOR, Role.OPERATOR_APPROVER} <= held:
        _refuse("Two operators are in office. They give further roles on the work pages, each with two people.")
    if identity.find_person(identity_number=number) in {person for _role, person in in_office}:
        _refuse("This person is in office already; the second one has to be somebody else.")
    return Role.OPERATOR if Role.OPERATOR not in held else Role.OPERATOR_APPROVER


def _operating_institution(given: str) -> str:
    """Return the code of the institution that runs the gateway; register it where none is registered."""
    in_office = institutions.operators_in_office()
    held_at = {
        membership.institution_code
        for _role, person_id in in_office
        for membership in institutions.memberships_of(person_id=person_id, language="tr")
        if membership.role in (Role.OPERATOR, Role.OPERATOR_APPROVER)
    }
    code = given or (held_at.pop() if len(held_at) == 1 else "")
    if not code and institutions.top_institutions(language="tr"):
        _refuse("Name the institution that runs the gateway: --institution CODE (8 digits)")
    try:
        parsed = InstitutionCode.parse(code or PLACEHOLDER_CODE)
    except InvalidValue:
        _refuse("--institution: a code has 8 digits")
    if institutions.find_institution(parsed.digits) is None:
        name = LangString(settings.OPERATOR_NAME, "")
        with _refusals():
            add_operating_institution(
                code=parsed,
                details=InstitutionDetails(name=name, kind=InstitutionKind.AGENCY),
                actor=ACTOR,
                now=timezone.now(),
            )
        hint = "" if code else " Codes never change: for a real gateway begin anew with --institution CODE."
        typer.echo(f"Registered {settings.OPERATOR_NAME} as institution {parsed}.{hint}", err=True)
    return parsed.digits


def _register(number: IdentityNumber, given_names: str, family_name: str, birth: str) -> PersonId:
    """Register the person; for one who is registered the birth date may be left out."""
    known = identity.find_person(identity_number=number)
    with _refusals():
        return register_person(
            identity_number=number,
            given_names=given_names,
            family_name=family_name or None,
            birth=identity.get_person_record(person_id=known).birth if known and not birth else _birth(birth),
            actor=ACTOR,
            now=timezone.now(),
        )


def _number(typed: str) -> IdentityNumber:
    try:
        return IdentityNumber.parse(typed)
    except InvalidValue as fault:
        reasons = {"length": "it has 11 digits", "digits": "it has digits only"}
        _refuse(f"Identity number: {reasons.get(fault.reason, 'the check digits do not fit; look for a typing error')}")


def _birth(text: str) -> BirthDate:
    parts = text.split("-") if text else []
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        raise InvalidValue("birth", "form")
    return BirthDate(**dict(zip(("year", "month", "day"), map(int, parts), strict=False)))


def _find(typed: str) -> PersonId:
    person_id = identity.find_person(identity_number=_number(typed))
    if person_id is None:
        _refuse("Nobody is registered under this number. Register with: kapi person add")
    return person_id


@contextmanager
def _refusals() -> Iterator[None]:
    """Say what was refused and what to do next."""
    try:
        yield
    except PersonDiffers:
        _refuse("This number is registered with another name or birth date. Compare with the identity document.")
    except AccountBarred:
        _refuse(
            "The population register says why nobody may sign in as this person (a death, a guardian). If that is "
            "withdrawn: kapi person register-event"
        )
    except TooYoung:
        _refuse("An account is issued from the age of 15.")
    except AgeUnknown:
        _refuse("The birth year is not known, so the age cannot be. Register it on the work pages first.")
    except AccountExists:
        _refuse("The account is in use. If its owner is locked out, add: --recover")
    except NoAccount:
        _refuse("This person has no account yet. Leave out: --recover")
    except InvalidValue as fault:
        words = {"missing": "missing", "form": "write YYYY-MM-DD, YYYY-MM or YYYY", "range": "there is no such date"}
        _refuse(f"{fault.field.replace('_', ' ')}: {words.get(fault.reason, fault.reason)}")
    except DomainError as refusal:
        _refuse(f"Refused: {refusal.code}")


def _refuse(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(1)


def _show_code(issued: IssuedCode, facts: Mapping[str, object], *, as_json: bool) -> None:
    page = f"{settings.LOGIN_URL}/giris/"
    if as_json:
        typer.echo(
            json.dumps({**facts, "code": issued.code, "expires_at": issued.expires_at.isoformat(), "sign_in": page})
        )
        return
    _say(facts, "", as_json=False)
    Console().print(
        Panel.fit(
            f"[bold]{issued.code}[/bold]\n\nShown once, good until {issued.expires_at:%Y-%m-%d}.\n"
            f"Sign in at {page} with the identity number,\nand this code in the place of the password.",
            title="Sealed code",
        )
    )


def _say(facts: Mapping[str, object], words: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts))
        return
    typer.echo(" ".join(f"{name.removesuffix('_id')}={value}" for name, value in facts.items()))
    if words:
        typer.echo(words)
