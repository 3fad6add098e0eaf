"""`/yonetim/destek/`: helping somebody with their account, with a code that they read out and while they agree.

No identity number is asked for and none is shown. What one may see and do here ends by itself after a quarter of an
hour, when the citizen ends it or signs out, and with one's own session.
"""

from collections.abc import Callable
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import services
from kapi.contexts.identity.errors import (
    AssistanceOver,
    AuthenticatorNotFound,
    OwnAssistance,
    SupportCodeRefused,
    TooManyAttempts,
)
from kapi.contexts.identity.selectors import assistance as selectors
from kapi.contexts.identity.values import (
    AccountState,
    AssistanceId,
    AssistanceState,
    AssistanceView,
    AssistedAccount,
    AuthenticatorId,
    AuthenticatorKind,
    Lane,
    SessionId,
)
from kapi.contexts.institutions.values import Permission
from kapi.kernel.actors import Actor
from kapi.sites.backoffice.door import Staff, for_staff, staff_of
from kapi.sites.ui.assistance import deed_words, event_words, lane_words
from kapi.sites.ui.errors import too_many_requests
from kapi.sites.ui.forms import Form, read_form
from kapi.sites.ui.links import page_url

_MOST_DIGITS = 18


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.ASSIST_CITIZENS)
def assistances(request: HttpRequest) -> HttpResponse:
    """Take the code that a citizen has read out, and list whom one is helping in this session."""
    staff, now = staff_of(request), timezone.now()
    if request.method != "POST":
        return _code_page(request, staff, Form({"code": ""}), now)
    form = read_form(request, "code")
    try:
        asked = services.ask_to_assist(
            code=form.values["code"], session_id=staff.person.session_id, actor=_actor(staff), now=now
        )
    except TooManyAttempts as refusal:
        return too_many_requests(request, retry_after=refusal.retry_after)
    except SupportCodeRefused:
        words = _("This code is not right, was used already, or is older than five minutes. Ask for a new one.")
        return _code_page(request, staff, Form({"code": ""}, {"code": words}), now)
    except OwnAssistance:
        words = _("This is your own code. Another officer must help you.")
        return _code_page(request, staff, Form({"code": ""}, {"code": words}), now)
    return HttpResponseRedirect(page_url("backoffice", "assistance", assistance_id=asked))


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.ASSIST_CITIZENS)
def assistance(request: HttpRequest, assistance_id: int) -> HttpResponse:
    """Show how the account stands; the field `deed` is `end`, `sessions`, `lane`, `removal` or `desk`."""
    staff, now = staff_of(request), timezone.now()
    view = selectors.find_assistance(assistance_id=AssistanceId(assistance_id), staff_id=staff.person_id, now=now)
    if view is None:
        raise Http404
    if request.method == "POST":
        return _do(request, view, staff, now)
    return _page(request, view, staff, now, refusal="")


def _do(request: HttpRequest, view: AssistanceView, staff: Staff, now: datetime) -> HttpResponse:
    asked, session_id, actor = view.assistance_id, staff.person.session_id, _actor(staff)
    deeds: dict[str, Callable[[], object]] = {
        "end": lambda: services.end_assistance(assistance_id=asked, actor=actor, now=now),
        "sessions": lambda: services.end_sessions_in_assistance(
            assistance_id=asked, session_id=session_id, actor=actor, now=now
        ),
        "lane": lambda: services.release_lane(
            assistance_id=asked, session_id=session_id, lane=_lane(request), actor=actor, now=now
        ),
        "removal": lambda: services.suggest_removal(
            assistance_id=asked,
            session_id=session_id,
            authenticator_id=_authenticator(request),
            actor=actor,
            now=now,
        ),
        "desk": lambda: services.point_to_desk(assistance_id=asked, session_id=session_id, actor=actor, now=now),
    }
    deed = deeds.get(request.POST.get("deed", ""))
    if deed is None:
        return _page(request, view, staff, now, refusal=_("Choose what you want to do."))
    try:
        deed()
    except AssistanceOver:
        pass  # the page says that it is over
    except TooManyAttempts:
        return _page(request, view, staff, now, refusal=_("These tries were released already; that is done only once."))
    except AuthenticatorNotFound:
        return _page(request, view, staff, now, refusal=_("It is not there any more."))
    return HttpResponseRedirect(page_url("backoffice", "assistance", assistance_id=asked))


