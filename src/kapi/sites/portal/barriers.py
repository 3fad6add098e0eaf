"""Reports of barriers: something that kept a person from using the site."""

from typing import Final

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from kapi.contexts.catalogue import services as catalogue
from kapi.kernel.actors import NOBODY
from kapi.sites.portal.messages import MOST_CHARACTERS, count_message, mistakes_in, page_before, path_of
from kapi.sites.ui.errors import too_many_requests
from kapi.sites.ui.forms import Form, read_form
from kapi.sites.ui.links import page_url

_SALT: Final = "portal.barrier"
_FIELDS: Final = ("text", "page", "aids", "contact")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Take a report of a barrier, and how to answer those who want an answer."""
    if request.method != "POST":
        return _page(request, Form(dict.fromkeys(_FIELDS, "") | {"page": page_before(request)}))
    form = read_form(request, *_FIELDS)
    decision = count_message(request)
    if not decision.allowed:
        return too_many_requests(request, retry_after=decision.retry_after)
    mistakes = mistakes_in(form)
    if mistakes:
        return _page(request, Form(form.values, mistakes))
    number = _record(form)
    told = signing.dumps([number, bool(form.values["contact"].strip())], salt=_SALT)
    return HttpResponseRedirect(page_url("portal", "barrier_received", query={"kayit": told}))


@never_cache
@require_safe
def received(request: HttpRequest) -> HttpResponse:
    """Give the report's number and say what happens now."""
    try:
        number, wants_answer = signing.loads(request.GET.get("kayit", ""), salt=_SALT)
    except signing.BadSignature as unknown:
        raise Http404 from unknown
    return render(request, "portal/barrier_received.html", {"number": number, "wants_answer": wants_answer})


def _record(form: Form) -> int:
    """Keep the report; what was typed as the page and as aids goes into its words, for it may be anything."""
    page = path_of(form.values["page"])
    extras = (form.values["aids"].strip(), "" if page else form.values["page"].strip())
    return catalogue.record_barrier_report(
        page=page or page_url("portal", "barrier"),
        text="\n\n".join(part for part in (form.values["text"].strip(), *extras) if part),
        contact=form.values["contact"].strip(),
        language=get_language() or "",
        actor=NOBODY,
        now=timezone.now(),
    )


def _page(request: HttpRequest, form: Form) -> HttpResponse:
    values = {"form": form, "mistakes": form.error_list, "most_characters": MOST_CHARACTERS}
    return render(request, "portal/barrier.html", values)
