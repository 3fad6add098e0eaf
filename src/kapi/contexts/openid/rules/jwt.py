"""Signing and reading JWTs (RFC 7519), with the algorithm always named by us.

joserfc refuses header members it does not know and caps a header at 512 bytes; RFC 7515, 4 says to ignore what one
does not know (`crit` excepted), so a registry of our own is laxer there. joserfc reads and checks; what it would do for
every JWT anew though it can only come out the same (the header that a program always sends, whether a key is for an
`alg`) is done once for what stands there.
"""

import binascii
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from kapi.contexts.openid.errors import TokenNotReadable

SIGNING_ALGORITHM = "ES256"
# The types of our tokens: one can never stand for another.
ID_TOKEN = "JWT"  # noqa: S105 - a type
ACCESS_TOKEN = "at+jwt"  # noqa: S105 - a type (RFC 9068, 2.1)
LOGOUT_TOKEN = "logout+jwt"  # noqa: S105 - a type (OpenID Connect Back-Channel Logout 1.0, 2.4)
INTROSPECTION = "token-introspection+jwt"  # a type (RFC 9701, 5)
# What clients may sign with: RS256 is not among them (FAPI 2.0, 5.4.1).
CLIENT_ALGORITHMS = ("ES256", "PS256", "Ed25519", "EdDSA")
MOST_CHARACTERS = 8192
MOST_CLIENT_KEYS = 20
_LEAST_RSA_BITS = 2048
_MOST_RSA_BITS = 4096  # checking a signature of more costs us more than it costs whoever sends one
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

Claims = dict[str, Any]


class _Registry(JWSRegistry):
    """For headers alone: which algorithm and which key may stand behind one is asked here, not there."""

    max_header_length = 2048


_REGISTRY: Final = _Registry(strict_check_header=False)
_JSON: Final = json.JSONDecoder()
_write: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class Signer(Protocol):
    """A key that signs, wherever its secret half is."""

    @property
    def kid(self) -> str:
        """Return by what its public half is known."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return R and S of the ES256 signature, one after the other."""
        ...


def sign(claims: Mapping[str, object], *, typ: str, key: Signer) -> str:
    """Return `claims` as a JWT signed with ES256 under the key's `kid` (RFC 7515, 5.1)."""
    message = b"%b.%b" % (_our_header(typ, key.kid), _encoded(_write(claims).encode()))
    return (b"%b.%b" % (message, _encoded(key.sign(message)))).decode()


@lru_cache(maxsize=64)
def _our_header(typ: str, kid: str) -> bytes:
    """Write the header of a token of ours once for each type and key."""
    return _encoded(_write({"typ": typ, "alg": SIGNING_ALGORITHM, "kid": kid}).encode())


_TO_URLS: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URLS: Final = bytes.maketrans(b"-_+/=", b"+/...")


def _encoded(part: bytes) -> bytes:
    """Write bytes as base64url without padding (RFC 7515, 2)."""
    return binascii.b2a_base64(part, newline=False).rstrip(b"=").translate(_TO_URLS)


def _decoded(part: bytes) -> bytes:
    """Read base64url: there is one spelling of everything, that which `_encoded` writes.

    :raises ValueError: if it is in another one, or none.
    """
    standard = part.translate(_FROM_URLS)
    decoded = binascii.a2b_base64(standard + b"==")
    if binascii.b2a_base64(decoded, newline=False).rstrip(b"=") != standard:
        raise ValueError("not base64url")
    return decoded


def header_of(token: str) -> Mapping[str, Any]:
    """Return the header, which nobody has vouched for yet.

    :raises TokenNotReadable: reason `length` or `form`.
    """
    return _parsed(token).head.members


def claims_before_checking(token: str) -> Claims:
    """Return the claims of a JWT that nobody has vouched for yet: good for asking whose keys to check it with.

    :raises TokenNotReadable: reason `length` or `form`.
    """
    return before_checking(token)[1]


def before_checking(token: str) -> tuple[Mapping[str, Any], Claims]:
    """Return header and claims of a JWT that nobody has vouched for yet.

    :raises TokenNotReadable: reason `length` or `form`.
    """
    shown = _parsed(token)
    try:
        claims = _read_json(shown.payload)
    except (ValueError, RecursionError):
        raise TokenNotReadable("form") from None
    return shown.head.members, _as_claims(claims)


