"""The words of those who ask as at the e-Devlet gateway, as integrators' code has them."""

from collections.abc import Mapping
from enum import StrEnum

from kapi.contexts.openid.values.clients import Scope


class Kapsam(StrEnum):
    """What may be asked for there, and stands for scopes of ours. Others that were seen are not offered."""

    KIMLIK_DOGRULA = "Kimlik-Dogrula"  # who it is: the identity number
    AD_SOYAD = "Ad-Soyad"  # given names and family name


SCOPE_OF: Mapping[Kapsam, Scope] = {
    Kapsam.KIMLIK_DOGRULA: Scope.IDENTITY_NUMBER,
    Kapsam.AD_SOYAD: Scope.PROFILE,
}
SCOPES_OF_EDEVLET = frozenset({Scope.OPENID, *SCOPE_OF.values()})

AUTHORIZE = "/OAuth2AuthorizationServer/AuthorizationController"
TOKEN = "/OAuth2AuthorizationServer/AccessTokenController"  # noqa: S105 - an address
PERSON = "/OAuth2AuthorizationServer/AuthenticationController"
