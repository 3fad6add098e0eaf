"""Who is signed in, on pages that only they see."""

from typing import cast

from django.http import HttpRequest

from kapi.contexts.identity.values import SignedIn
from kapi.sites.ui.session import signed_in


def person_of(request: HttpRequest) -> SignedIn:
    """Return who is signed in, behind `require_sign_in` or `require_session`."""
    return cast("SignedIn", signed_in(request))
