"""A client is suspended at once by one person, and resumed when it may be relied on again.

A suspended client is closed in every respect while it lasts (`closed_at`), so nothing that refuses closed clients can
forget it. Unlike after closing, what people gave it for the time when they are away is there again afterwards.
"""

from datetime import datetime

from django.db import transaction

from kapi.contexts.openid.errors import ClientNotOpen, ClientNotSuspended
from kapi.contexts.openid.events import ClientSuspended
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.services.clients import _locked, _refuse_under_emergency
from kapi.contexts.openid.values.clients import SuspensionReason
from kapi.foundation.audit import services as audit
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor


def suspend_client(*, client_id: str, reason: SuspensionReason, actor: Actor, now: datetime) -> None:
    """Refuse everything that this client asks, from this moment, until it is resumed.

    Its tokens are refused at once in every process; the reaction then ends them, and tells it which sessions are over.
    Doing it again changes nothing: the first moment and reason stay.

    :raises ClientNotFound: if there is no such client.
    :raises ClientNotOpen: if it is closed, or not live yet.
    """
    with transaction.atomic():
        row = _locked(client_id)
        if row.suspended_at is not None:
            return
        if row.closed_at is not None:
            raise ClientNotOpen
        Client.objects.filter(pk=row.pk).update(closed_at=now, suspended_at=now, suspended_for=reason)
        _record("openid.client_suspended", row.pk, actor, now, {"reason": reason.value})
        publish(ClientSuspended(client_id=row.pk, suspended_at=now.isoformat(), after_grant=0), now=now)


def resume_client(*, client_id: str, actor: Actor, now: datetime) -> None:
    """Answer a suspended client again, on the terms that it had.

    Codes and access tokens of before stay dead, whether or not what follows the suspension has reached them yet.

    :raises ClientNotFound: if there is no such client.
    :raises ClientNotSuspended: if it is open, or closed for good.
    :raises ClientOutlastsEmergency: if the actor acts under an emergency.
    """
    _refuse_under_emergency(actor)
    with transaction.atomic():
        row = _locked(client_id)
        if row.suspended_at is None:
            raise ClientNotSuspended
        Client.objects.filter(pk=row.pk).update(closed_at=None, suspended_at=None, suspended_for="", good_from=now)
        details: dict[str, object] = {"reason": row.suspended_for, "since": row.suspended_at.isoformat()}
        _record("openid.client_resumed", row.pk, actor, now, details)


def _record(action: str, client_id: str, actor: Actor, now: datetime, details: dict[str, object]) -> None:
    audit.record(action=action, subject_kind="client", subject_id=client_id, actor=actor, now=now, details=details)
