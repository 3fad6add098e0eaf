"""A contact was added or removed: its owner is told everywhere, at the contact that was removed too."""

from datetime import datetime
from typing import Any, Final

from kapi.reactions.telling import Notice, tell

_KINDS: Final = {"phone": ("cep telefonu", "a mobile number"), "email": ("e-posta adresi", "an e-mail address")}


def react_to_adding(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.contact_added.v1`."""
    turkish, english = _KINDS[payload["kind"]]
    notice = Notice(
        "Hesabınıza bir iletişim adresi eklendi / A contact was added to your account",
        f"Hesabınıza bir {turkish} eklendi. Bunu siz yapmadıysanız adresimizi tarayıcınıza kendiniz yazın, İletişim "
        "adreslerim sayfasından kaldırın ve şifrenizi değiştirin; giriş yapamıyorsanız kimlik kartınızla bir başvuru "
        "noktasına gidin.\n\n"
        f"Added to your account: {english}. If it was not you, type our address yourself, remove it on the page of "
        "your contacts and change your password; if you cannot sign in, go to a desk with your identity card.",
    )
    tell(payload["person_id"], notice, now=now)


def react_to_removing(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.contact_removed.v1`."""
    turkish, english = _KINDS[payload["kind"]]
    notice = Notice(
        "Hesabınızdan bir iletişim adresi kaldırıldı / A contact was removed from your account",
        f"Hesabınızdan bir {turkish} kaldırıldı. Bu ileti, kaldırılan adrese de gider. Bunu siz yapmadıysanız "
        "adresimizi tarayıcınıza kendiniz yazın, şifrenizi değiştirin ve giriş geçmişinize bakın; giriş "
        "yapamıyorsanız kimlik kartınızla bir başvuru noktasına gidin.\n\n"
        f"Removed from your account: {english}. This message goes to the removed one too. If it was not you, type our "
        "address yourself, change your password and look at your sign-in history; if you cannot sign in, go to a desk "
        "with your identity card.",
    )
    tell(payload["person_id"], notice, now=now)
