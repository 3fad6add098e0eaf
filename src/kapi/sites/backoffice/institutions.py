"""`/yonetim/kurumlar/`: the tree of institutions; changing, adding below, proposing a new one at the top."""

from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kapi.contexts.institutions import selectors, services
from kapi.contexts.institutions.errors import (
    InstitutionChangedMeanwhile,
    InstitutionExists,
    InstitutionTreeTooDeep,
    OutlastsEmergency,
)
from kapi.contexts.institutions.values import (
    InstitutionDetails,
    InstitutionKind,
    InstitutionLine,
    InstitutionView,
    Permission,
)
from kapi.kernel import turkish
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import InstitutionCode
from kapi.kernel.langstring import LangString
from kapi.sites.backoffice import names, tables
from kapi.sites.backoffice.door import Staff, for_staff, institution_for, staff_of
from kapi.sites.backoffice.emergencies import outlasting
from kapi.sites.ui.forms import Form, read_form
from kapi.sites.ui.links import page_url

MOST_SHOWN: Final = 200
_LONGEST_QUERY: Final = 200
_LONGEST: Final = {
    "name_tr": 200, "name_en": 200, "url": 300, "phone": 40, "address": 300, "description_tr": 2000,
    "description_en": 2000,
}  # fmt: skip
_FIELDS: Final = (
    "code", "name_tr", "name_en", "kind", "url", "phone", "address", "description_tr", "description_en",
)  # fmt: skip
_COLUMNS: Final = {
    "ad": lambda line: (turkish.sort_key(line.name), line.code),
    "kod": lambda line: line.code,
    "tur": lambda line: (str(names.KINDS[line.kind]), line.code),
}


@require_safe
@for_staff()
def institutions(request: HttpRequest) -> HttpResponse:
    """List one's institutions (an operator: those at the top), or those that a search (`q`) finds among them."""
    staff, language = staff_of(request), get_language() or ""
    query = request.GET.get("q", "").strip()[:_LONGEST_QUERY]
    found = _found(staff, query, language) if query else _own(staff, language)
    lines, heads = tables.sort(request, found, _columns(), keep=("q",))
    context = {
        "lines": [(line, str(names.KINDS[line.kind])) for line in lines],
        "heads": heads,
        "query": query,
        "is_cut": bool(query) and len(found) >= MOST_SHOWN,
        "may_propose": staff.may_everywhere(Permission.MANAGE_INSTITUTIONS),
    }
    return render(request, "backoffice/institutions.html", context)


