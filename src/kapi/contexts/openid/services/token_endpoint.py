"""The token endpoint: who asks is proved first, then what for."""

from datetime import datetime

from kapi.contexts.openid.rules.client_authentication import as_registered_now
from kapi.contexts.openid.rules.dpop import read_proof
from kapi.contexts.openid.rules.parameters import parse_pairs, read_parameters
from kapi.contexts.openid.rules.tokens import KNOWN, REQUIREMENTS, TokenAsked
from kapi.contexts.openid.services.client_authentication import prove_client, used_up_if_refused
from kapi.contexts.openid.services.machine_tokens import issue_machine_token
from kapi.contexts.openid.services.refreshing import refresh_access
from kapi.contexts.openid.services.tokens import redeem_code
from kapi.contexts.openid.values.tokens import GrantType, IssuedTokens, TokenRequest
from kapi.foundation.settled import settings
from kapi.kernel.actors import Actor


@as_registered_now
def answer_token_request(*, request: TokenRequest, actor: Actor, now: datetime) -> IssuedTokens:
    """Authenticate the client and give it the tokens that its grant is good for (RFC 6749, 5).

    :raises ProtocolError: with the error code that the client is told.
    """
    parameters = read_parameters(parse_pairs(request.form), KNOWN)
    # Before the assertion is used up: who lacks only a nonce may come again with the same one.
    proof = read_proof(request.proof, access_token=None, settings=settings.OPENID, now=now) if request.proof else None
    proven = prove_client(request=request, parameters=parameters, actor=actor, now=now)
    asked = TokenAsked(parameters, proven.client, proof, request.certificate)
    with used_up_if_refused(proven=proven, actor=actor, now=now):
        for requirement in REQUIREMENTS:
            requirement(asked)
    match GrantType(parameters["grant_type"]):
        case GrantType.CLIENT_CREDENTIALS:
            return issue_machine_token(asked=asked, proven=proven, actor=actor, now=now)
        case GrantType.REFRESH_TOKEN:
            return refresh_access(asked=asked, proven=proven, actor=actor, now=now)
        case GrantType.AUTHORIZATION_CODE:
            return redeem_code(asked=asked, proven=proven, actor=actor, now=now)
