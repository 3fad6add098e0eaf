"""A service's page: everything that is said about it, as a page and as data, and the way on to the institution."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue import selectors as catalogue
from kapi.contexts.catalogue.errors import ServiceNotFound
from kapi.contexts.catalogue.values import ChannelType, ChannelView, ExportFormat, ServicePage
from kapi.kernel.langstring import LocalText
from kapi.sites.portal import shelves, words
from kapi.sites.portal.facts import Fact, dialled
from kapi.sites.portal.samples import is_sample
from kapi.sites.portal.traces import note_start
from kapi.sites.ui.links import page_url
from kapi.sites.ui.public import public_page
from kapi.sites.ui.session import signed_in


@dataclass(frozen=True)
class Fee:
    """An amount in words, and when it applies."""

    amount: str
    condition: LocalText


@dataclass(frozen=True)
class OtherWay:
    """A way to the service without the Internet: a number with the link that dials it, or a place."""

    name: str
    place: LocalText
    address: str
    link: str


@dataclass(frozen=True)
class OtherForm:
    """The same explained in sign language or easy words; `is_sample` where the address leads nowhere on purpose."""

    text: str
    address: str
    is_sample: bool


@require_safe
@public_page
def service(request: HttpRequest, code: str) -> HttpResponse:
    """Show what is published about a service; `format=jsonld` or `ttl` gives it in the terms of CPSV-AP."""
    wanted = request.GET.get("format", "")
    if wanted:
        return _data(code, wanted)
    page = _get(code)
    fees = [Fee(words.cost(cost), cost.condition) for cost in page.costs]
    values = {
        "service": page,
        "online_host": urlsplit(page.online_address).hostname or "",
        "online_is_sample": is_sample(page.online_address),
        "forms": _forms(page),
        "favourite": _favourite(request, code),
        "costs": fees,
        "facts": _facts(page, fees),
        "laws": [words.legal_resource(law) for law in page.legal_basis],
        "other_channels": [_other_way(channel) for channel in page.channels if not channel.type.is_digital],
        "related": shelves.related(
            code=code,
            life_events=tuple(event.code for event in page.life_events),
            categories=tuple(category.code for category in page.categories),
            language=get_language() or "",
        ),
    }
    response = render(request, "portal/service.html", values)
    response["Link"] = _alternates(code)
    return response


@require_safe
@never_cache
def go(request: HttpRequest, code: str) -> HttpResponse:
    """Count the use and send the person on to the institution."""
    address = _get(code).online_address
    if not address:
        raise Http404
    is_person = request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", "")
    if is_person:
        note_start(request, code, now=timezone.now())
    return HttpResponseRedirect(address)


def _data(code: str, wanted: str) -> HttpResponse:
    try:
        form = ExportFormat(wanted)
        written = catalogue.export_service(code=code, form=form)
    except (ValueError, ServiceNotFound) as missing:
        raise Http404 from missing
    response = HttpResponse(written, content_type=form.media_type)
    page = page_url("portal", "service", code=code)
    response["Link"] = f'<{page}>; rel="alternate"; type="text/html"'
    return response


def _alternates(code: str) -> str:
    """Name the other forms of a page for programs that read no HTML (RFC 8288)."""
    return ", ".join(
        f'<{page_url("portal", "service", query={"format": form.value}, code=code)}>; rel="alternate"; '
        f'type="{form.media_type.split(";")[0]}"'
        for form in ExportFormat
    )


def _get(code: str) -> ServicePage:
    page = catalogue.find_service_page(code=code, language=get_language() or "")
    if page is None:
        raise Http404
    return page


def _favourite(request: HttpRequest, code: str) -> bool | None:
    """Say whether the service is on one's own page; None where nobody is signed in."""
    person = signed_in(request)
    return None if person is None else catalogue.is_favourite(person_id=int(person.person_id), service_code=code)


def _forms(page: ServicePage) -> list[OtherForm]:
    """List where the service is explained in another form than written words."""
    found = [
        (_("Watch it in sign language"), page.sign_language_url),
        (_("Read it in easy language"), page.easy_read_url),
    ]
    return [OtherForm(text, address, is_sample(address)) for text, address in found if address]


def _facts(page: ServicePage, fees: list[Fee]) -> list[Fact]:
    """Say what one gets, what it costs and how long it takes. What nobody stated is said to be so."""
    time = words.duration(page.processing_time) if page.processing_time else _("Not stated")
    return [
        *(Fact(_("What you get"), output.title, language=output.title.language) for output in page.outputs[:1]),
        Fact(_("What it costs"), _cost(fees)),
        Fact(_("How long it takes"), time),
    ]


def _cost(fees: list[Fee]) -> str:
    if not fees:
        return _("Not stated")
    if len(fees) > 1:
        return _("It depends, see below")
    return f"{fees[0].amount} ({fees[0].condition})" if fees[0].condition else fees[0].amount


def _other_way(channel: ChannelView) -> OtherWay:
    is_phone = channel.type is ChannelType.PHONE
    name = str(words.CHANNELS[channel.type])
    return OtherWay(name, channel.place, channel.address, dialled(channel.address) if is_phone else "")
