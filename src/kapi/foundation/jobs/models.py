"""Tables of work by the clock."""

from django.db import models


class ScheduledJob(models.Model):
    """One job of the schedule: when it is due, who runs it, and how its last run went.

    `error` is the class name of what the last run failed with, or empty; `done` is how many things it did.
    """

    path = models.CharField(max_length=120, primary_key=True)
    due_at = models.DateTimeField()
    leased_by = models.CharField(max_length=80, blank=True)
    leased_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)


class Worker(models.Model):
    """One running worker. `name` is host:process, `seen_at` its last sign of life."""

    name = models.CharField(max_length=80, primary_key=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["seen_at"], name="jobs_worker_seen")]
