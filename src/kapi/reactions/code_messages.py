"""A code waits to be sent: it goes to the demo's mailbox, until messages have a context of their own.

The one place that knows how a code reaches its owner. Outside of the demo nothing is sent and the page says so. What is
sent is in both languages, for we do not know theirs.
"""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.values import ChallengeId, CodeToSend, CodeUse, ContactKind
from kapi.foundation.mailbox.services import put
from kapi.kernel.actors import system

_ACTOR: Final = system("reaction:code_messages")
_PURPOSES: Final = {
    CodeUse.ADD_CONTACT: ("bu adresi hesabınıza eklemek için", "to add this contact to your account"),
    CodeUse.ADD_STEP: ("girişte kod sorulması için", "to have signing in ask for a code"),
    CodeUse.SECOND_STEP: ("şifrenizden sonra giriş için", "to sign in after your password"),
    CodeUse.HELD_OFF: ("şifreniz ve yeni bir cihazla giriş için", "to sign in with your password on a new device"),
}
# Who gets one of these unasked learns by it that somebody knows their password.
_WARNINGS: Final = {
    CodeUse.HELD_OFF: (
        "Giriş yapan siz değilseniz şifrenizi başkası biliyor: kodu kimseye vermeyin, şifrenizi değiştirin.",
        "If it is not you, somebody knows your password: give the code to nobody, change the password.",
    )
}
_CHANNELS: Final = {ContactKind.PHONE: "sms", ContactKind.EMAIL: "email"}


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.code_requested.v1`."""
    challenge_id = ChallengeId(payload["challenge_id"])
    code = selectors.find_code_to_send(challenge_id=challenge_id, now=now)
    if code is None or not settings.DEMO:
        return
    put(to=code.address.text, channel=_CHANNELS[code.kind], subject=_subject(code), body=_body(code), now=now)
    services.note_code_sent(challenge_id=challenge_id, actor=_ACTOR, now=now)


def _subject(code: CodeToSend) -> str:
    """Return an e-mail's subject, without the code: it is shown on locked screens."""
    if code.kind is ContactKind.PHONE:
        return ""
    return f"{settings.BRAND_NAME}: doğrulama kodunuz / your code"


def _body(code: CodeToSend) -> str:
    """Say the code, what it is for, and that nobody may be told; end as telephones read it (origin-bound codes)."""
    turkish, english = _PURPOSES[code.use]
    host = urlsplit(settings.LOGIN_URL).hostname or ""
    text = (
        f"{settings.BRAND_NAME} kodunuz {code.code}, {turkish}. 3 dakika geçerlidir; kimseye söylemeyin.\n"
        f"Your {settings.BRAND_NAME} code is {code.code}, {english}. Good for 3 minutes; tell it to nobody."
    )
    if code.use in _WARNINGS:
        warning = "\n".join(_WARNINGS[code.use])
        text = f"{text}\n\n{warning}\n{settings.LOGIN_URL}/bu-ben-degildim/"
    return f"{text}\n\n@{host} #{code.code}" if code.kind is ContactKind.PHONE else text
