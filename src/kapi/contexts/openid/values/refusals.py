"""Values about requests of clients that were refused."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kapi.kernel.langstring import LangString


class Endpoint(StrEnum):
    """Where a client asked."""

    AUTHORIZE = "authorize"
    RESUME = "resume"  # its request, once the person had signed in
    PUSH = "push"
    TOKEN = "token"  # noqa: S105 - an endpoint
    USERINFO = "userinfo"
    INTROSPECT = "introspect"
    REVOKE = "revoke"
    EDEVLET_AUTHORIZE = "edevlet_authorize"
    EDEVLET_TOKEN = "edevlet_token"  # noqa: S105 - an endpoint
    EDEVLET_PERSON = "edevlet_person"
    API = "api"


# What is no fault of a program: a step that every one takes, what a person did, or our own.
NO_FAULTS = frozenset(
    {
        "use_dpop_nonce",
        "access_denied",
        "login_required",
        "consent_required",
        "account_selection_required",
        "unmet_authentication_requirements",
        "server_error",
    }
)


@dataclass(frozen=True)
class RefusalsAsked:
    """Which refusals are asked for; what is empty excludes nothing."""

    client_id: str = ""
    endpoint: str = ""
    code: str = ""


@dataclass(frozen=True)
class RefusalView:
    """One refused request: `code` and `description` are what the client was told, never anything that it had sent.

    Where it is not proved to be the client's (`is_proved`), anybody may have sent it.
    """

    id: int
    client_id: str
    client_name: LangString
    endpoint: Endpoint
    code: str
    description: str
    at: datetime
    is_proved: bool = True
