"""Putting a service on one's own page, and taking it off again."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.catalogue import services as catalogue
from kapi.contexts.catalogue.errors import ServiceNotFound, TooManyFavourites
from kapi.contexts.identity.values import SignedIn
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import require_sign_in, signed_in


@require_http_methods(["GET", "POST"])
@never_cache
@require_sign_in
def favourite(request: HttpRequest, code: str) -> HttpResponse:
    """Add or remove (`deed`) a service, and go back to where it was pressed (`from`: the service or `my_pages`).

    Who had to sign in again comes here by GET, and is led to the service's page.
    """
    if request.method != "POST":
        return HttpResponseRedirect(page_url("portal", "service", code=code))
    person = cast("SignedIn", signed_in(request))
    now = timezone.now()
    if request.POST.get("deed") == "remove":
        catalogue.remove_favourite(person_id=int(person.person_id), service_code=code, actor=person.actor, now=now)
    else:
        try:
            catalogue.add_favourite(person_id=int(person.person_id), service_code=code, actor=person.actor, now=now)
        except ServiceNotFound as missing:
            raise Http404 from missing
        except TooManyFavourites:
            return HttpResponseRedirect(page_url("portal", "my_pages", query={"oldu": "dolu"}) + "#favourites")
    if request.POST.get("from") == "my_pages":
        return HttpResponseRedirect(page_url("portal", "my_pages") + "#favourites")
    return HttpResponseRedirect(page_url("portal", "service", code=code))
