"""`/hesabim/destek/`: a code for the help desk, agreeing to its help, ending it, and all help there ever was."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import services
from kapi.contexts.identity.errors import AssistanceOver, SessionOver, TooManyAttempts
from kapi.contexts.identity.selectors import authenticators_of
from kapi.contexts.identity.selectors.assistance import assistances_of
from kapi.contexts.identity.values import (
    AssistanceEnd,
    AssistanceId,
    AssistanceState,
    AssistanceView,
    DeedKind,
    ShownSupportCode,
    SignedIn,
)
from kapi.contexts.institutions.selectors import lines_of
from kapi.kernel.langstring import LocalText
from kapi.sites.login.people import person_of
from kapi.sites.ui.assistance import deed_words
from kapi.sites.ui.errors import too_many_requests
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import require_sign_in

_PAGE = 25
_MOST_DIGITS = 18


@dataclass(frozen=True)
class Removal:
    """A way to sign in that the helper has suggested to remove, and where its owner does so."""

    name: str
    href: str


@dataclass(frozen=True)
class HelpRow:
    """One occasion of help as the page shows it."""

    id: int
    institution: LocalText | str
    staff: str
    at: datetime
    until: datetime
    is_asked: bool
    is_under_way: bool
    end: str
    deeds: tuple[tuple[datetime, str], ...]
    removals: tuple[Removal, ...]
    points_to_desk: bool


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
def assistance(request: HttpRequest) -> HttpResponse:
    """Show it; the field `deed` is `code`, `agree` or `end`, the latter two with the help's number (`help`).

    `once` (a help's number) asks for what is older.
    """
    person, now = person_of(request), timezone.now()
    if request.method != "POST":
        return _page(request, person, now)
    deed, asked = request.POST.get("deed", ""), _readable(request.POST.get("help", ""))
    try:
        if deed == "code":
            shown = services.make_support_code(session_id=person.session_id, actor=person.actor, now=now)
            return _page(request, person, now, shown)
        if deed == "agree":
            services.agree_to_assistance(assistance_id=asked, session_id=person.session_id, actor=person.actor, now=now)
        elif deed == "end":
            services.end_assistance(assistance_id=asked, actor=person.actor, now=now)
    except TooManyAttempts as refusal:
        return too_many_requests(request, retry_after=refusal.retry_after)
    except (AssistanceOver, SessionOver):
        pass  # the list shows what is
    return HttpResponseRedirect(page_url("login", "assistance"))


def _page(request: HttpRequest, person: SignedIn, now: datetime, shown: ShownSupportCode | None = None) -> HttpResponse:
    before = _readable(request.GET.get("once", "")) or None
    found = assistances_of(person_id=person.person_id, older_than=before, limit=_PAGE + 1, now=now)
    views = found[:_PAGE]
    codes = {view.institution_code for view in views if view.institution_code}
    lines = lines_of(codes, language=get_language() or "") if codes else {}
    suggested = any(deed.kind is DeedKind.REMOVAL_SUGGESTED for view in views[:1] for deed in view.deeds)
    own = authenticators_of(person_id=person.person_id) if suggested else ()
    removals = {
        str(view.authenticator_id): Removal(
            view.name, page_url("login", "remove_authenticator", authenticator_id=view.authenticator_id)
        )
        for view in own
    }
    rows = [
        _row(view, lines[view.institution_code].name if view.institution_code in lines else "", removals)
        for view in views
    ]
    context = {
        "open": [row for row in rows if row.is_asked or row.is_under_way],
        "past": [row for row in rows if not (row.is_asked or row.is_under_way)],
        "older_than": views[-1].assistance_id if len(found) > _PAGE else None,
        "code": shown.code if shown else "",
        "code_until": shown.expires_at if shown else None,
    }
    return render(request, "login/assistance.html", context)


def _row(view: AssistanceView, institution: LocalText | str, removals: dict[str, Removal]) -> HelpRow:
    is_under_way = view.state is AssistanceState.AGREED
    suggested = [deed.detail for deed in view.deeds if deed.kind is DeedKind.REMOVAL_SUGGESTED]
    return HelpRow(
        id=view.assistance_id,
        institution=institution,
        staff=_("member of staff no. %(number)s") % {"number": view.staff_id},
        at=view.agreed_at or view.asked_at,
        until=view.until,
        is_asked=view.state is AssistanceState.ASKED,
        is_under_way=is_under_way,
        end=_end_words(view),
        deeds=tuple((deed.at, deed_words(deed)) for deed in view.deeds),
        removals=tuple(removals[pk] for pk in dict.fromkeys(suggested) if pk in removals) if is_under_way else (),
        points_to_desk=is_under_way and any(deed.kind is DeedKind.POINTED_TO_DESK for deed in view.deeds),
    )


def _end_words(view: AssistanceView) -> str:
    if view.end_reason is None:
        return ""
    if view.agreed_at is None and view.end_reason is not AssistanceEnd.DECLINED:
        return _("Asked for, and never agreed to: nothing was shown")
    return {
        AssistanceEnd.DECLINED: _("You said no: nothing was shown"),
        AssistanceEnd.BY_CITIZEN: _("You ended it"),
        AssistanceEnd.BY_STAFF: _("The member of staff ended it"),
        AssistanceEnd.BY_TIME: _("It ended by itself"),
        AssistanceEnd.REPLACED: _("It ended when you read out another code"),
    }[view.end_reason]


def _readable(text: str) -> AssistanceId:
    fits = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return AssistanceId(int(text) if fits else 0)
