"""Asking as at the e-Devlet gateway: another way to ask, on top of the same pipeline.

The authorization rules, the person's yes, codes that are good once, the sharing history, limits, audit and logout are
those of OpenID Connect; here requests are read and put into its words.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import InvalidToken, ProtocolError, TokenNotReadable
from kapi.contexts.openid.rules import edevlet as rules
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.authorization import (
    Asked,
    client_is_answered,
    error_parameters,
    read_request,
    redirect_uri_is_registered,
)
from kapi.contexts.openid.rules.client_authentication import as_registered_now, exception_is_under_way
from kapi.contexts.openid.rules.parameters import parse_pairs, read_parameters
from kapi.contexts.openid.rules.redirects import with_parameters
from kapi.contexts.openid.rules.tokens import TokenAsked, access_token_is_in_time
from kapi.contexts.openid.selectors.clients import find_client
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.authorization import begin_authorization
from kapi.contexts.openid.services.client_authentication import prove_client, used_up_if_refused
from kapi.contexts.openid.services.limits import count_bad_token
from kapi.contexts.openid.services.sharing import share_attributes
from kapi.contexts.openid.services.tokens import redeem_code
from kapi.contexts.openid.values.authorization import Next, NextKind, Parameters, Refused
from kapi.contexts.openid.values.clients import Value
from kapi.contexts.openid.values.tokens import IssuedTokens, TokenRequest
from kapi.foundation.settled import settings
from kapi.kernel.actors import Actor


def start_edevlet_authorization(
    *, encoded: bytes, browser: str, session: SignedIn | None, actor: Actor, now: datetime
) -> Next:
    """Take a request that a browser brought (`encoded` is the query) and say what the browser has to do next.

    :raises InvalidRequest: if parameters cannot be read; shown as a page.
    :raises UnknownClient: shown as a page.
    :raises ClientSuspended: shown as a page.
    :raises RedirectUriNotRegistered: shown as a page.
    :raises StateMissing: shown as a page.
    """
    parameters = read_parameters(parse_pairs(encoded), rules.KNOWN)
    client = client_is_answered(find_client(client_id=parameters.get("client_id", "")))
    asked = Asked(parameters, client, now)
    redirect_uri_is_registered(asked)
    rules.state_is_given(asked)
    try:
        request = read_request(
            asked._replace(parameters=rules.in_our_words(parameters, client.scopes)), rules.REQUIREMENTS
        )
    except ProtocolError as refusal:
        answer = error_parameters(refusal, parameters, settings.OPENID.issuer)
        url = with_parameters(parameters["redirect_uri"], answer)
        refused = Refused(client.id, refusal.code, refusal.description)
        return Next(NextKind.REDIRECT, url=url, refused=refused)
    return begin_authorization(request=request, client=client, browser=browser, session=session, actor=actor, now=now)


@as_registered_now
def redeem_edevlet_code(*, request: TokenRequest, actor: Actor, now: datetime) -> IssuedTokens:
    """Authenticate the client by its secret and give it an access token for its code; `scope` is in their words.

    :raises ProtocolError: with the error code that the client is told.
    """
    parameters = read_parameters(parse_pairs(request.form), rules.TOKEN_KNOWN)
    proven = prove_client(request=request, parameters=parameters, actor=actor, now=now)
    asked = TokenAsked(parameters, proven.client, None)
    with used_up_if_refused(proven=proven, actor=actor, now=now):
        for requirement in rules.TOKEN_REQUIREMENTS:
            requirement(asked)
    tokens = redeem_code(asked=asked, proven=proven, actor=actor, now=now)
    return replace(tokens, id_token="", refresh_token="", scope=rules.in_their_words(tokens.scope.split(" ")))


def tell_about_person(*, form: bytes, address: str, actor: Actor, now: datetime) -> Mapping[str, Value]:
    """Return what the access token in a form releases of the person, by the names of our claims, without a subject.

    It is written down as a sharing, as a userinfo answer is, and tokens that are not good are counted as there.

    :raises InvalidRequest: if a parameter is missing or not what it has to be.
    :raises InvalidScope: if `kapsam` names what is not offered or was not granted.
    :raises InvalidToken: if the token is not good (any more), or was not issued to this client.
    :raises UnauthorizedClient: if the day of the client's exception has come.
    :raises TooManyRequests: if tokens were not good too often.
    """
    parameters = read_parameters(parse_pairs(form), rules.PERSON_KNOWN)
    rules.token_is_given(parameters)
    try:
        asked = _person_asked(parameters, now)
        rules.token_is_this_clients(asked)
    except InvalidToken:
        count_bad_token(address=address, actor=actor, now=now)
        raise
    rules.token_is_good_for_it(asked)
    token = parameters["accessToken"]
    told = share_attributes(authorization=f"Bearer {token}", address=address, actor=actor, now=now)
    return {name: value for name, value in told.items() if name != "sub"}


def _person_asked(parameters: Parameters, now: datetime) -> rules.PersonAsked:
    try:
        claims: dict[str, Any] = dict(read_own(parameters["accessToken"], typ=jwt.ACCESS_TOKEN))
    except TokenNotReadable:
        raise InvalidToken("the access token is not one of ours") from None
    access_token_is_in_time(claims, settings.OPENID, now)
    client = find_client(client_id=parameters["clientId"])
    if client is not None:
        exception_is_under_way(client, now)
    return rules.PersonAsked(parameters, client, claims)
