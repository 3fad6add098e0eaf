"""Attributes are handed over, and approvals withdrawn."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import transaction

from kapi.contexts.identity.selectors import (
    get_legal_person,
    get_person_record,
    open_identity_number,
    person_details_of,
    verified_contacts_of,
)
from kapi.contexts.identity.values import NO_CONTACTS, LegalPersonId, PersonDetails, PersonId
from kapi.contexts.openid.errors import ApprovalNotWithdrawable, InvalidDpopProof, InvalidToken, TokenNotReadable
from kapi.contexts.openid.models import Approval, Grant, Sharing, Visit
from kapi.contexts.openid.rules.approvals import rests_on_consent
from kapi.contexts.openid.rules.claims import scopes_of, within
from kapi.contexts.openid.rules.dpop import proof_is_fresh
from kapi.contexts.openid.rules.principals import acting_claims, company_attributes, released_for
from kapi.contexts.openid.rules.tokens import (
    access_token_is_in_time,
    attributes_for,
    presented_token,
    token_comes_in_the_header_alone,
    token_is_presented_by_its_holder,
)
from kapi.contexts.openid.selectors.access_tokens import Found, find_shown
from kapi.contexts.openid.selectors.clients import as_record, get_client, uses_of
from kapi.contexts.openid.selectors.principals import find_standing
from kapi.contexts.openid.selectors.tokens import read_proof_beside
from kapi.contexts.openid.services.dpop import using_up_proof
from kapi.contexts.openid.services.limits import count_bad_token
from kapi.contexts.openid.values.clients import ATTRIBUTES, CONTACT_ATTRIBUTES, Attribute, Scope, ScopeUse, Value
from kapi.contexts.openid.values.dpop import Proof, ShownProof
from kapi.contexts.openid.values.tokens import PresentedToken
from kapi.foundation.audit import services as audit
from kapi.foundation.settled import settings
from kapi.foundation.turns import Once, Step, take_in_turn
from kapi.kernel.actors import Actor, ActorKind
from kapi.kernel.identifiers import IdentityNumber

_SCOPES: Final = tuple(Scope)


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
        return _shared_with(presented_token(authorization), proof, certificate, actor, now)
    except (InvalidToken, InvalidDpopProof):
        count_bad_token(address=address, actor=actor, now=now)
        raise


def share_in_id_token(*, grant_id: int, token_id: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what the ID token of a grant says of the person, where the client asked for that one by one.

    It is written down as a sharing, as a userinfo answer is; `token_id` is that of the access token beside it.
    """
    grant = Grant.objects.select_related("visit__client").get(pk=grant_id)
    visit, client = grant.visit, as_record(grant.visit.client)
    handing = _Handing(
        f"id.{token_id}", grant.pk, visit.person_id, visit.principal_id, visit.session_id, client.id,
        client.institution_code, client.scopes,
    )  # fmt: skip
    acting = _acting(handing, visit.agent_subject, now)
    person = get_person_record(person_id=PersonId(visit.person_id))
    named = within((grant.claims or {}).get("id_token", []), client.scopes)
    released = _released(handing, [], named, person, lambda: person.identity_number)
    if released:
        take_in_turn(*_writing_down(handing, released, now))
    if acting:
        return released_for(visit.subject, acting, released)
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


class _Handing(NamedTuple):
    """What is to be said when attributes are handed over: of whom, to whom, and why that one asks for what."""

    token_id: str
    grant_id: int
    person_id: int
    principal_id: int | None
    session_id: int
    client_id: str
    institution_code: str
    uses: Mapping[Scope, ScopeUse]


