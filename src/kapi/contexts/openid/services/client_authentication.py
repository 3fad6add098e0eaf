"""Clients prove who they are."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from kapi.contexts.openid.errors import (
    ClientHasChanged,
    ClientKeysUnavailable,
    InvalidClient,
    ProtocolError,
    TokenNotReadable,
)
from kapi.contexts.openid.models import UsedAssertion
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.client_authentication import (
    ASSERTION_REQUIREMENTS,
    Asserted,
    Credentials,
    certificate_is_the_registered_one,
    client_is_open,
    exception_is_under_way,
    method_is_the_registered_one,
    read_credentials,
    refused_by_name,
    secret_matches,
)
from kapi.contexts.openid.selectors.clients import Provable, find_kept, find_provable, forget_kept
from kapi.contexts.openid.selectors.keys import StoredKey
from kapi.contexts.openid.services.client_keys import keys_of_client
from kapi.contexts.openid.services.limits import check_may_prove_itself, count_failed_proof
from kapi.contexts.openid.values.authorization import Parameters
from kapi.contexts.openid.values.clients import AuthMethod, ClientRecord
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.foundation.keys import token_hash
from kapi.foundation.settled import settings
from kapi.foundation.turns import Finding, Once, Step, take_in_turn
from kapi.kernel.actors import Actor

_WORDS = {
    "length": "it is too long",
    "form": "it is not a JWT",
    "algorithm": f"alg must be one of {', '.join(jwt.CLIENT_ALGORITHMS)}",
    "key": "no registered key has its kid and alg",
    "signature": "its signature is wrong",
}


class Proven(NamedTuple):
    """A client that has proved itself, and the key that we sign with, if there is one yet.

    By what it has proved itself (`evidence`: None where that serves again and again) is not used up yet: see `use_up`.
    With `standing`, all of this is as it was when the client was read last: `use_up` asks whether it still is.
    """

    client: ClientRecord
    signing_key: StoredKey | None
    address: str
    evidence: Once | None
    standing: Finding | None = None


def prove_client(*, request: TokenRequest, parameters: Parameters, actor: Actor, now: datetime) -> Proven:
    """Return the client that has proved itself; its assertion, if it brought one, has to be used up by the caller.

    An app on people's devices (profile `native`) says who it is and cannot prove it: what it gets hangs on PKCE and
    DPoP.

    `parameters` are those of the request. Failures are counted by client and origin of its address. A right assertion
    passes whatever was counted; a secret is no longer compared once the count is full. May fetch the client's keys:
    never call it inside a transaction. Whoever calls it is
    `rules.client_authentication.as_registered_now`.

    :raises InvalidRequest: if the parameters do not belong together.
    :raises InvalidClient: if it has not proved itself; with `retry_after` if it has not, too often.
    :raises UnauthorizedClient: if it was an exception from FAPI 2.0, whose day has come.
    """
    try:
        credentials = read_credentials(parameters, request.authorization)
        client_id = _claimed_id(credentials)
        proven = _proven_by_what_is_kept(client_id, credentials, request, actor, now)
        if proven is not None:
            return proven
        provable = find_provable(client_id=client_id)
        client = client_is_open(provable.client if provable else None)
    except InvalidClient:
        count_failed_proof(client_id="", address=request.address, actor=actor, now=now)
        raise
    assert provable is not None  # noqa: S101 - a client that is open is one
    if credentials.method is AuthMethod.CLIENT_SECRET:
        check_may_prove_itself(client_id=client.id, address=request.address, actor=actor, now=now)
    try:
        evidence = _evidence(provable, credentials, request.certified, actor, now)
    except InvalidClient:
        count_failed_proof(client_id=client.id, address=request.address, actor=actor, now=now)
        raise
    return Proven(client, provable.signing_key, request.address, evidence)


def _proven_by_what_is_kept(
    client_id: str, credentials: Credentials, request: TokenRequest, actor: Actor, now: datetime
) -> Proven | None:
    """Return a client that has proved itself as it was when it was read last; None if it was not, or has not."""
    kept = find_kept(client_id=client_id)
    if kept is None:
        return None
    try:
        evidence = _evidence(kept, credentials, request.certified, actor, now)
    except ProtocolError:
        return None  # perhaps it has other keys by now
    return Proven(kept.client, kept.signing_key, request.address, evidence, kept.standing)


def use_up(*, proven: Proven, then: Sequence[Step] = (), actor: Actor, now: datetime) -> int:
    """Use up by what a client has proved itself, and take the steps after it, together; return how many of them were.

    :raises InvalidClient: if it was used before: then no step is taken.
    """
    steps = list(then) if proven.evidence is None else [proven.evidence, *then]
    if proven.standing is None:
        done = take_in_turn(*steps)
    else:
        done = take_in_turn(proven.standing, *steps) - 1
        if done < 0:
            forget_kept(client_id=proven.client.id)
            raise ClientHasChanged
    if proven.evidence is None:
        return done
    try:
        _evidence_is_fresh(done)
    except InvalidClient:
        count_failed_proof(client_id=proven.client.id, address=proven.address, actor=actor, now=now)
        raise
    return done - 1


def _evidence_is_fresh(done: int) -> None:
    """RFC 7523, 3: an assertion serves once. `done` is how many steps were, of which it is the first."""
    if not done:
        raise InvalidClient("the client assertion was used before")


class used_up_if_refused(refused_by_name):  # noqa: N801 - as above
    """See to it that what is refused in the block costs the client its assertion as well, and names the client.

    :raises InvalidClient: instead, if that was used before.
    """

    def __init__(self, *, proven: Proven, actor: Actor, now: datetime) -> None:
        super().__init__(proven.client)
        self._proven, self._actor, self._now = proven, actor, now

    def __exit__(self, kind: object, refusal: BaseException | None, trace: object) -> None:
        """Use the assertion up, and name the client in a refusal."""
        super().__exit__(kind, refusal, trace)
        if isinstance(refusal, ProtocolError):
            use_up(proven=self._proven, actor=self._actor, now=self._now)


def _evidence(
    provable: Provable, credentials: Credentials, certified: frozenset[str], actor: Actor, now: datetime
) -> Once | None:
    client, method = provable.client, credentials.method
    if client.auth_method is AuthMethod.TLS_CLIENT_AUTH and method is AuthMethod.NONE:
        exception_is_under_way(client, now)
        certificate_is_the_registered_one(client, certified)
        return None
    method_is_the_registered_one(client, credentials)
    exception_is_under_way(client, now)
    if method is AuthMethod.NONE:
        return None
    if method is AuthMethod.CLIENT_SECRET:
        secret_matches(client, credentials, now)
        return None
    claims = _read_assertion(credentials.assertion, provable, actor, now)
    openid = settings.OPENID
    asserted = Asserted(claims, client, openid, now.timestamp())
    for requirement in ASSERTION_REQUIREMENTS:
        requirement(asserted)
    # Kept as long as `exp` could pass.
    expires_at = datetime.fromtimestamp(claims["exp"], UTC) + openid.clock_leeway
    return Once(UsedAssertion, client_id=client.id, jti_hash=token_hash(claims["jti"]), expires_at=expires_at)


def _claimed_id(credentials: Credentials) -> str:
    """Return who the client says it is; in an assertion alone, its `sub` says so."""
    if credentials.client_id or not credentials.assertion:
        return _plain(credentials.client_id)
    try:
        return _plain(jwt.claims_before_checking(credentials.assertion).get("sub"))
    except TokenNotReadable as fault:
        raise _unreadable(fault) from None


def _plain(client_id: object) -> str:
    """Return an id that may be looked for in the database, or none."""
    if isinstance(client_id, str) and len(client_id) <= 64 and client_id.isascii() and client_id.isprintable():
        return client_id
    return ""


def _read_assertion(assertion: str, provable: Provable, actor: Actor, now: datetime) -> jwt.Claims:
    try:
        keys = provable.keys
        if keys is None:
            kid = jwt.header_of(assertion).get("kid")
            keys = keys_of_client(
                client=provable.client, kid=kid if isinstance(kid, str) else None, actor=actor, now=now
            )
        return jwt.read(assertion, keys=keys, algorithms=jwt.CLIENT_ALGORITHMS)
    except TokenNotReadable as fault:
        raise _unreadable(fault) from None
    except ClientKeysUnavailable:
        raise InvalidClient("the keys at the jwks_uri of this client cannot be fetched now") from None


def _unreadable(fault: TokenNotReadable) -> InvalidClient:
    return InvalidClient(f"the client assertion cannot be accepted: {_WORDS[fault.reason]}")
