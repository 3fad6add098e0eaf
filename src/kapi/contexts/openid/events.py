"""What openid announces."""

from dataclasses import dataclass

from kapi.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ClientClosed(Event):
    """A client was closed at `closed_at` (ISO 8601), and what it was granted until then ends.

    It is announced again for what is left: the grants after the id `after_grant`.
    """

    name = "openid.client_closed.v1"
    client_id: str
    closed_at: str
    after_grant: int
