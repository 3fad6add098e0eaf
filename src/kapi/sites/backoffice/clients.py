"""`/yonetim/istemciler/`: the programs that sign citizens in; one person registers, another lets them go live."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kapi.contexts.institutions import selectors as institutions
from kapi.contexts.institutions.values import Permission
from kapi.contexts.openid.errors import ApprovedByRegistrar, ClientNotAcceptable
from kapi.contexts.openid.selectors.clients import clients_of, find_client
from kapi.contexts.openid.services.clients import approve_client, close_client, request_client
from kapi.contexts.openid.values.clients import AuthMethod, ClientRecord, RegisteredClient, Scope, ScopeUse
from kapi.kernel import turkish
from kapi.kernel.langstring import LangString
from kapi.sites.backoffice import tables
from kapi.sites.backoffice.door import Staff, for_staff, institution_for, staff_of
from kapi.sites.backoffice.reach import codes_within
from kapi.sites.ui.forms import Form, read_form
from kapi.sites.ui.links import origin_of, page_url

CLIENT_STAFF: Final = (Permission.MANAGE_CLIENTS, Permission.APPROVE_CLIENTS)
_ASKED: Final = (Scope.PROFILE, Scope.BIRTHDATE, Scope.IDENTITY_NUMBER)
_WHY: Final = ("purpose_tr", "purpose_en", "basis_tr", "basis_en")
_FIELDS: Final = (
    "name_tr", "name_en", "redirect_uris", "post_logout_uris", "backchannel_logout_uri",
    "proof", "jwks", "jwks_uri", "secret_until",
    *(f"{scope.value}-{part}" for scope in _ASKED for part in ("asked", *_WHY)),
)  # fmt: skip
_MOST_SIGNS: Final = 500
# The openid context names faults by its own arguments.
_FIELD_OF: Final = {"redirect_uri": "redirect_uris", "post_logout_uri": "post_logout_uris", "name": "name_tr"}


@require_safe
@for_staff(*CLIENT_STAFF)
def clients(request: HttpRequest) -> HttpResponse:
    """List the clients of one's institutions."""
    staff, language = staff_of(request), get_language() or ""
    found = clients_of(institution_codes=codes_within(staff.reach(*CLIENT_STAFF)))
    names = institutions.lines_of({client.institution_code for client in found}, language=language)
    listed = [
        {
            "id": client.id,
            "name": client.name.text(language),
            "institution": str(names[client.institution_code].name) if client.institution_code in names else "",
            "proof": _proof(client),
            "is_open": client.is_open,
        }
        for client in found
    ]
    columns = {
        "ad": tables.Column(_("Name"), lambda row: (turkish.sort_key(row["name"]), row["id"])),
        "kurum": tables.Column(_("Institution"), lambda row: (turkish.sort_key(row["institution"]), row["id"])),
        "kanit": tables.Column(_("How it proves itself"), lambda row: (row["proof"], row["id"])),
        "durum": tables.Column(_("State"), lambda row: (row["is_open"], row["id"])),
    }
    rows, heads = tables.sort(request, listed, columns)
    return render(
        request,
        "backoffice/clients.html",
        {"rows": rows, "heads": heads, "closed": sum(not client.is_open for client in found)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(*CLIENT_STAFF)
def client(request: HttpRequest, client_id: str) -> HttpResponse:
    """Show a client; the field `deed` is `approve` (let it go live) or `close`."""
    record, staff = _get(request, client_id), staff_of(request)
    if request.method != "POST":
        return _page(request, record, staff, refusal="")
    deed, now = request.POST.get("deed", ""), timezone.now()
    if deed == "approve" and not _may(staff, record, Permission.APPROVE_CLIENTS):
        raise PermissionDenied
    try:
        if deed == "approve":
            approve_client(client_id=client_id, actor=staff.actor(), now=now)
        elif deed == "close":
            close_client(client_id=client_id, actor=staff.actor(record.institution_code), now=now)
        else:
            return _page(request, record, staff, refusal=_("Choose what should happen with this client."))
    except ApprovedByRegistrar:
        words = _("You registered this client, so another person must let it go live.")
        return _page(request, record, staff, refusal=words)
    return HttpResponseRedirect(page_url("backoffice", "client", query={"oldu": deed}, client_id=client_id))


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.MANAGE_CLIENTS)
def new_client(request: HttpRequest, code: str) -> HttpResponse:
    """Register a client of an institution; it stays closed until another person lets it go live."""
    view = institution_for(request, code, Permission.MANAGE_CLIENTS)
    if request.method != "POST":
        return _form_page(request, view.name, Form(dict.fromkeys(_FIELDS, "") | {"proof": "jwks"}))
    form, now = read_form(request, *_FIELDS), timezone.now()
    read = _read(form)
    if form_mistakes := read.pop("mistakes"):
        return _form_page(request, view.name, Form(form.values, form_mistakes))
    try:
        registered = request_client(institution_code=code, actor=staff_of(request).actor(code), now=now, **read)
    except ClientNotAcceptable as refusal:
        field = _FIELD_OF.get(refusal.field, refusal.field)
        return _form_page(request, view.name, Form(form.values, {field: _words_of(refusal)}))
    return _registered_page(request, registered)


def _get(request: HttpRequest, client_id: str) -> ClientRecord:
    record = find_client(client_id=client_id) if "\0" not in client_id else None
    if record is None:
        raise Http404
    if record.institution_code:
        institution_for(request, record.institution_code, *CLIENT_STAFF)
    elif staff_of(request).reach(*CLIENT_STAFF) is not None:  # nobody's: the operators'
        raise PermissionDenied
    return record


def _may(staff: Staff, record: ClientRecord, permission: Permission) -> bool:
    view = institutions.find_institution(record.institution_code) if record.institution_code else None
    return staff.may_at(view, permission) if view else staff.may_everywhere(permission)


def _read(form: Form) -> dict[str, Any]:
    """Read the form into what `request_client` takes, and `mistakes`."""
    typed = {name: value.strip() for name, value in form.values.items()}
    mistakes = {
        name: _("Shorten the text to %(most)s characters or fewer") % {"most": _MOST_SIGNS}
        for name, value in typed.items()
        if name.rpartition("-")[2] in _WHY and len(value) > _MOST_SIGNS
    }
    mistakes |= {
        name: _("There is a sign in this text that cannot be saved. Type it again.")
        for name, value in typed.items()
        if "\0" in value
    }
    read: dict[str, Any] = {
        "name": LangString(typed["name_tr"], typed["name_en"]),
        "redirect_uris": typed["redirect_uris"].split(),
        "post_logout_redirect_uris": typed["post_logout_uris"].split(),
        "backchannel_logout_uri": typed["backchannel_logout_uri"],
        "scopes": [ScopeUse(Scope.OPENID), *_scopes(typed, mistakes)],
    }
    if typed["proof"] == "jwks":
        read["jwks"] = _jwks(typed["jwks"], mistakes)
    elif typed["proof"] == "jwks_uri":
        read["jwks_uri"] = typed["jwks_uri"]
        if not typed["jwks_uri"]:
            mistakes["jwks_uri"] = _("Write the address of the keys.")
    else:
        read["secret_until"] = _date(typed["secret_until"], mistakes)
    return read | {"mistakes": mistakes}


def _scopes(typed: dict[str, str], mistakes: dict[str, str]) -> list[ScopeUse]:
    uses = []
    for scope in _ASKED:
        purpose, purpose_en, basis, basis_en = (typed[f"{scope.value}-{part}"] for part in _WHY)
        if typed[f"{scope.value}-asked"] != "yes":
            continue
        if not purpose:
            mistakes[f"{scope.value}-purpose_tr"] = _("Say in Turkish why this is asked for. Citizens read it.")
        uses.append(ScopeUse(scope, LangString(purpose, purpose_en), LangString(basis, basis_en)))
    return uses


def _jwks(text: str, mistakes: dict[str, str]) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    mistakes["jwks"] = _('Paste the public keys as a JSON Web Key Set: {"keys": [...]}')
    return None


def _date(text: str, mistakes: dict[str, str]) -> datetime | None:
    try:
        return datetime.strptime(text, "%d.%m.%Y").replace(tzinfo=UTC)
    except ValueError:
        mistakes["secret_until"] = _("Write the day on which the secret ends, such as 31.12.2026.")
        return None


def _words_of(refusal: ClientNotAcceptable) -> str:
    by_reason = {
        "missing": _("At least one address is needed here."),
        "form": _("This cannot be used here. An address needs a host, and no user name and no #fragment."),
        "characters": _("There are blanks or signs in an address that do not belong there."),
        "scheme": _("An address must begin with https://"),
        "length": _("This is too long."),
        "many": _("At most 20 addresses are possible."),
        "keys": _(
            "These are no public keys that we can use: EC keys on P-256, each with a kid, without private parts."
        ),
        "past": _("The day must be in the future."),
    }
    if refusal.field == "name":
        return _("Enter a Turkish name of at most 200 characters.")
    return by_reason.get(refusal.reason, _("This cannot be used here."))


def _proof(record: ClientRecord) -> str:
    if record.auth_method is AuthMethod.CLIENT_SECRET:
        return _("Secret, until a date")
    return _("Keys at an address") if record.jwks_uri else _("Keys")


def _page(request: HttpRequest, record: ClientRecord, staff: Staff, *, refusal: str) -> HttpResponse:
    language = get_language() or ""
    done = {"approve": _("The client is live now."), "close": _("The client is closed: nothing it asks is answered.")}
    context = {
        "record": record,
        "name": record.name.text(language),
        "state": _("Live") if record.is_open else _("Closed"),
        "proof": _proof(record),
        "scopes": [
            (use.scope.value, use.purpose.text(language), use.legal_basis.text(language))
            for use in record.scopes.values()
        ],
        "issuer": origin_of("login"),
        "may_approve": not record.is_open and _may(staff, record, Permission.APPROVE_CLIENTS),
        "mistakes": [{"text": refusal, "href": "#deeds"}] if refusal else [],
        "done": "" if refusal else done.get(request.GET.get("oldu", ""), ""),
        "trail": _trail(),
    }
    return render(request, "backoffice/client.html", context, status=422 if refusal else 200)


def _registered_page(request: HttpRequest, registered: RegisteredClient) -> HttpResponse:
    """Say what the institution needs to know. A secret is on this page and on no other."""
    context = {"registered": registered, "issuer": origin_of("login"), "trail": _trail()}
    return render(request, "backoffice/client_registered.html", context)


def _form_page(request: HttpRequest, institution: str, form: Form) -> HttpResponse:
    names = {
        Scope.PROFILE: _("Name and surname"),
        Scope.BIRTHDATE: _("Date of birth"),
        Scope.IDENTITY_NUMBER: _("Identity number"),
    }
    context = {
        "institution": institution,
        "form": form,
        "mistakes": form.error_list,
        "scopes": [(scope.value, text) for scope, text in names.items()],
        "trail": _trail(),
    }
    return render(request, "backoffice/client_form.html", context, status=422 if form.mistakes else 200)


def _trail() -> list[dict[str, str]]:
    return [{"text": _("Clients"), "href": page_url("backoffice", "clients")}]
