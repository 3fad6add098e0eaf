"""The ways in which a good request is spoilt, as small functions over it."""

import base64
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import ECKey, Key, RSAKey

from tests.contracts.differential.drafts import Draft, Endpoint, Jwt

Spoil = Callable[[Draft], None]


@dataclass(frozen=True)
class Malformed:
    """A good request to an endpoint, but for one thing."""

    endpoint: Endpoint
    name: str
    spoil: Spoil

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.name}"


@dataclass(frozen=True)
class Seconds:
    """A moment, so many seconds from now, as claims have it."""

    ahead: float
    as_text: bool = False


@dataclass(frozen=True)
class Here:
    """An address at the server that the request goes to."""

    path: str = ""
    upper: bool = False


def _meant(value: Any, draft: Draft) -> Any:
    if isinstance(value, Seconds):
        moment = time.time() + value.ahead
        return str(int(moment)) if value.as_text else moment if value.ahead % 1 else int(moment)
    if isinstance(value, Here):
        issuer = draft.issuer.upper() if value.upper else draft.issuer
        return issuer + value.path
    if isinstance(value, list):
        return [_meant(item, draft) for item in value]
    return value


# --- parameters


def given(**changes: Any) -> Spoil:
    """Give parameters other values; None takes one out."""
    return lambda draft: draft.put(**{name: _meant(value, draft) for name, value in changes.items()})


def without(name: str) -> Spoil:
    """Leave a parameter out."""

    def spoil(draft: Draft) -> None:
        draft.put(**{name: None})
        if name == "client_assertion":
            draft.assertion = None

    return spoil


def empty(name: str) -> Spoil:
    """Send a parameter without a value."""

    def spoil(draft: Draft) -> None:
        without(name)(draft)
        draft.parameters.append((name, ""))

    return spoil


def doubled(name: str) -> Spoil:
    """Send a parameter twice, with the same value."""
    return lambda draft: draft.parameters.extend(
        [(name, draft.value(name))] * (1 if draft.assertion is not None or name != "client_assertion" else 2)
    )


def in_capitals(name: str) -> Spoil:
    """Write the name of a parameter in capital letters."""

    def spoil(draft: Draft) -> None:
        value = draft.value(name)
        without(name)(draft)
        draft.parameters.append((name.upper(), value))

    return spoil


def besides(name: str, value: str) -> Spoil:
    """Send one parameter more, whether it is there or not."""
    return lambda draft: draft.parameters.append((name, value))


# --- the assertion and the proof


def _changed(token: Jwt, draft: Draft, part: str, changes: dict[str, Any]) -> None:
    held = token.header if part == "header" else token.claims
    for name, value in changes.items():
        if value is None:
            held.pop(name, None)
        else:
            held[name] = None if value == "null" else _meant(value, draft)


def asserting(**claims: Any) -> Spoil:
    """Give the assertion other claims; None takes one out, `null` is JSON's."""
    return lambda draft: _changed(_assertion(draft), draft, "claims", claims)


def asserting_by(**header: Any) -> Spoil:
    """Give the assertion another header."""
    return lambda draft: _changed(_assertion(draft), draft, "header", header)


def proving(**claims: Any) -> Spoil:
    """Give the proof other claims."""
    return lambda draft: _changed(_proof(draft), draft, "claims", claims)


def proving_by(**header: Any) -> Spoil:
    """Give the proof another header."""
    return lambda draft: _changed(_proof(draft), draft, "header", header)


def _assertion(draft: Draft) -> Jwt:
    assert draft.assertion is not None
    return draft.assertion


def _proof(draft: Draft) -> Jwt:
    assert draft.proof is not None
    return draft.proof


Which = Callable[[Draft], Jwt]
ASSERTION: Which = _assertion
PROOF: Which = _proof
_RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
_STRANGER = ECKey.generate_key("P-256", {"kid": "a"})


def signed_with(which: Which, key: Callable[[Draft], Key] = lambda _: _STRANGER, **header: Any) -> Spoil:
    """Sign by another key, and say so in the header or not."""

    def spoil(draft: Draft) -> None:
        token = which(draft)
        token.key = key(draft)
        _changed(token, draft, "header", header)

    return spoil


