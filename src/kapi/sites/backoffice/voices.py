"""What people tell us: feedback on services, barriers that they met, searches that found nothing."""

from dataclasses import dataclass
from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kapi.contexts.catalogue import selectors, services
from kapi.contexts.catalogue.errors import BarrierNotFound
from kapi.contexts.catalogue.values import BarrierView, FeedbackView
from kapi.contexts.institutions.values import Permission
from kapi.sites.backoffice.door import for_staff, staff_of
from kapi.sites.ui.links import page_url
from kapi.sites.ui.paging import NoSuchPage, Paging, page_asked_for

PAGE_SIZE: Final = 50
SEARCHES_SHOWN: Final = 200
_MOST_DIGITS: Final = 18


@dataclass(frozen=True)
class Voice:
    """One feedback as the page shows it; `href` leads to the service it is about, `score` is in words."""

    view: FeedbackView
    href: str
    score: str


@require_safe
@for_staff(Permission.READ_FEEDBACK)
def feedback(request: HttpRequest) -> HttpResponse:
    """List what people said about the services of one's institutions, the newest first."""
    reach = staff_of(request).reach(Permission.READ_FEEDBACK)
    try:
        start = (page_asked_for(request) - 1) * PAGE_SIZE
        found, total = selectors.feedback_within(within=reach, start=start, limit=PAGE_SIZE)
        paging = Paging.of(request, total=total, size=PAGE_SIZE)
    except NoSuchPage as missing:
        raise Http404 from missing
    context = {"voices": [_voice(view) for view in found], "paging": paging}
    return render(request, "backoffice/feedback.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.READ_FEEDBACK)
def barriers(request: HttpRequest) -> HttpResponse:
    """List the barriers that people met on the gateway's own pages; `answered` is the number of one that was answered.

    They may say how to reach somebody, so they are for the gateway's own staff.
    """
    staff = staff_of(request)
    if not staff.may_everywhere(Permission.READ_FEEDBACK):
        raise PermissionDenied
    if request.method == "POST":
        return _answered(request)
    kept, waiting = selectors.count_waiting_barriers()
    try:
        start = (page_asked_for(request) - 1) * PAGE_SIZE
        paging = Paging.of(request, total=kept, size=PAGE_SIZE)
    except NoSuchPage as missing:
        raise Http404 from missing
    found: list[BarrierView] = selectors.barrier_reports(start=start, limit=PAGE_SIZE)
    done = _("Written down that this report was answered.") if request.GET.get("oldu") == "yanitlandi" else ""
    context = {"reports": found, "waiting": waiting, "paging": paging, "done": done}
    return render(request, "backoffice/barriers.html", context)


@require_safe
@for_staff(Permission.READ_FEEDBACK)
def searches(request: HttpRequest) -> HttpResponse:
    """List what people searched for and did not find, the most frequent first: words that services lack."""
    found = selectors.unanswered_searches(limit=SEARCHES_SHOWN)
    return render(request, "backoffice/searches.html", {"searches": found, "most": SEARCHES_SHOWN})


def _answered(request: HttpRequest) -> HttpResponse:
    number = request.POST.get("answered", "")
    if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
        raise Http404
    try:
        services.answer_barrier(barrier_id=int(number), actor=staff_of(request).actor(), now=timezone.now())
    except BarrierNotFound as missing:
        raise Http404 from missing
    return HttpResponseRedirect(page_url("backoffice", "barriers", query={"oldu": "yanitlandi"}))


def _voice(view: FeedbackView) -> Voice:
    words = {None: "", 1: _("Not useful"), 5: _("Useful")}
    score = words.get(view.score) if view.score in words else _("%(score)s of 5") % {"score": view.score}
    # Which page it was about is what a stranger typed: shown, and never led to.
    href = page_url("portal", "service", code=view.service_code) if view.service_code else ""
    return Voice(view, href, score or "")
