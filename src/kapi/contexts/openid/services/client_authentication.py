"""Clients prove who they are."""

from datetime import UTC, datetime

from django.conf import settings

from kapi.contexts.openid.errors import ClientKeysUnavailable, InvalidClient, TokenNotReadable
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
    secret_matches,
)
from kapi.contexts.openid.selectors.clients import find_client
from kapi.contexts.openid.services.client_keys import keys_of_client
from kapi.contexts.openid.services.limits import check_may_prove_itself, count_failed_proof
from kapi.contexts.openid.values.authorization import Parameters
from kapi.contexts.openid.values.clients import AuthMethod, ClientRecord
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.foundation.keys import token_hash
from kapi.foundation.statements import insert_once
from kapi.kernel.actors import Actor

_WORDS = {
    "length": "it is too long",
    "form": "it is not a JWT",
    "algorithm": f"alg must be one of {', '.join(jwt.CLIENT_ALGORITHMS)}",
    "key": "no registered key has its kid and alg",
    "signature": "its signature is wrong",
}


def authenticate_client(*, request: TokenRequest, parameters: Parameters, actor: Actor, now: datetime) -> ClientRecord:
    """Return the client that has proved itself; its assertion, if it brought one, is used up.

    An app on people's devices (profile `native`) says who it is and cannot prove it: what it gets hangs on PKCE and
    DPoP.

    `parameters` are those of the request. Failures are counted by client and origin of its address. A right assertion
    passes whatever was counted; a secret is no longer compared once the count is full. May fetch the client's keys:
    never call it inside a transaction.

    :raises InvalidRequest: if the parameters do not belong together.
    :raises InvalidClient: if it has not proved itself; with `retry_after` if it has not, too often.
    :raises UnauthorizedClient: if it was an exception from FAPI 2.0, whose day has come.
    """
    try:
        credentials = read_credentials(parameters, request.authorization)
        client = client_is_open(find_client(client_id=_claimed_id(credentials)))
    except InvalidClient:
        count_failed_proof(client_id="", address=request.address, actor=actor, now=now)
        raise
    if credentials.method is AuthMethod.CLIENT_SECRET:
        check_may_prove_itself(client_id=client.id, address=request.address, actor=actor, now=now)
    try:
        _check_proof(client, credentials, request.certified, actor, now)
    except InvalidClient:
        count_failed_proof(client_id=client.id, address=request.address, actor=actor, now=now)
        raise
    return client


def _check_proof(
    client: ClientRecord, credentials: Credentials, certified: frozenset[str], actor: Actor, now: datetime
) -> None:
    if client.auth_method is AuthMethod.TLS_CLIENT_AUTH and credentials.method is AuthMethod.NONE:
        exception_is_under_way(client, now)
        certificate_is_the_registered_one(client, certified)
        return
    method_is_the_registered_one(client, credentials)
    exception_is_under_way(client, now)
    if credentials.method is AuthMethod.NONE:
        return
    if credentials.method is AuthMethod.CLIENT_SECRET:
        secret_matches(client, credentials, now)
        return
    claims = _read_assertion(credentials.assertion, client, actor, now)
    asserted = Asserted(claims, client, settings.OPENID, now.timestamp())
    for requirement in ASSERTION_REQUIREMENTS:
        requirement(asserted)
    _use_up(claims, client)


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


def _read_assertion(assertion: str, client: ClientRecord, actor: Actor, now: datetime) -> jwt.Claims:
    try:
        kid = jwt.header_of(assertion).get("kid")
        keys = keys_of_client(client=client, kid=kid if isinstance(kid, str) else None, actor=actor, now=now)
        return jwt.read(assertion, keys=keys, algorithms=jwt.CLIENT_ALGORITHMS)
    except TokenNotReadable as fault:
        raise _unreadable(fault) from None
    except ClientKeysUnavailable:
        raise InvalidClient("the keys at the jwks_uri of this client cannot be fetched now") from None


def _unreadable(fault: TokenNotReadable) -> InvalidClient:
    return InvalidClient(f"the client assertion cannot be accepted: {_WORDS[fault.reason]}")


def _use_up(claims: jwt.Claims, client: ClientRecord) -> None:
    """Use up the assertion: the unique row is the one atomic statement; it is kept as long as `exp` could pass."""
    expires_at = datetime.fromtimestamp(claims["exp"], UTC) + settings.OPENID.clock_leeway
    if not insert_once(UsedAssertion, client_id=client.id, jti_hash=token_hash(claims["jti"]), expires_at=expires_at):
        raise InvalidClient("the client assertion was used before")