@require_safe
@for_staff()
def institution(request: HttpRequest, code: str) -> HttpResponse:
    """Show an institution, what stands below it, and what this person may do there."""
    view, staff, language = institution_for(request, code, *Permission), staff_of(request), get_language() or ""
    below = selectors.children_of(code, language=language, limit=MOST_SHOWN)
    context = {
        "institution": view,
        "kind": str(names.KINDS[view.kind]),
        "below": [(line, str(names.KINDS[line.kind])) for line in below.lines],
        "more": below.total - len(below.lines),
        "deeds": _deeds(view, staff),
        "done": _("Saved.") if request.GET.get("oldu") == "evet" else "",
        "trail": [*_trail(), *(_step(line) for line in view.ancestors)],
    }
    return render(request, "backoffice/institution.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.MANAGE_INSTITUTIONS)
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Change what is told about an institution; its code and place stay."""
    view = institution_for(request, code, Permission.MANAGE_INSTITUTIONS)
    heading, trail = _("Change what is told"), [*_trail(), _step(view)]
    details = selectors.details_of(code)
    if details is None:
        raise Http404
    # After a refusal the form goes on from what it was based on, never silently from what others wrote since.
    seen = request.POST.get("seen", selectors.digest_of(details))
    if request.method != "POST":
        return _form_page(request, _form_of(view.code, details), heading, trail, asks_code=False, seen=seen)
    read = _read(request)
    if isinstance(read, Form):
        return _form_page(request, read, heading, trail, asks_code=False, seen=seen)
    actor, now = staff_of(request).actor(code), timezone.now()
    try:
        services.change_institution(code=code, details=read, seen=seen, actor=actor, now=now)
    except InstitutionChangedMeanwhile:
        words = _("Somebody else changed this in the meantime. What you typed is kept; open the form anew to compare.")
        form = Form(read_form(request, *_FIELDS).values, {"name_tr": words})
        return _form_page(request, form, heading, trail, asks_code=False, seen=seen)
    return _shown(code)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.MANAGE_INSTITUTIONS)
def add_unit(request: HttpRequest, code: str) -> HttpResponse:
    """Add an institution or unit below this one."""
    view = institution_for(request, code, Permission.MANAGE_INSTITUTIONS)
    heading, trail = _("Add a unit below %(name)s") % {"name": view.name}, [*_trail(), _step(view)]
    if request.method != "POST":
        empty = dict.fromkeys(_FIELDS, "") | {"kind": InstitutionKind.UNIT.value}
        return _form_page(request, Form(empty), heading, trail)
    own_code, read = _read_code(request), _read(request)
    if isinstance(read, Form) or isinstance(own_code, str):
        return _form_page(request, _mended(request, read, own_code), heading, trail)
    actor, now = staff_of(request).actor(code), timezone.now()
    try:
        services.add_unit(code=own_code, parent_code=code, details=read, actor=actor, now=now)
    except (InstitutionExists, InstitutionTreeTooDeep) as refusal:
        return _form_page(request, _mended(request, read, _code_refused(refusal)), heading, trail)
    return _shown(own_code.digits)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.MANAGE_INSTITUTIONS)
def propose(request: HttpRequest) -> HttpResponse:
    """Propose an institution at the top of the tree; another operator decides."""
    if not staff_of(request).may_everywhere(Permission.MANAGE_INSTITUTIONS):
        raise PermissionDenied
    heading, trail = _("Propose an institution"), _trail()
    if request.method != "POST":
        return _form_page(request, Form(dict.fromkeys(_FIELDS, "")), heading, trail, proposes=True)
    own_code, read = _read_code(request), _read(request)
    if isinstance(read, Form) or isinstance(own_code, str):
        return _form_page(request, _mended(request, read, own_code), heading, trail, proposes=True)
    actor, now = staff_of(request).actor(), timezone.now()
    try:
        proposal_id = services.propose_institution(code=own_code, details=read, actor=actor, now=now)
    except InstitutionExists as refusal:
        form = _mended(request, read, _code_refused(refusal))
        return _form_page(request, form, heading, trail, proposes=True)
    except OutlastsEmergency:
        return _form_page(request, _mended(request, read, outlasting()), heading, trail, proposes=True)
    return HttpResponseRedirect(page_url("backoffice", "proposal", proposal_id=proposal_id))


def _columns() -> dict[str, tables.Column]:
    texts = {"ad": _("Institution"), "kod": _("Code"), "tur": _("Kind")}
    return {name: tables.Column(text, _COLUMNS[name]) for name, text in texts.items()}


def _own(staff: Staff, language: str) -> list[InstitutionLine]:
    reach = staff.reach(*Permission)
    if reach is None:
        return selectors.top_institutions(language=language)
    return list(selectors.lines_of(reach, language=language).values())


def _found(staff: Staff, query: str, language: str) -> list[InstitutionLine]:
    within = staff.reach(*Permission)
    return selectors.search_institutions(query=query, limit=MOST_SHOWN, language=language, within=within)


def _deeds(view: InstitutionView, staff: Staff) -> list[dict[str, str]]:
    """List the ways on from an institution that are open to this person."""
    found = [
        (_("Change what is told"), "institution_change", staff.may_at(view, Permission.MANAGE_INSTITUTIONS)),
        (_("Add a unit below"), "institution_add_unit", staff.may_at(view, Permission.MANAGE_INSTITUTIONS)),
        (_("Register a client"), "client_new", staff.may_at(view, Permission.MANAGE_CLIENTS)),
        (_("Staff and roles"), "members", staff.may_at(view, Permission.MANAGE_MEMBERS)),
    ]
    return [
        {"text": text, "href": page_url("backoffice", name, code=view.code)} for text, name, may_go in found if may_go
    ]


def _form_of(code: str, details: InstitutionDetails) -> Form:
    return Form(
        {
            "code": code,
            "name_tr": details.name.tr,
            "name_en": details.name.en,
            "kind": details.kind.value,
            "url": details.url,
            "phone": details.phone,
            "address": details.address,
            "description_tr": details.description.tr,
            "description_en": details.description.en,
        }
    )


def _read(request: HttpRequest) -> InstitutionDetails | Form:
    """Read the details, or return the form with what is wrong in it."""
    form = read_form(request, *_FIELDS)
    typed = {name: value.strip() for name, value in form.values.items()}
    mistakes = {}
    if not typed["name_tr"]:
        mistakes["name_tr"] = _("Enter the Turkish name.")
    if typed["kind"] not in set(InstitutionKind):
        mistakes["kind"] = _("Choose what kind of institution it is.")
    if typed["url"] and not typed["url"].startswith(("https://", "http://")):
        mistakes["url"] = _("Write an address that begins with https://")
    for name, most in _LONGEST.items():
        if len(typed[name]) > most:
            mistakes[name] = _("Shorten the text to %(most)s characters or fewer") % {"most": most}
    if mistakes:
        return Form(form.values, mistakes)
    return InstitutionDetails(
        name=LangString(typed["name_tr"], typed["name_en"]),
        kind=InstitutionKind(typed["kind"]),
        url=typed["url"],
        phone=typed["phone"],
        address=typed["address"],
        description=LangString(typed["description_tr"], typed["description_en"]),
    )


def _read_code(request: HttpRequest) -> InstitutionCode | str:
    try:
        return InstitutionCode.parse(request.POST.get("code", ""), field="code")
    except InvalidValue:
        return _("Write the institution code: 8 digits.")


def _code_refused(refusal: InstitutionExists | InstitutionTreeTooDeep) -> str:
    if isinstance(refusal, InstitutionExists):
        return _("An institution has this code already. Codes are never used twice.")
    return _("The tree would grow deeper than 16 levels here. Add it further up.")


def _mended(request: HttpRequest, read: InstitutionDetails | Form, code: InstitutionCode | str) -> Form:
    form = read if isinstance(read, Form) else read_form(request, *_FIELDS)
    return Form(form.values, form.mistakes | ({"code": code} if isinstance(code, str) else {}))


def _form_page(
    request: HttpRequest,
    form: Form,
    heading: str,
    trail: list[dict[str, str]],
    *,
    asks_code: bool = True,
    proposes: bool = False,
    seen: str = "",
) -> HttpResponse:
    context = {
        "form": form,
        "mistakes": form.error_list,
        "words": heading,
        "trail": trail,
        "asks_code": asks_code,
        "proposes": proposes,
        "seen": seen,
        "kinds": [
            {"value": "", "text": _("Choose")},
            *({"value": k.value, "text": str(t)} for k, t in names.KINDS.items()),
        ],
    }
    return render(request, "backoffice/institution_form.html", context, status=422 if form.mistakes else 200)


def _trail() -> list[dict[str, str]]:
    return [{"text": _("Institutions"), "href": page_url("backoffice", "institutions")}]


def _step(line: InstitutionLine | InstitutionView) -> dict[str, str]:
    return {"text": line.name, "href": page_url("backoffice", "institution", code=line.code)}


def _shown(code: str) -> HttpResponse:
    return HttpResponseRedirect(page_url("backoffice", "institution", query={"oldu": "evet"}, code=code))
