"""`/yonetim/gecis-anahtari/`: whether one's passkey opens the work pages, and how to get one that does."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kapi.contexts.identity.selectors import staff_proof_of
from kapi.sites.backoffice.door import staff_of
from kapi.sites.backoffice.proofs import proof_page
from kapi.sites.ui.session import require_sign_in


@never_cache
@require_safe
@require_sign_in
def passkey(request: HttpRequest) -> HttpResponse:
    """Show it to whoever holds a role; this one page wants no passkey."""
    staff = staff_of(request)
    if not staff.held:
        raise PermissionDenied
    return proof_page(request, staff_proof_of(signed_in=staff.person, now=timezone.now()), is_shut=False)
