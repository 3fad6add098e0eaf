"""What changes where a person acts for a legal person: what is asked, and what tokens say (RFC 8693, 4.1)."""

from collections.abc import Iterable, Mapping
from typing import Any

from kapi.contexts.identity.values import LegalPersonRecord, SignedIn
from kapi.contexts.mandates.values import Terms
from kapi.contexts.openid.values.authorization import AuthorizationRequest
from kapi.contexts.openid.values.clients import COMPANY_ATTRIBUTES, Attribute, Scope, Value
from kapi.contexts.openid.values.principals import Standing


def asked_of(request: AuthorizationRequest, session: SignedIn | None) -> AuthorizationRequest:
    """Return what a request asks of this session: nothing about a company of who acts for themselves."""
    if Scope.COMPANY not in request.scopes or (session is not None and session.acting_for is not None):
        return request
    return request._replace(scopes=without_company(request.scopes))


def principal_of(session: SignedIn) -> int | None:
    """Return the legal person whom a session acts for, None where the person acts for themselves."""
    return session.acting_for.legal_person_id if session.acting_for else None


def without_company(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Leave out what only who acts for a legal person can be asked."""
    return tuple(scope for scope in scopes if scope is not Scope.COMPANY)


def standing_on(terms: Terms, offered: Iterable[str]) -> Standing | None:
    """Return what a mandate is good for where these services are offered; None if for nothing."""
    covered = terms.covered(offered)
    if covered is None:
        return Standing(None)
    return Standing(tuple(sorted(covered))) if covered else None


def acting_claims(agent_subject: str, standing: Standing) -> dict[str, object]:
    """Return what tokens say beside the principal as their subject: who acts, and within which mandate."""
    listed = {"scope": "all"} if standing.services is None else {"scope": "listed", "services": [*standing.services]}
    return {"act": {"sub": agent_subject}, "mandate": listed}


def company_attributes(company: LegalPersonRecord) -> dict[Attribute, str]:
    """Return what can be said of a legal person; what is not known is left out."""
    known = {
        Attribute.COMPANY_NAME: company.name,
        Attribute.COMPANY_TAX_NUMBER: company.tax_number.digits,
        Attribute.COMPANY_MERSIS_NUMBER: company.mersis_number.digits if company.mersis_number else "",
    }
    return {attribute: value for attribute, value in known.items() if value}


def released_for(subject: str, acting: Mapping[str, Any], released: Mapping[Attribute, Value]) -> dict[str, Any]:
    """Return the userinfo answer: of the principal at its top, of the person who acts within `act`."""
    own = {str(name): value for name, value in released.items() if name in COMPANY_ATTRIBUTES}
    agents = {str(name): value for name, value in released.items() if name not in COMPANY_ATTRIBUTES}
    return {"sub": subject} | own | {**acting, "act": acting["act"] | agents}
