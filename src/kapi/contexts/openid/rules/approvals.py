"""What a person's yes is good for."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from kapi.contexts.openid.values.authorization import AskedScope
from kapi.contexts.openid.values.clients import ATTRIBUTES, Basis, ClientRecord, Scope, ScopeUse

Terms = Mapping[str, str]  # scope -> digest of what was said about it


def terms_of(client: ClientRecord, scopes: Iterable[Scope]) -> dict[str, str]:
    """Return, per scope, the digest of what the approval page says about it: attributes, purpose, legal basis."""
    return {scope: _digest(client.scopes[scope]) for scope in scopes}


def is_covered(wanted: Terms, given: Iterable[Terms]) -> bool:
    """Tell whether one approval covers all that is wanted, on the terms of today.

    A wider approval covers a narrower wish. Other words about the purpose or the law make it a new question.
    """
    return any(all(terms.get(scope) == digest for scope, digest in wanted.items()) for terms in given)


def scope_set(scopes: Iterable[Scope]) -> str:
    """Return the one spelling of a set of scopes."""
    return " ".join(sorted(scopes))


def asked_scopes(client: ClientRecord, scopes: Iterable[Scope]) -> tuple[AskedScope, ...]:
    """Return what the approval page says, in the order of `Scope`; `openid` alone names no attribute."""
    wanted = set(scopes)
    return tuple(_asked(client.scopes[scope]) for scope in Scope if scope in wanted)


def rests_on_consent(client: ClientRecord, scopes: Iterable[str]) -> bool:
    """Tell whether anything in it is given by consent, so that it can be withdrawn."""
    uses = [client.scopes[Scope(scope)] for scope in scopes if scope in list(client.scopes)]
    return any(ATTRIBUTES[use.scope] and use.basis is Basis.CONSENT for use in uses)


def _asked(use: ScopeUse) -> AskedScope:
    return AskedScope(use.scope, ATTRIBUTES[use.scope], use.purpose, use.legal_basis, use.basis)


def _digest(use: ScopeUse) -> str:
    said = [use.scope, list(ATTRIBUTES[use.scope]), use.purpose.stored(), use.legal_basis.stored()]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
