"""A colleague has let somebody add a passkey for work: its owner is told everywhere, so that nobody does it in their
name.
"""

from datetime import datetime
from typing import Any, Final

from kapi.reactions.telling import Notice, tell

_BODY: Final = (
    "Bir çalışma arkadaşınız, bir saat içinde iş sayfaları için bir geçiş anahtarı eklemenize izin verdi. Bunu siz "
    "istemediyseniz hemen şifrenizi değiştirin ve kurumunuzda rolleri yöneten kişiye haber verin: şifrenizi bilen "
    "biri bu sürede kendi anahtarını ekleyebilir.\n\n"
    "A colleague has let you add a passkey for the work pages within an hour. If you did not ask for it, change your "
    "password at once and tell the person who manages roles in your institution: whoever knows your password could "
    "add a passkey of their own meanwhile."
)


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.enrolment_opened.v1`."""
    subject = "İş sayfaları için geçiş anahtarı ekleyebilirsiniz / You may add a passkey for work"
    tell(payload["person_id"], Notice(subject, _BODY), now=now)
