"""An app with one-time codes, as a person has it on their telephone, and printed codes."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from kapi.contexts.identity import services
from kapi.contexts.identity.errors import SecondStepNeeded
from kapi.contexts.identity.rules import totp
from kapi.contexts.identity.values import SignedIn, StartedSession
from kapi.kernel.actors import NOBODY
from kapi.kernel.identifiers import IdentityNumber
from tests import people


@dataclass(frozen=True)
class App:
    """It holds a secret and shows a code for every moment."""

    secret: str

    def code(self, at: datetime) -> str:
        """Return what it shows then."""
        return totp.code_at(self.secret, at)

    def wrong_code(self, at: datetime) -> str:
        """Return a code that is none of those that are good then."""
        good = {totp.code_at(self.secret, at + steps * totp.STEP) for steps in (-2, -1, 0, 1, 2)}
        return next(code for code in (f"{number:06d}" for number in range(10)) if code not in good)


def add_app(signed_in: SignedIn, *, now: datetime, name: str = "Telefonum") -> App:
    """Add an app to the account of who is signed in; the code of this moment is used up by it."""
    setup = services.prepare_totp(session_id=signed_in.session_id, actor=signed_in.actor, now=now)
    app = App(setup.secret)
    services.add_totp(
        session_id=signed_in.session_id,
        sealed=setup.sealed,
        code=app.code(now),
        name=name,
        actor=signed_in.actor,
        now=now,
    )
    return app


def print_codes(signed_in: SignedIn, *, now: datetime) -> tuple[str, ...]:
    """Make recovery codes for who is signed in."""
    made = services.make_recovery_codes(session_id=signed_in.session_id, actor=signed_in.actor, now=now)
    return made.codes


def begin(
    *,
    now: datetime,
    number: IdentityNumber = people.NUMBER,
    address: str = "192.0.2.10",
    device_token: str | None = None,
) -> str:
    """Give the right password where a code is asked for besides; return the token of what was begun."""
    with pytest.raises(SecondStepNeeded) as needed:
        people.sign_in(now=now, number=number, address=address, device_token=device_token)
    return needed.value.token


def finish(
    token: str, code: str, *, now: datetime, address: str = "192.0.2.10", device_token: str | None = None
) -> StartedSession:
    """Finish with an app's code."""
    return services.finish_with_totp(
        token=token,
        code=code,
        address=address,
        device_token=device_token,
        user_agent=people.FIREFOX,
        actor=NOBODY,
        now=now,
    )


def recover(
    token: str, code: str, *, now: datetime, address: str = "192.0.2.10", device_token: str | None = None
) -> StartedSession:
    """Finish with a printed code."""
    return services.finish_with_recovery_code(
        token=token,
        code=code,
        address=address,
        device_token=device_token,
        user_agent=people.FIREFOX,
        actor=NOBODY,
        now=now,
    )
