"""Being held off while lists of stolen passwords are tried, and going on by a code, as people do it."""

from datetime import datetime

import pytest

from kapi.contexts.identity import services
from kapi.contexts.identity.errors import SignInHeldOff
from kapi.contexts.identity.models import HeldOffSignIn, SentCode
from kapi.contexts.identity.services import pressure
from kapi.contexts.identity.values import ContactKind, StartedSession
from kapi.foundation import keys
from kapi.kernel.actors import NOBODY
from kapi.kernel.identifiers import IdentityNumber
from kapi.reactions import held_off_codes
from tests import people
from tests.sent_codes import code_of

TRIED = people.make_numbers(100)
AWAY = "198.51.100.7"


def try_lists(now: datetime, numbers: list[IdentityNumber] = TRIED) -> None:
    """Note what trying a list leaves behind."""
    for number in numbers:
        pressure.note_failed(number=number, actor=NOBODY, now=now)


def be_held_off(
    *,
    now: datetime,
    number: IdentityNumber = people.NUMBER,
    password: str = people.PASSWORD,
    address: str = AWAY,
) -> str:
    """Try a password where everything is new; return the token of what is held off."""
    with pytest.raises(SignInHeldOff) as held:
        people.sign_in(now=now, number=number, password=password, address=address)
    return held.value.token


def ask(token: str, kind: ContactKind = ContactKind.PHONE, *, now: datetime, address: str = AWAY) -> None:
    """Ask for a code."""
    services.ask_for_held_off_code(token=token, kind=kind, address=address, actor=NOBODY, now=now)


def send(token: str, *, now: datetime) -> str:
    """Let the worker answer the asking; return the code that it has made, empty where it made none."""
    row = HeldOffSignIn.objects.get(token_hash=keys.token_hash(token))
    held_off_codes.react({"held_off_id": row.pk}, now=now)
    sent = SentCode.objects.filter(held_off=row, closed_at=None).order_by("-pk").values_list("pk", flat=True).first()
    return code_of(sent) if sent else ""


def ask_and_send(token: str, kind: ContactKind = ContactKind.PHONE, *, now: datetime, address: str = AWAY) -> str:
    """Do both."""
    ask(token, kind, now=now, address=address)
    return send(token, now=now)


def go_on(token: str, code: str, *, now: datetime, address: str = AWAY) -> StartedSession:
    """Enter a code."""
    return services.finish_held_off(
        token=token,
        code=code,
        address=address,
        device_token=None,
        user_agent=people.FIREFOX,
        actor=NOBODY,
        now=now,
    )
