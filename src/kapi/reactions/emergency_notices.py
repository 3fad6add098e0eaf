"""Emergency rights were asked for or granted: every operator is told.

The banner on the work pages tells everywhere else.
"""

from datetime import datetime
from typing import Any

from kapi.contexts.institutions.selectors import operators_in_office
from kapi.reactions.telling import Notice, tell_at_work


def react_to_asking(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `institutions.emergency_asked.v1`."""
    _tell(
        "Olağanüstü yetki istendi / Emergency rights were asked for",
        f"{payload['asked_by']} numaralı işletmeci olağanüstü yetki istedi. İkinci bir işletmecinin karar vermek için "
        "yarım saati var: iş sayfalarında “Olağanüstü durumlar”. Önce onunla konuşun.\n\n"
        f"Operator no. {payload['asked_by']} has asked for emergency rights. A second operator has half an hour to "
        "decide: “Emergencies” on the work pages. Speak to them first.",
        now,
    )


def react_to_opening(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `institutions.emergency_opened.v1`."""
    asked_by, approved_by = payload["asked_by"], payload["approved_by"]
    _tell(
        "Olağanüstü yetki verildi / Emergency rights were granted",
        f"{asked_by} numaralı işletmeciye, {approved_by} numaralı işletmecinin onayıyla bir saatlik olağanüstü yetki "
        "verildi. Her işletmeci bunu erken bitirebilir; sonra neler yapıldığını başka biri gözden geçirir.\n\n"
        f"Operator no. {asked_by} has emergency rights for an hour, granted by operator no. {approved_by}. Any "
        "operator can end them early; afterwards somebody else reviews what was done.",
        now,
    )


def _tell(subject: str, body: str, now: datetime) -> None:
    for person_id in sorted({person_id for _role, person_id in operators_in_office()}):
        tell_at_work(person_id, Notice(subject, body), now=now)
