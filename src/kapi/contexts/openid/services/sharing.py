"""Attributes are handed over, and approvals withdrawn."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from kapi.contexts.identity.selectors import get_legal_person, get_person_record, verified_contacts_of
from kapi.contexts.identity.values import NO_CONTACTS, LegalPersonId, PersonId
from kapi.contexts.openid.errors import ApprovalNotWithdrawable, InvalidDpopProof, InvalidToken
from kapi.contexts.openid.models import AccessToken, Approval, Grant, Sharing, Visit
from kapi.contexts.openid.rules.approvals import rests_on_consent
from kapi.contexts.openid.rules.claims import scopes_of, within
from kapi.contexts.openid.rules.clients import given_since_opening
from kapi.contexts.openid.rules.principals import acting_claims, company_attributes, released_for
from kapi.contexts.openid.rules.tokens import (
    access_token_is_in_time,
    attributes_for,
    presented_token,
    token_comes_in_the_header_alone,
)
from kapi.contexts.openid.selectors.clients import as_record, get_client
from kapi.contexts.openid.selectors.principals import find_standing
from kapi.contexts.openid.selectors.tokens import read_presented
from kapi.contexts.openid.services.dpop import use_up_proof
from kapi.contexts.openid.services.limits import count_bad_token
from kapi.contexts.openid.values.clients import ATTRIBUTES, CONTACT_ATTRIBUTES, Attribute, ClientRecord, Scope, Value
from kapi.contexts.openid.values.dpop import ShownProof
from kapi.contexts.openid.values.tokens import PresentedToken
from kapi.foundation.audit import services as audit
from kapi.foundation.chains import Chain, Inserting
from kapi.foundation.statements import Question, Slot
from kapi.kernel.actors import Actor, ActorKind

_TOKEN = Question(lambda: AccessToken.objects.select_related("grant__visit__client").filter(pk=Slot("id")))
_WRITE_DOWN = Chain(Inserting(Sharing, once=True), audit.RECORDING)


def share_attributes(
    *,
    authorization: str,
    sent: Collection[str] = (),
    proof: ShownProof | None = None,
    certificate: str = "",
    address: str = "",
    actor: Actor,
    now: datetime,
) -> dict[str, Any]:
    """Answer a userinfo request: what the access token's scopes release (OpenID Connect Core 5.3).

    Where the person acts for a legal person, `sub` and the top of the answer are that one's, and what is released of
    the person stands within `act` (RFC 8693, 4.1).

    `authorization` is the header as it came, `sent` the names of the parameters beside it, `certificate` the thumbprint
    of that of the connection. The first answer for a token is written down as a sharing, for the citizen to see. Tokens
    that are not good are counted by the origin of `address` (empty: not known); a good one passes whatever was counted.
    The audit trail names the client that the token was issued to, not `actor`.

    :raises InvalidRequest: if the header is malformed, or a token comes elsewhere.
    :raises TokenMissing: if there is no token in the header.
    :raises InvalidToken: if it is not good (any more), or bound to a key and not presented by it.
    :raises InvalidDpopProof: if it comes as DPoP without a good proof.
    :raises UseDpopNonce: if the proof lacks only our nonce.
    :raises TooManyRequests: if token or proof is not good, too often.
    """
    token_comes_in_the_header_alone(sent)
    try:
        token = _living_token(presented_token(authorization), proof, certificate, actor, now)
    except (InvalidToken, InvalidDpopProof):
        count_bad_token(address=address, actor=actor, now=now)
        raise
    visit = token.grant.visit
    client = as_record(visit.client)
    given = token.scope.split() or token.grant.scopes
    scopes = [Scope(name) for name in given if name in list(client.scopes)]
    # What was asked for one by one is given with the first token alone; a refreshed one says its scopes.
    asked = [] if token.scope else (token.grant.claims or {}).get("userinfo", [])
    acting = _acting(visit, client, now)
    released = _released(visit, scopes, within(asked, client.scopes))
    if released:
        _write_down(token.pk, token.grant, client, released, now)
    if acting:
        return released_for(visit.subject, acting, released)
    return {"sub": visit.subject} | {str(attribute): value for attribute, value in released.items()}


def share_in_id_token(*, grant_id: int, token_id: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what the ID token of a grant says of the person, where the client asked for that one by one.

    It is written down as a sharing, as a userinfo answer is; `token_id` is that of the access token beside it.
    """
    grant = Grant.objects.select_related("visit__client").get(pk=grant_id)
    client = as_record(grant.visit.client)
    acting = _acting(grant.visit, client, now)
    released = _released(grant.visit, [], within((grant.claims or {}).get("id_token", []), client.scopes))
    if released:
        _write_down(f"id.{token_id}", grant, client, released, now)
    if acting:
        return released_for(grant.visit.subject, acting, released)
    return {str(attribute): value for attribute, value in released.items()}