def _shared_with(
    presented: PresentedToken, shown: ShownProof | None, certificate: str, actor: Actor, now: datetime
) -> dict[str, Any]:
    token, proof = _living_token(presented, shown, certificate, now)
    uses = uses_of(token.uses)
    given = frozenset(token.scope.split() or token.granted)
    scopes = [scope for scope in uses if scope in given]
    # What was asked for one by one is given with the first token alone; a refreshed one says its scopes.
    named = within(token.named.get("userinfo", ()), uses) if token.named and not token.scope else ()
    handing = _Handing(
        token.id, token.grant_id, token.person_id, token.principal_id, token.session_id, token.client_id,
        token.institution_code or "", uses,
    )  # fmt: skip
    acting = _acting(handing, token.agent_subject, now)
    person = person_details_of(person_id=token.person_id, columns=token.details)
    released = _released(handing, scopes, named, person, lambda: open_identity_number(token.sealed_number))
    steps: list[Step] = [] if proof is None else [using_up_proof(proof=proof, actor=actor, now=now)]
    if released:
        steps += _writing_down(handing, released, now)
    # Where it is not the first answer for this token, nothing is written down, and the proof is used up all the same.
    done = take_in_turn(*steps)
    if proof is not None:
        proof_is_fresh(done > 0)
    if acting:
        return released_for(token.subject, acting, released)
    return {"sub": token.subject} | {attribute.value: value for attribute, value in released.items()}


def _living_token(
    presented: PresentedToken, shown: ShownProof | None, certificate: str, now: datetime
) -> tuple[Found, Proof | None]:
    try:
        claims, token = find_shown(token=presented.token)
    except TokenNotReadable:
        raise InvalidToken("the access token is not one of ours") from None
    proof = read_proof_beside(presented, shown=shown, now=now)
    token_is_presented_by_its_holder(claims, presented, proof, certificate)
    access_token_is_in_time(claims, settings.OPENID, now)
    if not token.stands:
        raise InvalidToken("the access token was revoked")
    return token, proof


def _acting(handing: _Handing, agent_subject: str, now: datetime) -> dict[str, object]:
    """Return who acts for whom, within which mandate; nothing where the person acts for themselves."""
    if handing.principal_id is None:
        return {}
    standing = find_standing(
        person_id=handing.person_id,
        principal_id=handing.principal_id,
        institution_code=handing.institution_code,
        now=now,
    )
    if standing is None:
        raise InvalidToken("the person may no longer act for whom the access token was issued to")
    return acting_claims(agent_subject, standing)


def _released(
    handing: _Handing,
    scopes: Sequence[Scope],
    named: Sequence[Attribute],
    person: PersonDetails,
    number: Callable[[], IdentityNumber],
) -> dict[Attribute, Value]:
    """Return what is released of the person, and of whom they act for. Their number is opened where it is asked for."""
    asked = {*(attribute for scope in scopes for attribute in ATTRIBUTES[scope]), *named}
    contacts = NO_CONTACTS
    if not asked.isdisjoint(CONTACT_ATTRIBUTES):
        contacts = verified_contacts_of(person_id=PersonId(handing.person_id))
    digits = number().digits if Attribute.IDENTITY_NUMBER in asked else ""
    released = attributes_for(scopes, person, number=digits, contacts=contacts, named=named)
    if handing.principal_id is None:
        return released
    company = company_attributes(get_legal_person(legal_person_id=LegalPersonId(handing.principal_id)))
    return released | {attribute: value for attribute, value in company.items() if attribute in asked}


def _writing_down(handing: _Handing, released: Mapping[Attribute, Value], now: datetime) -> tuple[Step, Step]:
    """Write down what is about to be handed over, and record it, the first time for each token."""
    given = scopes_of(released)
    sharing = Once(
        Sharing,
        token_id=handing.token_id,
        person_id=handing.person_id,
        principal_id=handing.principal_id,
        client_id=handing.client_id,
        session_id=handing.session_id,
        at=now,
        scopes=[_shared(handing.uses[scope], released) for scope in _SCOPES if scope in given],
    )
    recording = audit.recording(
        action="openid.attributes_shared",
        subject_kind="person",
        subject_id=str(handing.person_id),
        actor=Actor(ActorKind.CLIENT, handing.client_id, handing.institution_code),
        now=now,
        details={"attributes": sorted(released), "grant_id": handing.grant_id},
    )
    return sharing, recording


def _shared(use: ScopeUse, released: Mapping[Attribute, Value]) -> dict[str, object]:
    return {
        "scope": use.scope,
        "attributes": [attribute for attribute in ATTRIBUTES[use.scope] if attribute in released],
        "purpose": use.purpose.stored(),
        "legal_basis": use.legal_basis.stored(),
    }
