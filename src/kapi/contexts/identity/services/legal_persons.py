"""Registering legal persons."""

from datetime import datetime

from django.db import IntegrityError, transaction

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import LegalPersonDiffers
from kapi.contexts.identity.models import LegalPerson
from kapi.contexts.identity.rules.names import clean_legal_name
from kapi.contexts.identity.values import LegalPersonId
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.kernel.actors import Actor
from kapi.kernel.identifiers import MersisNumber, TaxNumber


def register_legal_person(
    *, tax_number: TaxNumber, mersis_number: MersisNumber | None, name: str, actor: Actor, now: datetime
) -> LegalPersonId:
    """Register a legal person as a register states it, or bring the one of this tax number up to date.

    :raises InvalidValue: if the name cannot be.
    :raises LegalPersonDiffers: if the MERSİS number is another one's.
    """
    wanted = clean_legal_name(name)
    try:
        with transaction.atomic():
            legal_person_id = selectors.find_legal_person(tax_number=tax_number)
            if legal_person_id is None:
                row, is_new = LegalPerson.objects.get_or_create(
                    tax_number_digest=keys.digest(tax_number.digits, purpose=selectors.TAX_NUMBER),
                    defaults={
                        "tax_number_sealed": keys.seal(tax_number.digits, purpose=selectors.TAX_NUMBER),
                        "name": wanted,
                        "created_at": now,
                        **_mersis_columns(mersis_number),
                    },
                )
                legal_person_id = LegalPersonId(row.pk)
                if is_new:
                    _audit("identity.legal_person_registered", legal_person_id, actor, now)
            _bring_up_to_date(legal_person_id, wanted, mersis_number, actor, now)
    except IntegrityError:
        raise LegalPersonDiffers from None
    return legal_person_id


def _bring_up_to_date(
    legal_person_id: LegalPersonId, name: str, mersis_number: MersisNumber | None, actor: Actor, now: datetime
) -> None:
    known = selectors.get_legal_person(legal_person_id=legal_person_id)
    changes: dict[str, object] = {"name": name} if name != known.name else {}
    if mersis_number != known.mersis_number:
        changes |= _mersis_columns(mersis_number)
    if changes:
        LegalPerson.objects.filter(pk=legal_person_id).update(**changes)
        changed = sorted({"name" if column == "name" else "mersis_number" for column in changes})
        _audit("identity.legal_person_changed", legal_person_id, actor, now, changed=changed)


def _mersis_columns(number: MersisNumber | None) -> dict[str, object]:
    if number is None:
        return {"mersis_number_digest": None, "mersis_number_sealed": b""}
    return {
        "mersis_number_digest": keys.digest(number.digits, purpose=selectors.MERSIS_NUMBER),
        "mersis_number_sealed": keys.seal(number.digits, purpose=selectors.MERSIS_NUMBER),
    }


def _audit(action: str, legal_person_id: LegalPersonId, actor: Actor, now: datetime, **details: object) -> None:
    record(
        action=action,
        subject_kind="legal_person",
        subject_id=str(legal_person_id),
        actor=actor,
        now=now,
        details=dict(details),
    )
