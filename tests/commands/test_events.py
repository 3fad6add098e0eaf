"""`kapi events` lists what was given up, and has it tried again."""

import json

from tests.installation import Installation

PARK = """
from datetime import datetime, UTC
from kapi.foundation.outbox.models import OutboxDelivery, OutboxEvent
now = datetime(2026, 11, 22, tzinfo=UTC)
for reaction in ("a.react", "b.react", "b.react"):
    event = OutboxEvent.objects.create(name="x.y.v1", payload={}, at=now)
    OutboxDelivery.objects.create(event=event, reaction=reaction, due_at=now, attempts=12, parked_at=now,
                                  error="KeyError")
"""


class TestEvents:
    def test_are_listed_retried_and_dropped(self, migrated: Installation) -> None:
        assert "Nothing is parked" in migrated.kapi("events", "parked")
        migrated.python(PARK)
        found = json.loads(migrated.kapi("events", "parked", "--json", code=1))
        assert [(row["reaction"], row["event"], row["error"]) for row in found] == [
            ("a.react", "x.y.v1", "KeyError"),
            ("b.react", "x.y.v1", "KeyError"),
            ("b.react", "x.y.v1", "KeyError"),
        ]
        migrated.kapi("events", "retry", code=2)
        assert migrated.kapi("events", "drop", str(found[1]["id"])).strip() == "dropped=1"
        assert migrated.kapi("events", "retry", "--reaction", "b.react").strip() == "retried=1"
        assert migrated.kapi("events", "retry", "--all").strip() == "retried=1"
        assert "Nothing is parked" in migrated.kapi("events", "parked")
