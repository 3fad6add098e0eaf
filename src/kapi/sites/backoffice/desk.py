"""`/yonetim/gise/`: at the desk. A person is found, registered, given an account, or given theirs back.

Identity numbers come by POST only. The person found is named in addresses by a sealed ticket, which is this officer's,
lasts half an hour and says nothing to anybody else; so nobody can leaf through the people registered.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Final, Protocol

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    AccountBarred,
    AccountExists,
    AgeUnknown,
    NoAccount,
    PersonDiffers,
    PersonNotFound,
    TooYoung,
)
from kapi.contexts.identity.values import AccountState, BirthDate, IssuedCode, PersonId
from kapi.contexts.institutions import selectors as institutions
from kapi.contexts.institutions.values import Permission
from kapi.foundation.limits.services import count
from kapi.kernel.actors import Actor
from kapi.kernel.errors import DomainError, InvalidValue
from kapi.kernel.identifiers import IdentityNumber
from kapi.sites.backoffice.door import Staff, for_staff, staff_of
from kapi.sites.backoffice.looks import count_look
from kapi.sites.backoffice.numbers import mistake_of_number
from kapi.sites.ui.errors import too_many_requests
from kapi.sites.ui.forms import Form, read_form
from kapi.sites.ui.links import page_url

TICKET_LASTS: Final = timedelta(minutes=30)
_SALT: Final = "backoffice.desk"
_FIELDS: Final = ("identity_number", "given_names", "family_name", "birth_day", "birth_month", "birth_year")
_DESK: Final = (Permission.ISSUE_ACCOUNTS, Permission.RECOVER_ACCOUNTS)


class Deed(Protocol):
    """One of the two services that make a code."""

    def __call__(self, *, person_id: PersonId, actor: Actor, now: datetime) -> IssuedCode:
        """Make a code."""


@dataclass(frozen=True)
class Ticket:
    """What an officer has on the desk: a person, and a number that makes each deed happen once."""

    person_id: PersonId
    once: str
    sealed: str


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(*_DESK)
def desk(request: HttpRequest) -> HttpResponse:
    """Find a person by identity number; who is not registered can be registered on the page that answers."""
    if request.method != "POST":
        return render(request, "backoffice/desk.html", {"form": Form({"identity_number": ""}), "mistakes": []})
    form = read_form(request, "identity_number")
    staff, now = staff_of(request), timezone.now()
    try:
        number = IdentityNumber.parse(form.values["identity_number"])
    except InvalidValue as refusal:
        return _desk_again(request, form, mistake_of_number(refusal, form.values["identity_number"]))
    looks = count_look(staff, now=now)
    if not looks.allowed:
        return too_many_requests(request, retry_after=looks.retry_after)
    try:
        person_id = services.look_up_person(identity_number=number, actor=actor_at_desk(staff), now=now)
    except PersonNotFound:
        empty = dict.fromkeys(_FIELDS, "") | {"identity_number": number.digits}
        return _registration(request, Form(empty), unknown=True)
    return HttpResponseRedirect(person_url(person_id, staff))


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.ISSUE_ACCOUNTS)
def register(request: HttpRequest) -> HttpResponse:
    """Register a person as their document says; surname, and day and month of birth, may be missing."""
    if request.method != "POST":
        return _registration(request, Form(dict.fromkeys(_FIELDS, "")))
    form, staff, now = read_form(request, *_FIELDS), staff_of(request), timezone.now()
    read = _read(form)
    if isinstance(read, dict):
        return _registration(request, Form(form.values, read))
    number, birth = read
    looks = count_look(staff, now=now)
    if not looks.allowed:
        return too_many_requests(request, retry_after=looks.retry_after)
    try:
        person_id = services.register_person(
            identity_number=number,
            given_names=form.values["given_names"],
            family_name=form.values["family_name"].strip() or None,
            birth=birth,
            actor=actor_at_desk(staff),
            now=now,
        )
    except InvalidValue as refusal:
        return _registration(request, Form(form.values, {refusal.field: words_of(refusal)}))
    except PersonDiffers:
        differs = _("This number is registered with another name or birth date. Find the person by the number instead.")
        return _registration(request, Form(form.values, {"identity_number": differs}))
    return HttpResponseRedirect(person_url(person_id, staff))


@require_safe
@for_staff(*_DESK)
def person(request: HttpRequest) -> HttpResponse:
    """Show the person found, how their account stands, and what can be done."""
    ticket = ticket_of(request, request.GET.get("kisi", ""))
    if ticket is None:
        return ticket_over(request)
    return _person_page(request, ticket, refusal="")


@require_POST
@for_staff(Permission.ISSUE_ACCOUNTS, is_sensitive=True)
def issue(request: HttpRequest) -> HttpResponse:
    """Issue an account, or another code to one whose first password was not chosen yet; show the code once."""
    return _hand_out(request, services.issue_account, recovers=False)


@require_POST
@for_staff(Permission.RECOVER_ACCOUNTS, is_sensitive=True)
def recover(request: HttpRequest) -> HttpResponse:
    """Give an account back to its owner; the old password is void from now on. Show the code once."""
    return _hand_out(request, services.recover_account, recovers=True)


def _hand_out(request: HttpRequest, deed: Deed, *, recovers: bool) -> HttpResponse:
    ticket = ticket_of(request, request.POST.get("kisi", ""))
    if ticket is None:
        return ticket_over(request)
    staff, now = staff_of(request), timezone.now()
    blocked = why_blocked(ticket.person_id, staff)
    if blocked:
        return _person_page(request, ticket, refusal=blocked)
    if recovers and request.POST.get("seen") != "yes":
        words = _("Confirm that you have seen the person's identity card.")
        return _person_page(request, ticket, refusal=words, field="seen")
    # The code is on the page that answers this form: sending it again must not make a second one.
    first = count(key=f"backoffice.desk.once:{ticket.once}", limit=1, window=TICKET_LASTS, now=now)
    if not first.allowed:
        words = _("The code was shown once and cannot be shown again. If it is lost, find the person again.")
        return _person_page(request, ticket, refusal=words)
    try:
        issued: IssuedCode = deed(person_id=ticket.person_id, actor=actor_at_desk(staff), now=now)
    except DomainError as refusal:
        return _person_page(request, new_ticket(ticket.person_id, staff), refusal=_refusal_words(refusal))
    record = selectors.get_person_record(person_id=ticket.person_id)
    context = {
        "name": record.display_name,
        "number": record.identity_number.masked,
        "code": issued.code,
        "expires_at": issued.expires_at,
        "recovers": recovers,
        "sign_in": request.build_absolute_uri(page_url("login", "sign_in")),
    }
    return render(request, "backoffice/code.html", context)


def actor_at_desk(staff: Staff) -> Actor:
    """Name the desk for which the officer acts."""
    return staff.actor(next(iter(staff.reach(*_DESK) or []), ""))


def why_blocked(person_id: PersonId, staff: Staff) -> str:
    """Say why this officer must not touch this account, if so: through a desk nobody gets a colleague's rights."""
    if person_id == staff.person_id:
        return _("This is your own account. Another officer must do this.")
    if institutions.permissions_of(person_id=person_id):
        return _(
            "This person works in the gateway. Their roles must be ended first and given again afterwards, "
            "so that nobody gets a colleague's rights through a desk."
        )
    return ""


