"""Argon2id with the OWASP parameters: 19 MiB, two passes, one lane."""

from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password


class Argon2idHasher(Argon2PasswordHasher):
    """Django's Argon2 hasher at 19 MiB, t=2, p=1: about 30 checks per CPU-second."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


def hash_password(password: str) -> str:
    """Return the encoded hash to store."""
    return make_password(password)


def password_matches(password: str, encoded: str) -> bool:
    """Tell whether `password` is the one behind `encoded`; an unusable hash costs the same time and says no."""
    return check_password(password, encoded)


def unusable_password() -> str:
    """Return a hash that no password matches, for spending the same time on an account that is not there."""
    return _UNUSABLE


# The Argon2id hash of a discarded random value; its check takes as long as a real one.
_UNUSABLE = (
    "argon2$argon2id$v=19$m=19456,t=2,p=1$a2FwaS1uby1zdWNoLWFjY291bnQ$PkQ5Oqm3mHkJDCxUu2tIr4Yb0mYVh8KQfWbC2dM0nGQ"
)
