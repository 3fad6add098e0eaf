"""Asking the register, and bringing our mandates in line with its answer."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from kapi.contexts.identity import services as identity
from kapi.contexts.identity.errors import LegalPersonDiffers
from kapi.contexts.identity.selectors import get_person_record
from kapi.contexts.identity.values import LegalPersonId, PersonId
from kapi.contexts.mandates import rules
from kapi.contexts.mandates.errors import RegisterUnavailable
from kapi.contexts.mandates.models import Inquiry, Mandate
from kapi.contexts.mandates.providers.registry import get_register
from kapi.contexts.mandates.selectors import as_record, find_inquiry
from kapi.contexts.mandates.services.endings import audit_mandate, end_mandate
from kapi.contexts.mandates.values import EndReason, Representation, Terms
from kapi.kernel.actors import Actor
from kapi.kernel.errors import InvalidValue


def refresh_mandates(*, person_id: PersonId, actor: Actor, now: datetime) -> None:
    """Ask the register for whom a person may act, unless it has just answered, and keep what it says.

    Call it outside every transaction. Where it fails, what was known stays as it is, each mandate to its own term.

    :raises NoRegister: if this gateway is connected to none.
    :raises RegisterUnavailable: if it gives no answer that can be used.
    :raises PersonNotFound: if nobody is registered under the id.
    """
    register = get_register()
    inquiry = find_inquiry(person_id=person_id)
    if inquiry is not None and rules.is_fresh(inquiry.answered_at, now=now):
        return
    number = get_person_record(person_id=person_id).identity_number
    Inquiry.objects.update_or_create(pk=person_id, defaults={"asked_at": now})
    answer = register.representations_of(identity_number=number)
    with transaction.atomic():
        row = Inquiry.objects.select_for_update(of=("self",)).get(pk=person_id)
        if row.answered_at is not None and row.answered_at > now:
            return  # somebody has asked later and was answered sooner: theirs is the newer word
        try:
            _bring_in_line(person_id, register.name, answer, actor, now)
        except (InvalidValue, LegalPersonDiffers):  # half an answer is none
            raise RegisterUnavailable from None
        Inquiry.objects.filter(pk=person_id).update(answered_at=now)


def _bring_in_line(
    person_id: PersonId, source: str, answer: Iterable[Representation], actor: Actor, now: datetime
) -> None:
    stated = {_principal(line, actor, now): line.terms for line in answer}
    kept = Mandate.objects.filter(representative_id=person_id, source=source, ended_at=None)
    rows = {LegalPersonId(row.principal_id): row for row in kept.select_related("principal").order_by("pk")}
    for principal_id, row in rows.items():
        terms = stated.get(principal_id)
        if terms == as_record(row).terms:
            Mandate.objects.filter(pk=row.pk).update(confirmed_at=now)
        else:
            end_mandate(row=row, reason=EndReason.CHANGED if terms else EndReason.REVOKED, actor=actor, now=now)
    for principal_id, terms in stated.items():
        if principal_id not in rows or terms != as_record(rows[principal_id]).terms:
            _begin(person_id, principal_id, terms, source=source, actor=actor, now=now)


def _principal(line: Representation, actor: Actor, now: datetime) -> LegalPersonId:
    return identity.register_legal_person(
        tax_number=line.tax_number, mersis_number=line.mersis_number, name=line.name, actor=actor, now=now
    )


def _begin(
    person_id: PersonId, principal_id: LegalPersonId, terms: Terms, *, source: str, actor: Actor, now: datetime
) -> None:
    row = Mandate.objects.create(
        representative_id=person_id,
        principal_id=principal_id,
        scope=terms.scope,
        services=sorted(terms.services),
        source=source,
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        created_at=now,
        confirmed_at=now,
    )
    audit_mandate(action="mandates.mandate_begun", row=row, details={"scope": terms.scope}, actor=actor, now=now)