def withdraw_approval(
    *, person_id: int, client_id: str, principal_id: int | None = None, actor: Actor, now: datetime
) -> None:
    """Take back what a person agreed to share with a client by consent; its tokens for the person die at once.

    `principal_id` is the legal person for whom they agreed, None for themselves: the one leaves the other as it is.

    Where every scope of an approval rests on law there is nothing to take back: the page had informed, not asked.

    :raises ApprovalNotWithdrawable: if no approval of the person for the client rests on consent.
    :raises ClientNotFound: if there is no such client.
    """
    client = get_client(client_id=client_id)
    with transaction.atomic():
        rows = Approval.objects.select_for_update(of=("self",)).filter(
            person_id=person_id, client_id=client_id, principal_id=principal_id, withdrawn_at=None
        )
        ids = [row.pk for row in rows.order_by("pk") if rests_on_consent(client, row.scope.split(" "))]
        if not ids:
            raise ApprovalNotWithdrawable
        Approval.objects.filter(pk__in=ids).update(withdrawn_at=now)
        visits = Visit.objects.filter(person_id=person_id, client_id=client_id, principal_id=principal_id)
        Grant.objects.filter(visit__in=visits, revoked_at=None).update(revoked_at=now)
        audit.record(
            action="openid.approval_withdrawn", subject_kind="client", subject_id=client_id, actor=actor, now=now
        )


def _released(visit: Visit, scopes: Sequence[Scope], named: Sequence[Attribute]) -> dict[Attribute, Value]:
    """Return what is released of the person, and of whom they act for."""
    person_id = PersonId(visit.person_id)
    asked = {*(attribute for scope in scopes for attribute in ATTRIBUTES[scope]), *named}
    contacts = NO_CONTACTS if asked.isdisjoint(CONTACT_ATTRIBUTES) else verified_contacts_of(person_id=person_id)
    released = attributes_for(scopes, get_person_record(person_id=person_id), contacts=contacts, named=named)
    if visit.principal_id is None:
        return released
    company = company_attributes(get_legal_person(legal_person_id=LegalPersonId(visit.principal_id)))
    return released | {attribute: value for attribute, value in company.items() if attribute in asked}


def _acting(visit: Visit, client: ClientRecord, now: datetime) -> dict[str, object]:
    """Return who acts for whom, within which mandate; nothing where the person acts for themselves."""
    if visit.principal_id is None:
        return {}
    standing = find_standing(person_id=visit.person_id, principal_id=visit.principal_id, client=client, now=now)
    if standing is None:
        raise InvalidToken("the person may no longer act for whom the access token was issued to")
    return acting_claims(visit.agent_subject, standing)


def _living_token(
    presented: PresentedToken, shown: ShownProof | None, certificate: str, actor: Actor, now: datetime
) -> AccessToken:
    claims, proof = read_presented(presented, shown=shown, certificate=certificate, now=now)
    access_token_is_in_time(claims, settings.OPENID, now)
    row = _TOKEN.first(id=claims["jti"])
    if row is None or row.grant.revoked_at is not None or not _stands(row):
        raise InvalidToken("the access token was revoked")
    if proof is not None:
        use_up_proof(proof=proof, actor=actor, now=now)
    return row


def _stands(row: AccessToken) -> bool:
    client = row.grant.visit.client
    return client.closed_at is None and given_since_opening(row.issued_at, client.good_from)


def _write_down(
    token_id: str, grant: Grant, client: ClientRecord, released: Mapping[Attribute, Value], now: datetime
) -> None:
    """Write down what is about to be handed over, and record it, the first time for each token."""
    given = scopes_of(released)
    sharing = {
        "token_id": token_id,
        "person_id": grant.visit.person_id,
        "principal_id": grant.visit.principal_id,
        "client_id": client.id,
        "session_id": grant.visit.session_id,
        "at": now,
        "scopes": [_shared(client, scope, released) for scope in Scope if scope in given],
    }
    recorded = audit.columns_of(
        action="openid.attributes_shared",
        subject_kind="person",
        subject_id=str(grant.visit.person_id),
        actor=Actor(ActorKind.CLIENT, client.id, client.institution_code),
        now=now,
        details={"attributes": sorted(released), "grant_id": grant.pk},
    )
    _WRITE_DOWN.make(sharing, recorded)


def _shared(client: ClientRecord, scope: Scope, released: Mapping[Attribute, Value]) -> dict[str, object]:
    use = client.scopes[scope]
    return {
        "scope": scope,
        "attributes": [attribute for attribute in ATTRIBUTES[scope] if attribute in released],
        "purpose": use.purpose.stored(),
        "legal_basis": use.legal_basis.stored(),
    }
