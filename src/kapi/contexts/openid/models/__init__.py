"""Tables, one module per noun."""

from kapi.contexts.openid.models.authorization import (
    Approval,
    PendingAuthorization,
    PrincipalSubject,
    PushedRequest,
    Subject,
    Visit,
)
from kapi.contexts.openid.models.clients import Client, ClientChange, UsedAssertion
from kapi.contexts.openid.models.keys import SigningKey
from kapi.contexts.openid.models.logout import LogoutDelivery, PendingLogout
from kapi.contexts.openid.models.refusals import RefusedRequest
from kapi.contexts.openid.models.tokens import AccessToken, Grant, MachineToken, RefreshToken, Sharing, UsedProof

__all__ = [
    "AccessToken",
    "Approval",
    "Client",
    "ClientChange",
    "Grant",
    "LogoutDelivery",
    "MachineToken",
    "PendingAuthorization",
    "PendingLogout",
    "PrincipalSubject",
    "PushedRequest",
    "RefreshToken",
    "RefusedRequest",
    "Sharing",
    "SigningKey",
    "Subject",
    "UsedAssertion",
    "UsedProof",
    "Visit",
]
