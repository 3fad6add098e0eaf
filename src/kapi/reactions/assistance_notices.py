"""Somebody has agreed to be helped with their account: they are told everywhere, with how to end it."""

from datetime import datetime
from typing import Any, Final

from kapi.reactions.telling import Notice, tell

_NOTICE: Final = Notice(
    "Hesabınızla ilgili destek başladı / Help with your account has begun",
    "Bir destek görevlisinin 15 dakika boyunca hesabınızın durumuna bakmasını kabul ettiniz. Ne yapıldığını Hesabım → "
    "Hesabımla ilgili destek sayfasında görür, desteği orada hemen bitirebilirsiniz.\n\n"
    "You have let a member of staff look at how your account stands for 15 minutes. Under My account, Help with my "
    "account, you see what is done and can end it at once.",
)


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.assistance_agreed.v1`."""
    tell(payload["person_id"], _NOTICE, now=now)
