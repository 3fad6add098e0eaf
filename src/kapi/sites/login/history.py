"""`/hesabim/giris-gecmisi/`: every try to sign in to one's account, and every visit to an institution."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import selectors
from kapi.contexts.identity.values import HistoryEntry, HistoryKind
from kapi.sites.login.devices import device_name, network_hint
from kapi.sites.login.people import person_of
from kapi.sites.ui.session import require_sign_in

_PAGE = 25
_MOST_DIGITS = 18
_ALARMING = frozenset({HistoryKind.WRONG_SECRET, HistoryKind.LIMITED})


@dataclass(frozen=True)
class HistoryRow:
    """One line as the page shows it; `is_alarming` where the owner should ask: was that me?"""

    at: datetime
    what: str
    device: str
    network: str
    is_alarming: bool


@never_cache
@require_http_methods(["GET", "HEAD"])
@require_sign_in
def history(request: HttpRequest) -> HttpResponse:
    """List what happened, newest first; `once` (an entry's number) asks for what is older."""
    page = selectors.sign_in_history(
        person_id=person_of(request).person_id, older_than=_readable(request.GET.get("once", "")), limit=_PAGE
    )
    context = {"rows": [_row(entry) for entry in page.entries], "older_than": page.older_than}
    return render(request, "login/history.html", context)


def _readable(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _row(entry: HistoryEntry) -> HistoryRow:
    from_a_desk = entry.kind in {HistoryKind.CODE_ISSUED, HistoryKind.RECOVERED}
    return HistoryRow(
        at=entry.at,
        what=_words(entry.kind),
        device="" if from_a_desk else device_name(entry.visitor),
        network=network_hint(entry.visitor),
        is_alarming=entry.kind in _ALARMING,
    )


def _words(kind: HistoryKind) -> str:
    return {
        HistoryKind.SIGNED_IN: _("Signed in"),
        HistoryKind.CODE_USED: _("Signed in with the sealed code"),
        HistoryKind.WRONG_SECRET: _("Someone tried to sign in with a wrong password"),
        HistoryKind.LIMITED: _("Too many wrong tries; further ones were not accepted for a while"),
        HistoryKind.PASSWORD_CHOSEN: _("Password chosen"),
        HistoryKind.PASSWORD_CHANGED: _("Password changed"),
        HistoryKind.CODE_ISSUED: _("A desk issued a sealed code"),
        HistoryKind.RECOVERED: _("A desk gave the account back to you; the old password stopped working"),
    }[kind]
