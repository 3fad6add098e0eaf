"""One-time codes of an app (RFC 6238): six digits of HMAC-SHA-1, new every 30 seconds, as every app makes them."""

import hmac
from datetime import datetime, timedelta
from typing import Final

import pyotp

DIGITS: Final = 6
STEP: Final = timedelta(seconds=30)
# So many steps may a telephone's clock be wrong, or its owner slow (RFC 6238, 5.2 recommends one).
DRIFT: Final = 1
MOST: Final = 3  # apps of one person: each makes guessing a little easier
SETUP_VALID_FOR: Final = timedelta(minutes=30)
_MOST_TYPED: Final = 40


def make_secret() -> str:
    """Make a secret of 160 random bits (RFC 4226, 4), in base32 as apps take it."""
    return pyotp.random_base32()


def setup_link(secret: str, *, account: str, brand: str) -> str:
    """Return the `otpauth:` address that apps read from the QR code. It holds the secret: for the page only."""
    return str(pyotp.TOTP(secret, digits=DIGITS).provisioning_uri(name=account, issuer_name=brand))


def code_at(secret: str, moment: datetime) -> str:
    """Return the code that an app with this secret shows at the moment."""
    return _code(secret, _step(moment))


def read_code(typed: str) -> str:
    """Return the code from whatever was typed or pasted, without blanks and hyphens; empty if it cannot be one."""
    bare = "".join(sign for sign in typed[:_MOST_TYPED] if not sign.isspace() and sign not in "-\u200b")
    return bare if len(bare) == DIGITS and bare.isascii() and bare.isdigit() else ""


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step that the code belongs to, within the drift; None if to none. Takes as long in any case."""
    present = _step(now)
    steps = range(present - DRIFT, present + DRIFT + 1)
    found = [step for step in steps if hmac.compare_digest(_code(secret, step), code)]
    return found[-1] if found else None


def _step(moment: datetime) -> int:
    return int(moment.timestamp() // STEP.total_seconds())


def _code(secret: str, step: int) -> str:
    return str(pyotp.TOTP(secret, digits=DIGITS).generate_otp(step))
