"""`/yonetim/surumler/`: writing a revision, asking for approval, and publishing through four eyes."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kapi.contexts.catalogue import selectors, services
from kapi.contexts.catalogue.errors import (
    ApprovedByAuthor,
    ContentIncomplete,
    RevisionChanged,
    RevisionNotAllowed,
    RevisionOpen,
    ServiceExists,
    ServiceRetired,
)
from kapi.contexts.catalogue.values import RevisionState, RevisionView, ServiceContent
from kapi.contexts.institutions.values import InstitutionView, Permission
from kapi.kernel.errors import DomainError, InvalidValue
from kapi.kernel.langstring import LangString
from kapi.sites.backoffice import content_form, content_words, names
from kapi.sites.backoffice.content_form import ContentForm
from kapi.sites.backoffice.door import for_staff, institution_for, staff_of
from kapi.sites.backoffice.services import SERVICE_STAFF
from kapi.sites.ui.links import page_url

_CHANGEABLE = (RevisionState.DRAFT, RevisionState.REJECTED)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.EDIT_SERVICES)
def new_service(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a service of an institution (`code`) with its first draft."""
    view = institution_for(request, code, Permission.EDIT_SERVICES)
    heading = _("Begin a service of %(name)s") % {"name": view.name}
    if request.method != "POST":
        empty = content_form.form_of(ServiceContent(title=LangString("")))
        return _form_page(request, empty, heading, service_code="")
    form, own_code = content_form.read_form(request), request.POST.get("code", "").strip()
    if "more" in request.POST:
        return _form_page(request, form.with_more_rows(), heading, service_code=own_code)
    content = content_form.content_of(form)
    if isinstance(content, ContentForm):
        return _form_page(request, content, heading, service_code=own_code)
    try:
        revision_id = services.draft_service(
            code=own_code,
            institution_code=code,
            content=content,
            actor=staff_of(request).actor(code),
            now=timezone.now(),
        )
    except InvalidValue:
        words = _("Write the code in small letters without Turkish signs, words joined by hyphens: ogrenci-belgesi.")
        return _form_page(request, form.mended({"code": words}), heading, service_code=own_code)
    except ServiceExists:
        words = _("Another service has this code, or had it once. Choose another.")
        return _form_page(request, form.mended({"code": words}), heading, service_code=own_code)
    return _shown(revision_id, "kaydedildi")


@require_POST
@for_staff(Permission.EDIT_SERVICES)
def new_revision(request: HttpRequest, code: str) -> HttpResponse:
    """Begin a new revision of a service with what it says now, and lead to its form."""
    history = selectors.revisions_of(service_code=code)
    if not history:
        raise Http404
    view = institution_for(request, history[0].institution_code, Permission.EDIT_SERVICES)
    actor, now = staff_of(request).actor(view.code), timezone.now()
    try:
        revision_id = services.draft_revision(service_code=code, content=history[0].content, actor=actor, now=now)
    except (RevisionOpen, ServiceRetired):  # somebody was faster; the service's page shows what is
        return HttpResponseRedirect(page_url("backoffice", "service", code=code))
    return HttpResponseRedirect(page_url("backoffice", "revision_edit", revision_id=revision_id))


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.EDIT_SERVICES)
def edit(request: HttpRequest, revision_id: int) -> HttpResponse:
    """Write a draft, or a revision that was sent back. `version` is what the writing was based on."""
    revision, view = _get(request, revision_id, Permission.EDIT_SERVICES)
    heading = _("Write the description")
    if revision.state not in _CHANGEABLE:
        return _page(request, revision, view, refusal=_words_of(RevisionNotAllowed()))
    if request.method != "POST":
        return _form_page(request, content_form.form_of(revision.content), heading, revision=revision)
    form = content_form.read_form(request)
    if "more" in request.POST:
        return _form_page(request, form.with_more_rows(), heading, revision=revision)
    content = content_form.content_of(form)
    if isinstance(content, ContentForm):
        return _form_page(request, content, heading, revision=revision)
    actor, now = staff_of(request).actor(view.code), timezone.now()
    try:
        services.change_draft(revision_id=revision_id, version=_version(request), content=content, actor=actor, now=now)
    except (RevisionChanged, RevisionNotAllowed) as refusal:
        mended = form.mended({"title_tr": _words_of(refusal)})
        return _form_page(request, mended, heading, revision=revision)
    return _shown(revision_id, "kaydedildi")


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(*SERVICE_STAFF)
def revision(request: HttpRequest, revision_id: int) -> HttpResponse:
    """Show a revision and what it changes; the field `deed` is `submit`, `approve`, `reject` or `discard`."""
    shown, view = _get(request, revision_id, *SERVICE_STAFF)
    if request.method != "POST":
        return _page(request, shown, view, refusal="")
    deed = request.POST.get("deed", "")
    needed = Permission.EDIT_SERVICES if deed in ("submit", "discard") else Permission.PUBLISH_SERVICES
    if not staff_of(request).may_at(view, needed):
        raise PermissionDenied
    try:
        return _do(request, deed, shown, view)
    except ContentIncomplete as refusal:
        form = content_form.form_of(shown.content).mended(content_form.mistakes_of(refusal.faults, shown.content))
        return _form_page(request, form, _("Write the description"), revision=shown)
    except InvalidValue:
        words = _("Say in at most 500 characters why you send it back, so that the authors can mend it.")
        return _page(request, shown, view, refusal=words, field="note")
    except (ApprovedByAuthor, RevisionChanged, RevisionNotAllowed) as refusal:
        fresh, _view = _get(request, revision_id, *SERVICE_STAFF)
        return _page(request, fresh, view, refusal=_words_of(refusal))


