"""Refresh tokens, with how things stand with the person. One query."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from kapi.contexts.openid.models import Approval, RefreshToken
from kapi.contexts.openid.rules.approvals import Given, agreed_scopes, terms_of
from kapi.contexts.openid.selectors.authorization import scopes_agreed_to
from kapi.contexts.openid.values.clients import ClientRecord, Scope
from kapi.contexts.openid.values.tokens import RefreshRecord
from kapi.foundation.keys import token_hash
from kapi.foundation.statements import Question, Slot

# As `RefreshRecord` has them.
_COLUMNS = (
    "grant_id",
    *(f"grant__visit__{name}" for name in ("client_id", "person_id", "principal_id", "subject", "agent_subject")),
    *(f"grant__{name}" for name in ("scopes", "acr", "authenticated_at", "revoked_at")),
    *("issued_at", "expires_at", "dpop_jkt"),
    *("grant__visit__person__account__state", "agreed_terms", "left_out"),
)


def _with_the_last_answer() -> QuerySet[RefreshToken, Any]:
    answers = Approval.objects.filter(
        person=OuterRef("grant__visit__person"),
        client=OuterRef("grant__visit__client"),
        principal=None,
        withdrawn_at=None,
    ).order_by("-given_at", "-pk")
    rows = RefreshToken.objects.filter(token_hash=Slot("token_hash")).annotate(
        agreed_terms=Subquery(answers.values("terms")[:1]), left_out=Subquery(answers.values("left_out")[:1])
    )
    return rows.values_list(*_COLUMNS)


_REFRESH = Question(_with_the_last_answer)


def find_refresh(*, token: str) -> RefreshRecord | None:
    """Return what a refresh token goes on with, good or not. One query."""
    row = _REFRESH.first(token_hash=token_hash(token))
    return None if row is None else RefreshRecord._make(row)


def still_agreed_to(record: RefreshRecord, client: ClientRecord) -> tuple[Scope, ...] | None:
    """Return what of the grant the person still agrees to, on the terms of today; None if they would be asked anew.

    Their last answer says it as a rule; only where it does not cover the grant all their answers are asked for.
    """
    granted = [scope for scope in client.scopes if scope in record.scopes]
    if record.principal_id is not None:
        return scopes_agreed_to(record.person_id, client, granted, record.principal_id)
    if record.agreed_terms is None:
        return None
    last = Given(record.agreed_terms, frozenset((record.left_out or "").split()))
    agreed = agreed_scopes(terms_of(client, granted), [last])
    return scopes_agreed_to(record.person_id, client, granted) if agreed is None else agreed
