"""What is over is forgotten: requests, used assertions, tokens, grants, and in the end visits with their notices.

Approvals, subjects and sharings stay: they are what a person may look up, and how an institution knows them again.
"""

from datetime import datetime, timedelta

from django.db import models, transaction

from kapi.contexts.openid.models import (
    AccessToken,
    Grant,
    LogoutDelivery,
    MachineToken,
    PendingAuthorization,
    PendingLogout,
    PushedRequest,
    RefreshToken,
    RefusedRequest,
    UsedAssertion,
    UsedProof,
    Visit,
)
from kapi.foundation.settled import settings
from kapi.kernel.actors import Actor

# A code that comes twice must be known for longer than its tokens live, to revoke what it gave.
KEEP_GRANTS = timedelta(days=7)
KEEP_NOTICES = timedelta(days=30)
KEEP_REFUSALS = timedelta(days=7)


def prune(*, limit: int, actor: Actor, now: datetime) -> int:
    """Delete up to `limit` rows of each kind whose time is over, and return how many in all."""
    over: tuple[tuple[models.QuerySet[models.Model], str], ...] = (
        (UsedAssertion.objects.filter(expires_at__lt=now), "expires_at"),
        (UsedProof.objects.filter(expires_at__lt=now), "expires_at"),
        (PendingAuthorization.objects.filter(expires_at__lt=now), "expires_at"),
        # What was pushed is known for as long as a person may still be about to answer it.
        (PushedRequest.objects.filter(expires_at__lt=now - settings.OPENID.request_lifetime), "expires_at"),
        (RefusedRequest.objects.filter(at__lt=now - KEEP_REFUSALS), "at"),
        (PendingLogout.objects.filter(expires_at__lt=now), "expires_at"),
        (AccessToken.objects.filter(expires_at__lt=now - KEEP_GRANTS), "expires_at"),
        (MachineToken.objects.filter(expires_at__lt=now - KEEP_GRANTS), "expires_at"),
        (RefreshToken.objects.filter(expires_at__lt=now - KEEP_GRANTS), "expires_at"),
        (Grant.objects.filter(issued_at__lt=now - KEEP_GRANTS, accesstoken=None, refreshtoken=None), "issued_at"),
        (
            _first(LogoutDelivery, limit)
            .exclude(confirmed_at=None, given_up_at=None)
            .filter(created_at__lt=now - KEEP_NOTICES),
            "pk",
        ),
        (_first(Visit, limit).filter(last_at__lt=now - settings.KEEP_HISTORY, logoutdelivery=None, grant=None), "pk"),
    )
    return sum(_delete(rows, by, limit) for rows, by in over)


def _first(model: type[models.Model], limit: int) -> models.QuerySet[models.Model]:
    """Return the first rows there are: they are over in about the order in which they began, so no index is needed."""
    oldest = model._default_manager.order_by("pk").values_list("pk", flat=True)[:limit]
    return model._default_manager.filter(pk__in=list(oldest))


def _delete(rows: models.QuerySet[models.Model], by: str, limit: int) -> int:
    with transaction.atomic():
        ids = list(rows.order_by(by, "pk").values_list("pk", flat=True)[:limit])
        return rows.model._default_manager.filter(pk__in=ids).delete()[0]
