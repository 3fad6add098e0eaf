"""`/hesabim/giris-gecmisi/`: every try to sign in to one's account, and every visit to an institution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity.selectors import sign_in_history
from kapi.contexts.identity.selectors.misuse import is_reportable
from kapi.contexts.identity.values import (
    AuthenticatorKind,
    ContactKind,
    HistoryEntry,
    HistoryKind,
    Method,
    SessionId,
    SignedIn,
)
from kapi.contexts.institutions.selectors import lines_of
from kapi.contexts.openid.selectors.authorization import visits_of
from kapi.contexts.openid.values.authorization import VisitRecord
from kapi.kernel.langstring import LocalText
from kapi.sites.login.devices import device_name, network_hint
from kapi.sites.login.people import person_of
from kapi.sites.login.reports import report_url
from kapi.sites.ui.session import require_sign_in
from kapi.sites.ui.words import local

_PAGE = 25
_MOST_VISITS = 200  # shown between two entries of one page
_MOST_DIGITS = 18
_ALARMING = frozenset(
    {
        HistoryKind.WRONG_SECRET,
        HistoryKind.HELD_OFF,
        HistoryKind.WRONG_CODE,
        HistoryKind.RECOVERY_CODE_USED,
        HistoryKind.LIMITED,
        HistoryKind.SIGNATURE_REFUSED,
        HistoryKind.CERTIFICATE_REFUSED,
        HistoryKind.PASSKEY_REFUSED,
    }
)


_FROM_A_DESK = frozenset(
    {HistoryKind.CODE_ISSUED, HistoryKind.RECOVERED, HistoryKind.CORRECTED, HistoryKind.ENROLMENT_OPENED}
)


@dataclass(frozen=True)
class HistoryRow:
    """One line as the page shows it. `client` is the institution's program that was visited, `legal_person` whom one
    acted for, `means` by which or what, `institution` and `staff` who did it where it was not oneself, else empty.

    `is_alarming` where the owner should ask: was that me? `report_url` is where to say that it was not; empty where
    nobody came in by it, or it is this session's own line.
    """

    at: datetime
    what: str
    client: LocalText | None = None
    legal_person: str = ""
    means: str = ""
    institution: LocalText | None = None
    staff: str = ""
    device: str = ""
    network: str = ""
    is_alarming: bool = False
    report_url: str = ""


@never_cache
@require_http_methods(["GET", "HEAD"])
@require_sign_in
def history(request: HttpRequest) -> HttpResponse:
    """List what happened, newest first; `once` (an entry's number) asks for what is older."""
    older_than = _readable(request.GET.get("once", ""))
    rows, next_page = _page_of(person_of(request), older_than)
    return render(request, "login/history.html", {"rows": rows, "older_than": next_page})


def _page_of(person: SignedIn, older_than: int | None) -> tuple[list[HistoryRow], int | None]:
    """Return a page of entries and the visits among them, and the number that asks for the next page.

    A visit belongs to the page of the entry before it: a page reaches down to the first entry of the next one.
    """
    found = sign_in_history(person_id=person.person_id, older_than=older_than, limit=_PAGE + 1).entries
    entries, rest = found[:_PAGE], found[_PAGE:]
    visits = visits_of(
        person_id=person.person_id,
        since=rest[0].at if rest else None,
        until=entries[0].at if entries and older_than is not None else None,
        limit=_MOST_VISITS,
    )
    names = _institutions_of(entries)
    rows = [*(_row(entry, person.session_id, names) for entry in entries), *map(_visit, visits)]
    rows.sort(key=lambda row: row.at, reverse=True)
    return rows, entries[-1].entry_id if rest else None


def _readable(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _institutions_of(entries: Sequence[HistoryEntry]) -> dict[str, LocalText]:
    """Return the names of the institutions whose staff did something here; one query if there are any."""
    codes = {entry.institution_code for entry in entries if entry.institution_code}
    lines = lines_of(codes, language=get_language() or "") if codes else {}
    return {code: line.name for code, line in lines.items()}


def _row(entry: HistoryEntry, own: SessionId, names: Mapping[str, LocalText]) -> HistoryRow:
    # What staff or the operator at the machine did, did not happen on a device of the owner's.
    from_a_desk = entry.staff_id is not None or entry.kind in _FROM_A_DESK
    return HistoryRow(
        at=entry.at,
        what=words_of(entry.kind),
        legal_person=entry.legal_person or "",
        means=means_of(entry),
        institution=names.get(entry.institution_code),
        staff="" if entry.staff_id is None else _("member of staff no. %(number)s") % {"number": entry.staff_id},
        device="" if from_a_desk else device_name(entry.visitor),
        network=network_hint(entry.visitor),
        is_alarming=entry.kind in _ALARMING,
        report_url=report_url("giris", entry.entry_id) if is_reportable(entry) and entry.session_id != own else "",
    )


def _visit(visit: VisitRecord) -> HistoryRow:
    return HistoryRow(
        at=visit.first_at,
        what=_("Went signed in to:"),
        client=local(visit.client_name),
        legal_person=visit.principal_name,
    )


def means_of(entry: HistoryEntry) -> str:
    """Say by which means somebody proved that it was them, or what was added or removed, where that is known."""
    if entry.kind is HistoryKind.CODE_USED:
        return ""  # its words say it
    contacts: dict[str, str] = {ContactKind.PHONE: _("mobile telephone"), ContactKind.EMAIL: _("e-mail address")}
    proofs: dict[str, str] = {
        Method.PASSWORD: _("password"),
        Method.SEALED_CODE: _("sealed code"),
        Method.TOTP: _("app with one-time codes"),
        Method.RECOVERY_CODE: _("recovery code"),
        Method.SMS_CODE: _("code by text message"),
        Method.EMAIL_CODE: _("code by e-mail"),
        Method.PASSKEY: _("passkey"),
        Method.QUALIFIED_CERTIFICATE: _("e-signature"),
        Method.IDENTITY_CARD: _("identity card"),
        Method.MOBILE_SIGNATURE: _("mobile signature"),
    }
    authenticators: dict[str, str] = {
        AuthenticatorKind.PASSKEY: _("passkey"),
        AuthenticatorKind.TOTP: _("app with one-time codes"),
        AuthenticatorKind.RECOVERY_CODES: _("recovery codes"),
        AuthenticatorKind.SMS: _("code by text message"),
        AuthenticatorKind.EMAIL: _("code by e-mail"),
    }
    words = proofs
    if entry.kind in (HistoryKind.CONTACT_ADDED, HistoryKind.CONTACT_REMOVED):
        words = contacts
    elif entry.kind in (HistoryKind.AUTHENTICATOR_ADDED, HistoryKind.AUTHENTICATOR_REMOVED):
        words = authenticators
    return " + ".join(words[each] for each in entry.means)


def words_of(kind: HistoryKind) -> str:
    """Say what a line of the history tells."""
    return {
        HistoryKind.SIGNED_IN: _("Signed in"),
        HistoryKind.REAUTHENTICATED: _("Proved once more that it is you, in the same session"),
        HistoryKind.STEPPED_UP: _("Proved in a second way that it is you, in the same session"),
        HistoryKind.CODE_USED: _("Signed in with the sealed code"),
        HistoryKind.WRONG_SECRET: _("Someone tried to sign in with a wrong password"),
        HistoryKind.HELD_OFF: _("Someone knew the password, which was not enough: device and network were new to you"),
        HistoryKind.WRONG_CODE: _("Someone knew the password and entered a wrong code"),
        HistoryKind.RECOVERY_CODE_USED: _("Used a printed recovery code"),
        HistoryKind.LIMITED: _("Too many wrong tries; further ones were not accepted for a while"),
        HistoryKind.SIGNATURE_REFUSED: _("A mobile signature for signing in was refused on your telephone"),
        HistoryKind.CERTIFICATE_REFUSED: _("A revoked certificate in your name was shown and not accepted"),
        HistoryKind.PASSKEY_REFUSED: _("A passkey of yours was shown and not accepted"),
        HistoryKind.PASSWORD_CHOSEN: _("Password chosen"),
        HistoryKind.PASSWORD_CHANGED: _("Password changed"),
        HistoryKind.AUTHENTICATOR_ADDED: _("Added a way to sign in"),
        HistoryKind.AUTHENTICATOR_REMOVED: _("Removed a way to sign in"),
        HistoryKind.ASSISTANCE_AGREED: _("You let the help desk look at your account"),
        HistoryKind.ASSISTANCE_ENDED: _("The help of the help desk ended"),
        HistoryKind.ENROLMENT_OPENED: _("You were allowed to add a passkey for your work"),
        HistoryKind.CODE_ISSUED: _("A desk issued a sealed code"),
        HistoryKind.CORRECTED: _("A desk corrected your name or birth date"),
        HistoryKind.CONTACT_ADDED: _("Added a contact"),
        HistoryKind.CONTACT_REMOVED: _("Removed a contact"),
        HistoryKind.ACTING_FOR: _("From here on you acted for:"),
        HistoryKind.ACTING_FOR_ONESELF: _("From here on you acted for yourself, no longer for:"),
        HistoryKind.MANDATE_ENDED: _("From here on you acted for yourself, because you may no longer act for:"),
        HistoryKind.RENAMED: _("Your name was changed after an entry in the population register"),
        HistoryKind.ACCOUNT_CLOSED: _("The account was closed because of an entry in the population register"),
        HistoryKind.MISUSE_REPORTED: _("You reported: this was not me"),
        HistoryKind.RECOVERED: _("A desk gave the account back to you; the old password stopped working"),
    }[kind]
