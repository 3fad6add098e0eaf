"""Institutions and people for tests."""

from datetime import datetime

from django.db import connection

from kapi.contexts.institutions import selectors, services
from kapi.contexts.institutions.models import Institution
from kapi.contexts.institutions.values import InstitutionDetails, InstitutionKind, Role
from kapi.kernel.actors import Actor, ActorKind
from kapi.kernel.identifiers import InstitutionCode
from kapi.kernel.langstring import LangString

OPERATOR = Actor(ActorKind.STAFF, "901", "10000000")
APPROVER = Actor(ActorKind.STAFF, "902", "10000000")


def told(name: str, name_en: str = "", kind: InstitutionKind = InstitutionKind.MINISTRY) -> InstitutionDetails:
    """Return details with a name."""
    return InstitutionDetails(name=LangString(name, name_en), kind=kind)


def seen(code: str) -> str:
    """Return what a person who changes an institution's details has seen of them."""
    details = selectors.details_of(code)
    return selectors.digest_of(details) if details else ""


def add_top(code: str, name: str, *, now: datetime, name_en: str = "") -> None:
    """Add an institution below no other, as two people do."""
    proposal_id = services.propose_institution(
        code=InstitutionCode.parse(code), details=told(name, name_en), actor=OPERATOR, now=now
    )
    services.accept_proposal(proposal_id=proposal_id, actor=APPROVER, now=now)


def add_unit(code: str, parent_code: str, name: str, *, now: datetime, name_en: str = "") -> None:
    """Add a unit."""
    services.add_unit(
        code=InstitutionCode.parse(code),
        parent_code=parent_code,
        details=told(name, name_en=name_en, kind=InstitutionKind.UNIT),
        actor=OPERATOR,
        now=now,
    )


def give_role(person_id: int, code: str, role: Role, *, now: datetime) -> None:
    """Grant a role, by proposal where it takes two people."""
    proposal_id = services.propose_role(person_id=person_id, institution_code=code, role=role, actor=OPERATOR, now=now)
    services.accept_proposal(proposal_id=proposal_id, actor=APPROVER, now=now)


def grow_tree(size: int, now: datetime, *, beyond: int = 0) -> None:
    """Fill the table: 20 roots, every node with 20 children, so that 200,000 nodes have 5 levels; `beyond` stand."""
    rows: list[Institution] = []
    paths: dict[str, str] = {}
    for number in range(size):
        code = f"{20_000_000 + number}"
        parent = None if number < 20 else f"{20_000_000 + number // 20}"
        paths[code] = (paths[parent] if parent else "") + code
        if number < beyond:
            continue
        name, folded = {"tr": f"Birim {number}"}, f"birim {number}"
        rows.append(
            Institution(
                code=code, parent_id=parent, path=paths[code], name=name, name_folded=folded, kind="unit", added_at=now
            )
        )
    Institution.objects.bulk_create(rows, batch_size=5000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
