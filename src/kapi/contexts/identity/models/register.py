"""What the population register has told."""

from django.db import models
from django.db.models import Q

from kapi.contexts.identity.models.people import Person


class RegisterEntry(models.Model):
    """That the population register has told something of a person, and what came of it; never what a name was.

    Of each matter (`rules/register.py`) the last stated one counts, in whatever order they came.
    """

    source = models.CharField(max_length=40)
    number = models.CharField(max_length=64)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)  # RegisterEventKind
    happened_on = models.DateField(null=True)
    stated_at = models.DateTimeField()
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=10)  # RegisterOutcome

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="identity_register_entry_once"),
            models.CheckConstraint(condition=~Q(number=""), name="identity_register_entry_has_a_number"),
        ]


class RegisterEntrySetAside(models.Model):
    """That an entry could not be taken, and why; nothing of what it says, and not of whom it says it."""

    source = models.CharField(max_length=40)
    number = models.CharField(max_length=64)
    reason = models.CharField(max_length=10)  # SetAsideReason
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="identity_register_set_aside_once"),
        ]


class RegisterMark(models.Model):
    """How far a source has been read, in its own words, and when it was last asked and last answered."""

    source = models.CharField(max_length=50, primary_key=True)
    mark = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