def by_public_key(which: Which) -> Spoil:
    """Sign by HS256, with the public key as if it were a secret."""

    def spoil(draft: Draft) -> None:
        token = which(draft)
        assert isinstance(token.key, ECKey)
        token.header["alg"], token.signature = "HS256", ""
        digest = hmac.digest(token.key.as_bytes(encoding="PEM", private=False), token.signed()[:-1].encode(), "sha256")
        token.signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    return spoil


def with_signature(which: Which, signature: str) -> Spoil:
    """Put something else in place of the signature."""

    def spoil(draft: Draft) -> None:
        which(draft).signature = signature

    return spoil


def as_text(which: Which, change: Callable[[str], str]) -> Spoil:
    """Change what was signed, after it was signed."""

    def spoil(draft: Draft) -> None:
        token = which(draft)
        token.text = change(token.signed())

    return spoil


def claiming(which: Which, claims: bytes) -> Spoil:
    """Sign something that holds no claims."""

    def spoil(draft: Draft) -> None:
        which(draft).claims = claims

    return spoil


def showing(**changes: Any) -> Spoil:
    """Change the public key in the proof's header; None takes a member out."""

    def spoil(draft: Draft) -> None:
        jwk = dict(_proof(draft).header["jwk"])
        for name, value in changes.items():
            jwk.pop(name, None) if value is None else jwk.update({name: value})
        _proof(draft).header["jwk"] = jwk

    return spoil


def showing_the_private_key(draft: Draft) -> None:
    """Put the private key into the proof."""
    _proof(draft).header["jwk"] = draft.party.holder.as_dict(private=True)


def proved_by_rsa(draft: Draft) -> None:
    """Sign the proof by RS256, and show that key."""
    signed_with(PROOF, lambda _: _RSA, alg="RS256", jwk=_RSA.as_dict(private=False))(draft)


def proved_by_a_stranger(draft: Draft) -> None:
    """Make a good proof, by another key than before."""
    signed_with(PROOF, jwk=_STRANGER.as_dict(private=False))(draft)


def unproved(draft: Draft) -> None:
    """Send no proof."""
    draft.proof = None


# --- HTTP


def header(name: str, value: str | Callable[[Draft], str]) -> Spoil:
    """Send one header more."""
    return lambda draft: draft.headers.append((name, value if isinstance(value, str) else value(draft)))


def headed(name: str, value: str | Callable[[Draft], str] | None) -> Spoil:
    """Send a header with another value; None takes it out."""

    def spoil(draft: Draft) -> None:
        draft.headers = [pair for pair in draft.headers if pair[0] != name]
        if value is not None:
            header(name, value)(draft)

    return spoil


def by(method: str, content_type: str | None = None) -> Spoil:
    """Use another method, and prove that one."""

    def spoil(draft: Draft) -> None:
        draft.method = method
        if content_type:
            headed("Content-Type", content_type)(draft)
        if draft.proof is not None:
            draft.proof.claims["htm"] = method

    return spoil


def body(content: bytes | Callable[[Draft], bytes], content_type: str | None = None) -> Spoil:
    """Send something else than the form."""

    def spoil(draft: Draft) -> None:
        draft.body = content if isinstance(content, bytes) else content(draft)
        if content_type is not None:
            headed("Content-Type", content_type)(draft)

    return spoil


def in_the_query(draft: Draft) -> None:
    """Send the form as a query, and nothing in the body."""
    draft.query, draft.body = draft.encoded().decode(), b""


def at(path: str) -> Spoil:
    """Send it to another spelling of the address."""

    def spoil(draft: Draft) -> None:
        draft.path = path

    return spoil


def without_session(draft: Draft) -> None:
    """Let it come from a browser where nobody is signed in."""
    draft.has_session = False


def again(times: int = 2, *, anew: bool = False) -> Spoil:
    """Send it so often; `anew` with a fresh assertion and a fresh proof each time."""

    def spoil(draft: Draft) -> None:
        draft.sends, draft.anew = times, anew

    return spoil


def both(*spoils: Spoil) -> Spoil:
    """Do several things."""

    def spoil(draft: Draft) -> None:
        for one in spoils:
            one(draft)

    return spoil
