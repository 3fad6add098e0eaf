"""Proofs of possession (DPoP, RFC 9449): one function per requirement, in the order of its section 4.3."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from kapi.contexts.openid.errors import InvalidDpopProof, TokenNotReadable, UseDpopNonce
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.values.dpop import Proof, ShownProof
from kapi.contexts.openid.values.settings import OpenidSettings
from kapi.foundation.keys import digests, token_hash
from kapi.foundation.settled import worked_out_once

PROOF = "dpop+jwt"
_MOST_JTI_CHARACTERS = 512
_NONCE = re.compile(r"([0-9]{1,12})-([0-9a-f]{32})")
_NONCE_PURPOSE = "dpop-nonce"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_UNREADABLE = {
    "length": "it is too long",
    "form": "it is not a JWT with a public key as jwk",
    "algorithm": f"alg must be one of {', '.join(jwt.CLIENT_ALGORITHMS)}",
    "key": "jwk must be a public key that fits alg, without its private half",
    "signature": "its signature is not by the key in jwk",
}


class Examined(NamedTuple):
    """A proof whose signature has been checked, the request that it came with, and when.

    `access_token` is the one that came along; None where tokens are issued, not used.
    """

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    shown: ShownProof
    access_token: str | None
    settings: OpenidSettings
    now: datetime


def it_comes_alone(shown: ShownProof) -> None:
    """RFC 9449, 4.3 (1): one DPoP header. Servers join several by commas, which no JWT has."""
    if "," in shown.header:
        raise InvalidDpopProof("more than one DPoP header")


def type_is_dpop(examined: Examined) -> None:
    """RFC 9449, 4.3 (4): `typ`, so that no other JWT can stand for a proof; a media type (RFC 7515, 4.1.9)."""
    typ = examined.header.get("typ")
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") != PROOF:  # protocol
        raise InvalidDpopProof(f"typ of the DPoP proof must be {PROOF}")


def method_is_this_one(examined: Examined) -> None:
    """RFC 9449, 4.3 (8): `htm` is the method of the request."""
    if examined.claims.get("htm") != examined.shown.method:
        raise InvalidDpopProof(f"htm of the DPoP proof must be {examined.shown.method}")


def address_is_this_one(examined: Examined) -> None:
    """RFC 9449, 4.3 (9): `htu` is the address of the request; query, fragment and spelling make no difference."""
    htu, address = examined.claims.get("htu"), examined.shown.address
    if htu != address and (not isinstance(htu, str) or normalised(htu) != normalised(address)):
        raise InvalidDpopProof(f"htu of the DPoP proof must be {address}")


def jti_is_given(examined: Examined) -> None:
    """RFC 9449, 4.2: `jti`, by which a proof is known when it comes again."""
    jti = examined.claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _MOST_JTI_CHARACTERS:
        raise InvalidDpopProof("jti of the DPoP proof is missing")


def it_was_made_now(examined: Examined) -> None:
    """RFC 9449, 4.3 (11): `iat` is near, whichever of the two clocks is ahead."""
    made_s = jwt.numeric_date(examined.claims, "iat")
    window_s = examined.settings.proof_window.total_seconds()
    if made_s is None or abs(examined.now.timestamp() - made_s) > window_s:
        raise InvalidDpopProof(f"iat of the DPoP proof must be within {window_s:.0f} seconds of now")


def it_is_good_now(examined: Examined) -> None:
    """RFC 7519, 4.1.4 and 4.1.5: `exp` and `nbf` need not be there, but count where they are."""
    if "exp" not in examined.claims and "nbf" not in examined.claims:
        return
    now_s, leeway_s = examined.now.timestamp(), examined.settings.clock_leeway.total_seconds()
    if "exp" in examined.claims:
        expires_s = jwt.numeric_date(examined.claims, "exp")
        if expires_s is None or expires_s <= now_s - leeway_s:
            raise InvalidDpopProof("exp of the DPoP proof is over")
    if "nbf" in examined.claims:
        begins_s = jwt.numeric_date(examined.claims, "nbf")
        if begins_s is None or begins_s > now_s + leeway_s:
            raise InvalidDpopProof("nbf of the DPoP proof is in the future")


def access_token_is_this_one(examined: Examined) -> None:
    """RFC 9449, 4.3 (12): beside an access token `ath` is its hash."""
    if examined.access_token is None:
        return
    ath = examined.claims.get("ath")
    if not isinstance(ath, str) or not hmac.compare_digest(ath.encode(), _hash(examined.access_token).encode()):
        raise InvalidDpopProof("ath of the DPoP proof must be the base64url of the SHA-256 of the access token")


def nonce_is_ours(examined: Examined) -> None:
    """RFC 9449, 8: a nonce that we gave lately, so that no proof was made ahead of its time."""
    nonce = examined.claims.get("nonce")
    if nonce is None:
        raise UseDpopNonce("the DPoP proof needs the nonce of the header DPoP-Nonce")
    if not isinstance(nonce, str) or not is_fresh(nonce, examined.settings, examined.now):
        raise UseDpopNonce("nonce of the DPoP proof is too old or not ours; take that of the header DPoP-Nonce")


REQUIREMENTS: tuple[Callable[[Examined], None], ...] = (
    type_is_dpop,
    jti_is_given,
    method_is_this_one,
    address_is_this_one,
    it_was_made_now,
    it_is_good_now,
    access_token_is_this_one,
    nonce_is_ours,
)


def read_proof(shown: ShownProof, *, access_token: str | None, settings: OpenidSettings, now: datetime) -> Proof:
    """Hold a proof against every requirement; whether it came before is asked when it is used up.

    :raises InvalidDpopProof: the refusal of the first requirement that is not fulfilled.
    :raises UseDpopNonce: if all is well but the nonce.
    """
    it_comes_alone(shown)
    try:
        header, claims, thumbprint = jwt.read_by_own_key(shown.header.strip())
    except TokenNotReadable as fault:
        raise InvalidDpopProof(f"the DPoP proof cannot be accepted: {_UNREADABLE[fault.reason]}") from None
    examined = Examined(header, claims, shown, access_token, settings, now)
    for requirement in REQUIREMENTS:
        requirement(examined)
    # A proof is known by its key and its jti: nobody can use up the jti of a stranger.
    return Proof(thumbprint=thumbprint, id=token_hash(f"{thumbprint}.{claims['jti']}"))


def proof_is_fresh(is_first: bool) -> None:
    """RFC 9449, 11.1: a proof serves once. `is_first` is what writing it down has told."""
    if not is_first:
        raise InvalidDpopProof("the DPoP proof was used before; make a new one for every request")


def nonce_at(now: datetime, lifetime: timedelta) -> str:
    """Return the nonce of this moment: the same for all, made from the clock and our secret, stored nowhere."""
    slot = str(_slot(now, lifetime))
    return f"{slot}-{_made_at(slot)[0]}"


def is_fresh(nonce: str, settings: OpenidSettings, now: datetime) -> bool:
    """Tell whether we gave this nonce in this span of time or the one before."""
    found = _NONCE.fullmatch(nonce)
    present = _slot(now, settings.proof_nonce_lifetime)
    if found is None or int(found.group(1)) not in (present, present - 1):
        return False
    return any(hmac.compare_digest(made, found.group(2)) for made in _made_at(found.group(1)))


@worked_out_once(most=4)
def _made_at(slot: str) -> tuple[str, ...]:
    """Return what follows a slot in its nonce, under the present key and the former ones."""
    return tuple([known[:32] for known in digests(slot, purpose=_NONCE_PURPOSE)])


def normalised(address: str) -> str:
    """Return an address in one spelling, without query and fragment (RFC 3986, 6.2.2, 6.2.3); empty if it is none."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if not host or parts.username is not None or parts.scheme not in _DEFAULT_PORTS:
        return ""
    shown_port = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    path = _ENCODED.sub(_decoded_if_unreserved, parts.path or "/")
    return f"{parts.scheme}://{host}{shown_port}{'/'.join(_without_dots(path))}"


def _decoded_if_unreserved(found: re.Match[str]) -> str:
    character = chr(int(found.group(1), 16))
    return character if _UNRESERVED.fullmatch(character) else found.group(0).upper()  # protocol


def _without_dots(path: str) -> list[str]:
    """RFC 3986, 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")
    for number, segment in enumerate(segments):
        is_last = number == len(segments) - 1
        if segment == "..":
            kept = kept[:-1] if len(kept) > 1 else kept
        elif segment != ".":
            kept.append(segment)
        if segment in (".", "..") and is_last:
            kept.append("")
    return kept


def _slot(now: datetime, lifetime: timedelta) -> int:
    return int(now.timestamp() // lifetime.total_seconds())


def _hash(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
