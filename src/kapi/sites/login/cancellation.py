"""`/giris/vazgec/<id>/` and `/giris/boyle-devam/<id>/`: without signing in after all, and without a stronger proof."""

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from kapi.contexts.openid.errors import RequestGone
from kapi.contexts.openid.services.decisions import cancel_authorization
from kapi.contexts.openid.services.waiting import waive_stronger_proof
from kapi.kernel.actors import NOBODY
from kapi.sites.login.faults import fault_page
from kapi.sites.login.openid import browser_of, follow, redirect_to
from kapi.sites.ui.session import signed_in


@never_cache
@require_POST
def cancel(request: HttpRequest, request_id: str) -> HttpResponseBase:
    """Answer the institution's request with a refusal; whoever is signed in here stays so."""
    person = signed_in(request)
    try:
        step = cancel_authorization(
            request_id=request_id,
            browser=browser_of(request),
            actor=person.actor if person else NOBODY,
            now=timezone.now(),
        )
    except RequestGone as refusal:
        return fault_page(request, refusal)
    return follow(request, step)


@never_cache
@require_POST
def go_on_without(request: HttpRequest, request_id: str) -> HttpResponseBase:
    """Go on with the institution's request without the stronger proof that it would like; it is told so by `acr`."""
    person = signed_in(request)
    try:
        waive_stronger_proof(
            request_id=request_id,
            browser=browser_of(request),
            actor=person.actor if person else NOBODY,
            now=timezone.now(),
        )
    except RequestGone as refusal:
        return fault_page(request, refusal)
    return redirect_to(request, reverse("oidc:resume", kwargs={"request_id": request_id}))
