"""`/hesabim/oturumlar/`: where one is signed in; ending one session or all others."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.selectors import misuse
from kapi.contexts.identity.values import DeviceView, EndReason, SessionId, SessionView, SignedIn
from kapi.sites.login.devices import device_name, network_hint
from kapi.sites.login.people import person_of
from kapi.sites.login.reports import report_url
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import require_sign_in

_MOST_DIGITS = 18  # what fits a row's id


@dataclass(frozen=True)
class SessionRow:
    """One session as the page shows it."""

    id: int
    device: str
    network: str
    started_at: datetime
    last_seen_at: datetime
    is_this_one: bool
    report_url: str


@dataclass(frozen=True)
class DeviceRow:
    """A browser that has signed in before, as the page shows it."""

    device: str
    network: str
    first_seen_at: datetime
    last_seen_at: datetime
    is_this_one: bool
    report_url: str


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
def sessions(request: HttpRequest) -> HttpResponse:
    """List the sessions; the fields `session` (its id) and `others` end one or all but this."""
    person, now = person_of(request), timezone.now()
    if request.method == "POST":
        return _end(request, person, now)
    views = selectors.sessions_of(person_id=person.person_id, now=now)
    rows = sorted((_row(view, person) for view in views), key=lambda row: not row.is_this_one)
    ended = request.GET.get("kapandi", "")
    own = misuse.device_of(person.session_id)
    context = {
        "rows": rows,
        "devices": [_device(view, own) for view in misuse.devices_of(person_id=person.person_id)],
        "ended": ended if ended in {"bir", "hepsi"} else "",
    }
    return render(request, "login/sessions.html", context)


def _end(request: HttpRequest, person: SignedIn, now: datetime) -> HttpResponse:
    if "others" in request.POST:
        services.end_other_sessions(session_id=person.session_id, actor=person.actor, now=now)
        return _back("hepsi")
    session_id = _readable_id(request.POST.get("session", ""))
    if session_id == person.session_id:
        return HttpResponseRedirect(page_url("login", "sign_out"))
    if session_id is not None:
        try:
            services.end_session(
                session_id=session_id, reason=EndReason.SIGNED_OUT_REMOTELY, actor=person.actor, now=now
            )
        except SessionOver:
            return _back("")  # gone already, or not theirs: the list shows what is
    return _back("bir" if session_id is not None else "")


def _back(ended: str) -> HttpResponse:
    return HttpResponseRedirect(page_url("login", "sessions", query={"kapandi": ended} if ended else None))


def _readable_id(text: str) -> SessionId | None:
    fits = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return SessionId(int(text)) if fits else None


def _row(view: SessionView, person: SignedIn) -> SessionRow:
    return SessionRow(
        id=view.session_id,
        device=device_name(view.visitor),
        network=network_hint(view.visitor),
        started_at=view.started_at,
        last_seen_at=view.last_seen_at,
        is_this_one=view.session_id == person.session_id,
        report_url=report_url("oturum", view.session_id),
    )


def _device(view: DeviceView, own: int | None) -> DeviceRow:
    return DeviceRow(
        device=device_name(view.visitor),
        network=network_hint(view.visitor),
        first_seen_at=view.first_seen_at,
        last_seen_at=view.last_seen_at,
        is_this_one=view.device_id == own,
        report_url=report_url("cihaz", view.device_id),
    )