def _do(request: HttpRequest, deed: str, shown: RevisionView, view: InstitutionView) -> HttpResponse:
    actor, version, now = staff_of(request).actor(view.code), _version(request), timezone.now()
    if deed == "submit":
        services.submit(revision_id=shown.id, version=version, actor=actor, now=now)
    elif deed == "approve":
        services.approve_and_publish(revision_id=shown.id, version=version, actor=actor, now=now)
    elif deed == "reject":
        note = request.POST.get("note", "").replace("\0", "")
        services.reject(revision_id=shown.id, note=note, actor=actor, now=now)
    elif deed == "discard":
        return _discard(request, shown, view)
    else:
        return _page(request, shown, view, refusal=_("Choose what should happen with this revision."))
    return _shown(shown.id, deed)


def _discard(request: HttpRequest, shown: RevisionView, view: InstitutionView) -> HttpResponse:
    """Throw a draft away once the box was ticked that says so."""
    if request.POST.get("sure") != "yes":
        words = _("Tick the box to confirm that this draft is thrown away.")
        return _page(request, shown, view, refusal=words, field="sure")
    gone = services.discard_draft(
        revision_id=shown.id, version=_version(request), actor=staff_of(request).actor(view.code), now=timezone.now()
    )
    done = {"oldu": "atildi"}
    if gone:
        return HttpResponseRedirect(page_url("backoffice", "services", query=done))
    return HttpResponseRedirect(page_url("backoffice", "service", query=done, code=shown.service_code))


def _get(request: HttpRequest, revision_id: int, *permissions: Permission) -> tuple[RevisionView, InstitutionView]:
    found = selectors.find_revision(revision_id)
    if found is None:
        raise Http404
    return found, institution_for(request, found.institution_code, *permissions)


def _version(request: HttpRequest) -> int:
    """Read the version that a form was made of; 0, which no revision has, if it is not a number."""
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else 0


def _words_of(refusal: DomainError) -> str:
    words = {
        ApprovedByAuthor.code: _("You wrote a part of this revision, so another person must approve it."),
        RevisionChanged.code: _(
            "Somebody changed this revision in the meantime. What you wrote is still here; "
            "open the revision in another window, bring both together, and open this form again."
        ),
        RevisionNotAllowed.code: _("This revision stands elsewhere by now: look at its state below."),
    }
    return words[refusal.code]


