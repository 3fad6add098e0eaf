"""Where people can be reached, and the codes that are sent there."""

from django.db import models
from django.db.models import F, Q

from kapi.contexts.identity.models.people import Person
from kapi.contexts.identity.models.sessions import BegunSignIn, HeldOffSignIn, Session


class Contact(models.Model):
    """Where a person can be reached, which they have shown. Kept twice, as numbers are.

    One address may be several people's (a family's telephone). `ended_at`: since then it is theirs no longer; it is
    told of what happens for a while longer.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=10)  # ContactKind
    address_digest = models.CharField(max_length=64)
    address_sealed = models.BinaryField()
    verified_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "address_digest"], condition=Q(ended_at=None), name="identity_contact_once_per_person"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("verified_at")), name="identity_contact_ends_later"
            ),
        ]
        indexes = [
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="identity_former_contacts")
        ]


class SentCode(models.Model):
    """A code that is sent to somebody, sealed until it is used or over; then it is destroyed.

    It waits for a session, a begun or a held-off sign-in; `contact` is whose it is, empty while it is not theirs yet.
    `tries` is how many were heard. `sent_at` is when somebody has handed it over.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, null=True, related_name="sent_codes")
    begun = models.ForeignKey(BegunSignIn, on_delete=models.CASCADE, null=True, related_name="sent_codes")
    held_off = models.ForeignKey(HeldOffSignIn, on_delete=models.CASCADE, null=True, related_name="sent_codes")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, related_name="+")
    use = models.CharField(max_length=20)  # CodeUse
    kind = models.CharField(max_length=10)  # ContactKind
    address_sealed = models.BinaryField()
    code_sealed = models.BinaryField()
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("asked_at")), name="identity_sent_code_expires_later"),
            models.CheckConstraint(
                condition=Q(closed_at=None) & ~Q(code_sealed=b"") | Q(closed_at__isnull=False, code_sealed=b""),
                name="identity_a_closed_code_is_destroyed",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="identity_sent_codes_by_end")]
