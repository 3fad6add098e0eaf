"""Tables of the outbox."""

from django.db import models


class OutboxEvent(models.Model):
    """A fact, as it was announced."""

    name = models.CharField(max_length=120)
    payload = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="outbox_events_by_age")]


class OutboxDelivery(models.Model):
    """One event on its way to one reaction.

    Done when `done_at` is set; parked, with the class name of the last `error`, when its tries ran out: it waits for
    somebody who mends the reason and has it tried again.
    """

    event = models.ForeignKey(OutboxEvent, on_delete=models.PROTECT, related_name="deliveries")
    reaction = models.CharField(max_length=120)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "reaction"], name="outbox_one_delivery_per_reaction"),
            models.CheckConstraint(
                condition=models.Q(done_at=None) | models.Q(parked_at=None), name="outbox_done_or_parked"
            ),
        ]
        indexes = [
            # What is parked leaves the queue, so that looking for what is due never walks past it.
            models.Index(
                fields=["due_at", "id"], condition=models.Q(done_at=None, parked_at=None), name="outbox_due_first"
            ),
            models.Index(
                fields=["reaction", "due_at", "id"],
                condition=models.Q(done_at=None, parked_at=None),
                name="outbox_due_by_reaction",
            ),
            # What a dead worker left is found among the few that are leased, not among the many that wait.
            models.Index(
                fields=["leased_until", "id"],
                condition=models.Q(done_at=None, parked_at=None, leased_until__isnull=False),
                name="outbox_leased",
            ),
            models.Index(fields=["parked_at"], condition=models.Q(parked_at__isnull=False), name="outbox_parked"),
        ]
