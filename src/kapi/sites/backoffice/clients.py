"""`/yonetim/istemciler/`: the programs that sign citizens in; one person registers, another lets them go live."""

from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kapi.contexts.institutions import selectors as institutions
from kapi.contexts.institutions.values import Permission
from kapi.contexts.openid.errors import (
    AcceptedByProposer,
    ApprovedByRegistrar,
    ChangeNotWaiting,
    ClientChangedMeanwhile,
    ClientIsSuspended,
    ClientNotAcceptable,
    ClientNotOpen,
    ClientNotSuspended,
    ClientOutlastsEmergency,
)
from kapi.contexts.openid.selectors.clients import (
    clients_of,
    digest_of,
    find_client,
    find_waiting_change,
    waiting_changes,
    widening_of,
)
from kapi.contexts.openid.services.client_changes import accept_change, reject_change, withdraw_change
from kapi.contexts.openid.services.clients import approve_client, close_client, request_client
from kapi.contexts.openid.services.suspension import resume_client, suspend_client
from kapi.contexts.openid.values.clients import (
    AuthMethod,
    ClientChange,
    ClientRecord,
    Profile,
    RegisteredClient,
    Widening,
)
from kapi.kernel import turkish
from kapi.kernel.errors import DomainError
from kapi.sites.backoffice import client_form, names, suspensions, tables
from kapi.sites.backoffice.door import Staff, for_staff, institution_for, staff_of
from kapi.sites.backoffice.emergencies import outlasting
from kapi.sites.ui.forms import Form, read_form
from kapi.sites.ui.links import origin_of, page_url
from kapi.sites.ui.words import date

CLIENT_STAFF: Final = (Permission.MANAGE_CLIENTS, Permission.APPROVE_CLIENTS)
# How many days before its end an exception stands out.
SOON: Final = 30
_ONLY, _EXCEPTIONS = "yalniz", "istisna"
# Which permission each deed of a client's page asks for.
_DEEDS: Final[dict[str, tuple[Permission, ...]]] = {
    "approve": (Permission.APPROVE_CLIENTS,),
    "suspend": CLIENT_STAFF,
    "resume": (Permission.APPROVE_CLIENTS,),
    "close": CLIENT_STAFF,
    "accept": (Permission.APPROVE_CLIENTS,),
    "reject": (Permission.APPROVE_CLIENTS,),
    "withdraw": (Permission.MANAGE_CLIENTS,),
}
_REFUSALS: Final = (
    ApprovedByRegistrar,
    AcceptedByProposer,
    ClientChangedMeanwhile,
    ChangeNotWaiting,
    suspensions.ReasonMissing,
    ClientIsSuspended,
    ClientNotOpen,
    ClientNotSuspended,
    ClientOutlastsEmergency,
)