def _page(
    request: HttpRequest, shown: RevisionView, view: InstitutionView, *, refusal: str, field: str = "deeds"
) -> HttpResponse:
    staff = staff_of(request)
    history = selectors.revisions_of(service_code=shown.service_code)
    before = next((older for older in history if older.number < shown.number), None)
    people = names.people_named(p for p in (*shown.contributors, shown.author_id, shown.approver_id) if p is not None)
    in_review = shown.state is RevisionState.IN_REVIEW
    wrote = staff.person_id in {shown.author_id, *shown.contributors}
    may_publish = staff.may_at(view, Permission.PUBLISH_SERVICES)
    may_edit = staff.may_at(view, Permission.EDIT_SERVICES)
    done = {
        "kaydedildi": _("Saved as a draft. Nothing of it is public yet."),
        "submit": _("Handed in. Another person must approve it."),
        "approve": _("Published. Everybody can read it now."),
        "reject": _("Sent back to those who wrote it, with your note."),
    }
    context = {
        "revision": shown,
        "title_of": shown.content.title,
        "institution": view,
        "state": str(names.STATES[shown.state]),
        "colour": names.STATE_COLOURS.get(shown.state, "govuk-tag--grey"),
        "authors": ", ".join(people[person] for person in dict.fromkeys((*shown.contributors, shown.author_id))),
        "approver": people[shown.approver_id] if shown.approver_id is not None else "",
        "before": before,
        "changes": content_words.changes_between(before.content if before else None, shown.content),
        "facts": content_words.facts_of(shown.content),
        "may_edit": may_edit and shown.state in _CHANGEABLE,
        "may_submit": may_edit and shown.state is RevisionState.DRAFT,
        "may_discard": may_edit and shown.state in _CHANGEABLE,
        "sure_mistake": {"text": refusal} if refusal and field == "sure" else None,
        "may_approve": may_publish and in_review and not wrote,
        "may_reject": may_publish and in_review,
        "why_not": _words_of(ApprovedByAuthor()) if in_review and wrote else "",
        "mistakes": [{"text": refusal, "href": f"#{field}"}] if refusal else [],
        "note_mistake": {"text": refusal} if refusal and field == "note" else None,
        "note": request.POST.get("note", ""),
        "done": "" if refusal else done.get(request.GET.get("oldu", ""), ""),
        "trail": _trail(shown),
    }
    return render(request, "backoffice/revision.html", context, status=422 if refusal else 200)


def _form_page(
    request: HttpRequest,
    form: ContentForm,
    heading: str,
    *,
    revision: RevisionView | None = None,
    service_code: str = "",
) -> HttpResponse:
    language = get_language() or ""
    context = {
        "form": form,
        "mistakes": form.error_list,
        "words": heading,
        "revision": revision,
        # After a refusal the form goes on from what it was based on, never silently from what others wrote since.
        "version": request.POST.get("version", revision.version if revision else ""),
        "service_code": service_code,
        "options": _options(),
        "life_events": [(line.code, line.title) for line in selectors.life_events(language=language)],
        "categories": [(line.code, line.title) for line in selectors.categories(language=language)],
        "trail": _trail(revision)
        if revision
        else [{"text": _("Services"), "href": page_url("backoffice", "services")}],
    }
    return render(request, "backoffice/revision_form.html", context, status=422 if form.mistakes else 200)


def _options() -> dict[str, list[dict[str, str]]]:
    """Give the choices of each list, as the select component takes them."""
    choose = [{"value": "", "text": _("Choose")}]
    return {
        "kind": [{"value": key.value, "text": str(text)} for key, text in content_words.KINDS.items()],
        "assurance": [{"value": key.value, "text": str(text)} for key, text in content_words.ASSURANCES.items()],
        "maturity": [{"value": str(key), "text": str(text)} for key, text in content_words.MATURITY.items()],
        "outputs": choose + [{"value": key.value, "text": str(text)} for key, text in content_words.OUTPUTS.items()],
        "channels": choose + [{"value": key.value, "text": str(text)} for key, text in content_words.CHANNELS.items()],
    }


def _trail(shown: RevisionView) -> list[dict[str, str]]:
    return [
        {"text": _("Services"), "href": page_url("backoffice", "services")},
        {
            "text": shown.content.title.text(get_language() or ""),
            "href": page_url("backoffice", "service", code=shown.service_code),
        },
    ]


def _shown(revision_id: int, done: str) -> HttpResponse:
    return HttpResponseRedirect(page_url("backoffice", "revision", query={"oldu": done}, revision_id=revision_id))
