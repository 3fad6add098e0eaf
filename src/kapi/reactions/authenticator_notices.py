"""A way to sign in was added or removed: its owner is told everywhere, so that nobody does it behind their back."""

from datetime import datetime
from typing import Any

from kapi.reactions.telling import Notice, tell

_KINDS = {
    "passkey": ("Geçiş anahtarı", "a passkey"),
    "totp": ("Tek kullanımlık kod uygulaması", "an app with one-time codes"),
    "recovery_codes": ("Basılı kurtarma kodları", "printed recovery codes"),
    "sms": ("Telefona gönderilen kod", "codes sent to a telephone"),
    "email": ("E-postaya gönderilen kod", "codes sent by e-mail"),
}


def react_to_adding(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.authenticator_added.v1`."""
    turkish, english = _KINDS[payload["kind"]]
    notice = Notice(
        "Hesabınıza bir giriş yöntemi eklendi / A way to sign in was added",
        f"Hesabınıza eklendi: {turkish}. Bunu siz yapmadıysanız hesabınızın giriş yöntemleri sayfasından kaldırın ve "
        "şifrenizi değiştirin; giriş yapamıyorsanız kimlik kartınızla bir başvuru noktasına gidin.\n\n"
        f"Added to your account: {english}. If it was not you, remove it on the page of your ways to sign in and "
        "change your password; if you cannot sign in, go to a desk with your identity card.",
    )
    tell(payload["person_id"], notice, now=now)


def react_to_removing(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.authenticator_removed.v1`."""
    turkish, english = _KINDS[payload["kind"]]
    notice = Notice(
        "Hesabınızdan bir giriş yöntemi kaldırıldı / A way to sign in was removed",
        f"Hesabınızdan kaldırıldı: {turkish}. Bunu siz ya da başvuru noktası yapmadıysanız şifrenizi değiştirin ve "
        "açık oturumlarınıza bakın; giriş yapamıyorsanız kimlik kartınızla bir başvuru noktasına gidin.\n\n"
        f"Removed from your account: {english}. If it was neither you nor a desk, change your password and look at "
        "your open sessions; if you cannot sign in, go to a desk with your identity card.",
    )
    tell(payload["person_id"], notice, now=now)
