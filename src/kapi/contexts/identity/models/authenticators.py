"""What people have added to prove themselves with, and what keeps a proof from being given twice."""

from django.db import models
from django.db.models import F, Q

from kapi.contexts.identity.models.people import Person
from kapi.contexts.identity.values import NAMED_BY_KIND, AuthenticatorKind


class Authenticator(models.Model):
    """What a person has added to prove themselves with, and the name that they gave it; without one it is called as its
    kind.

    What `secret_sealed` holds depends on the kind: a passkey's public key, the shared secret of an app with one-time
    codes, the id of the contact that codes are sent to. `finder` finds it where it is shown before its owner is known
    (the hash of a passkey's credential id), and keeps one thing from being added twice.
    `counter` only ever grows: a passkey's own counter, the last time step whose code was taken.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="authenticators")
    kind = models.CharField(max_length=20)  # AuthenticatorKind
    name = models.CharField(max_length=60, blank=True)
    secret_sealed = models.BinaryField()
    finder = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - only NULLs repeat
    counter = models.BigIntegerField(default=0)
    added_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    vouched_by = models.CharField(max_length=20, blank=True, default="", db_default="")  # Voucher, or nobody

    class Meta:
        constraints = [
            # Others are a passkey, of which a person has many, and a contact, of which the name shows a part.
            models.CheckConstraint(
                condition=~Q(name="") | Q(kind__in=[kind.value for kind in NAMED_BY_KIND]),
                name="identity_authenticator_is_named",
            ),
            models.CheckConstraint(condition=Q(counter__gte=0), name="identity_authenticator_counts_up"),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(kind=AuthenticatorKind.RECOVERY_CODES.value),
                name="identity_one_list_of_recovery_codes",
            ),
        ]


class Enrolment(models.Model):
    """For a while a person may add one passkey that counts at work. `opened_by` is who answers for it.

    Empty where it was opened at the machine. Closed once it was used or another took its place.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    opened_by = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(closed_at=None), name="identity_one_open_enrolment_per_person"
            ),
            models.CheckConstraint(
                condition=Q(opened_by=None) | ~Q(opened_by=F("person")), name="identity_enrolment_opened_by_another"
            ),
            models.CheckConstraint(
                condition=Q(used_at=None)
                | Q(closed_at__isnull=False, used_at__lt=F("expires_at"), closed_at=F("used_at")),
                name="identity_enrolment_used_in_time",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("opened_at")), name="identity_enrolment_ends_later"),
        ]


class UsedChallenge(models.Model):
    """A challenge that was answered, by its hash: a second row of it cannot be, which is what makes it good once."""

    challenge_hash = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="identity_challenges_by_end")]
