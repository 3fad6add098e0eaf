"""`/yonetim/durum/`: what is on its way, what was given up, who answers, and how long the audit trail is."""

from datetime import timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from kapi.contexts.identity.selectors.misuse import misuse_counts
from kapi.contexts.identity.selectors.mobile_signatures import is_signer_answering
from kapi.contexts.identity.selectors.pressure import lists_tried
from kapi.contexts.identity.selectors.register import population_register_state
from kapi.contexts.institutions.values import Permission
from kapi.contexts.mandates.selectors import register_state
from kapi.contexts.openid.selectors.logout import undelivered_logouts
from kapi.foundation.audit.services import lengths
from kapi.foundation.audit.verification import verifications
from kapi.foundation.jobs.selectors import failed_jobs, last_sign_of_life
from kapi.foundation.outbox.selectors import backlog, parked_groups
from kapi.sites.backoffice.door import for_staff

_LATELY: Final = timedelta(days=30)


@require_safe
@for_staff(Permission.READ_AUDIT)
def status(request: HttpRequest) -> HttpResponse:
    """Show the counts, and how the last verifications of the trail went: none is done here. The supplier of mobile
    signatures is asked whether it can be reached.
    """
    sealed, unsealed = lengths()
    walks = verifications()
    context = {
        "sealed": sealed,
        "unsealed": unsealed,
        "verifications": walks,
        "faults": sum(walk.first_bad_row is not None for walk in walks),
        "outbox": backlog(),
        "parked": parked_groups(),
        "logouts": undelivered_logouts(),
        "worker_seen_at": last_sign_of_life(),
        "failed_jobs": failed_jobs(),
        "register": register_state(),
        "population": population_register_state(),
        "signer_answers": is_signer_answering(),
        "lists_tried": lists_tried(now=timezone.now()),
        "misuse": misuse_counts(since=timezone.now() - _LATELY),
    }
    return render(request, "backoffice/status.html", context)