def _refusal_words(refusal: DomainError) -> str:
    words = {
        TooYoung.code: _(
            "This person is younger than 15, or may be by what is known of the birth date. "
            "An account can be opened from the 15th birthday on."
        ),
        AgeUnknown.code: _("The birth year is not known, so we cannot tell whether the person is 15 or older."),
        AccountExists.code: _("The account is in use. If its owner cannot get in, give the account back."),
        AccountBarred.code: _(
            "The population register has an entry because of which nobody may sign in as this person. If the entry is "
            "wrong, the population office corrects it; then come back here."
        ),
        NoAccount.code: _("This person has no account yet. Open one."),
        PersonNotFound.code: _("This person is no longer registered."),
    }
    return words[refusal.code]


def _read(form: Form) -> tuple[IdentityNumber, BirthDate] | dict[str, str]:
    """Read the registration form, or say what is wrong in which field."""
    mistakes: dict[str, str] = {}
    number = None
    try:
        number = IdentityNumber.parse(form.values["identity_number"])
    except InvalidValue as refusal:
        mistakes["identity_number"] = mistake_of_number(refusal, form.values["identity_number"])
    birth = read_details(form, mistakes)
    if number is None or mistakes:
        return mistakes
    return number, birth


def read_details(form: Form, mistakes: dict[str, str]) -> BirthDate:
    """Read the birth date of a form, and add what is wrong with it or with the name."""
    if not form.values["given_names"].strip():
        mistakes["given_names"] = _("Enter the given names.")
    parts: dict[str, int | None] = dict.fromkeys(("birth_day", "birth_month", "birth_year"))
    for name in parts:
        typed = form.values[name].strip()
        if typed and not (typed.isascii() and typed.isdigit() and len(typed) <= 4):
            mistakes[name] = _("Write this part of the birth date in digits, or leave it empty.")
        else:
            parts[name] = int(typed) if typed else None
    return BirthDate(year=parts["birth_year"], month=parts["birth_month"], day=parts["birth_day"])


