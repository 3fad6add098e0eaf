"""Changing a client: its terms, its keys, its secret."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kapi.contexts.institutions.values import Permission
from kapi.contexts.openid.errors import (
    ChangeWaits,
    ClientChangedMeanwhile,
    ClientHasNoSecret,
    ClientNotAcceptable,
    ClientOutlastsEmergency,
)
from kapi.contexts.openid.selectors.clients import digest_of, find_waiting_change
from kapi.contexts.openid.services.client_changes import change_client
from kapi.contexts.openid.services.clients import replace_keys, replace_secret
from kapi.contexts.openid.values.clients import ChangeState, ClientRecord
from kapi.kernel.errors import DomainError
from kapi.sites.backoffice import client_form
from kapi.sites.backoffice.clients import client_for, show_registered, trail
from kapi.sites.backoffice.door import for_staff, staff_of
from kapi.sites.backoffice.emergencies import outlasting
from kapi.sites.ui.forms import Form, read_form
from kapi.sites.ui.links import page_url


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.MANAGE_CLIENTS, is_sensitive=True)
def change(request: HttpRequest, client_id: str) -> HttpResponse:
    """Change a client's name, addresses, scopes, purposes and legal bases. What widens its access waits."""
    record = client_for(request, client_id, Permission.MANAGE_CLIENTS)
    if request.method != "POST":
        return _change_page(request, record, client_form.form_of(record.terms))
    form = read_form(request, *client_form.TERMS)
    terms = client_form.read_terms(form)
    if isinstance(terms, Form):
        return _change_page(request, record, terms)
    try:
        state = change_client(
            client_id=client_id,
            terms=terms,
            seen=request.POST.get("seen", ""),
            actor=staff_of(request).actor(record.institution_code),
            now=timezone.now(),
        )
    except ClientNotAcceptable as refusal:
        return _change_page(request, record, client_form.refused(form, refusal))
    except (ClientChangedMeanwhile, ChangeWaits, ClientOutlastsEmergency) as refusal:
        return _change_page(request, record, Form(form.values, {"name_tr": _words_of(refusal)}))
    return _back(client_id, "bekliyor" if state is ChangeState.WAITING else "degisti")


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.MANAGE_CLIENTS, is_sensitive=True)
def keys(request: HttpRequest, client_id: str) -> HttpResponse:
    """Let a client prove itself by other keys from now on, pasted or at an address."""
    record = client_for(request, client_id, Permission.MANAGE_CLIENTS)
    if request.method != "POST":
        values = {"proof": "jwks_uri" if record.jwks_uri else "jwks", "jwks": "", "jwks_uri": record.jwks_uri}
        return _keys_page(request, record, Form(values))
    form = read_form(request, "proof", "jwks", "jwks_uri")
    proof = client_form.read_keys(form)
    if isinstance(proof, Form):
        return _keys_page(request, record, proof)
    try:
        actor = staff_of(request).actor(record.institution_code)
        replace_keys(client_id=client_id, actor=actor, now=timezone.now(), **proof)
    except ClientNotAcceptable as refusal:
        return _keys_page(request, record, client_form.refused(form, refusal))
    except ClientOutlastsEmergency:
        return _keys_page(request, record, Form(form.values, {form.values["proof"]: outlasting()}))
    return _back(client_id, "anahtarlar")


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.MANAGE_CLIENTS, is_sensitive=True)
def secret(request: HttpRequest, client_id: str) -> HttpResponse:
    """Give a client a new secret, once somebody says that it is meant; it is shown once."""
    record = client_for(request, client_id, Permission.MANAGE_CLIENTS)
    if request.method != "POST":
        return _secret_page(request, record, "")
    if request.POST.get("sure") != "yes":
        return _secret_page(request, record, _("Tick that the old secret may stop working now."))
    try:
        actor = staff_of(request).actor(record.institution_code)
        replaced = replace_secret(client_id=client_id, actor=actor, now=timezone.now())
    except ClientHasNoSecret:
        return _secret_page(request, record, _("This client proves itself by keys. It has no secret."))
    except ClientNotAcceptable:
        return _secret_page(request, record, _("The day on which the secret ends is past. Give the client keys."))
    except ClientOutlastsEmergency:
        return _secret_page(request, record, outlasting())
    words = _("The old secret is good for nothing from now on. The client's developers need this:")
    return show_registered(request, replaced, title=_("The secret is replaced"), words=words)


def _words_of(refusal: DomainError) -> str:
    return {
        ClientChangedMeanwhile.code: _(
            "Somebody has changed this client since you opened the form. What you typed is kept: compare it."
        ),
        ChangeWaits.code: _("A change of this client waits already. It must be decided or withdrawn first."),
        ClientOutlastsEmergency.code: outlasting(),
    }[refusal.code]


def _back(client_id: str, done: str) -> HttpResponse:
    return HttpResponseRedirect(page_url("backoffice", "client", query={"oldu": done}, client_id=client_id))


def _change_page(request: HttpRequest, record: ClientRecord, form: Form) -> HttpResponse:
    context = {
        "form": form,
        "mistakes": form.error_list,
        "scopes": client_form.scope_names(),
        "api_scopes": client_form.api_scope_names(),
        # After a refusal the form goes on from what it was based on, never silently from what others wrote since.
        "seen": request.POST.get("seen", digest_of(record)),
        "is_open": record.is_open,
        "waits": find_waiting_change(client_id=record.id) is not None,
        "trail": trail(record),
    }
    return render(request, "backoffice/client_change.html", context, status=422 if form.mistakes else 200)


def _keys_page(request: HttpRequest, record: ClientRecord, form: Form) -> HttpResponse:
    context = {"form": form, "mistakes": form.error_list, "trail": trail(record)}
    return render(request, "backoffice/client_keys.html", context, status=422 if form.mistakes else 200)


def _secret_page(request: HttpRequest, record: ClientRecord, refusal: str) -> HttpResponse:
    context = {
        "mistakes": [{"text": refusal, "href": "#sure"}] if refusal else [],
        "refusal": refusal,
        "ends_at": record.secret_ends_at,
        "trail": trail(record),
    }
    return render(request, "backoffice/client_secret.html", context, status=422 if refusal else 200)
