"""What clients were refused is kept for a while, so that those who write them can read why."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, transaction

from kapi.contexts.openid.errors import InvalidClient, InvalidRequest, TokenMissing, TokenNotReadable
from kapi.contexts.openid.models import Client, RefusedRequest
from kapi.contexts.openid.rules import jwt, limits
from kapi.contexts.openid.rules.client_authentication import KNOWN, read_credentials
from kapi.contexts.openid.rules.own_tokens import is_in_time
from kapi.contexts.openid.rules.parameters import parse_pairs, read_parameters
from kapi.contexts.openid.rules.tokens import presented_token
from kapi.contexts.openid.selectors.clients import find_client
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.values.authorization import Parameters
from kapi.contexts.openid.values.clients import AuthMethod
from kapi.contexts.openid.values.refusals import NO_FAULTS, Endpoint
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.foundation.limits.services import foresee, spend
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import Actor
from kapi.kernel.networks import origin_of

MOST_OF_CLIENT = 500
MOST_OF_STRANGERS = 100
_NAMES = KNOWN | {"clientId"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Whose:
    """The client that a request is about, empty if none can be told, and whether it is proved to come from there."""

    client_id: str
    is_proved: bool


def note_refusal(
    *,
    endpoint: Endpoint,
    request: TokenRequest,
    client_id: str,
    is_proved: bool = False,
    code: str,
    description: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down that a request was refused, if a client can be told from it.

    `client_id` is whose request it is where that is known, `is_proved` whether that client has proved it; else it is
    who the request says it comes from, which is proved by a good token of ours alone. Of each client the latest 500
    that were proved are kept, and the latest 100 of the others, so that nobody fills a client's list in its name; and
    only so many are written down in a while. Whatever fails here changes nothing of the answer. Never call it inside a
    transaction.
    """
    if code in NO_FAULTS:
        return
    try:
        whose = _Whose(client_id, is_proved) if client_id else _named(request, now)
        if not whose.is_proved and not _has_room(f"from:{_origin(request)}", limits.NOTES_FROM_ORIGIN, now):
            return
        if not whose.client_id or not Client.objects.filter(pk=whose.client_id).exists():
            return
        kind, budgets = ("of", limits.NOTES_OF_CLIENT) if whose.is_proved else ("to", limits.NOTES_OF_STRANGERS)
        if _has_room(f"{kind}:{whose.client_id}", budgets, now):
            _write(whose, endpoint, code, description, now)
    except DatabaseError as fault:
        _log.warning("a refused request could not be written down: %s", type(fault).__name__)


def _origin(request: TokenRequest) -> str:
    return origin_of(request.address) or "nowhere"


def _has_room(whose: str, budgets: tuple[Budget, ...], now: datetime) -> bool:
    """Say whether one more is written down; where none is, nothing is written for counting it either."""
    key = f"openid:refusal-notes-{whose}"
    return foresee(key=key, budgets=budgets, now=now).allowed and spend(key=key, budgets=budgets, now=now).allowed


def _write(whose: _Whose, endpoint: Endpoint, code: str, description: str, now: datetime) -> None:
    said = {"endpoint": endpoint, "code": code[:64], "description": description[:500], "at": now}
    most = MOST_OF_CLIENT if whose.is_proved else MOST_OF_STRANGERS
    with transaction.atomic():
        RefusedRequest.objects.create(client_id=whose.client_id, is_proved=whose.is_proved, **said)
        rows = RefusedRequest.objects.filter(client_id=whose.client_id, is_proved=whose.is_proved)
        over = rows.order_by("-pk").values_list("pk", flat=True)[most : most + 1]
        for last in list(over):
            rows.filter(pk__lte=last).delete()


def _named(request: TokenRequest, now: datetime) -> _Whose:
    """Return the client that a request says it comes from."""
    claims = _claims_of_token(request.authorization)
    if claims is not None:
        client_id = str(claims.get("client_id", ""))
        return _Whose(client_id, is_in_time(claims, now) and _keeps_secrets(client_id))
    try:
        parameters: Parameters = read_parameters(parse_pairs(request.form), _NAMES)
    except InvalidRequest:
        parameters = {}
    found = parameters.get("client_id") or parameters.get("clientId") or _of_proof(parameters, request.authorization)
    # What cannot be an id is not looked for in the database.
    is_possible = len(found) <= 64 and found.isascii() and found.isprintable()
    return _Whose(found if is_possible else "", is_proved=False)


def _claims_of_token(authorization: str) -> jwt.Claims | None:
    """Return what an access token of ours says, good or not."""
    try:
        return read_own(presented_token(authorization).token, typ=jwt.ACCESS_TOKEN)
    except (InvalidRequest, TokenMissing, TokenNotReadable):
        return None


def _keeps_secrets(client_id: str) -> bool:
    """Tell whether tokens of a client are in its hands alone: those of an app are on everybody's device."""
    client = find_client(client_id=client_id)
    return client is not None and client.auth_method is not AuthMethod.NONE


def _of_proof(parameters: Parameters, authorization: str) -> str:
    try:
        shown = read_credentials(parameters, authorization)
        return shown.client_id or str(jwt.claims_before_checking(shown.assertion).get("sub", ""))
    except (InvalidClient, InvalidRequest, TokenNotReadable):
        return ""