def words_of(refusal: InvalidValue) -> str:
    """Say what is wrong with a name or a birth date."""
    missing = {
        "birth_year": _("Write the year as well, or leave day and month empty."),
        "birth_month": _("Write the month as well, or leave the day empty."),
    }
    if refusal.reason == "missing" and refusal.field in missing:
        return missing[refusal.field]
    if refusal.field.startswith("birth"):
        return _("There is no such birth date. Compare it with the document.")
    return _("Write the name as it is in the document, with letters only and at most 120 characters.")


def person_url(person_id: PersonId, staff: Staff, done: str = "") -> str:
    """Return the address of a person's page under a new ticket; `done` names what was just done."""
    query = {"kisi": new_ticket(person_id, staff).sealed} | ({"oldu": done} if done else {})
    return page_url("backoffice", "desk_person", query=query)


def new_ticket(person_id: PersonId, staff: Staff) -> Ticket:
    """Put a person on this officer's desk."""
    once = token_urlsafe(12)
    sealed = signing.dumps([int(person_id), staff.person_id, int(staff.person.session_id), once], salt=_SALT)
    return Ticket(person_id, once, sealed)


def ticket_of(request: HttpRequest, sealed: str) -> Ticket | None:
    """Open a ticket; None if it is over or was never one.

    :raises PermissionDenied: if it is another officer's, or of another session.
    """
    try:
        person_id, officer, session, once = signing.loads(sealed, salt=_SALT, max_age=TICKET_LASTS)
    except signing.BadSignature:
        return None
    staff = staff_of(request)
    if (officer, session) != (staff.person_id, int(staff.person.session_id)):
        raise PermissionDenied
    return Ticket(PersonId(person_id), once, sealed)


def ticket_over(request: HttpRequest) -> HttpResponse:
    """Ask for the number again."""
    over = _("The person's page was open for too long. Enter the number again.")
    return _desk_again(request, Form({"identity_number": ""}), over)


def _desk_again(request: HttpRequest, form: Form, words: str) -> HttpResponse:
    mended = Form(form.values, {"identity_number": words})
    return render(request, "backoffice/desk.html", {"form": mended, "mistakes": mended.error_list}, status=422)


def _registration(request: HttpRequest, form: Form, *, unknown: bool = False) -> HttpResponse:
    context = {
        "form": form,
        "mistakes": form.error_list,
        "unknown": unknown,
        "may_register": staff_of(request).may_somewhere(Permission.ISSUE_ACCOUNTS),
        "trail": [trail()],
    }
    return render(request, "backoffice/registration.html", context, status=422 if form.mistakes else 200)


def _person_page(request: HttpRequest, ticket: Ticket, *, refusal: str, field: str = "deeds") -> HttpResponse:
    staff = staff_of(request)
    record = selectors.get_person_record(person_id=ticket.person_id)
    account = selectors.find_account(person_id=ticket.person_id)
    context = {
        "record": record,
        "born": born(record.birth),
        "account": account,
        "has_password": account is not None and account.state is not AccountState.AWAITING_PASSWORD,
        "is_closed": account is not None and account.state is AccountState.CLOSED,
        "may_issue": staff.may_somewhere(Permission.ISSUE_ACCOUNTS),
        "may_recover": staff.may_somewhere(Permission.RECOVER_ACCOUNTS),
        "blocked": why_blocked(ticket.person_id, staff),
        "ticket": ticket.sealed,
        "done": _("The correction is written down.") if not refusal and request.GET.get("oldu") == "duzeltildi" else "",
        "mistakes": [{"text": refusal, "href": f"#{field}"}] if refusal else [],
        "seen_mistake": {"text": refusal} if refusal and field == "seen" else None,
        "trail": [trail()],
    }
    return render(request, "backoffice/person.html", context, status=422 if refusal else 200)


def trail() -> dict[str, str]:
    """Return the way back to the desk."""
    return {"text": _("Account desk"), "href": page_url("backoffice", "desk")}


def born(birth: BirthDate) -> str:
    """Write as much of the birth date as is known, in figures, as documents have it."""
    parts = [
        f"{birth.day:02d}" if birth.day else "",
        f"{birth.month:02d}" if birth.month else "",
        str(birth.year or ""),
    ]
    return ".".join(part for part in parts if part) or _("Not known")
