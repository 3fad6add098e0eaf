"""What openid announces."""

from dataclasses import dataclass

from kapi.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ClientSuspended(Event):
    """A client was suspended at `suspended_at` (ISO 8601): what it was granted until then ends, but for what people
    gave it for the time when they are away, which sleeps.

    It is announced again for what is left: the grants after the id `after_grant`.
    """

    name = "openid.client_suspended.v1"
    client_id: str
    suspended_at: str
    after_grant: int


@dataclass(frozen=True, kw_only=True)
class ClientClosed(Event):
    """A client was closed at `closed_at` (ISO 8601), and what it was granted until then ends.

    It is announced again for what is left: the grants after the id `after_grant`.
    """

    name = "openid.client_closed.v1"
    client_id: str
    closed_at: str
    after_grant: int
