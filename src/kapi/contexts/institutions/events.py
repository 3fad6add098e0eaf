"""What institutions announce."""

from dataclasses import dataclass

from kapi.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class InstitutionChanged(Event):
    """What is told about an institution changed; its name may be another one now."""

    name = "institutions.institution_changed.v1"
    institution_code: str


@dataclass(frozen=True, kw_only=True)
class EmergencyAsked(Event):
    """An operator has asked for emergency rights."""

    name = "institutions.emergency_asked.v1"
    emergency_id: int
    asked_by: int


@dataclass(frozen=True, kw_only=True)
class EmergencyOpened(Event):
    """A second operator has granted them."""

    name = "institutions.emergency_opened.v1"
    emergency_id: int
    asked_by: int
    approved_by: int
