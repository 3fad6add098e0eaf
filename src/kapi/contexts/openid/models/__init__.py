"""Tables, one module per noun."""

from kapi.contexts.openid.models.clients import Client, UsedAssertion
from kapi.contexts.openid.models.keys import SigningKey

__all__ = ["Client", "SigningKey", "UsedAssertion"]
