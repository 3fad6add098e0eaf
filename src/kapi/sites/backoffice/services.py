"""`/yonetim/hizmetler/`: the services of one's institutions, with what is public and what is being written."""

from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kapi.contexts.catalogue import selectors
from kapi.contexts.catalogue import services as catalogue
from kapi.contexts.catalogue.errors import RevisionOpen, ServiceNotFound, ServiceRetired
from kapi.contexts.catalogue.values import RevisionState, RevisionView, ServiceOverview, ServiceStatus
from kapi.contexts.institutions import selectors as institution_selectors
from kapi.contexts.institutions.values import InstitutionView, Permission
from kapi.kernel import turkish
from kapi.kernel.errors import DomainError
from kapi.sites.backoffice import names, tables
from kapi.sites.backoffice.door import Staff, for_staff, institution_for, staff_of
from kapi.sites.ui.links import page_url
from kapi.sites.ui.paging import NoSuchPage, Paging

PAGE_SIZE: Final = 50
MOST_SERVICES: Final = 10_000
"""So many services are looked through for one page; an institution with more would need a filter in the database."""
SERVICE_STAFF: Final = (Permission.EDIT_SERVICES, Permission.PUBLISH_SERVICES)
_STATES: Final = {
    "taslak": RevisionState.DRAFT,
    "onayda": RevisionState.IN_REVIEW,
    "geri": RevisionState.REJECTED,
}
_STATUSES: Final = {
    "sunuluyor": ServiceStatus.ACTIVE,
    "hazirlik": ServiceStatus.IN_PREPARATION,
    "kapali": ServiceStatus.RETIRED,
}


@dataclass(frozen=True)
class HistoryLine:
    """A revision in the history of its service."""

    id: int
    number: int
    state: str
    colour: str
    author: str
    approver: str
    view: RevisionView


@require_safe
@for_staff(*SERVICE_STAFF)
def services(request: HttpRequest) -> HttpResponse:
    """List services; `q` looks in titles and codes, `durum` asks for one state."""
    staff, language = staff_of(request), get_language() or ""
    within = staff.reach(*SERVICE_STAFF)
    everything, _total = selectors.overview_of(within=within, language=language, limit=MOST_SERVICES)
    query, state = request.GET.get("q", "").strip()[:200], request.GET.get("durum", "")
    matching = [service for service in everything if _matches(service, turkish.fold(query), state)]
    found, heads = tables.sort(request, matching, _columns(), keep=("q", "durum"))
    try:
        paging = Paging.of(request, total=len(found), size=PAGE_SIZE, keep=("q", "durum", tables.BY))
    except NoSuchPage as missing:
        raise Http404 from missing
    start = (paging.page - 1) * PAGE_SIZE
    context = {
        "rows": [_shown(service) for service in found[start : start + PAGE_SIZE]],
        "heads": heads,
        "paging": paging,
        "in_review": sum(service.open_state is RevisionState.IN_REVIEW for service in found),
        "query": query,
        "states": _state_options(state),
        "beginnings": _beginnings(staff, language),
        "done": _("The draft is thrown away.") if request.GET.get("oldu") == "atildi" else "",
    }
    return render(request, "backoffice/services.html", context)


@require_safe
@for_staff(*SERVICE_STAFF)
def service(request: HttpRequest, code: str) -> HttpResponse:
    """Show a service's revisions, the newest first, and what this person may do with it."""
    history, view = _get(request, code)
    return _page(request, history, view, refusal="")


@require_POST
@for_staff(Permission.PUBLISH_SERVICES)
def retire(request: HttpRequest, code: str) -> HttpResponse:
    """Offer a service no longer, after the box was ticked that says so."""
    history, view = _get(request, code, Permission.PUBLISH_SERVICES)
    if request.POST.get("sure") != "yes":
        return _page(
            request, history, view, refusal=_("Tick the box to confirm that the service is no longer offered.")
        )
    try:
        catalogue.retire(service_code=code, actor=staff_of(request).actor(view.code), now=timezone.now())
    except (ServiceNotFound, ServiceRetired, RevisionOpen) as refusal:
        return _page(request, history, view, refusal=_words_of(refusal))
    return HttpResponseRedirect(page_url("backoffice", "service", query={"oldu": "kapandi"}, code=code))


def _get(request: HttpRequest, code: str, *permissions: Permission) -> tuple[list[RevisionView], InstitutionView]:
    history = selectors.revisions_of(service_code=code)
    if not history:
        raise Http404
    return history, institution_for(request, history[0].institution_code, *(permissions or SERVICE_STAFF))


