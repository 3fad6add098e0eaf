"""`/cikis/`: signing out of the gateway and of every institution that the session has visited."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import services as identity
from kapi.contexts.identity.values import EndReason
from kapi.sites.login import cookies
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import signed_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask (GET), or sign out (POST)."""
    person = signed_in(request)
    if request.method != "POST":
        return render(request, "login/sign_out.html", {"person": person})
    if person is not None:
        identity.end_session(
            session_id=person.session_id, reason=EndReason.SIGNED_OUT, actor=person.actor, now=timezone.now()
        )
    response = HttpResponseRedirect(page_url("login", "signed_out"))
    cookies.forget_session(response)
    return response


@never_cache
@require_http_methods(["GET", "HEAD"])
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that one is signed out."""
    return render(request, "login/signed_out.html")
