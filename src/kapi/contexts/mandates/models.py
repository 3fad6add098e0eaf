"""Tables."""

from django.db import models
from django.db.models import F, Q

from kapi.contexts.mandates.values import MandateScope


class Mandate(models.Model):
    """A person may act for a legal person. Never changed but to be confirmed or ended: other terms are another row.

    `services` lists codes of the catalogue, sorted; empty unless the scope is LISTED.
    """

    representative = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    principal = models.ForeignKey("identity.LegalPerson", on_delete=models.PROTECT, related_name="+")
    scope = models.CharField(max_length=10)  # MandateScope
    services = models.JSONField()
    source = models.CharField(max_length=40)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=10, blank=True)  # EndReason

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["representative", "principal", "source"],
                condition=Q(ended_at=None),
                name="mandates_one_for_each_principal",
            ),
            models.CheckConstraint(
                condition=Q(scope__in=[scope.value for scope in MandateScope]), name="mandates_scope_is_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="mandates_term_ends_later"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | Q(ended_at__isnull=False) & ~Q(end_reason=""),
                name="mandates_an_ended_one_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], condition=Q(ended_at=None), name="mandates_by_end"),
            models.Index(fields=["confirmed_at"], condition=Q(ended_at=None), name="mandates_by_confirmation"),
        ]


class Inquiry(models.Model):
    """Our asking a register about a person: `asked_at` the last time, `answered_at` when it last answered."""

    person = models.OneToOneField("identity.Person", on_delete=models.PROTECT, primary_key=True, related_name="+")
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["asked_at"], name="mandates_inquiries_by_age")]
