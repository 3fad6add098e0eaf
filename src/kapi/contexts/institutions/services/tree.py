"""The tree of institutions."""

from datetime import datetime

from django.db import IntegrityError, transaction

from kapi.contexts.institutions.errors import (
    InstitutionChangedMeanwhile,
    InstitutionExists,
    InstitutionNotFound,
    InstitutionTreeTooDeep,
)
from kapi.contexts.institutions.events import InstitutionChanged
from kapi.contexts.institutions.models import Institution
from kapi.contexts.institutions.rules import CODE_DIGITS, MOST_LEVELS, digest_of, path_below
from kapi.contexts.institutions.selectors import as_details
from kapi.contexts.institutions.values import (
    InstitutionDetails,
)
from kapi.foundation.audit.services import record
from kapi.foundation.outbox.services import publish
from kapi.kernel import turkish
from kapi.kernel.actors import Actor
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import InstitutionCode


def add_unit(
    *, code: InstitutionCode, parent_code: str, details: InstitutionDetails, actor: Actor, now: datetime
) -> None:
    """Add an institution or unit below another one.

    :raises InstitutionNotFound: if the parent does not exist.
    :raises InstitutionExists: if the code is taken.
    :raises InstitutionTreeTooDeep: beyond 16 levels.
    :raises InvalidValue: if the name has no Turkish.
    """
    with transaction.atomic():
        _insert(code, parent_code, details, now)
        _audit("institutions.institution_added", code.digits, actor, now, {"parent": parent_code})


def change_institution(*, code: str, details: InstitutionDetails, seen: str, actor: Actor, now: datetime) -> None:
    """Replace what is told about an institution; its code and place stay.

    `seen` is the digest (`selectors.digest_of`) of the details that the change was based on.

    :raises InstitutionNotFound: if no institution has this code.
    :raises InstitutionChangedMeanwhile: if something else is told by now.
    :raises InvalidValue: if the name has no Turkish.
    """
    with transaction.atomic():
        row = Institution.objects.select_for_update(of=("self",)).filter(pk=code).first()
        if row is None:
            raise InstitutionNotFound
        if digest_of(as_details(row)) != seen:
            raise InstitutionChangedMeanwhile
        for column, value in _columns(details).items():
            setattr(row, column, value)
        row.save()
        _audit("institutions.institution_changed", code, actor, now, {})
        publish(InstitutionChanged(institution_code=code), now=now)


def _insert(code: InstitutionCode, parent_code: str | None, details: InstitutionDetails, now: datetime) -> None:
    parent_path = ""
    if parent_code is not None:
        parent = Institution.objects.select_for_update(of=("self",)).filter(pk=parent_code).first()
        if parent is None:
            raise InstitutionNotFound
        parent_path = parent.path
    path = path_below(parent_path, code.digits)
    if len(path) > CODE_DIGITS * MOST_LEVELS:
        raise InstitutionTreeTooDeep
    row = Institution(code=code.digits, parent_id=parent_code, path=path, added_at=now, **_columns(details))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise InstitutionExists from None


def _columns(details: InstitutionDetails) -> dict[str, object]:
    if not details.name.tr:
        raise InvalidValue("name_tr", "missing")
    return {
        "name": details.name.stored(),
        "name_folded": turkish.fold(f"{details.name.tr} {details.name.en}"),
        "sort_tr": turkish.alphabet_key(details.name.tr),
        "sort_en": turkish.alphabet_key(details.name.text("en")),
        "kind": details.kind,
        "url": details.url,
        "phone": details.phone,
        "address": details.address,
        "description": details.description.stored(),
    }


def _audit(action: str, code: str, actor: Actor, now: datetime, details: dict[str, object]) -> None:
    record(action=action, subject_kind="institution", subject_id=code, actor=actor, now=now, details=details)
