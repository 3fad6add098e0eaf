"""The pushed authorization request endpoint (RFC 9126): asked behind the browser's back, answered by a reference."""

import secrets
from datetime import datetime

from kapi.contexts.openid.models import PushedRequest
from kapi.contexts.openid.rules.authorization import Asked, read_request
from kapi.contexts.openid.rules.client_authentication import as_registered_now, refused_by_name
from kapi.contexts.openid.rules.dpop import proof_is_fresh, read_proof
from kapi.contexts.openid.rules.parameters import parse_pairs, read_parameters
from kapi.contexts.openid.rules.pushed import KNOWN, PREFIX, PUSH_REQUIREMENTS, key_is_the_one_named
from kapi.contexts.openid.selectors.authorization import stored_request
from kapi.contexts.openid.selectors.tokens import read_hint
from kapi.contexts.openid.services.client_authentication import (
    prove_client,
    use_up,
    used_up_if_refused,
)
from kapi.contexts.openid.services.dpop import using_up_proof
from kapi.contexts.openid.services.limits import count_brought_request
from kapi.contexts.openid.values.authorization import PushedReference
from kapi.contexts.openid.values.clients import AuthMethod
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.foundation.keys import token_hash
from kapi.foundation.settled import settings
from kapi.foundation.turns import Row, Step
from kapi.kernel.actors import Actor


@as_registered_now
def push_request(*, request: TokenRequest, actor: Actor, now: datetime) -> PushedReference:
    """Take an authorization request from a client that proves itself, and return the reference to it.

    All that the authorization endpoint requires is required here, so that a citizen's browser never brings a request
    that we would refuse. A DPoP proof that comes along binds the code to its key. The reference is 256 random bits,
    kept as a hash, good for this client alone, until it is answered once or `pushed_request_lifetime` is over.

    A client that cannot prove itself is counted by the origin of its address, as browsers are.

    :raises ProtocolError: with the error code that the client is told.
    """
    parameters = read_parameters(parse_pairs(request.form), KNOWN)
    proof = read_proof(request.proof, access_token=None, settings=settings.OPENID, now=now) if request.proof else None
    proven = prove_client(request=request, parameters=parameters, actor=actor, now=now)
    client = proven.client
    with used_up_if_refused(proven=proven, actor=actor, now=now):
        # Whoever knows its id could leave rows here, as at the other endpoint.
        if client.auth_method is AuthMethod.NONE:
            count_brought_request(address=request.address, actor=actor, now=now)
        hint = read_hint(parameters["id_token_hint"]) if "id_token_hint" in parameters else None
        asked = read_request(Asked(parameters, client, now, hint), PUSH_REQUIREMENTS)
        if proof is not None:
            key_is_the_one_named(asked, proof)
            asked = asked._replace(dpop_jkt=proof.thumbprint)
    secret = secrets.token_urlsafe(32)
    lifetime = settings.OPENID.pushed_request_lifetime
    steps: list[Step] = [] if proof is None else [using_up_proof(proof=proof, actor=actor, now=now)]
    steps.append(
        Row(
            PushedRequest,
            reference_hash=token_hash(secret),
            client_id=client.id,
            request=stored_request(asked),
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    done = use_up(proven=proven, then=steps, actor=actor, now=now)
    with refused_by_name(client):
        proof_is_fresh(done == len(steps))
    return PushedReference(PREFIX + secret, int(lifetime.total_seconds()))
