"""A printed recovery code was used: its owner is told everywhere, with what to do if it was not them."""

from datetime import datetime
from typing import Any, Final

from kapi.reactions.telling import Notice, tell

_BODY: Final = (
    "Hesabınıza, şifrenizle ve basılı kurtarma kodlarınızdan biriyle girildi. Geriye kalan kod sayısı: {left}. "
    "Azaldıysa bir gün sonra yenilerini yazdırın: 24 saat boyunca, önceden eklediğiniz giriş yöntemleri ve iletişim "
    "adresleri ancak onlardan biriyle giren tarafından kaldırılabilir.\n\n"
    "Bunu siz yaptıysanız yapmanız gereken bir şey yok. Siz yapmadıysanız acele etmeyin ve kimseyle telefonda "
    "konuşmayın: tarayıcınıza adresimizi kendiniz yazın, Hesabım sayfasında diğer oturumları kapatın, şifrenizi "
    "değiştirin ve yeni kodlar oluşturun. Giremiyorsanız kimlik kartınızla bir başvuru noktasına gidin; hesap orada "
    "size geri verilir.\n\n"
    "Somebody signed in to your account with your password and one of your printed recovery codes. Codes left: {left}. "
    "If these are few, print new ones after a day: for 24 hours the ways to sign in and contacts that you had before "
    "are removed only by who signs in with one of them.\n\n"
    "If it was you, there is nothing to do. If it was not, take your time and talk to nobody on the phone: type our "
    "address yourself, end the other sessions under My account, change your password and make new codes. If you cannot "
    "get in, go to a desk with your identity card; there the account is given back to you."
)


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.recovery_code_used.v1`."""
    subject = "Bir kurtarma kodunuz kullanıldı / A recovery code of yours was used"
    tell(payload["person_id"], Notice(subject, _BODY.format(left=payload["left"])), now=now)
