"""`/oturum/uzat/`: when the session ends, and putting it off."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.values import SignedIn
from kapi.sites.login import cookies
from kapi.sites.login.destinations import Destination, destination_of


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def extend(request: HttpRequest) -> HttpResponse:
    """Show when the session ends (GET, which does not put it off), or extend it (POST).

    A script that asks for JSON gets `{"seconds_left": n}`; 401 and zero once the session is over.
    """
    now, destination = timezone.now(), destination_of(request)
    person = selectors.find_session(token=cookies.session_token(request), now=now)
    if person is not None and request.method == "POST":
        person = _extended(person, now)
    if request.accepts("text/html"):
        return _page(request, person, destination)
    return JsonResponse({"seconds_left": _seconds_left(person, now)}, status=200 if person else 401)


def _extended(person: SignedIn, now: datetime) -> SignedIn | None:
    try:
        return services.extend_session(session_id=person.session_id, actor=person.actor, now=now)
    except SessionOver:
        return None


def _seconds_left(person: SignedIn | None, now: datetime) -> int:
    return max(0, int((person.expires_at - now).total_seconds())) if person else 0


def _page(request: HttpRequest, person: SignedIn | None, destination: Destination) -> HttpResponse:
    if person is None:
        return HttpResponseRedirect(destination.sign_in_url)
    if request.method == "POST" and destination.url:
        return HttpResponseRedirect(destination.url)
    return render(request, "login/extension.html", {"person": person, "destination": destination})
