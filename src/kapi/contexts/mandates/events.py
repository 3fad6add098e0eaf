"""What mandates announce."""

from dataclasses import dataclass

from kapi.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class MandateEnded(Event):
    """A mandate ended at `ended_at` (ISO 8601), for whatever `reason` (EndReason)."""

    name = "mandates.mandate_ended.v1"
    mandate_id: int
    representative_id: int
    principal_id: int
    reason: str
    ended_at: str
