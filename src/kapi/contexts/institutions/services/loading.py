"""Loading institutions from a file."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from kapi.contexts.institutions.errors import AuthorIsApprover
from kapi.contexts.institutions.events import InstitutionChanged
from kapi.contexts.institutions.models import Institution
from kapi.contexts.institutions.rules import CODE_DIGITS, MOST_LEVELS, path_below
from kapi.contexts.institutions.services.tree import _columns
from kapi.contexts.institutions.values import InstitutionDetails, InstitutionKind
from kapi.foundation.audit.services import record_many
from kapi.foundation.locks import hold_lock
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import InstitutionCode
from kapi.kernel.langstring import LangString
from kapi.kernel.tables import FileRefused, Loaded, Row, RowFault, read_csv

COLUMNS = (
    "code", "parent_code", "name_tr", "name_en", "kind",
    "url", "phone", "address_tr", "description_tr", "description_en",
)  # fmt: skip
_BATCH = 500


@dataclass(frozen=True)
class _Line:
    row: Row
    code: str
    parent_code: str
    details: InstitutionDetails


def load_institutions(*, data: bytes, author_id: int, approver_id: int, actor: Actor, now: datetime) -> Loaded:
    """Load institutions from a CSV file (UTF-8; columns in `COLUMNS`), a parent before its children or after.

    New ones are added, known ones get the names and contacts of the file; whatever the file leaves out stays as it is.
    An institution that is known keeps its parent: moving one is not a matter of a file. `author_id` and `approver_id`
    are the two people who answer for it. Nothing is kept if anything is wrong.

    :raises FileRefused: with everything wrong in the file.
    :raises AuthorIsApprover: if author and approver are one person.
    """
    if author_id == approver_id:
        raise AuthorIsApprover
    lines, faults = _read(read_csv(data, columns=COLUMNS))
    with transaction.atomic():
        hold_lock("institutions-load")
        known = _known({code for line in lines for code in (line.code, line.parent_code) if code})
        paths = {code: row.path for code, row in known.items()}
        faults += _place(lines, known, paths)
        if faults:
            raise FileRefused(faults)
        added, changed = _write(lines, known, paths, now)
        answering = {"file": hashlib.sha256(data).hexdigest(), "author": author_id, "approver": approver_id}
        for action, codes in (("institution_added", added), ("institution_changed", changed)):
            record_many(
                action=f"institutions.{action}",
                subject_kind="institution",
                subjects={code: dict(answering) for code in codes},
                actor=actor,
                now=now,
            )
        for code in changed:
            publish(InstitutionChanged(institution_code=code), now=now)
    return Loaded(added=len(added), changed=len(changed), unchanged=len(lines) - len(added) - len(changed))


def _read(rows: Iterable[Row]) -> tuple[list[_Line], list[RowFault]]:
    lines: list[_Line] = []
    faults: list[RowFault] = []
    seen: dict[str, int] = {}
    for row in rows:
        found = list(_faults_of(row))
        code = row.cells["code"]
        if code in seen:
            found.append(row.fault("code", f"also in row {seen[code]}", "give each institution one row"))
        seen.setdefault(code, row.number)
        faults += found
        if not found:
            lines.append(_Line(row, code, row.cells["parent_code"], _details(row)))
    return lines, faults


def _faults_of(row: Row) -> Iterable[RowFault]:
    for column in ("code", "parent_code"):
        if column == "parent_code" and not row.cells[column]:
            continue
        try:
            InstitutionCode.parse(row.cells[column])
        except InvalidValue:
            yield row.fault(column, "not a code", "write 8 digits")
    if not row.cells["name_tr"]:
        yield row.fault("name_tr", "missing", "write the name in Turkish")
    if row.cells["kind"] not in set(InstitutionKind):
        yield row.fault("kind", "unknown", f"write one of {', '.join(InstitutionKind)}")
    if row.cells["url"] and not row.cells["url"].startswith(("https://", "http://")):
        yield row.fault("url", "not an address", "write an address that begins with https://")
    for column, longest in (("name_tr", 200), ("name_en", 200), ("url", 300), ("phone", 40), ("address_tr", 300)):
        if len(row.cells[column]) > longest:
            yield row.fault(column, "too long", f"write at most {longest} characters")


def _details(row: Row) -> InstitutionDetails:
    cells = row.cells
    return InstitutionDetails(
        name=LangString(cells["name_tr"], cells["name_en"]),
        kind=InstitutionKind(cells["kind"]),
        url=cells["url"],
        phone=cells["phone"],
        address=cells["address_tr"],
        description=LangString(cells["description_tr"], cells["description_en"]),
    )


def _known(codes: set[str]) -> dict[str, Institution]:
    ordered = sorted(codes)
    chunks = (ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH))
    return {row.code: row for chunk in chunks for row in Institution.objects.filter(pk__in=chunk)}


def _place(lines: Sequence[_Line], known: dict[str, Institution], paths: dict[str, str]) -> list[RowFault]:
    """Fill `paths` with the path of every line, whatever the order of parents and children; return what is wrong."""
    faults = [
        line.row.fault("parent_code", "differs from before", "leave the parent as it is; a file does not move units")
        for line in lines
        if line.code in known and (known[line.code].parent_id or "") != line.parent_code
    ]
    waiting = [line for line in lines if line.code not in known]
    while waiting:
        placeable = [line for line in waiting if not line.parent_code or line.parent_code in paths]
        if not placeable:
            faults += [
                line.row.fault("parent_code", "no such institution", "add the parent to the file") for line in waiting
            ]
            break
        for line in placeable:
            paths[line.code] = path_below(paths.get(line.parent_code, ""), line.code)
            if len(paths[line.code]) > CODE_DIGITS * MOST_LEVELS:
                faults.append(line.row.fault("parent_code", "too deep", f"keep the tree within {MOST_LEVELS} levels"))
        placed = {line.code for line in placeable}
        waiting = [line for line in waiting if line.code not in placed]
    return faults


def _write(
    lines: Sequence[_Line], known: dict[str, Institution], paths: dict[str, str], now: datetime
) -> tuple[list[str], list[str]]:
    new = [
        Institution(
            code=line.code,
            parent_id=line.parent_code or None,
            path=paths[line.code],
            added_at=now,
            **_columns(line.details),
        )
        for line in lines
        if line.code not in known
    ]
    Institution.objects.bulk_create(sorted(new, key=lambda row: len(row.path)), batch_size=_BATCH)
    changed = []
    for line in lines:
        if line.code in known:
            row, columns = known[line.code], _columns(line.details)
            if any(getattr(row, column) != value for column, value in columns.items()):
                for column, value in columns.items():
                    setattr(row, column, value)
                changed.append(row)
    if changed:
        fields = ["name", "name_folded", "sort_tr", "sort_en", "kind", "url", "phone", "address", "description"]
        Institution.objects.bulk_update(changed, fields, batch_size=_BATCH)
    return [row.code for row in new], [row.code for row in changed]
