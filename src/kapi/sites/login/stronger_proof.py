"""`/giris/daha-guclu/<id>/`: an institution insists on a stronger proof than the person has; what can be done."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kapi.contexts.identity.values import PHISHING_RESISTANT, AssuranceLevel
from kapi.contexts.openid.errors import RequestGone
from kapi.contexts.openid.selectors.authorization import get_pending_request
from kapi.sites.login import cookies
from kapi.sites.login.asking import lead_to, shown_of
from kapi.sites.login.destinations import PARAMETER, Destination
from kapi.sites.login.faults import fault_page
from kapi.sites.login.mobile_signatures import mobile_signatures_are_possible
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import signed_in


@never_cache
@require_safe
def stronger_proof(request: HttpRequest, request_id: str) -> HttpResponse:
    """Offer what would do: a passkey or an app to be added, a certificate or a telephone; or the way back without."""
    resumption = reverse("oidc:resume", kwargs={"request_id": request_id})
    try:
        asking = get_pending_request(
            request_id=request_id, browser=cookies.browser_token(request), person_id=None, now=timezone.now()
        )
    except RequestGone as refusal:
        return fault_page(request, refusal)
    if signed_in(request) is None:
        return HttpResponseRedirect(resumption)
    wanted, onward = set(asking.wanted_acrs), {PARAMETER: resumption}
    is_app_enough = bool(wanted & {AssuranceLevel.SUBSTANTIAL, AssuranceLevel.LOW})
    is_passkey_enough = is_app_enough or PHISHING_RESISTANT in wanted
    is_certificate_enough = is_app_enough or AssuranceLevel.HIGH in wanted
    context = {
        "asking": shown_of(asking),
        "destination": Destination(resumption, is_again=True),
        "passkey_url": page_url("login", "authenticators", query=onward),
        "app_url": page_url("login", "totp", query=onward),
        "offers_passkey": is_passkey_enough and settings.PASSKEYS.is_possible,
        "offers_app": is_app_enough,
        "offers_certificate": is_certificate_enough and settings.CERTIFICATES.are_possible,
        "offers_telephone": is_certificate_enough and mobile_signatures_are_possible(),
    }
    return lead_to(render(request, "login/stronger_proof.html", context), asking)
