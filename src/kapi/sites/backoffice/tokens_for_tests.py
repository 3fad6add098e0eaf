"""`/yonetim/istemciler/<id>/deneme-belirteci/`: a short-lived token for a test client, shown once."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from kapi.contexts.institutions.values import Permission
from kapi.contexts.openid.errors import NotATestClient, TooManyRequests
from kapi.contexts.openid.services.tokens_for_tests import issue_test_token
from kapi.sites.backoffice import client_form
from kapi.sites.backoffice.clients import client_for, trail
from kapi.sites.backoffice.door import for_staff, staff_of
from kapi.sites.ui.errors import too_many_requests
from kapi.sites.ui.links import origin_of


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.MANAGE_CLIENTS, is_sensitive=True)
def test_token(request: HttpRequest, client_id: str) -> HttpResponse:
    """Say what a test token is good for, and hand one out on demand; it is on that page and on no other."""
    record = client_for(request, client_id, Permission.MANAGE_CLIENTS)
    if not (record.is_test and record.is_open):
        raise Http404
    issued = None
    if request.method == "POST":
        try:
            actor = staff_of(request).actor(record.institution_code)
            issued = issue_test_token(client_id=record.id, actor=actor, now=timezone.now())
        except NotATestClient:
            raise Http404 from None
        except TooManyRequests as refusal:
            return too_many_requests(request, retry_after=refusal.retry_after)
    context = {
        "record": record,
        "token": issued.access_token if issued else "",
        "minutes": issued.expires_in_s // 60 if issued else 0,
        "api_scopes": [what for scope, what in client_form.api_scope_names() if scope in record.api_scopes],
        "api": origin_of("api"),
        "mistakes": [],
        "trail": trail(record),
    }
    return render(request, "backoffice/test_token.html", context)
