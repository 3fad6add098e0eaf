"""Keys derived from the one secret, for sealing stored personal data and for finding it again.

AES-256-GCM for sealing, HMAC-SHA-256 for the search digest; both keys come from `SECRET_KEY` by HKDF-SHA-256
(RFC 5869), each with its own purpose, so that one can never stand for another.
"""

import hashlib
import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kapi.foundation.settled import settings

_NONCE_BYTES = 12


class SealBroken(Exception):
    """Sealed bytes cannot be opened: another key, another purpose, or altered."""


@cache
def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"kapi:{purpose}".encode()).derive(secret.encode())


def seal(text: str, *, purpose: str) -> bytes:
    """Encrypt `text`; only `open_sealed` with the same purpose reads it."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_derive(settings.SECRET_KEY, f"seal:{purpose}")).encrypt(
        nonce, text.encode(), purpose.encode()
    )


def open_sealed(sealed: bytes | memoryview, *, purpose: str) -> str:
    """Decrypt what `seal` made, with the present key or a former one.

    :raises SealBroken: if no key opens it.
    """
    nonce, body = bytes(sealed[:_NONCE_BYTES]), bytes(sealed[_NONCE_BYTES:])
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return AESGCM(_derive(secret, f"seal:{purpose}")).decrypt(nonce, body, purpose.encode()).decode()
        except InvalidTag:
            continue
    raise SealBroken(purpose)


def is_under_present_key(sealed: bytes, *, purpose: str) -> bool:
    """Tell whether the present key opens what `seal` made, rather than a former one."""
    try:
        AESGCM(_derive(settings.SECRET_KEY, f"seal:{purpose}")).decrypt(
            sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode()
        )
    except InvalidTag:
        return False
    return True


def key_name() -> str:
    """Return a name of the present key (16 hex digits), from which nothing about it can be learnt."""
    return digest("key", purpose="key-name")[:16]


def digest(text: str, *, purpose: str) -> str:
    """Return the keyed digest (64 hex digits) under which a secret or a number is stored and found."""
    return _digest_under(settings.SECRET_KEY, text, purpose=purpose)


def digests(text: str, *, purpose: str) -> list[str]:
    """Return the digests under the present key and the former ones, for looking up."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [_digest_under(secret, text, purpose=purpose) for secret in secrets]


def _digest_under(secret: str, text: str, *, purpose: str) -> str:
    return hmac.digest(_derive(secret, f"digest:{purpose}"), text.encode(), "sha256").hex()


def token_hash(token: str) -> str:
    """Return the SHA-256 (64 hex digits) of a random token of 128 bits or more, which needs no key."""
    return hashlib.sha256(token.encode()).hexdigest()
