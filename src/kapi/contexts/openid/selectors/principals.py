"""Questions about acting for a legal person at a client."""

from datetime import datetime

from kapi.contexts.catalogue.selectors import codes_at_or_below
from kapi.contexts.identity.values import LegalPersonId, PersonId, SignedIn
from kapi.contexts.mandates.selectors import find_mandate, mandates_of
from kapi.contexts.openid.errors import InvalidGrant
from kapi.contexts.openid.models import PrincipalSubject
from kapi.contexts.openid.rules.principals import acting_claims, standing_on
from kapi.contexts.openid.selectors.authorization import request_of, subject_of, waiting
from kapi.contexts.openid.selectors.clients import as_record
from kapi.contexts.openid.values.clients import ClientRecord, Scope
from kapi.contexts.openid.values.principals import PrincipalQuestion, Standing
from kapi.contexts.openid.values.tokens import Granted


def find_standing(*, person_id: int, principal_id: int, institution_code: str, now: datetime) -> Standing | None:
    """Return what a person may do for a legal person at an institution's client at this moment, None if nothing.

    A mandate for listed services reaches those of them that the institution, or one below it, offers. One
    query; up to three more for such a mandate.
    """
    mandate = find_mandate(representative_id=PersonId(person_id), principal_id=LegalPersonId(principal_id), now=now)
    if mandate is None:
        return None
    listed = mandate.terms.services
    offered = codes_at_or_below(institution_code=institution_code, among=listed) if listed else frozenset[str]()
    return standing_on(mandate.terms, offered)


def acting_claims_of(grant: Granted, client: ClientRecord, now: datetime) -> dict[str, object]:
    """Return what tokens say of who acts for whom, as the mandate is at this moment; nothing where that is oneself.

    :raises InvalidGrant: if there is no such mandate any more.
    """
    if grant.principal_id is None:
        return {}
    standing = find_standing(
        person_id=grant.person_id, principal_id=grant.principal_id, institution_code=client.institution_code, now=now
    )
    if standing is None:
        raise InvalidGrant("the person may no longer act for whom the code was issued to")
    return acting_claims(grant.agent_subject, standing)


def standing_of(session: SignedIn, client: ClientRecord, now: datetime) -> Standing | None:
    """Return what a session may do at a client for whom it acts; nothing is asked where that is its person."""
    if session.acting_for is None:
        return Standing(None)
    return find_standing(
        person_id=session.person_id,
        principal_id=session.acting_for.legal_person_id,
        institution_code=client.institution_code,
        now=now,
    )


def subject_in(session: SignedIn, sector: str) -> str:
    """Return the name under which a sector knows whom a session acts for, empty if it does not. One query."""
    if session.acting_for is None:
        return subject_of(session.person_id, sector)
    names = PrincipalSubject.objects.filter(principal_id=session.acting_for.legal_person_id, sector=sector)
    return names.values_list("name", flat=True).order_by("pk").first() or ""


def subjects_within_reach(session: SignedIn, sector: str, now: datetime) -> frozenset[str]:
    """Return the names of all whom the person may act for in a sector, themselves first of all."""
    principals = [mandate.principal_id for mandate in mandates_of(representative_id=session.person_id, now=now)]
    names = PrincipalSubject.objects.filter(principal__in=principals, sector=sector).values_list("name", flat=True)
    return frozenset({subject_of(session.person_id, sector), *names.order_by("pk")} - {""})


def find_principal_question(
    *, request_id: str, browser: str, session: SignedIn, now: datetime
) -> PrincipalQuestion | None:
    """Return how whom the session acts for goes together with a request that waits; None where none does."""
    row = waiting(request_id, browser, now).select_related("client").first()
    if row is None:
        return None
    request, client = request_of(row.request), as_record(row.client)
    expected = request.subject
    return PrincipalQuestion(
        accepts_companies=Scope.COMPANY in request.scopes,
        reaches=standing_of(session, client, now) is not None,
        expects_another=bool(expected) and expected != subject_in(session, client.sector),
    )
