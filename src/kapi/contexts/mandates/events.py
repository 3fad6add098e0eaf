"""What mandates announce."""

from dataclasses import dataclass

from kapi.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class MandateEnded(Event):
    """A mandate ended before its term, for whatever `reason` (EndReason). No reader yet."""

    name = "mandates.mandate_ended.v1"
    mandate_id: int
    representative_id: int
    principal_id: int
    reason: str