def _matches(service: ServiceOverview, folded: str, state: str) -> bool:
    if state in _STATES and service.open_state is not _STATES[state]:
        return False
    if state in _STATUSES and service.status is not _STATUSES[state]:
        return False
    return not folded or folded in turkish.fold(f"{service.title} {service.code}")


def _columns() -> dict[str, tables.Column]:
    return {
        "ad": tables.Column(_("Service"), lambda row: (turkish.sort_key(row.title), row.code)),
        "kurum": tables.Column(_("Institution"), lambda row: (turkish.sort_key(row.institution.title), row.code)),
        "durum": tables.Column(_("Public"), lambda row: (row.status.value, row.code)),
        "taslak": tables.Column(_("Being written"), lambda row: (row.open_state or "~", row.code)),
    }


def _shown(service: ServiceOverview) -> dict[str, object]:
    return {
        "service": service,
        "status": str(names.STATUSES[service.status]),
        "status_colour": names.STATE_COLOURS.get(service.status, "govuk-tag--grey"),
        "state": str(names.STATES[service.open_state]) if service.open_state else "",
        "state_colour": names.STATE_COLOURS.get(service.open_state, "") if service.open_state else "",
    }


def _state_options(chosen: str) -> list[dict[str, object]]:
    texts = {
        "": _("Any state"),
        **{key: str(names.STATES[state]) for key, state in _STATES.items()},
        **{key: str(names.STATUSES[status]) for key, status in _STATUSES.items()},
    }
    return [{"value": value, "text": text, "selected": value == chosen} for value, text in texts.items()]


def _beginnings(staff: Staff, language: str) -> list[dict[str, str]]:
    """Link to the form of a new service for each institution at which this person writes."""
    roots = staff.reach(Permission.EDIT_SERVICES) or []
    lines = institutions_named(roots, language)
    return [
        {
            "text": _("Begin a service of %(name)s") % {"name": name},
            "href": page_url("backoffice", "service_new", code=code),
        }
        for code, name in lines.items()
    ]


def institutions_named(codes: list[str], language: str) -> dict[str, str]:
    """Return the names of institutions by code, in the order given. One query."""
    lines = institution_selectors.lines_of(codes, language=language)
    return {code: lines[code].name for code in codes if code in lines}


def _page(request: HttpRequest, history: list[RevisionView], view: InstitutionView, *, refusal: str) -> HttpResponse:
    staff, newest = staff_of(request), history[0]
    people = names.people_named(p for r in history for p in (r.author_id, r.approver_id) if p is not None)
    is_retired = any(revision.state is RevisionState.RETIRED for revision in history)
    is_open = newest.state in _STATES.values()
    done = {"kapandi": _("The service is no longer offered."), "atildi": _("The draft is thrown away.")}
    context = {
        "service_code": newest.service_code,
        "title_of": newest.content.title,
        "institution": view,
        "history": [
            HistoryLine(
                id=revision.id,
                number=revision.number,
                state=str(names.STATES[revision.state]),
                colour=names.STATE_COLOURS.get(revision.state, "govuk-tag--grey"),
                author=people[revision.author_id],
                approver=people[revision.approver_id] if revision.approver_id is not None else "",
                view=revision,
            )
            for revision in history
        ],
        "is_public": any(revision.state is RevisionState.PUBLISHED for revision in history),
        "may_draft": not is_open and not is_retired and staff.may_at(view, Permission.EDIT_SERVICES),
        "may_retire": not is_open
        and any(revision.state is RevisionState.PUBLISHED for revision in history)
        and staff.may_at(view, Permission.PUBLISH_SERVICES),
        "is_open": is_open,
        "mistakes": [{"text": refusal, "href": "#sure"}] if refusal else [],
        "refusal": {"text": refusal} if refusal else None,
        "done": "" if refusal else done.get(request.GET.get("oldu", ""), ""),
        "trail": [{"text": _("Services"), "href": page_url("backoffice", "services")}],
    }
    return render(request, "backoffice/service.html", context, status=422 if refusal else 200)


def _words_of(refusal: DomainError) -> str:
    words = {
        ServiceNotFound.code: _("This service was never on offer."),
        ServiceRetired.code: _("This service is no longer offered already."),
        RevisionOpen.code: _("A revision is being written or waits for approval. Finish it first."),
    }
    return words[refusal.code]
