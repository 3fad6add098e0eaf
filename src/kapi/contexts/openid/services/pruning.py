"""What is over is forgotten: requests, used assertions, tokens, grants. Visits, approvals and sharings are history."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from kapi.contexts.openid.models import (
    AccessToken,
    Grant,
    PendingAuthorization,
    PendingLogout,
    PushedRequest,
    UsedAssertion,
    UsedProof,
)
from kapi.kernel.actors import Actor

# A code that comes twice must be known for longer than its tokens live, to revoke what it gave.
KEEP_GRANTS = timedelta(days=7)


def prune(*, limit: int, actor: Actor, now: datetime) -> int:
    """Delete up to `limit` rows of each kind whose time is over, and return how many in all."""
    over: tuple[models.QuerySet[models.Model], ...] = (
        UsedAssertion.objects.filter(expires_at__lt=now),
        UsedProof.objects.filter(expires_at__lt=now),
        PendingAuthorization.objects.filter(expires_at__lt=now),
        # What was pushed is known for as long as a person may still be about to answer it.
        PushedRequest.objects.filter(expires_at__lt=now - settings.OPENID.request_lifetime),
        PendingLogout.objects.filter(expires_at__lt=now),
        AccessToken.objects.filter(expires_at__lt=now - KEEP_GRANTS),
        Grant.objects.filter(issued_at__lt=now - KEEP_GRANTS, accesstoken=None),
    )
    return sum(_delete(rows, limit) for rows in over)


def _delete(rows: models.QuerySet[models.Model], limit: int) -> int:
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:limit])
    return rows.model._default_manager.filter(pk__in=ids).delete()[0]
