"""Values about what was handed over."""

from dataclasses import dataclass
from datetime import datetime

from kapi.contexts.openid.values.clients import Attribute, Basis, Scope
from kapi.kernel.langstring import LangString


@dataclass(frozen=True)
class SharedScope:
    """What one scope handed over, and why; as it was stated at that time."""

    scope: Scope
    attributes: tuple[Attribute, ...]
    purpose: LangString
    legal_basis: LangString
    basis: Basis


@dataclass(frozen=True)
class SharingRecord:
    """One occasion on which attributes (names, never values) were handed to a client.

    `principal_name` is for whom the person acted, empty for themselves. `session_id` is the session in which it was
    agreed to, None where that was not yet written down.
    """

    sharing_id: int
    session_id: int | None
    at: datetime
    client_id: str
    client_name: LangString
    institution_code: str
    principal_name: str
    scopes: tuple[SharedScope, ...]
