"""Which institution waits while a person signs in."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from kapi.contexts.openid.errors import RequestGone
from kapi.contexts.openid.selectors.authorization import get_pending_request
from kapi.contexts.openid.values.authorization import PendingRequest
from kapi.kernel.langstring import LocalText
from kapi.sites.login import cookies
from kapi.sites.login.destinations import Destination
from kapi.sites.ui.headers import allow_form_to_lead_to
from kapi.sites.ui.words import local


def find_asking(request: HttpRequest, destination: Destination) -> PendingRequest | None:
    """Return the request that the destination resumes; None where it resumes none, or one that is over."""
    if not destination.request_id:
        return None
    try:
        return get_pending_request(
            request_id=destination.request_id,
            browser=cookies.browser_token(request),
            person_id=None,
            now=timezone.now(),
        )
    except RequestGone:
        return None


@dataclass(frozen=True)
class Waiting:
    """The institution's program that waits, as pages name it, and its request's id."""

    id: str
    client: LocalText


def shown_of(asking: PendingRequest | None) -> Waiting | None:
    """Return what pages show of the request."""
    return Waiting(asking.id, local(asking.client_name)) if asking else None


def lead_to(page: HttpResponse, asking: PendingRequest | None) -> HttpResponse:
    """Let the page's form lead to the institution, where it goes on to."""
    return allow_form_to_lead_to(page, asking.redirect_origin) if asking else page
