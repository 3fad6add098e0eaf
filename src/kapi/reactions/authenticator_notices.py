"""A way to sign in was added or removed: its owner is told, so that nobody does it behind their back.

Until there is a context that knows how people are reached, the notice goes where the demo shows what would be sent;
outside of the demo the account's history is what tells. It is in both languages, for we do not know theirs.
"""

from datetime import datetime
from typing import Any

from django.conf import settings

from kapi.foundation.mailbox.services import put

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
    _tell(
        payload,
        "Hesabınıza bir giriş yöntemi eklendi / A way to sign in was added",
        f"Hesabınıza eklendi: {turkish}. Bunu siz yapmadıysanız hesabınızın giriş yöntemleri sayfasından kaldırın ve "
        "şifrenizi değiştirin; giriş yapamıyorsanız kimlik kartınızla bir başvuru noktasına gidin.\n\n"
        f"Added to your account: {english}. If it was not you, remove it on the page of your ways to sign in and "
        "change your password; if you cannot sign in, go to a desk with your identity card.",
        now,
    )


def react_to_removing(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.authenticator_removed.v1`."""
    turkish, english = _KINDS[payload["kind"]]
    _tell(
        payload,
        "Hesabınızdan bir giriş yöntemi kaldırıldı / A way to sign in was removed",
        f"Hesabınızdan kaldırıldı: {turkish}. Bunu siz ya da başvuru noktası yapmadıysanız şifrenizi değiştirin ve "
        "açık oturumlarınıza bakın; giriş yapamıyorsanız kimlik kartınızla bir başvuru noktasına gidin.\n\n"
        f"Removed from your account: {english}. If it was neither you nor a desk, change your password and look at "
        "your open sessions; if you cannot sign in, go to a desk with your identity card.",
        now,
    )


def _tell(payload: dict[str, Any], subject: str, body: str, now: datetime) -> None:
    if settings.DEMO:
        put(to=f"person-{payload['person_id']}", channel="notice", subject=subject, body=body, now=now)
