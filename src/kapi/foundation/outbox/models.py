"""Tables of the outbox."""

from django.db import models


class OutboxEvent(models.Model):
    """A fact, as it was announced."""

    name = models.CharField(max_length=120)
    payload = models.JSONField()
    at = models.DateTimeField()


class OutboxDelivery(models.Model):
    """One event on its way to one reaction. Done when `done_at` is set; given up when `attempts` ran out."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.PROTECT, related_name="deliveries")
    reaction = models.CharField(max_length=120)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "reaction"], name="outbox_one_delivery_per_reaction")]
        indexes = [models.Index(fields=["due_at", "id"], condition=models.Q(done_at=None), name="outbox_due")]
