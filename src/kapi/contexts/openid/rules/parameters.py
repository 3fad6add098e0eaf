"""Parameters of requests, before anything is known about them.

Unknown parameters are ignored (RFC 6749, 3.1 and 3.2), even where they come twice or hold nonsense.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import unquote_to_bytes

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
# What a program sends with every request, and what is nobody's secret: decoded once for what it says.
_SAME_EACH_TIME = frozenset({"client_assertion_type", "grant_type", "redirect_uri", "scope"})


def parse_pairs(encoded: bytes) -> Pairs:
    """Read `application/x-www-form-urlencoded` strictly.

    :raises InvalidRequest: if it is not UTF-8 or holds more than `MOST_PARAMETERS` parameters.
    """
    try:
        fields = encoded.decode("ascii").split("&")
        if len(fields) > MOST_PARAMETERS:
            raise InvalidRequest(f"there are more than {MOST_PARAMETERS} parameters")
        # Most fields are not encoded.
        pairs = [
            _decoded(field) if "%" in field or "+" in field else field.partition("=")[::2] for field in fields if field
        ]
        return tuple(pairs)
    except UnicodeDecodeError:
        raise InvalidRequest("the parameters are not percent-encoded UTF-8") from None


def _decoded(field: str) -> tuple[str, str]:
    name, _, value = field.partition("=")
    if name in _SAME_EACH_TIME and len(value) <= USUAL_CHARACTERS:
        return name, _same_again(value)
    return _unquoted(name), _unquoted(value)


def _unquoted(text: str) -> str:
    """Decode what is ASCII.

    :raises UnicodeDecodeError: if it is not UTF-8 then.
    """
    return unquote_to_bytes(text.replace("+", " ")).decode()


_same_again = lru_cache(maxsize=1024)(_unquoted)


def read_parameters(pairs: Pairs, known: frozenset[str]) -> Parameters:
    """Return the known parameters by name; those sent without a value are treated as omitted (RFC 6749, 3.1).

    :raises InvalidRequest: if one of them is repeated, too long, or holds control characters.
    """
    parameters = dict(pairs)
    if not parameters.keys() <= known:
        pairs = tuple([pair for pair in pairs if pair[0] in known])
        parameters = dict(pairs)
    no_parameter_is_repeated(pairs)
    for name, value in pairs:
        # No limit is lower than the usual one, and what is printable holds no control character.
        if len(value) > USUAL_CHARACTERS or not value.isprintable():
            no_parameter_is_oversized(name, value)
            no_parameter_holds_control_characters(name, value)
    return {name: value for name, value in pairs if value} if "" in parameters.values() else parameters


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
    if _CONTROL_CHARACTER.search(value):
        raise InvalidRequest(f"parameter {name} holds control characters")


@lru_cache(maxsize=128)
def words_of(value: str) -> tuple[str, ...]:
    """Take a list (RFC 6749, 3.3) apart once for what it says: programs send the same ones with every request."""
    return tuple([word for word in value.split(" ") if word])
