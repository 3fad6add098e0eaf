"""The words of those who ask as at the e-Devlet gateway, as integrators' code has them."""

from collections.abc import Mapping
from enum import StrEnum

from kapi.contexts.openid.values.clients import Scope


class Kapsam(StrEnum):
    """What may be asked for there, and stands for scopes of ours. Others that were seen are not offered."""

    KIMLIK_DOGRULA = "Kimlik-Dogrula"  # who it is: the identity number
    AD_SOYAD = "Ad-Soyad"  # given names and family name
    ILETISIM_BILGILERI = "Iletisim-Bilgileri"  # where one can be reached


# Where one word stands for several scopes, it is for those of them that the client is registered for.
SCOPES_OF: Mapping[Kapsam, tuple[Scope, ...]] = {
    Kapsam.KIMLIK_DOGRULA: (Scope.IDENTITY_NUMBER,),
    Kapsam.AD_SOYAD: (Scope.PROFILE,),
    Kapsam.ILETISIM_BILGILERI: (Scope.PHONE, Scope.EMAIL),
}
SCOPES_OF_EDEVLET = frozenset({Scope.OPENID, *(scope for scopes in SCOPES_OF.values() for scope in scopes)})

AUTHORIZE = "/OAuth2AuthorizationServer/AuthorizationController"
TOKEN = "/OAuth2AuthorizationServer/AccessTokenController"  # noqa: S105 - an address
PERSON = "/OAuth2AuthorizationServer/AuthenticationController"
