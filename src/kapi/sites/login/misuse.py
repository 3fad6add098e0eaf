"""`/hesabim/bu-ben-degildim/`, `/hesabim/bildirimlerim/`, `/bu-ben-degildim/`: this was not me.

The last one is for links in notices: it works signed out, says what to do, and carries nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from kapi.contexts.identity import services
from kapi.contexts.identity.errors import NothingToReport, OwnSession
from kapi.contexts.identity.selectors.misuse import misuse_reports_of, preview_misuse
from kapi.contexts.identity.values import (
    MisuseAbout,
    MisuseExtent,
    MisusePreview,
    MisuseReportView,
    MisuseSubject,
    SessionId,
    SignedIn,
)
from kapi.contexts.openid.selectors.logout import told_of_sessions
from kapi.contexts.openid.selectors.sharing import find_sharing
from kapi.contexts.openid.values.logout import DeliveryState, ToldVisit
from kapi.contexts.openid.values.sharing import SharingRecord
from kapi.kernel.langstring import LocalText
from kapi.sites.login.authenticator_words import name_of
from kapi.sites.login.devices import device_name, network_hint
from kapi.sites.login.history import words_of
from kapi.sites.login.people import person_of
from kapi.sites.login.reports import ABOUT
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import require_sign_in, signed_in
from kapi.sites.ui.words import local

_DONE: Final = "tamam"
_LARGEST_ID: Final = 2**63 - 1  # what a database takes for an id
_LATELY: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Told:
    """An institution's program that saw a disowned session, and what it knows."""

    client: LocalText
    state: str


@dataclass(frozen=True)
class ReportRow:
    """A report as the page shows it. `password_due` is None where the password was not used."""

    what: str
    subject_at: datetime
    device: str
    network: str
    at: datetime
    ended: int
    told: tuple[Told, ...]
    password_due: bool | None
    to_remove: tuple[str, ...]
    contacts: tuple[str, ...]
    contact_removed: bool
    is_done: bool


@require_safe
def guidance(request: HttpRequest) -> HttpResponse:
    """Say what to do if something at one's account was not oneself: who can sign in, and who cannot."""
    return render(request, "login/misuse_guidance.html", {"is_signed_in": signed_in(request) is not None})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
def misuse(request: HttpRequest, word: str, subject_id: int) -> HttpResponse:
    """Say what will happen, and with a POST (the field `extent`) let it happen."""
    person, now = person_of(request), timezone.now()
    sharing = find_sharing(person_id=person.person_id, sharing_id=subject_id) if _is_sharing(word, subject_id) else None
    subject = _subject(word, subject_id, sharing)
    preview = preview_misuse(signed_in=person, subject=subject, now=now)
    if preview is None and sharing is None:
        raise Http404
    if preview is not None and preview.report_id is not None:
        return HttpResponseRedirect(page_url("login", "misuse_reports"))
    if request.method == "POST" and preview is not None:
        return _report(request, person, subject, now)
    return render(request, "login/misuse.html", _asked(subject, preview, sharing))


@never_cache
@require_safe
@require_sign_in
def reports(request: HttpRequest) -> HttpResponse:
    """List what one has disowned, what became of it, and what is still to be done."""
    person, now = person_of(request), timezone.now()
    found = misuse_reports_of(person_id=person.person_id)
    told = told_of_sessions(session_ids={pk for report in found for pk in report.session_ids}) if found else {}
    is_new = request.GET.get(_DONE) == "1" and bool(found) and now - found[0].at < _LATELY
    rows = [_row(report, [visit for pk in report.session_ids for visit in told.get(pk, ())]) for report in found]
    return render(request, "login/misuse_reports.html", {"rows": rows, "is_new": is_new})


def _is_sharing(word: str, subject_id: int) -> bool:
    return ABOUT.get(word) is MisuseAbout.SHARING and subject_id <= _LARGEST_ID


def _subject(word: str, subject_id: int, sharing: SharingRecord | None) -> MisuseSubject:
    about = ABOUT.get(word)
    if about is None or subject_id > _LARGEST_ID:
        raise Http404
    session_id = SessionId(sharing.session_id) if sharing and sharing.session_id else None
    return MisuseSubject(about=about, id=subject_id, session_id=session_id)


def _report(request: HttpRequest, person: SignedIn, subject: MisuseSubject, now: datetime) -> HttpResponse:
    only_those = request.POST.get("extent") == MisuseExtent.THOSE
    try:
        services.report_misuse(
            session_id=person.session_id,
            subject=subject,
            extent=MisuseExtent.THOSE if only_those else MisuseExtent.ALL_OTHERS,
            actor=person.actor,
            now=now,
        )
    except NothingToReport:
        raise Http404 from None
    except OwnSession:
        return HttpResponseRedirect(request.path)  # the page says so
    return HttpResponseRedirect(page_url("login", "misuse_reports", query={_DONE: "1"}))


def _asked(subject: MisuseSubject, preview: MisusePreview | None, sharing: SharingRecord | None) -> dict[str, object]:
    return {
        "about": subject.about.value,
        "what": _what(subject.about, words_of(preview.kind) if preview and preview.kind else ""),
        "client": local(sharing.client_name) if sharing else None,
        "shared_at": sharing.at if sharing else None,
        "preview": preview,
        "used": tuple(map(name_of, preview.authenticators)) if preview else (),
        "device": device_name(preview.visitor) if preview else "",
        "network": network_hint(preview.visitor) if preview else "",
    }


def _what(about: MisuseAbout, line: str = "") -> str:
    return {
        MisuseAbout.HISTORY: line or _("A line of the sign-in history"),
        MisuseAbout.SESSION: _("A session"),
        MisuseAbout.DEVICE: _("A device"),
        MisuseAbout.SHARING: _("A sharing with an institution"),
    }[about]


def _row(report: MisuseReportView, told: Sequence[ToldVisit]) -> ReportRow:
    return ReportRow(
        what=_what(report.about),
        subject_at=report.subject_at,
        device=device_name(report.visitor),
        network=network_hint(report.visitor),
        at=report.at,
        ended=report.ended,
        told=tuple(Told(local(visit.client_name), _told_words(visit)) for visit in told),
        password_due=report.password_due,
        to_remove=tuple(name_of(view) for view in report.authenticators),
        contacts=report.contacts,
        contact_removed=report.contact_removed,
        is_done=report.is_done,
    )


def _told_words(visit: ToldVisit) -> str:
    if visit.state is None:
        return _("cannot be told automatically; ask it yourself if you are worried")
    return {
        DeliveryState.WAITING: _("is being told"),
        DeliveryState.CONFIRMED: _("was told"),
        DeliveryState.GIVEN_UP: _("did not answer; ask it yourself if you are worried"),
    }[visit.state]
