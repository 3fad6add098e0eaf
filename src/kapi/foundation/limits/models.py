"""The counters' table."""

from django.db import models


class LimitCounter(models.Model):
    """How often `key` (a digest, never personal data) was counted in the window that ends at `ends_at`."""

    key = models.CharField(max_length=80, primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="limits_ending")]