def read(token: str, *, keys: Sequence[Key], algorithms: Sequence[str]) -> Claims:
    """Return the claims of a JWT signed by one of `keys` (those its header may mean, a few at most).

    :raises TokenNotReadable: reason `length`, `form`, `algorithm`, `key` or `signature`.
    """
    shown = _parsed(token)
    header = shown.head.members
    if header["alg"] not in algorithms:
        raise TokenNotReadable("algorithm")
    candidates = [key for key in keys if _may_have_signed(key, header)]
    if not candidates:
        raise TokenNotReadable("key")
    for key in candidates:
        claims = _checked(shown, key)
        if claims is not _UNSIGNED:
            return _as_claims(claims)
    raise TokenNotReadable("signature")


def read_by_own_key(token: str) -> tuple[Mapping[str, Any], Claims, str]:
    """Return header, claims and the key's thumbprint (RFC 7638) of a JWT signed by the key that its header holds.

    Who holds that key is not known: the JWT proves possession, no name.

    :raises TokenNotReadable: reason `length`, `form`, `algorithm`, `key` or `signature`.
    """
    shown = _parsed(token)
    header = shown.head.members
    if header["alg"] not in CLIENT_ALGORITHMS:
        raise TokenNotReadable("algorithm")
    if not isinstance(header.get("jwk"), dict):
        raise TokenNotReadable("form")
    held = _own_key(shown.written_head)
    if held is None:
        raise TokenNotReadable("key")
    claims = _checked(shown, held.key) if held.is_for_signing else _UNSIGNED
    if claims is _UNSIGNED:
        raise TokenNotReadable("signature")
    return header, _as_claims(claims), held.thumbprint


_UNSIGNED: Final = object()


class _Head(NamedTuple):
    """A header that was read, and whether each of its members is of the kind that RFC 7515, 4.1 says."""

    members: Mapping[str, Any]
    is_sound: bool


class _Shown(NamedTuple):
    """The parts of a JWT, which nobody has vouched for yet. Of its signature the encoding was not looked at."""

    head: _Head
    written_head: bytes
    written_payload: bytes
    payload: bytes
    signature: bytes


class _OwnKey(NamedTuple):
    """The key in a header, its thumbprint, and whether the key itself says nothing against signing with that `alg`."""

    key: Key
    thumbprint: str
    is_for_signing: bool


def _parsed(token: str) -> _Shown:
    """Take a JWT apart.

    :raises TokenNotReadable: reason `length` or `form`.
    """
    if len(token) > MOST_CHARACTERS:
        raise TokenNotReadable("length")
    try:
        head, payload, signature = token.encode("ascii").split(b".")
        _REGISTRY.validate_signature_size(signature)
        return _Shown(_head(head), head, payload, _decoded(payload), signature)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenNotReadable("form") from None


@lru_cache(maxsize=1024)
def _head(written: bytes) -> _Head:
    """Read a header once for what it says: programs send the same one with every request.

    :raises JoseError: if it is none.
    :raises ValueError: likewise, or if it holds what we would have to understand.
    """
    members = dict(jws.extract_compact(written + b"..", registry=_REGISTRY).headers())
    _write(members).encode()  # no half of a character in it
    if "crit" in members:  # RFC 7515, 4.1.11: we understand no extension, and a list of none must not be used
        raise ValueError("crit")
    try:
        _REGISTRY.check_header(members)
    except (JoseError, ValueError, TypeError):
        return _Head(MappingProxyType(members), is_sound=False)
    return _Head(MappingProxyType(members), is_sound=True)


@lru_cache(maxsize=1024)
def _own_key(written_head: bytes) -> _OwnKey | None:
    """Read the key in a header likewise; None if it is no public key that fits the `alg` beside it."""
    header = _head(written_head).members
    key = None if _PRIVATE_MEMBERS & set(header["jwk"]) else _import(header["jwk"])
    if key is None or not _fits(key, header["alg"]):
        return None
    try:
        _REGISTRY.algorithms[header["alg"]].check_key(key)
    except JoseError:
        return _OwnKey(key, key.thumbprint(), is_for_signing=False)
    return _OwnKey(key, key.thumbprint(), is_for_signing=True)


