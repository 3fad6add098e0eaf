"""Accounts, the browsers that they were opened on, and the codes that hand them over at a desk."""

from django.db import models
from django.db.models import F, Q

from kapi.contexts.identity.models.people import Person
from kapi.contexts.identity.values import AccountState, Proofing


class Account(models.Model):
    """A person's right to sign in.

    Between `cooling_off_since` and `cooling_off_until`, after a recovery, what was there before is not removed.
    """

    person = models.OneToOneField(Person, on_delete=models.PROTECT, primary_key=True, related_name="account")
    state = models.CharField(max_length=20)  # AccountState
    proofing = models.CharField(max_length=20, default=Proofing.DESK.value, db_default=Proofing.DESK.value)
    password_hash = models.CharField(max_length=200, blank=True)
    password_changed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    cooling_off_since = models.DateTimeField(null=True)
    cooling_off_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cooling_off_since=None, cooling_off_until=None)
                | Q(cooling_off_since__isnull=False, cooling_off_until__isnull=False)
                & Q(cooling_off_until__gt=F("cooling_off_since")),
                name="identity_cooling_off_ends_later",
            ),
            models.CheckConstraint(
                condition=Q(state=AccountState.ACTIVE.value, password_changed_at__isnull=False) & ~Q(password_hash="")
                | Q(state__in=[AccountState.AWAITING_PASSWORD.value, AccountState.CLOSED.value], password_hash=""),
                name="identity_only_an_active_account_has_a_password",
            ),
        ]


class KnownDevice(models.Model):
    """A browser on which an account's owner has signed in, known by the hash of its cookie.

    One cookie may stand for several accounts (a family's computer). `place_digest` is the keyed digest of the network
    it last came from.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="devices")
    token_hash = models.CharField(max_length=64)
    place_digest = models.CharField(max_length=64)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token_hash", "account"], name="identity_device_once_per_account")
        ]
        indexes = [
            models.Index(fields=["account", "place_digest"], name="identity_device_by_place"),
            models.Index(fields=["last_seen_at"], name="identity_device_by_age"),
        ]


class SealedCode(models.Model):
    """A code handed over at a desk. Closed once a password was chosen or another code took its place."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="codes")
    code_hash = models.CharField(max_length=200)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_on = models.ForeignKey(KnownDevice, on_delete=models.SET_NULL, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(closed_at=None), name="identity_one_open_code_per_account"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="identity_code_expires_later"),
        ]
