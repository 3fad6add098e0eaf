"""Who may call what: programs with a token of their own (OAuth 2.0 client credentials)."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.security.base import AuthBase

from kapi.contexts.openid.services.machine_tokens import accept_machine_token
from kapi.contexts.openid.values.clients import ApiScope
from kapi.contexts.openid.values.tokens import ApiCaller
from kapi.kernel.actors import NOBODY
from kapi.sites.ui.address import address_of
from kapi.sites.ui.tokens import certificate_of, shown_proof

MEANINGS: Final[dict[ApiScope, str]] = {
    ApiScope.CLIENTS_READ: "Read the calling program's own registration and state.",
}


class ProgramToken(AuthBase):
    """Ask for a token with one scope. What it says is `request.auth`, an `ApiCaller`."""

    openapi_type = "oauth2"
    openapi_description = "Tokens of a program's own, by private_key_jwt; bound to a key (DPoP) under FAPI 2.0."
    openapi_flows: Final = {
        "clientCredentials": {
            "tokenUrl": settings.OPENID.endpoint("/oidc/token"),
            "scopes": {scope.value: meaning for scope, meaning in MEANINGS.items()},
        }
    }

    def __init__(self, needed: ApiScope) -> None:
        super().__init__()
        self._needed = needed

    def __call__(self, request: HttpRequest) -> ApiCaller:
        """Return who calls.

        :raises ProtocolError: if the token is missing, not good, or not for this.
        """
        return accept_machine_token(
            authorization=request.headers.get("Authorization", ""),
            sent=frozenset(request.GET),
            proof=shown_proof(request, origin=settings.API_URL),
            certificate=certificate_of(request),
            needed=self._needed,
            address=address_of(request),
            actor=NOBODY,
            now=timezone.now(),
        )