def _checked(shown: _Shown, key: Key) -> object:
    """Return what was signed with a key that may sign with this `alg`; `_UNSIGNED` if it was not, or is no JSON."""
    if not shown.head.is_sound:
        return _UNSIGNED
    algorithm = _REGISTRY.algorithms[shown.head.members["alg"]]
    try:
        signed = b"%b.%b" % (shown.written_head, shown.written_payload)
        if not algorithm.verify(signed, _decoded(shown.signature), key):
            return _UNSIGNED
        return _read_json(shown.payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        return _UNSIGNED


def _read_json(payload: bytes) -> object:
    """Read what is JSON in UTF-8 (RFC 7519, 7.2 (10)).

    :raises ValueError: if it is not, or if an escape in it stands for half a character (RFC 8259, 8.2).
    """
    read = _JSON.decode(payload.decode())
    if b"\\u" in payload:
        _write(read).encode()
    return read


def _as_claims(claims: object) -> Claims:
    if not isinstance(claims, dict):
        raise TokenNotReadable("form")
    return claims


def numeric_date(claims: Mapping[str, Any], claim: str) -> float | None:
    """Return a NumericDate (RFC 7519, 2) in seconds, or None if the claim is none."""
    value = claims.get(claim)
    if type(value) is not int and type(value) is not float:
        return None
    # A JSON integer may have thousands of digits, too many for a float; NaN is neither more nor less.
    return float(value) if -1e12 < value < 1e12 else None


def import_keys(document: object) -> list[Key]:
    """Read a JWK set: its public signing keys of the kinds that clients may use; others are passed over.

    :raises ValueError: if it is not a set, holds more than `MOST_CLIENT_KEYS` keys, a private or a symmetric key, or
        none that could sign, or if it holds what no JSON of ours may (NUL, half a character, a number that is none).
    """
    _check_plain(document)
    members = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
        raise ValueError("not a JWK set: an object with a list `keys` is expected")
    if len(members) > MOST_CLIENT_KEYS:
        raise ValueError(f"more than {MOST_CLIENT_KEYS} keys")
    if any("d" in member or member.get("kty") == "oct" for member in members):
        raise ValueError("it holds a private or a symmetric key; give the public half only")
    keys = [key for member in members if (key := _import(member)) is not None]
    if not keys:
        raise ValueError("no key for ES256, PS256 (2048 bits or more) or Ed25519 in it")
    return keys


def _check_plain(document: object) -> None:
    """Let in what PostgreSQL can keep as JSON, and nothing that only Python takes for it (RFC 8259, 6 and 8.2)."""
    try:
        written = json.dumps(document, ensure_ascii=False, allow_nan=False)
        written.encode()
    except (ValueError, RecursionError):
        raise ValueError("it holds a number or a character that is none; write it anew as plain JSON") from None
    if "\\u0000" in written:
        raise ValueError("it holds the character NUL; leave that out")


def _import(member: dict[str, Any]) -> Key | None:
    kinds: dict[object, type[ECKey] | type[RSAKey] | type[OKPKey]] = {"EC": ECKey, "RSA": RSAKey, "OKP": OKPKey}
    kind = kinds.get(member.get("kty")) if isinstance(member.get("kty"), str) else None
    if kind is None:
        return None
    try:
        key = kind.import_key(member)
        return key if any(_fits(key, algorithm) for algorithm in CLIENT_ALGORITHMS) else None
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _may_have_signed(key: Key, header: Mapping[str, Any]) -> bool:
    """Tell whether a key is the one that a header means, and is for signing with the `alg` that stands there."""
    stated = key.dict_value
    if "kid" in header and stated.get("kid") != header["kid"]:
        return False
    if stated.get("use", "sig") != "sig" or stated.get("alg", header["alg"]) != header["alg"]:
        return False
    return _fits(key, header["alg"])


def _fits(key: Key, algorithm: str) -> bool:
    if isinstance(key, ECKey):
        return algorithm == "ES256" and key.curve_name == "P-256"
    if isinstance(key, RSAKey):
        return algorithm == "PS256" and _LEAST_RSA_BITS <= key.raw_value.key_size <= _MOST_RSA_BITS
    if isinstance(key, OKPKey):
        return algorithm in ("Ed25519", "EdDSA") and key.curve_name == "Ed25519"
    return False


def public_set(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a JWK set of `members`."""
    return {"keys": [dict(member) for member in members]}
