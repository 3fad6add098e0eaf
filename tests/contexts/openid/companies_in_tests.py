"""People who act for a company, and clients that accept it."""

from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import Key

from kapi.contexts.identity import services as identity
from kapi.contexts.identity.values import LegalPersonId, SignedIn
from kapi.contexts.mandates.models import Mandate
from kapi.contexts.mandates.values import MandateScope
from kapi.contexts.openid.values.clients import Scope, ScopeUse
from kapi.kernel.identifiers import TaxNumber
from kapi.kernel.langstring import LangString
from tests.contexts.mandates.register_in_tests import BAKERY, NAMES
from tests.contexts.openid.openid_in_tests import ACTOR, OFFLINE, SCOPES, add_client

FOR_COMPANIES = ScopeUse(Scope.COMPANY, LangString("Şirketinizin başvurusunu almak", "To take your company's request"))
ASKED = "openid profile company"


def register_company(*, now: datetime, tax_number: str = BAKERY) -> LegalPersonId:
    """Register a company as a register would have it."""
    return identity.register_legal_person(
        tax_number=TaxNumber.parse(tax_number),
        mersis_number=None,
        name=NAMES[tax_number],
        actor=ACTOR,
        now=now,
    )


def mandate(session: SignedIn, *, now: datetime, tax_number: str = BAKERY, **terms: Any) -> LegalPersonId:
    """Let the register have stated that the person may act for the company; for all services unless told."""
    company = register_company(now=now, tax_number=tax_number)
    services = sorted(terms.pop("services", []))
    values = {
        "scope": MandateScope.LISTED if services else MandateScope.ALL,
        "starts_at": now - timedelta(days=1),
        "created_at": now,
        "confirmed_at": now,
        **terms,
    }
    Mandate.objects.create(
        representative_id=session.person_id, principal_id=company, services=services, source="test", **values
    )
    return company


def act(session: SignedIn, company: LegalPersonId, *, now: datetime) -> SignedIn:
    """Let the session act for the company, whether it may or not."""
    return identity.act_for_legal_person(
        session_id=session.session_id, legal_person_id=company, actor=session.actor, now=now
    )


def represent(session: SignedIn, *, now: datetime, tax_number: str = BAKERY, **terms: Any) -> SignedIn:
    """Let the session act for a company on a mandate."""
    return act(session, mandate(session, now=now, tax_number=tax_number, **terms), now=now)


def add_open_client(*, now: datetime, key: Key, client_id: str = "acik", **more: Any) -> str:
    """Register a client at which one may act for a company."""
    return add_client(now=now, keys=[key], client_id=client_id, scopes=(*SCOPES, FOR_COMPANIES, OFFLINE), **more).id