@require_safe
@for_staff(*CLIENT_STAFF)
def clients(request: HttpRequest) -> HttpResponse:
    """List the clients of one's institutions, or (`yalniz=istisna`) those that follow a profile which is to end."""
    staff, language, now = staff_of(request), get_language() or "", timezone.now()
    only_exceptions = request.GET.get(_ONLY) == _EXCEPTIONS
    found = clients_of(within=staff.reach(*CLIENT_STAFF))
    places = institutions.lines_of({client.institution_code for client in found}, language=language)
    waiting = waiting_changes()
    listed = [
        {
            "id": client.id,
            "name": client.name.text(language),
            "institution": str(places[client.institution_code].name) if client.institution_code in places else "",
            "proof": _proof(client),
            "is_exception": client.is_exception,
            "ends_at": client.ends_at,
            "days_left": client.days_left(now),
            "is_open": client.is_open,
            "is_suspended": client.suspension is not None,
            "waits": client.id in waiting,
        }
        for client in found
        if client.is_exception or not only_exceptions
    ]
    far = datetime.max.replace(tzinfo=UTC)
    columns = {
        "ad": tables.Column(_("Name"), lambda row: (turkish.sort_key(row["name"]), row["id"])),
        "kurum": tables.Column(_("Institution"), lambda row: (turkish.sort_key(row["institution"]), row["id"])),
        "kanit": tables.Column(_("How it proves itself"), lambda row: (row["proof"], row["id"])),
        "bitis": tables.Column(_("Ends"), lambda row: (row["ends_at"] or far, row["id"])),
        "durum": tables.Column(_("State"), lambda row: (row["is_open"], row["id"])),
    }
    rows, heads = tables.sort(request, listed, columns, keep=[_ONLY])
    return render(
        request,
        "backoffice/clients.html",
        {
            "rows": rows,
            "heads": heads,
            "closed": sum(not row["is_open"] for row in rows),
            "exceptions": sum(client.is_exception for client in found),
            "only_exceptions": only_exceptions,
            "only": {_ONLY: _EXCEPTIONS, tables.BY: "bitis"},
            "soon": SOON,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(*CLIENT_STAFF, is_sensitive=True)
def client(request: HttpRequest, client_id: str) -> HttpResponse:
    """Show a client and the change of it that waits.

    The field `deed` is `approve` (let it go live), `suspend` (with a `reason`), `resume`, `close`, or what becomes of
    the change: `accept`, `reject`, `withdraw`.
    """
    record, staff = client_for(request, client_id, *CLIENT_STAFF), staff_of(request)
    if request.method != "POST":
        return _page(request, record, staff, refusal="")
    deed = request.POST.get("deed", "")
    if deed not in _DEEDS:
        return _page(request, record, staff, refusal=_("Choose what should happen with this client."))
    if not _may(staff, record, *_DEEDS[deed]):
        raise PermissionDenied
    try:
        _do(request, deed, record, staff)
    except _REFUSALS as refusal:
        place = "#reason" if isinstance(refusal, suspensions.ReasonMissing) else "#deeds"
        found = client_for(request, client_id, *CLIENT_STAFF)
        return _page(request, found, staff, refusal=_words_of(refusal), place=place)
    return HttpResponseRedirect(page_url("backoffice", "client", query={"oldu": deed}, client_id=client_id))


def _do(request: HttpRequest, deed: str, record: ClientRecord, staff: Staff) -> None:
    now, actor = timezone.now(), staff.actor(record.institution_code)
    if deed == "approve":
        approve_client(client_id=record.id, seen=request.POST.get("seen", ""), actor=staff.actor(), now=now)
    elif deed == "close":
        close_client(client_id=record.id, actor=actor, now=now)
    elif deed == "suspend":
        reason = suspensions.read_reason(request.POST.get("reason", ""))
        suspend_client(client_id=record.id, reason=reason, actor=actor, now=now)
    elif deed == "resume":
        resume_client(client_id=record.id, actor=staff.actor(), now=now)
    else:
        change = find_waiting_change(client_id=record.id)
        if change is None or str(change.id) != request.POST.get("change", ""):
            raise ChangeNotWaiting
        if deed == "accept":
            accept_change(change_id=change.id, actor=staff.actor(), now=now)
        elif deed == "reject":
            reject_change(change_id=change.id, actor=staff.actor(), now=now)
        else:
            withdraw_change(change_id=change.id, actor=actor, now=now)


def _words_of(refusal: DomainError) -> str:
    return {
        ApprovedByRegistrar.code: _("You registered or changed this client, so another person must let it go live."),
        AcceptedByProposer.code: _("You asked for this change, so another person must accept it."),
        ClientChangedMeanwhile.code: _("Somebody has changed this client since you opened the page. Look at it again."),
        ChangeNotWaiting.code: _("This change does not wait any more. What holds now is below."),
        suspensions.ReasonMissing.code: _("Choose why the client is suspended."),
        ClientIsSuspended.code: _("Somebody has suspended this client since you opened the page. Look at it again."),
        ClientNotOpen.code: _("This client is closed already. What holds now is below."),
        ClientNotSuspended.code: _("This client is not suspended any more. What holds now is below."),
        ClientOutlastsEmergency.code: outlasting(),
    }[refusal.code]


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.MANAGE_CLIENTS)
def new_client(request: HttpRequest, code: str) -> HttpResponse:
    """Register a client of an institution; it stays closed until another person lets it go live."""
    view = institution_for(request, code, Permission.MANAGE_CLIENTS)
    names_of_fields = (*client_form.TERMS, *client_form.PROOF, client_form.RULES, client_form.TEST)
    if request.method != "POST":
        blank = dict.fromkeys(names_of_fields, "") | {"proof": "jwks", client_form.RULES: Profile.FAPI.value}
        return _form_page(request, view.name, Form(blank))
    form, now = read_form(request, *names_of_fields), timezone.now()
    terms, proof = client_form.read_terms(form), client_form.read_proof(form)
    if isinstance(terms, Form) or isinstance(proof, Form):
        wrong = [part.mistakes for part in (terms, proof) if isinstance(part, Form)]
        return _form_page(request, view.name, Form(form.values, {k: v for part in wrong for k, v in part.items()}))
    try:
        registered = request_client(
            institution_code=code,
            name=terms.name,
            redirect_uris=terms.redirect_uris,
            post_logout_redirect_uris=terms.post_logout_redirect_uris,
            backchannel_logout_uri=terms.backchannel_logout_uri,
            scopes=terms.scopes,
            api_scopes=terms.api_scopes,
            profile=client_form.read_rules(form),
            is_test=form.values[client_form.TEST] == "yes",
            actor=staff_of(request).actor(code),
            now=now,
            **proof,
        )
    except ClientNotAcceptable as refusal:
        return _form_page(request, view.name, client_form.refused(form, refusal))
    except ClientOutlastsEmergency:
        return _form_page(request, view.name, Form(form.values, {"name_tr": outlasting()}))
    words = _("It stays closed until another person lets it go live. Its developers need this:")
    return show_registered(request, registered, title=_("The client is registered"), words=words)


def client_for(request: HttpRequest, client_id: str, *permissions: Permission) -> ClientRecord:
    """Return a client at whose institution the member of staff holds one of the permissions.

    :raises Http404: if there is no such client.
    :raises PermissionDenied: if the permission does not reach there.
    """
    record = find_client(client_id=client_id) if "\0" not in client_id else None
    if record is None:
        raise Http404
    if record.institution_code:
        institution_for(request, record.institution_code, *permissions)
    elif staff_of(request).reach(*permissions) is not None:  # nobody's: the operators'
        raise PermissionDenied
    return record


def _may(staff: Staff, record: ClientRecord, *permissions: Permission) -> bool:
    view = institutions.find_institution(record.institution_code) if record.institution_code else None
    return staff.may_at(view, *permissions) if view else any(map(staff.may_everywhere, permissions))


def _proof(record: ClientRecord) -> str:
    if record.auth_method is AuthMethod.CLIENT_SECRET:
        return _("Secret, until a date")
    if record.auth_method is AuthMethod.NONE:
        return _("It cannot: an app on people's devices")
    if record.auth_method is AuthMethod.TLS_CLIENT_AUTH:
        return _("TLS certificate that names %(name)s") % {"name": record.tls_subject}
    return _("Keys at an address") if record.jwks_uri else _("Keys")


def _rules(record: ClientRecord) -> str:
    if record.profile is Profile.FAPI:
        return _("FAPI 2.0")
    if record.profile is Profile.NATIVE:
        return _("App on people's devices (RFC 8252): outside of FAPI 2.0")
    if record.profile is Profile.CONFORMANCE:
        return _("OpenID Connect without PKCE: for tests")
    if record.profile is Profile.EDEVLET and record.exception_ends_at:
        return _("Written for e-Devlet: an exception until %(day)s") % {"day": date(record.exception_ends_at)}
    if record.exception_ends_at is None:
        return _("OpenID Connect with PKCE: an exception")
    return _("OpenID Connect with PKCE: an exception until %(day)s") % {"day": date(record.exception_ends_at)}


def _page(
    request: HttpRequest, record: ClientRecord, staff: Staff, *, refusal: str, place: str = "#deeds"
) -> HttpResponse:
    language = get_language() or ""
    change = find_waiting_change(client_id=record.id)
    done = {
        "approve": _("The client is live now."),
        "close": _("The client is closed: nothing it asks is answered."),
        "suspend": _("The client is suspended: nothing it asks is answered, and it is told which sessions are over."),
        "resume": _("The client is live again."),
        "accept": _("The change is accepted and holds from now on."),
        "reject": _("The change is refused. Everything stays as it was."),
        "withdraw": _("The change is withdrawn. Everything stays as it was."),
        "degisti": _("The change is saved and holds from now on."),
        "bekliyor": _("The change is saved. It waits until another person accepts it."),
        "anahtarlar": _("The keys are replaced. The old ones are good for nothing from now on."),
    }
    context = {
        "record": record,
        "name": record.name.text(language),
        "state": suspensions.state_of(record),
        "suspension_reasons": suspensions.reasons(),
        "may_resume": record.suspension is not None and _may(staff, record, Permission.APPROVE_CLIENTS),
        "proof": _proof(record),
        "rules": _rules(record),
        "scopes": [
            (use.scope.value, use.purpose.text(language), use.legal_basis.text(language))
            for use in record.scopes.values()
        ],
        "api_scopes": [what for scope, what in client_form.api_scope_names() if scope in record.api_scopes],
        "issuer": origin_of("login"),
        "seen": digest_of(record),
        "change": _shown(record, change) if change else None,
        "may_approve": not (record.is_open or record.suspension) and _may(staff, record, Permission.APPROVE_CLIENTS),
        "may_decide": change is not None and _may(staff, record, Permission.APPROVE_CLIENTS),
        "may_manage": _may(staff, record, Permission.MANAGE_CLIENTS),
        "takes_keys": record.profile not in (Profile.NATIVE, Profile.EDEVLET),
        "has_secret": record.auth_method is AuthMethod.CLIENT_SECRET,
        "mistakes": [{"text": refusal, "href": place}] if refusal else [],
        "done": "" if refusal else done.get(request.GET.get("oldu", ""), ""),
        "trail": trail(),
    }
    return render(request, "backoffice/client.html", context, status=422 if refusal else 200)


def _form_page(request: HttpRequest, institution: str, form: Form) -> HttpResponse:
    context = {
        "institution": institution,
        "form": form,
        "mistakes": form.error_list,
        "scopes": client_form.scope_names(),
        "api_scopes": client_form.api_scope_names(),
        "exception_days": settings.OPENID.exception_lifetime.days,
        "trail": trail(),
    }
    return render(request, "backoffice/client_form.html", context, status=422 if form.mistakes else 200)


def trail(record: ClientRecord | None = None) -> list[dict[str, str]]:
    """Return the way back: to the list, and to a client if one is named."""
    steps = [{"text": _("Clients"), "href": page_url("backoffice", "clients")}]
    if record is not None:
        href = page_url("backoffice", "client", client_id=record.id)
        steps.append({"text": record.name.text(get_language() or ""), "href": href})
    return steps


def _shown(record: ClientRecord, change: ClientChange) -> dict[str, object]:
    """Say what a change would change, why it takes two people, and who asked for it."""
    before, after = client_form.form_of(record.terms).values, client_form.form_of(change.terms).values
    labels = client_form.labels()
    why = {
        Widening.SCOPE: _("It asks for data that this client could not ask for before."),
        Widening.API_SCOPE: _("It may do at the API what this client could not do before."),
        Widening.HOST: _("It sends citizens to a host to which this client did not send them before."),
        Widening.LEGAL_BASIS: _("It claims a law that this client did not claim before."),
    }
    proposer = int(change.proposed_by) if change.proposed_by.isdecimal() else None
    people = names.people_named([proposer] if proposer is not None else [])
    return {
        "id": change.id,
        "at": change.proposed_at,
        "by": people[proposer] if proposer is not None else change.proposed_by,
        "why": [why[kind] for kind in widening_of(record=record, change=change)],
        "rows": [
            (labels[name], _typed(before[name]), _typed(after[name])) for name in labels if before[name] != after[name]
        ],
    }


def _typed(value: str) -> str:
    """Say what stands in a field; a box that is ticked holds `yes`."""
    return _("Yes") if value == "yes" else value or _("None")


def show_registered(request: HttpRequest, registered: RegisteredClient, *, title: str, words: str) -> HttpResponse:
    """Say what the institution needs to know. A secret is on this page and on no other."""
    context = {"registered": registered, "title": title, "words": words, "issuer": origin_of("login"), "trail": trail()}
    return render(request, "backoffice/client_registered.html", context)
