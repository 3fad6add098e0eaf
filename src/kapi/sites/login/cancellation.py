"""`/giris/vazgec/<id>/`: the person does not want to sign in after all and goes back to the institution."""

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from kapi.contexts.openid.errors import RequestGone
from kapi.contexts.openid.services.authorization import cancel_authorization
from kapi.kernel.actors import NOBODY
from kapi.sites.login.faults import fault_page
from kapi.sites.login.openid import browser_of, follow
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
