"""Values about signing keys."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class KeyState(StrEnum):
    """The life of a signing key: published, then used, then only for checking; or withdrawn from all of it."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class CreatedKey:
    """A pair that a store has made: the public half as a JWK, and by what the store finds the secret one again."""

    kid: str
    public: dict[str, Any]
    handle: bytes = field(repr=False)


@dataclass(frozen=True)
class KeyRecord:
    """A signing key without its secret. `store` is where that is; `retired_at` is also when one was revoked."""

    kid: str
    state: KeyState
    created_at: datetime
    activated_at: datetime | None
    retired_at: datetime | None
    store: str
