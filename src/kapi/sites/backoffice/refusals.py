"""`/yonetim/reddedilen-istekler/`: what programs of one's institutions were refused, in words."""

from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kapi.contexts.openid.selectors.refusals import refusals_of
from kapi.contexts.openid.values.refusals import Endpoint, RefusalsAsked, RefusalView
from kapi.kernel.langstring import LocalText
from kapi.sites.backoffice.clients import CLIENT_STAFF, trail
from kapi.sites.backoffice.door import for_staff, staff_of
from kapi.sites.backoffice.refusal_words import Explained, endpoint_words, explain, known_codes
from kapi.sites.ui.forms import Form
from kapi.sites.ui.links import page_url
from kapi.sites.ui.words import moment

PAGE_SIZE: Final = 50
CLIENT, WHERE, CODE, BEFORE = "istemci", "nerede", "kod", "once"
_FILTERS: Final = (CLIENT, WHERE, CODE)


@dataclass(frozen=True)
class Line:
    """A refused request as the page shows it."""

    at: str
    client: LocalText
    client_href: str
    where: str
    refusal: RefusalView
    words: Explained


@require_safe
@for_staff(*CLIENT_STAFF)
def refusals(request: HttpRequest) -> HttpResponse:
    """List refused requests, the newest first, fifty on a page; by client, place and code if the address says so."""
    values = {name: request.GET.get(name, "").strip() for name in _FILTERS}
    before = request.GET.get(BEFORE, "")
    if any("\0" in value or len(value) > 64 for value in values.values()) or not _is_id(before):
        raise Http404
    asked = RefusalsAsked(client_id=values[CLIENT], endpoint=values[WHERE], code=values[CODE])
    within = staff_of(request).reach(*CLIENT_STAFF)
    found = refusals_of(within=within, asked=asked, before=int(before) if before else None, limit=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    kept = {name: value for name, value in values.items() if value}
    older = kept | {BEFORE: str(shown[-1].id)} if len(found) > PAGE_SIZE else {}
    places = endpoint_words()
    context = {
        "form": Form(values),
        "lines": [_line(refusal, places) for refusal in shown],
        "older": page_url("backoffice", "refusals", query=older) if older else "",
        "newest": page_url("backoffice", "refusals", query=kept) if before else "",
        "places": [_anything(), *({"value": place.value, "text": text} for place, text in places.items())],
        "codes": [_anything(), *({"value": code, "text": code} for code in known_codes())],
        "mistakes": [],
        "trail": trail(),
    }
    return render(request, "backoffice/refusals.html", context)


def _line(refusal: RefusalView, places: dict[Endpoint, str]) -> Line:
    return Line(
        at=f"{moment(refusal.at)}:{refusal.at.second:02}",
        client=refusal.client_name.text(get_language() or ""),
        client_href=page_url("backoffice", "client", client_id=refusal.client_id),
        where=places[refusal.endpoint],
        refusal=refusal,
        words=explain(refusal.code, refusal.description),
    )


def _anything() -> dict[str, str]:
    return {"value": "", "text": _("All of them")}


def _is_id(text: str) -> bool:
    return not text or (text.isascii() and text.isdecimal() and len(text) <= 18)
