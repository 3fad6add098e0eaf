"""What a person's yes is good for."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from kapi.contexts.openid.values.authorization import AskedScope
from kapi.contexts.openid.values.clients import ATTRIBUTES, Basis, ClientRecord, Profile, Scope, ScopeUse

Terms = Mapping[str, str]  # scope -> digest of what was said about it


def terms_of(client: ClientRecord, scopes: Iterable[Scope]) -> dict[Scope, str]:
    """Return, per scope, the digest of what the approval page says about it: attributes, purpose, legal basis."""
    return {scope: client.scopes[scope].digest for scope in scopes}


def digest_of(terms: Mapping[Scope, str]) -> str:
    """Return one digest of all that the approval page says, for telling whether it still says so."""
    return hashlib.sha256(json.dumps(dict(terms), sort_keys=True).encode()).hexdigest()


class Given(NamedTuple):
    """An answer that is remembered: to what was said (`terms`), and what of it the person left out."""

    terms: Terms
    left_out: frozenset[str]


def agreed_scopes(wanted: Mapping[Scope, str], given: Iterable[Given]) -> tuple[Scope, ...] | None:
    """Return what of the wish may be given by the first answer that covers all of it on the terms of today, or None.

    A wider answer covers a narrower wish. Other words about the purpose or the law make it a new question.
    """
    for answer in given:
        if wanted.items() <= answer.terms.items():
            return tuple(sorted(wanted.keys() - answer.left_out))
    return None


def optional_scopes(client: ClientRecord, scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Return what the person may leave out and still go on: each thing that rests on consent, beside others.

    What rests on law is not theirs to choose. A single thing asked for by consent needs no choice of its own: the yes
    and the no to the whole request are the choice.
    """
    giving = [scope for scope in scopes if scope is not Scope.OPENID]
    if len(giving) < 2:
        return frozenset()
    # For whom one acts is what one goes there with: leaving it out would be another errand.
    bound = {Scope.COMPANY}
    if client.profile is Profile.EDEVLET:  # which knows people by their number alone
        bound.add(Scope.IDENTITY_NUMBER)
    chosen = (scope for scope in giving if scope not in bound)
    return frozenset(scope for scope in chosen if client.scopes[scope].basis is Basis.CONSENT)


def scope_set(scopes: Iterable[Scope]) -> str:
    """Return the one spelling of a set of scopes."""
    return " ".join(sorted(scopes))


def asked_scopes(client: ClientRecord, scopes: Iterable[Scope]) -> tuple[AskedScope, ...]:
    """Return what the approval page says, in the order of `Scope`; `openid` and `offline_access` name no attribute."""
    wanted = set(scopes)
    optional = optional_scopes(client, wanted)
    return tuple(_asked(client.scopes[scope], scope in optional) for scope in Scope if scope in wanted)


def rests_on_consent(client: ClientRecord, scopes: Iterable[str]) -> bool:
    """Tell whether anything in it is given by consent, so that it can be withdrawn."""
    uses = [client.scopes[Scope(scope)] for scope in scopes if scope in list(client.scopes)]
    return any(use.scope is not Scope.OPENID and use.basis is Basis.CONSENT for use in uses)


def _asked(use: ScopeUse, is_optional: bool) -> AskedScope:
    return AskedScope(use.scope, ATTRIBUTES[use.scope], use.purpose, use.legal_basis, use.basis, is_optional)
