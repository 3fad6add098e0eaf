"""`/giris/onay/<id>/`: the person sees what an institution asks for, why, and decides."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity.selectors import get_legal_person, get_person_record, verified_contacts_of
from kapi.contexts.identity.values import NO_CONTACTS, LegalPersonRecord, PersonRecord, SignedIn, VerifiedContacts
from kapi.contexts.openid.errors import RequestGone, TermsChanged
from kapi.contexts.openid.selectors.authorization import get_pending_request
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.values.authorization import AskedScope, Decision, Next, PendingRequest
from kapi.contexts.openid.values.clients import CONTACT_ATTRIBUTES, Attribute, Basis, Scope
from kapi.kernel.langstring import LocalText
from kapi.sites.login.attributes import ATTRIBUTE_WORDS, shown_of, words_for_scopes
from kapi.sites.login.faults import fault_page
from kapi.sites.login.openid import browser_of, follow
from kapi.sites.login.people import person_of
from kapi.sites.ui.headers import allow_form_to_lead_to
from kapi.sites.ui.session import require_sign_in
from kapi.sites.ui.words import local, partial_date


@dataclass(frozen=True)
class AskedFor:
    """One scope as the page shows it: what is given, with its value, why, and on what ground.

    `meaning` says what is given where it is no attribute.
    `is_optional` where the person ticks what is to be given.
    """

    scope: str
    what: str
    values: tuple[tuple[str, str], ...]
    meaning: str
    purpose: LocalText
    legal_basis: LocalText
    rests_on_consent: bool
    is_optional: bool


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
def approval(request: HttpRequest, request_id: str) -> HttpResponseBase:
    """Show what is asked for; the field `decision` (allow or deny) answers and leads to the institution.

    Where things may be left out the page sends `choosing`, and a `share` for each that was ticked; `allow` without
    them means all that was asked. It also sends what it said (`terms`) and to whom (`reader`): if one of them has
    changed meanwhile, in another window perhaps, it asks anew.
    """
    person, changed = person_of(request), ""
    try:
        if request.POST.get("decision") == Decision.ALLOW and request.POST.get("reader", "") not in (
            "",
            _reader(person),
        ):
            changed = "reader"
        elif request.POST.get("decision") in set(Decision):
            try:
                return follow(request, _decide(request, request_id, person))
            except TermsChanged:
                changed = "terms"
        asked = get_pending_request(
            request_id=request_id,
            browser=browser_of(request),
            person_id=person.person_id,
            principal_id=person.acting_for.legal_person_id if person.acting_for else None,
            now=timezone.now(),
        )
    except RequestGone as refusal:
        return fault_page(request, refusal)
    return _page(request, asked, person, changed)


def _reader(person: SignedIn) -> str:
    """Name whom a page is made for: the session, and for whom it acts."""
    return f"{person.session_id}-{person.acting_for.legal_person_id if person.acting_for else 0}"


def _decide(request: HttpRequest, request_id: str, person: SignedIn) -> Next:
    return decide(
        request_id=request_id,
        browser=browser_of(request),
        session=person,
        decision=Decision(request.POST["decision"]),
        consented=frozenset(request.POST.getlist("share")) if "choosing" in request.POST else None,
        shown=request.POST.get("terms", ""),
        actor=person.actor,
        now=timezone.now(),
    )


def _page(request: HttpRequest, asked: PendingRequest, person: SignedIn, changed: str) -> HttpResponse:
    record = get_person_record(person_id=person.person_id)
    principal = person.acting_for
    company = get_legal_person(legal_person_id=principal.legal_person_id) if principal else None
    attributes = {attribute for scope in asked.scopes for attribute in scope.attributes}
    gives_contacts = not attributes.isdisjoint(CONTACT_ATTRIBUTES)
    contacts = verified_contacts_of(person_id=person.person_id) if gives_contacts else NO_CONTACTS
    values = _values(record, contacts, company)
    given = [_asked_for(scope, values) for scope in asked.scopes if scope.scope is not Scope.OPENID]
    context = {
        "client": local(asked.client_name),
        "institution": local(asked.institution_name),
        "given": given,
        "principal": principal.name if principal else "",
        "terms": asked.terms,
        "reader": _reader(person),
        "changed": changed,
        "gets_number": Attribute.IDENTITY_NUMBER in attributes,
        "informs": any(not item.rests_on_consent for item in given),
        "asks": any(item.rests_on_consent for item in given),
        "has_choice": any(item.is_optional for item in given),
    }
    page = render(request, "login/approval.html", context, status=422 if request.method == "POST" else 200)
    return allow_form_to_lead_to(page, asked.redirect_origin)


def _asked_for(scope: AskedScope, values: Mapping[Attribute, str]) -> AskedFor:
    return AskedFor(
        scope=scope.scope,
        what=words_for_scopes([scope.scope]),
        values=tuple((str(ATTRIBUTE_WORDS[attribute]), values[attribute]) for attribute in shown_of(scope.attributes)),
        meaning=_meaning(scope.scope),
        purpose=local(scope.purpose),
        legal_basis=local(scope.legal_basis),
        rests_on_consent=scope.basis is Basis.CONSENT,
        is_optional=scope.is_optional,
    )


def _meaning(scope: Scope) -> str:
    if scope is not Scope.OFFLINE_ACCESS:
        return ""
    days = settings.OPENID.refresh_token_lifetime.days
    return _("It may ask for the data above again while you are signed out, for up to %(days)s days.") % {"days": days}


def _values(
    record: PersonRecord, contacts: VerifiedContacts, company: LegalPersonRecord | None
) -> dict[Attribute, str]:
    """Write what may be given as the person knows it; what reaches them so that nobody reads it over a shoulder."""
    return {
        Attribute.NAME: record.display_name,
        Attribute.GIVEN_NAME: record.given_names,
        Attribute.FAMILY_NAME: record.family_name or "",
        Attribute.BIRTHDATE: partial_date(record.birth_year, record.birth_month, record.birth_day),
        Attribute.IDENTITY_NUMBER: record.identity_number.masked,
        Attribute.EMAIL: contacts.email.masked if contacts.email else "",
        Attribute.EMAIL_VERIFIED: _("Yes") if contacts.email else "",
        Attribute.PHONE_NUMBER: contacts.phone.masked if contacts.phone else "",
        Attribute.PHONE_NUMBER_VERIFIED: _("Yes") if contacts.phone else "",
        Attribute.COMPANY_NAME: company.name if company else "",
        Attribute.COMPANY_TAX_NUMBER: company.tax_number.masked if company else "",
        Attribute.COMPANY_MERSIS_NUMBER: company.mersis_number.masked if company and company.mersis_number else "",
    }
