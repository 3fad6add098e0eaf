"""What institutions announce."""

from dataclasses import dataclass

from kapi.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class InstitutionChanged(Event):
    """What is told about an institution changed; its name may be another one now."""

    name = "institutions.institution_changed.v1"
    institution_code: str
