"""Questions about institutions, and about who may what."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache, reduce
from operator import or_

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet

from kapi.contexts.institutions import rules
from kapi.contexts.institutions.errors import InstitutionNotFound
from kapi.contexts.institutions.models import Emergency, Institution, Membership, Proposal
from kapi.contexts.institutions.rules import codes_on, permissions_granted, range_of_subtree
from kapi.contexts.institutions.values import (
    EVERYWHERE,
    EmergencyId,
    EmergencyView,
    InstitutionDetails,
    InstitutionKind,
    InstitutionLine,
    InstitutionsBelow,
    InstitutionView,
    MembershipId,
    MembershipView,
    Permission,
    ProposalId,
    ProposalKind,
    ProposalState,
    ProposalView,
    Role,
)
from kapi.foundation.prepared import Statement
from kapi.kernel import turkish
from kapi.kernel.langstring import LangString

# Up to so many institutions are spelt out in a query.
_FEW = 200


def find_institution(code: str, *, language: str = "tr") -> InstitutionView | None:
    """Return an institution with the names of those above it, or None. Two queries."""
    row = Institution.objects.filter(pk=code).first()
    if row is None:
        return None
    above = [ancestor for ancestor in codes_on(row.path) if ancestor != code]
    lines = lines_of(above, language=language) if above else {}
    return InstitutionView(
        code=row.code,
        name=LangString.read(row.name).text(language),
        kind=InstitutionKind(row.kind),
        parent_code=row.parent_id,
        description=LangString.read(row.description).text(language),
        url=row.url,
        phone=row.phone,
        address=row.address,
        ancestors=tuple(lines[ancestor] for ancestor in above),
    )


def get_institution(code: str, *, language: str = "tr") -> InstitutionView:
    """Return an institution.

    :raises InstitutionNotFound: if no institution has this code.
    """
    found = find_institution(code, language=language)
    if found is None:
        raise InstitutionNotFound
    return found


def details_of(code: str) -> InstitutionDetails | None:
    """Return what is told about an institution in all languages, or None. One query."""
    row = Institution.objects.filter(pk=code).first()
    return None if row is None else as_details(row)


def digest_of(details: InstitutionDetails) -> str:
    """Return what tells these details from any others; who changes them sends back what they saw."""
    return rules.digest_of(details)


def as_details(row: Institution) -> InstitutionDetails:
    """Return what a row tells."""
    return InstitutionDetails(
        name=LangString.read(row.name),
        kind=InstitutionKind(row.kind),
        url=row.url,
        phone=row.phone,
        address=row.address,
        description=LangString.read(row.description),
    )


def lines_of(codes: Iterable[str], *, language: str) -> dict[str, InstitutionLine]:
    """Return the names of many institutions at once, by code. One query."""
    return {line.code: line for line in _lines(Institution.objects.filter(pk__in=list(codes)), language)}


def top_institutions(*, language: str) -> list[InstitutionLine]:
    """Return the institutions that stand below no other, in the order of the Turkish alphabet."""
    return list(_lines(_sorted(Institution.objects.filter(parent=None), language), language))


def children_of(code: str, *, language: str, start: int = 0, limit: int | None = None) -> InstitutionsBelow:
    """Return `limit` of the institutions and units directly below `code` (None: all), in the order of the Turkish
    alphabet, after the first `start`, and how many there are. One query, two where there are more than these.
    """
    rows = _sorted(Institution.objects.filter(parent=code), language)
    shown = tuple(_lines(rows[start : None if limit is None else start + limit], language))
    are_the_last = limit is None or 0 < len(shown) < limit or (start == 0 and not shown)
    return InstitutionsBelow(shown, start + len(shown) if are_the_last else rows.count())


def at_or_below(codes: Iterable[str], *, column: str = "institution") -> Q:
    """Return the condition that `column`, a foreign key to institutions, names one of `codes` or one below it.

    For query sets of other contexts; asks two queries itself. A small part of the tree is spelt out, so that an index
    on `column` finds its rows; of a large one (a ministry has tens of thousands of units) no list is ever made: each
    row looks its institution up.
    """
    inside = _inside(codes)
    few = list(inside.values_list("code", flat=True)[: _FEW + 1])
    return Q(**{f"{column}__in": few}) if len(few) <= _FEW else Q(Exists(inside.filter(pk=OuterRef(column))))


def _inside(codes: Iterable[str]) -> QuerySet[Institution]:
    paths = Institution.objects.filter(pk__in=list(codes)).values_list("path", flat=True)
    ranges = [Q(path__range=range_of_subtree(path)) for path in paths]
    return Institution.objects.filter(reduce(or_, ranges)) if ranges else Institution.objects.none()


def ancestor_codes(code: str) -> list[str]:
    """Return the codes from the root down to `code` itself; empty if there is no such institution."""
    path = Institution.objects.filter(pk=code).values_list("path", flat=True).first()
    return codes_on(path) if path else []


def search_institutions(
    *, query: str, limit: int, language: str, within: Iterable[str] | None = None
) -> list[InstitutionLine]:
    """Return institutions in whose name every word of `query` occurs, or whose code begins with it.

    `within`: only at and below these institutions.
    """
    words = turkish.fold(query).split()
    if not words:
        return []
    is_code = len(words) == 1 and words[0].isdigit()
    if within is None and not is_code:
        found, _ = _named_with(len(words)).send([*(f"%{word}%" for word in words), limit])
        return [_line(code, json.loads(name), kind, language) for code, name, kind in found]
    rows = Institution.objects.all() if within is None else _inside(within)
    if is_code:
        rows = rows.filter(pk__startswith=words[0])
    else:
        for word in words:
            rows = rows.filter(name_folded__contains=word)
    return list(_lines(rows.order_by("path")[:limit], language))


@cache
def _named_with(words: int) -> Statement:
    """Return the question for institutions by so many words of their names; a search page asks it each time."""
    wanted = " AND ".join(["name_folded LIKE %s"] * words)
    return Statement(f"SELECT code, name, kind FROM institutions_institution WHERE {wanted} ORDER BY path LIMIT %s")  # noqa: S608 - placeholders only


def permissions_of(*, person_id: int) -> frozenset[tuple[str, Permission]]:
    """Return what a person may do and where: (institution's code or `EVERYWHERE`, permission). One query.

    A permission at an institution reaches everything below it: ask `may` rather than looking for a pair.
    """
    held = _held_by(person_id).values_list("role", "institution_id")
    return frozenset(pair for role, code in held for pair in permissions_granted(Role(role), code))


def has_role(*, person_id: int) -> bool:
    """Say whether a person holds any role anywhere. One query, by index."""
    return _held_by(person_id).exists()


def may(*, person_id: int, permission: Permission, institution_code: str = EVERYWHERE) -> bool:
    """Say whether a person may do something at an institution (left out: in the gateway as a whole)."""
    reaches = {code for code, granted in permissions_of(person_id=person_id) if granted is permission}
    if EVERYWHERE in reaches:
        return True
    if not reaches or institution_code == EVERYWHERE:
        return False
    return not reaches.isdisjoint(ancestor_codes(institution_code))


def may_somewhere(*, person_id: int, permission: Permission) -> bool:
    """Say whether a person may do something at any institution at all."""
    return any(granted is permission for _, granted in permissions_of(person_id=person_id))


def institutions_where(*, person_id: int, permission: Permission) -> list[str] | None:
    """Return the codes of institutions where (and below which) a person may do something; None: everywhere."""
    reaches = {code for code, granted in permissions_of(person_id=person_id) if granted is permission}
    return None if EVERYWHERE in reaches else sorted(reaches)


def memberships_of(*, person_id: int, language: str) -> list[MembershipView]:
    """Return the roles a person holds, by institution and role."""
    return _membership_views(_held_by(person_id), language)


def members_of(*, institution_code: str, language: str) -> list[MembershipView]:
    """Return who holds a role at an institution itself (not below it)."""
    return _membership_views(Membership.objects.filter(institution=institution_code, revoked_at=None), language)


def open_proposals() -> list[ProposalView]:
    """Return the proposals that wait for a decision, the oldest first."""
    return [_proposal_view(row) for row in Proposal.objects.filter(state=ProposalState.OPEN).order_by("pk")]


def find_proposal(proposal_id: int) -> ProposalView | None:
    """Return one proposal, or None."""
    row = Proposal.objects.filter(pk=proposal_id).first()
    return _proposal_view(row) if row else None


def operators_in_office() -> frozenset[tuple[Role, int]]:
    """Return the gateway's operators and approvers: (role, person)."""
    rows = Membership.objects.filter(role__in=[Role.OPERATOR, Role.OPERATOR_APPROVER], revoked_at=None)
    return frozenset((Role(role), person_id) for role, person_id in rows.values_list("role", "person_id"))


def emergencies(*, start: int, limit: int, now: datetime) -> list[EmergencyView]:
    """Return a stretch of all emergencies, the newest first."""
    return [_emergency(row, now) for row in Emergency.objects.order_by("-pk")[start : start + limit]]


def count_emergencies() -> int:
    """Count all emergencies there ever were."""
    return Emergency.objects.count()


def find_emergency(emergency_id: int, *, now: datetime) -> EmergencyView | None:
    """Return one emergency, or None."""
    row = Emergency.objects.filter(pk=emergency_id).first()
    return _emergency(row, now) if row else None


def emergencies_under_way(*, now: datetime) -> list[EmergencyView]:
    """Return what waits for a second operator and what is in force, the oldest first. One query, by index."""
    undecided, in_force = Q(decision="", answer_until__gt=now), Q(ended_at=None, ends_at__gt=now)
    return [_emergency(row, now) for row in Emergency.objects.filter(undecided | in_force).order_by("pk")]


def count_emergencies_to_review(*, person_id: int, now: datetime) -> int:
    """Count what is over, nobody has reviewed, and another than this person asked for. One query."""
    over = Q(ended_at__isnull=False) | Q(ends_at__lte=now)
    return Emergency.objects.filter(over, seen_by=None).exclude(asked_by=person_id).count()


def emergency_permissions() -> frozenset[tuple[str, Permission]]:
    """Return what emergency rights let one do, everywhere."""
    return frozenset((EVERYWHERE, permission) for permission in rules.EMERGENCY_PERMISSIONS)


def _emergency(row: Emergency, now: datetime) -> EmergencyView:
    return EmergencyView(
        id=EmergencyId(row.pk),
        state=rules.emergency_state(
            decision=row.decision,
            answer_until=row.answer_until,
            ends_at=row.ends_at,
            ended_at=row.ended_at,
            now=now,
        ),
        reason=row.reason,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        until=row.ended_at or row.ends_at or row.answer_until,
        ended_at=row.ended_at,
        seen_by=row.seen_by,
        seen_at=row.seen_at,
    )


def people_out_of_reach(*, person_ids: Iterable[int], within: Iterable[str]) -> frozenset[int]:
    """Return who of these people holds a role that reaches everywhere, or one neither within nor below these."""
    path = ExpressionWrapper(OuterRef("institution__path"), output_field=CharField())
    above = Institution.objects.filter(pk__in=list(within)).annotate(inner=path).filter(inner__startswith=F("path"))
    far = Q(role__in=rules.REACH_EVERYWHERE) | ~Exists(above)
    rows = Membership.objects.filter(far, person_id__in=list(person_ids), revoked_at=None)
    return frozenset(rows.values_list("person_id", flat=True))


def _held_by(person_id: int) -> QuerySet[Membership]:
    return Membership.objects.filter(person_id=person_id, revoked_at=None)


def _lines(rows: QuerySet[Institution], language: str) -> Iterator[InstitutionLine]:
    for code, name, kind in rows.values_list("code", "name", "kind"):
        yield _line(code, name, kind, language)


def _line(code: str, name: Mapping[str, str], kind: str, language: str) -> InstitutionLine:
    return InstitutionLine(code=code, name=LangString.read(name).text(language), kind=InstitutionKind(kind))


def _sorted(rows: QuerySet[Institution], language: str) -> QuerySet[Institution]:
    return rows.order_by("sort_en" if language == "en" else "sort_tr", "code")


def _membership_views(rows: QuerySet[Membership], language: str) -> list[MembershipView]:
    found = rows.select_related("institution").order_by("institution__path", "role", "pk")
    return [
        MembershipView(
            id=MembershipId(row.pk),
            person_id=row.person_id,
            institution_code=row.institution_id,
            institution_name=LangString.read(row.institution.name).text(language),
            role=Role(row.role),
            granted_at=row.granted_at,
        )
        for row in found
    ]


def _proposal_view(row: Proposal) -> ProposalView:
    return ProposalView(
        id=ProposalId(row.pk),
        kind=ProposalKind(row.kind),
        institution_code=row.institution_code,
        payload=row.payload,
        state=ProposalState(row.state),
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
