"""Somebody has agreed to be helped with their account: they are told, with how to end it.

As `authenticator_notices`: in the demo's mailbox until messages have a context of their own, in both languages.
"""

from datetime import datetime
from typing import Any, Final

from django.conf import settings

from kapi.foundation.mailbox.services import put

_BODY: Final = (
    "Bir destek görevlisinin 15 dakika boyunca hesabınızın durumuna bakmasını kabul ettiniz. Ne yapıldığını Hesabım → "
    "Hesabımla ilgili destek sayfasında görür, desteği orada hemen bitirebilirsiniz. Bunu siz yapmadıysanız diğer "
    "oturumları kapatın ve şifrenizi değiştirin.\n\n"
    "You have let a member of staff look at how your account stands for 15 minutes. Under My account, Help with my "
    "account, you see what is done and can end it at once. If it was not you, end the other sessions and change your "
    "password."
)


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.assistance_agreed.v1`."""
    if settings.DEMO:
        subject = "Hesabınızla ilgili destek başladı / Help with your account has begun"
        put(to=f"person-{payload['person_id']}", channel="notice", subject=subject, body=_BODY, now=now)
