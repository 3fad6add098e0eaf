"""Argon2id with the OWASP parameters: 19 MiB, two passes, one lane.

Passwords are prepared as OpaqueString (RFC 8265, section 4.2): NFC, every kind of blank is a space. Nothing is cut off
and nothing else is changed.
"""

import unicodedata

from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, identify_hasher, make_password

# Longer than any password we accept; what lies beyond is not hashed, so that a megabyte costs no more than a word.
_MOST_HASHED = 1024


class Argon2idHasher(Argon2PasswordHasher):
    """Django's Argon2 hasher at 19 MiB, t=2, p=1: about 30 checks per CPU-second."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


def prepare_password(password: str) -> str:
    """Return the form in which a password is counted, compared and hashed."""
    # A lone surrogate has no UTF-8 form; it becomes "?", which a person can type again.
    well_formed = password.encode("utf-8", "replace").decode("utf-8")
    spaced = "".join(" " if unicodedata.category(sign) == "Zs" else sign for sign in well_formed)
    return unicodedata.normalize("NFC", spaced)


def hash_password(password: str) -> str:
    """Return the encoded hash to store."""
    return make_password(prepare_password(password))


def password_matches(password: str, encoded: str) -> bool:
    """Tell whether `password` is the one behind `encoded`. Costs one hash, whatever the answer."""
    return check_password(prepare_password(password[:_MOST_HASHED]), encoded)


def is_outdated(encoded: str) -> bool:
    """Tell whether `encoded` was made with other parameters than today's and should be made anew."""
    return identify_hasher(encoded).must_update(encoded)


def unusable_password() -> str:
    """Return a hash that no password matches, for spending the same time on an account that is not there."""
    return _UNUSABLE


# Salt and hash are words, not the outcome of hashing anything: no password leads to them. A check of it takes as long
# as a real one, because the parameters are the same.
_UNUSABLE = (
    "argon2$argon2id$v=19$m=19456,t=2,p=1$bm8tc3VjaC1hY2NvdW50LWF0LWFsbA$bm8gcGFzc3dvcmQgbGVhZHMgdG8gdGhlc2Ugd29yZHM"
)
