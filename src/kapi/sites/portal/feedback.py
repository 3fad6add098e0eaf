"""What people tell us about a page: one click on the page itself, words on a page of their own."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kapi.contexts.catalogue import services as catalogue
from kapi.kernel.actors import NOBODY
from kapi.sites.portal.messages import MOST_CHARACTERS, count_message, mistakes_in, page_before, path_of
from kapi.sites.ui.errors import not_permitted, too_many_requests
from kapi.sites.ui.forms import Form, read_form
from kapi.sites.ui.links import origin_of, page_url

# How the two answers to "Was this page useful?" stand on the catalogue's scale of 1 to 5.
USEFUL: Final = 5
NOT_USEFUL: Final = 1
_SALT: Final = "portal.feedback"
_MAY_FOLLOW: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Subject:
    """What feedback is about: a page, and the service it tells of (empty for other pages)."""

    page: str
    service: str


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request: HttpRequest) -> HttpResponse:
    """Take words about a page; `kayit` says which page was judged by one click before."""
    if request.method != "POST":
        return _page(request, Form({"text": "", "page": page_before(request), "kayit": request.GET.get("kayit", "")}))
    form = read_form(request, "text", "page", "kayit")
    decision = count_message(request)
    if not decision.allowed:
        return too_many_requests(request, retry_after=decision.retry_after)
    mistakes = mistakes_in(form)
    if mistakes:
        return _page(request, Form(form.values, mistakes))
    subject = _judged(form.values["kayit"]) or Subject(path_of(form.values["page"]), "")
    _record(subject, score=None, text=form.values["text"])
    return HttpResponseRedirect(page_url("portal", "feedback_received"))


@csrf_exempt
@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Keep the one-click answer "Was this page useful?" and offer to say more.

    Pages that carry this form are the same for everybody, so that they can be kept by browsers and caches; they hold
    no token. The form does nothing in anybody's name, and a browser that comes from another site is refused.
    """
    if _is_from_elsewhere(request):
        return not_permitted(request)
    decision = count_message(request)
    if not decision.allowed:
        return too_many_requests(request, retry_after=decision.retry_after)
    typed = read_form(request, "page", "service", "useful").values
    subject = Subject(path_of(typed["page"]), typed["service"].replace("\0", "")[:80])  # PostgreSQL keeps no NUL
    _record(subject, score=USEFUL if typed["useful"] == "yes" else NOT_USEFUL, text="")
    judged = signing.dumps([subject.page, subject.service], salt=_SALT)
    return HttpResponseRedirect(page_url("portal", "feedback", query={"kayit": judged}))


@require_safe
def received(request: HttpRequest) -> HttpResponse:
    """Thank, and say what happens now."""
    return render(request, "portal/feedback_received.html")


def _record(subject: Subject, *, score: int | None, text: str) -> None:
    catalogue.record_feedback(
        page=subject.page or page_url("portal", "feedback"),
        service_code=subject.service or None,
        score=score,
        text=text,
        language=get_language() or "",
        actor=NOBODY,
        now=timezone.now(),
    )


def _page(request: HttpRequest, form: Form) -> HttpResponse:
    values = {
        "form": form,
        "mistakes": form.error_list,
        "follows_answer": _judged(form.values["kayit"]) is not None,
        "most_characters": MOST_CHARACTERS,
    }
    return render(request, "portal/feedback.html", values)


def _judged(token: str) -> Subject | None:
    try:
        page, service = signing.loads(token, salt=_SALT, max_age=_MAY_FOLLOW)
    except signing.BadSignature:
        return None
    return Subject(page, service)


def _is_from_elsewhere(request: HttpRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site", "")
    if site:
        return site != "same-origin"
    origin = request.headers.get("Origin", "")
    return bool(origin) and origin != origin_of("portal")
