"""`/hesabim/`: one's account at a glance."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import selectors
from kapi.sites.login.people import person_of
from kapi.sites.ui.session import require_sign_in


@never_cache
@require_http_methods(["GET", "HEAD"])
@require_sign_in
def account(request: HttpRequest) -> HttpResponse:
    """Show who one is here and lead to sessions, history, sharings and password."""
    person, now = person_of(request), timezone.now()
    record = selectors.get_person_record(person_id=person.person_id)
    view = selectors.find_account(person_id=person.person_id)
    context = {
        "name": record.display_name,
        "identity_number": record.identity_number.masked,
        "signed_in_at": person.authenticated_at,
        "password_changed_at": view.password_changed_at if view else None,
        "authenticators": len(selectors.authenticators_of(person_id=person.person_id)),
        "contacts": len(selectors.contacts_of(person_id=person.person_id)),
        "sessions": len(selectors.sessions_of(person_id=person.person_id, now=now)),
    }
    return render(request, "login/account.html", context)
