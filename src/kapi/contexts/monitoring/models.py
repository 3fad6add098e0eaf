"""What people told us. Neither table knows who they were."""

from django.db import models
from django.db.models import Q

from kapi.contexts.monitoring.values import LONGEST_PAGE


class Feedback(models.Model):
    """An answer to "Was this page useful?", words, or both. `service_code` is empty for other pages."""

    service_code = models.CharField(max_length=120, blank=True)
    page = models.CharField(max_length=LONGEST_PAGE)
    language = models.CharField(max_length=8)
    was_useful = models.BooleanField(null=True)
    text = models.TextField(blank=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(was_useful__isnull=False) | ~Q(text=""), name="feedback_says_something")
        ]
        indexes = [
            models.Index(fields=["service_code", "received_at"], name="feedback_by_service"),
            models.Index(fields=["received_at"], name="feedback_by_age"),
        ]


class BarrierReport(models.Model):
    """Something that kept a person from using the site. `email_sealed` is empty where no answer is wanted."""

    number = models.CharField(max_length=8, unique=True)
    page = models.CharField(max_length=LONGEST_PAGE)
    language = models.CharField(max_length=8)
    text = models.TextField()
    aids = models.TextField(blank=True)
    email_sealed = models.BinaryField(blank=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="barrier_report_has_words")]
        indexes = [models.Index(fields=["received_at"], name="barrier_report_by_age")]
