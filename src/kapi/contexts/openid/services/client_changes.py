"""Changes of clients: what gives a live client more than it had waits for another person."""

from datetime import datetime

from django.db import transaction

from kapi.contexts.openid.errors import (
    AcceptedByProposer,
    ChangeNotWaiting,
    ChangeWaits,
    ClientChangedMeanwhile,
)
from kapi.contexts.openid.models import Client, ClientChange, LogoutDelivery
from kapi.contexts.openid.rules import clients as rules
from kapi.contexts.openid.selectors.clients import as_record
from kapi.contexts.openid.services.clients import CHANGED, _locked, _refuse_under_emergency
from kapi.contexts.openid.values.clients import ChangeState, ClientTerms, Profile
from kapi.foundation.audit import services as audit
from kapi.foundation.settled import settings
from kapi.kernel.actors import Actor


def change_client(*, client_id: str, terms: ClientTerms, seen: str, actor: Actor, now: datetime) -> ChangeState:
    """Change a client's terms, and say whether they hold (`APPLIED`) or wait for another person (`WAITING`).

    `seen` is the digest of the terms that the actor began from. What widens a live client's access waits. A closed
    client's terms hold at once: another person looks at all of them before it goes live.

    :raises ClientNotFound: if there is no such client.
    :raises ClientNotAcceptable: naming the field, the reason, and what would do.
    :raises ClientChangedMeanwhile: if somebody else changed it since.
    :raises ChangeWaits: if a change of it waits already.
    :raises ClientOutlastsEmergency: if it widens a live client's access, and the actor acts under an emergency.
    """
    openid = settings.OPENID
    with transaction.atomic():
        row = _locked(client_id)
        profile = Profile(row.profile)
        rules.check_terms(terms, profile=profile, http_allowed=openid.http_allowed, demo=openid.demo)
        if row.is_test:
            rules.check_test_client(terms)
        rules.check_institution(terms, row.institution_id or "")
        before = as_record(row).terms
        if rules.digest_of(before) != seen:
            raise ClientChangedMeanwhile
        if ClientChange.objects.filter(client=row, state=ChangeState.WAITING).exists():
            raise ChangeWaits
        widens = rules.widening(before, terms)
        details: dict[str, object] = {"fields": rules.changed_fields(before, terms), "widens": list(widens)}
        if (row.closed_at is not None and row.suspended_at is None) or not widens:
            if details["fields"]:
                _apply(row, terms, now)
                _record(CHANGED, row, actor, now, details)
            return ChangeState.APPLIED
        _refuse_under_emergency(actor)
        ClientChange.objects.create(
            client=row,
            terms=rules.to_document(terms),
            state=ChangeState.WAITING,
            proposed_by=actor.id,
            proposed_at=now,
        )
        _record("openid.client_change_proposed", row, actor, now, details)
    return ChangeState.WAITING


def accept_change(*, change_id: int, actor: Actor, now: datetime) -> None:
    """Let a change hold that another person asked for.

    :raises ChangeNotWaiting: if there is no such change, or it is decided.
    :raises AcceptedByProposer: if the actor asked for it.
    :raises ClientOutlastsEmergency: if the actor acts under an emergency.
    """
    _refuse_under_emergency(actor)
    with transaction.atomic():
        row, change = _waiting(change_id)
        if change.proposed_by == actor.id:
            raise AcceptedByProposer
        _decide(change, ChangeState.APPLIED, actor, now)
        fields = rules.changed_fields(as_record(row).terms, rules.from_document(change.terms))
        _record("openid.client_change_accepted", row, actor, now, {"change_id": change.pk, "fields": fields})
        _apply(row, rules.from_document(change.terms), now)


def reject_change(*, change_id: int, actor: Actor, now: datetime) -> None:
    """Refuse a change that somebody asked for.

    :raises ChangeNotWaiting: if there is no such change, or it is decided.
    """
    with transaction.atomic():
        row, change = _waiting(change_id)
        _decide(change, ChangeState.REJECTED, actor, now)
        _record("openid.client_change_rejected", row, actor, now, {"change_id": change.pk})


def withdraw_change(*, change_id: int, actor: Actor, now: datetime) -> None:
    """Take back a change that waits, on the side that asked for it.

    :raises ChangeNotWaiting: if there is no such change, or it is decided.
    """
    with transaction.atomic():
        row, change = _waiting(change_id)
        _decide(change, ChangeState.WITHDRAWN, actor, now)
        _record("openid.client_change_withdrawn", row, actor, now, {"change_id": change.pk})


def _waiting(change_id: int) -> tuple[Client, ClientChange]:
    """Lock a change that waits, behind its client."""
    client_id = ClientChange.objects.filter(pk=change_id).values_list("client_id", flat=True).order_by("pk").first()
    if client_id is None:
        raise ChangeNotWaiting
    row = _locked(client_id)
    change = ClientChange.objects.filter(pk=change_id, state=ChangeState.WAITING).first()
    if change is None:
        raise ChangeNotWaiting
    return row, change


def _decide(change: ClientChange, state: ChangeState, actor: Actor, now: datetime) -> None:
    ClientChange.objects.filter(pk=change.pk).update(state=state, decided_by=actor.id, decided_at=now)


def _apply(row: Client, terms: ClientTerms, now: datetime) -> None:
    Client.objects.filter(pk=row.pk).update(**rules.to_document(terms))
    if row.backchannel_logout_uri and not terms.backchannel_logout_uri:
        # There is nobody left to tell: what waits would be tried for a day, and shown to citizens as "being told".
        waiting = LogoutDelivery.objects.filter(visit__client=row, confirmed_at=None, given_up_at=None)
        waiting.update(given_up_at=now, leased_until=None, last_error="no address any more")


def _record(action: str, row: Client, actor: Actor, now: datetime, details: dict[str, object]) -> None:
    audit.record(action=action, subject_kind="client", subject_id=row.pk, actor=actor, now=now, details=details)
