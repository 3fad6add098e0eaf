"""An account was handed back at a desk: its owner is told everywhere, for it may have been somebody else."""

from datetime import datetime
from typing import Any, Final

from kapi.reactions.telling import Notice, tell

_NOTICE: Final = Notice(
    "Hesabınız bir başvuru noktasında geri verildi / Your account was given back at a desk",
    "Hesabınız bir başvuru noktasında geri verildi: şifresi ve eklenen giriş yöntemleri artık geçmez, oturumlar "
    "kapatıldı. Önceden eklenen iletişim adresleri 24 saat boyunca kaldırılamaz.\n\n"
    "Başvuru noktasına siz gitmediyseniz hemen kimlik kartınızla bir başvuru noktasına gidin ve bunu söyleyin; "
    "telefonda kimseye kod söylemeyin.\n\n"
    "Your account was given back at a desk: its password and the ways to sign in that were added are void, its "
    "sessions have ended. Contacts that were added before cannot be removed for 24 hours.\n\n"
    "If it was not you who went there, go to a desk with your identity card at once and say so; tell no code to "
    "anybody on the phone.",
)


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.account_recovered.v1`."""
    tell(payload["person_id"], _NOTICE, now=now)