def _page(request: HttpRequest, view: AssistanceView, staff: Staff, now: datetime, *, refusal: str) -> HttpResponse:
    account = _look(view, staff, now)
    is_waiting = view.state is AssistanceState.ASKED
    context = {
        "is_waiting": is_waiting,
        "is_over": account is None and not is_waiting,
        "until": view.until,
        "account": _shown(account) if account else None,
        "mistakes": [{"text": refusal, "href": "#deeds"}] if refusal and account else [],
        "trail": [{"text": _("Help desk"), "href": page_url("backoffice", "assistances")}],
    }
    return render(request, "backoffice/assistance.html", context, status=422 if refusal and account else 200)


def _look(view: AssistanceView, staff: Staff, now: datetime) -> AssistedAccount | None:
    if view.state is not AssistanceState.AGREED:
        return None
    session_id = SessionId(int(staff.person.session_id))
    try:
        return services.look_at_account(
            assistance_id=view.assistance_id, session_id=session_id, actor=_actor(staff), now=now
        )
    except AssistanceOver:
        return None


def _shown(account: AssistedAccount) -> dict[str, object]:
    kinds = {
        AuthenticatorKind.PASSKEY: _("Passkey"),
        AuthenticatorKind.TOTP: _("App with one-time codes"),
        AuthenticatorKind.RECOVERY_CODES: _("Printed recovery codes"),
        AuthenticatorKind.SMS: _("Code by text message"),
        AuthenticatorKind.EMAIL: _("Code by e-mail"),
    }
    released = {deed.detail for deed in account.deeds}
    return {
        "state": _("In use") if account.state is AccountState.ACTIVE else _("Waits for the first password"),
        "password_changed_at": account.password_changed_at,
        "code_expires_at": account.code_expires_at,
        "open_sessions": account.open_sessions,
        "recovery_codes_left": account.recovery_codes_left,
        "authenticators": [
            (int(row.authenticator_id), kinds[row.kind], row.added_at, row.last_used_at)
            for row in account.authenticators
        ],
        "events": [(at, event_words(kind)) for at, kind in account.events],
        "lanes": [(lane.value, lane_words(lane), lane in account.full_lanes, lane.value in released) for lane in Lane],
        "deeds": [(deed.at, deed_words(deed)) for deed in account.deeds],
    }


def _code_page(request: HttpRequest, staff: Staff, form: Form, now: datetime) -> HttpResponse:
    views = selectors.assistances_by(staff_id=staff.person_id, session_id=staff.person.session_id, now=now)
    rows = [
        (
            page_url("backoffice", "assistance", assistance_id=view.assistance_id),
            _("Waits for the citizen's agreement") if view.state is AssistanceState.ASKED else _("Under way"),
            view.asked_at,
            view.until,
        )
        for view in views
    ]
    context = {"form": form, "mistakes": form.error_list, "rows": rows}
    return render(request, "backoffice/assistances.html", context, status=422 if form.mistakes else 200)


def _actor(staff: Staff) -> Actor:
    """Name the institution in whose service the officer helps."""
    return staff.actor(next(iter(staff.reach(Permission.ASSIST_CITIZENS) or []), ""))


def _lane(request: HttpRequest) -> Lane:
    try:
        return Lane(request.POST.get("lane", ""))
    except ValueError:
        raise Http404 from None


def _authenticator(request: HttpRequest) -> AuthenticatorId:
    typed = request.POST.get("authenticator", "")
    fits = typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS
    return AuthenticatorId(int(typed) if fits else 0)
