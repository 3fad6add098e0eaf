"""Parameters of requests, before anything is known about them.

Unknown parameters are ignored (RFC 6749, 3.1 and 3.2), even where they come twice or hold nonsense.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote_plus

from kapi.contexts.openid.errors import InvalidRequest
from kapi.contexts.openid.values.authorization import Pairs, Parameters

_CONTROL_CHARACTER = re.compile("[\x00-\x1f\x7f-\x9f]")

MOST_PARAMETERS = 100
USUAL_CHARACTERS = 512
# What may be longer than usual, and how long.
LENGTHS: Mapping[str, int] = {
    "state": 2048,
    "redirect_uri": 2048,
    "post_logout_redirect_uri": 2048,
    "scope": 1024,
    "client_assertion": 8192,
    "id_token_hint": 8192,
    "logout_token": 8192,
    "token": 8192,
    "accessToken": 8192,
    # Ours are short; whoever brings another kind is told that it is no code, not that it is long.
    "code": 8192,
    "refresh_token": 8192,
    "claims": 8192,
    "request": 32_768,
    "request_uri": 2048,
}


def parse_pairs(encoded: bytes) -> Pairs:
    """Read `application/x-www-form-urlencoded` strictly.

    :raises InvalidRequest: if it is not UTF-8 or holds more than `MOST_PARAMETERS` parameters.
    """
    try:
        fields = encoded.decode("ascii").split("&")
        if len(fields) > MOST_PARAMETERS:
            raise InvalidRequest(f"there are more than {MOST_PARAMETERS} parameters")
        return tuple([_pair(field) for field in fields if field])
    except UnicodeDecodeError:
        raise InvalidRequest("the parameters are not percent-encoded UTF-8") from None


def _pair(field: str) -> tuple[str, str]:
    name, _, value = field.partition("=")
    # Names are hardly ever encoded, and most values neither.
    if "%" in name or "+" in name:
        name = unquote_plus(name, errors="strict")
    if "%" in value or "+" in value:
        value = unquote_plus(value, errors="strict")
    return name, value


def read_parameters(pairs: Pairs, known: frozenset[str]) -> Parameters:
    """Return the known parameters by name; those sent without a value are treated as omitted (RFC 6749, 3.1).

    :raises InvalidRequest: if one of them is repeated, too long, or holds control characters.
    """
    named = [pair for pair in pairs if pair[0] in known]
    no_parameter_is_repeated(named)
    for name, value in named:
        no_parameter_is_oversized(name, value)
        no_parameter_holds_control_characters(name, value)
    return {name: value for name, value in named if value}


def no_parameter_is_repeated(pairs: Sequence[tuple[str, str]]) -> None:
    """RFC 6749, 3.1: parameters must not be included more than once."""
    if len(dict(pairs)) == len(pairs):
        return
    names = [name for name, _ in pairs]
    repeated = min(name for name in names if names.count(name) > 1)
    raise InvalidRequest(f"parameter {repeated} is repeated")


def no_parameter_is_oversized(name: str, value: str) -> None:
    """Limits are published in the institutions' guide."""
    most = LENGTHS.get(name, USUAL_CHARACTERS)
    if len(value) > most:
        raise InvalidRequest(f"parameter {name} is longer than {most} characters")


def no_parameter_holds_control_characters(name: str, value: str) -> None:
    """RFC 6749, appendix A: none of our parameters has any (and a NUL would not even fit into the database)."""
    # What is printable holds none, and is told much faster.
    if not value.isprintable() and _CONTROL_CHARACTER.search(value):
        raise InvalidRequest(f"parameter {name} holds control characters")
