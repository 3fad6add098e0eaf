"""One's own page: where one has been, what was shared, and the way to everything about one's account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue import selectors as catalogue
from kapi.contexts.catalogue.values import MOST_FAVOURITES
from kapi.contexts.identity import selectors as identity
from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.selectors.authorization import visits_of
from kapi.contexts.openid.selectors.sharing import sharings_of
from kapi.kernel.langstring import LocalText
from kapi.sites.ui.session import require_sign_in, signed_in
from kapi.sites.ui.words import local

LINES_SHOWN: Final = 3


@dataclass(frozen=True)
class Occasion:
    """A visit or a sharing: with whom, and when."""

    client: LocalText
    at: datetime


@require_safe
@never_cache
@require_sign_in
def my_pages(request: HttpRequest) -> HttpResponse:
    """Show one's services, the latest visits and sharings, and lead to sessions, history, sharings and password."""
    person = cast("SignedIn", signed_in(request))
    visits = visits_of(person_id=person.person_id, limit=LINES_SHOWN)
    shared = sharings_of(person_id=person.person_id, limit=LINES_SHOWN)
    values = {
        "name": person.display_name,
        "favourites": catalogue.favourites_of(person_id=int(person.person_id), language=get_language() or ""),
        "full": MOST_FAVOURITES if request.GET.get("oldu") == "dolu" else 0,
        "signed_in_at": person.authenticated_at,
        "sessions": len(identity.sessions_of(person_id=person.person_id, now=timezone.now())),
        "visits": [Occasion(local(visit.client_name), visit.first_at) for visit in visits],
        "sharings": [Occasion(local(sharing.client_name), sharing.at) for sharing in shared],
    }
    return render(request, "portal/my_pages.html", values)
