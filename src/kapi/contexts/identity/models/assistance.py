"""Help with an account: its code, its agreement, its deeds."""

from django.db import models
from django.db.models import F, Q

from kapi.contexts.identity.models.people import Person


class SupportCode(models.Model):
    """A code that its owner reads out to the help desk; one of each person at most."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="+")
    code_digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="identity_support_code_ends_later"),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(used_at__lt=F("expires_at")), name="identity_support_code_used_in_time"
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="identity_support_codes_by_end")]


class Assistance(models.Model):
    """A member of staff helps somebody with their account: asked for, agreed to by its owner, over by itself.

    `staff_id` is a person, in the service of an institution; the help is bound to their session and to the owner's.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="assistances")
    staff_id = models.BigIntegerField()
    staff_session_id = models.BigIntegerField()
    institution_code = models.CharField(max_length=8)
    asked_at = models.DateTimeField()
    answer_until = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    agreed_session_id = models.BigIntegerField(null=True)
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, blank=True)  # AssistanceEnd

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_at=None), name="identity_one_open_assistance_per_person"
            ),
            models.CheckConstraint(condition=~Q(staff_id=F("person")), name="identity_assistance_by_another"),
            models.CheckConstraint(
                condition=Q(agreed_at=None, agreed_session_id=None, ends_at=None)
                | Q(
                    # Said beside each comparison: one with nothing is not false, and would pass.
                    agreed_at__isnull=False,
                    ends_at__isnull=False,
                    agreed_session_id__isnull=False,
                    agreed_at__lt=F("answer_until"),
                    ends_at__gt=F("agreed_at"),
                ),
                name="identity_assistance_agreed_in_time",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | Q(ended_at__isnull=False) & ~Q(end_reason=""),
                name="identity_ended_assistance_says_why",
            ),
        ]
        indexes = [models.Index(fields=["staff_id", "-id"], name="identity_assistance_of_staff")]


class AssistanceDeed(models.Model):
    """What was looked at or done while somebody was helped."""

    assistance = models.ForeignKey(Assistance, on_delete=models.PROTECT, related_name="deeds")
    kind = models.CharField(max_length=20)  # DeedKind
    detail = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
