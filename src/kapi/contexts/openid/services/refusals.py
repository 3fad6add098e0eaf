"""What clients were refused is kept for a while, so that those who write them can read why."""

import logging
from datetime import datetime

from django.db import DatabaseError, transaction

from kapi.contexts.openid.errors import InvalidClient, InvalidRequest, TokenMissing, TokenNotReadable
from kapi.contexts.openid.models import Client, RefusedRequest
from kapi.contexts.openid.rules import jwt, limits
from kapi.contexts.openid.rules.client_authentication import KNOWN, read_credentials
from kapi.contexts.openid.rules.parameters import parse_pairs, read_parameters
from kapi.contexts.openid.rules.tokens import presented_token
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.values.authorization import Parameters
from kapi.contexts.openid.values.refusals import NO_FAULTS, Endpoint
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.foundation.limits.services import foresee, spend
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import Actor
from kapi.kernel.networks import origin_of

MOST_OF_CLIENT = 500
_NAMES = KNOWN | {"clientId"}
_log = logging.getLogger(__name__)


def note_refusal(
    *,
    endpoint: Endpoint,
    request: TokenRequest,
    client_id: str,
    code: str,
    description: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down that a request was refused, if a client can be told from it; the latest 500 of each are kept.

    `client_id` is whose request it is where that is known; else it is who the request says it comes from, which
    nobody has proved. From one origin, and of one client, only so many are written down. Whatever fails here changes
    nothing of the answer. Never call it inside a transaction.
    """
    if code in NO_FAULTS:
        return
    try:
        if not _has_room(f"from:{origin_of(request.address) or 'nowhere'}", limits.NOTES_FROM_ORIGIN, now):
            return
        known = client_id or _named(request)
        if not known or not Client.objects.filter(pk=known).exists():
            return
        if _has_room(f"of:{known}", limits.NOTES_OF_CLIENT, now):
            _write(known, endpoint, code, description, now)
    except DatabaseError as fault:
        _log.warning("a refused request could not be written down: %s", type(fault).__name__)


def _has_room(whose: str, budgets: tuple[Budget, ...], now: datetime) -> bool:
    """Say whether one more is written down; where none is, nothing is written for counting it either."""
    key = f"openid:refusal-notes-{whose}"
    return foresee(key=key, budgets=budgets, now=now).allowed and spend(key=key, budgets=budgets, now=now).allowed


def _write(client_id: str, endpoint: Endpoint, code: str, description: str, now: datetime) -> None:
    with transaction.atomic():
        RefusedRequest.objects.create(
            client_id=client_id, endpoint=endpoint, code=code[:64], description=description[:500], at=now
        )
        rows = RefusedRequest.objects.filter(client_id=client_id)
        over = rows.order_by("-pk").values_list("pk", flat=True)[MOST_OF_CLIENT : MOST_OF_CLIENT + 1]
        for last in list(over):
            rows.filter(pk__lte=last).delete()


def _named(request: TokenRequest) -> str:
    """Return the client that a request says it comes from, empty if none can be read."""
    try:
        parameters: Parameters = read_parameters(parse_pairs(request.form), _NAMES)
    except InvalidRequest:
        parameters = {}
    found = parameters.get("client_id") or parameters.get("clientId") or _of_token(request.authorization)
    found = found or _of_proof(parameters, request.authorization)
    # What cannot be an id is not looked for in the database.
    return found if len(found) <= 64 and found.isascii() and found.isprintable() else ""


def _of_token(authorization: str) -> str:
    """Return whose access token of ours came, good or not."""
    try:
        return str(read_own(presented_token(authorization).token, typ=jwt.ACCESS_TOKEN).get("client_id", ""))
    except (InvalidRequest, TokenMissing, TokenNotReadable):
        return ""


def _of_proof(parameters: Parameters, authorization: str) -> str:
    try:
        shown = read_credentials(parameters, authorization)
        return shown.client_id or str(jwt.claims_before_checking(shown.assertion).get("sub", ""))
    except (InvalidClient, InvalidRequest, TokenNotReadable):
        return ""
