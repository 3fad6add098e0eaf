"""The token endpoint: who asks is proved first, then what for."""

from datetime import datetime

from django.conf import settings

from kapi.contexts.openid.rules.client_authentication import refused_by_name
from kapi.contexts.openid.rules.dpop import read_proof
from kapi.contexts.openid.rules.parameters import parse_pairs, read_parameters
from kapi.contexts.openid.rules.tokens import KNOWN, REQUIREMENTS, TokenAsked
from kapi.contexts.openid.services.client_authentication import authenticate_client
from kapi.contexts.openid.services.machine_tokens import issue_machine_token
from kapi.contexts.openid.services.refreshing import refresh_access
from kapi.contexts.openid.services.tokens import redeem_code
from kapi.contexts.openid.values.tokens import GrantType, IssuedTokens, TokenRequest
from kapi.kernel.actors import Actor

_ANSWERS = {
    GrantType.AUTHORIZATION_CODE: redeem_code,
    GrantType.CLIENT_CREDENTIALS: issue_machine_token,
    GrantType.REFRESH_TOKEN: refresh_access,
}


def answer_token_request(*, request: TokenRequest, actor: Actor, now: datetime) -> IssuedTokens:
    """Authenticate the client and give it the tokens that its grant is good for (RFC 6749, 5).

    :raises ProtocolError: with the error code that the client is told.
    """
    parameters = read_parameters(parse_pairs(request.form), KNOWN)
    # Before the assertion is used up: who lacks only a nonce may come again with the same one.
    proof = read_proof(request.proof, access_token=None, settings=settings.OPENID, now=now) if request.proof else None
    client = authenticate_client(request=request, parameters=parameters, actor=actor, now=now)
    asked = TokenAsked(parameters, client, proof, request.certificate)
    with refused_by_name(client):
        for requirement in REQUIREMENTS:
            requirement(asked)
        return _ANSWERS[GrantType(parameters["grant_type"])](asked=asked, actor=actor, now=now)
