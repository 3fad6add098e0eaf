"""Sign-ins, begun and done."""

from django.db import models
from django.db.models import F, Q

from kapi.contexts.identity.models.accounts import Account, KnownDevice
from kapi.contexts.identity.models.people import LegalPerson, Person


class Session(models.Model):
    """One sign-in on one device. `evidence` is what everything that is said of it rests on: see `rules/assurance.py`.

    `acr`, `amr` and `authenticated_at` say what the evidence did when it was last written. Nothing of ours reads them
    any more; the former release does, while both run. `acting_for` is whom the person has chosen to act for; empty for
    themselves.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sessions")
    device = models.ForeignKey(KnownDevice, on_delete=models.SET_NULL, null=True, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    acr = models.CharField(max_length=60)
    amr = models.CharField(max_length=60)
    evidence = models.JSONField(default=list, db_default=[])
    started_at = models.DateTimeField()
    authenticated_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    network = models.CharField(max_length=43, blank=True)
    browser = models.CharField(max_length=30, blank=True)
    system = models.CharField(max_length=30, blank=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=30, blank=True)
    acting_for = models.ForeignKey(LegalPerson, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | Q(ended_at__isnull=False) & ~Q(end_reason=""),
                name="identity_an_ended_session_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "id"], condition=Q(ended_at=None), name="identity_open_sessions"),
            models.Index(fields=["last_seen_at"], condition=Q(ended_at=None), name="identity_sessions_by_rest"),
            models.Index(fields=["ends_at"], condition=Q(ended_at=None), name="identity_sessions_by_end"),
            models.Index(
                fields=["acting_for"],
                condition=Q(ended_at=None, acting_for__isnull=False),
                name="identity_sessions_for_others",
            ),
            models.Index(
                fields=["person", "network"], condition=Q(device__isnull=False), name="identity_sessions_by_place"
            ),
        ]


class BegunSignIn(models.Model):
    """A sign-in whose password was right and whose second step is still to come: no session, and good for nothing else.

    One browser holds the token. `session` is the one that is to go on, empty if one is to begin. `password_mark` tells
    whether the password is still the one that was given.
    """

    token_hash = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="begun_sign_ins")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, null=True, related_name="+")
    password_mark = models.CharField(max_length=64)
    proved_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("proved_at")), name="identity_begun_sign_in_ends_later")
        ]
        indexes = [models.Index(fields=["expires_at"], name="identity_begun_by_end")]


class HeldOffSignIn(models.Model):
    """A password that was tried while lists of passwords are, where it opens nothing alone: right, wrong or nobody's.

    One browser holds the token. `account` is what a code opens besides; empty where number and password did not belong
    together: no code opens that, and nobody who asks can tell. `tries` is how many codes were heard, `code_to` to which
    kind of contact one was asked for last.
    """

    token_hash = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="held_off_sign_ins")
    password_mark = models.CharField(max_length=64)
    tried_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    code_to = models.CharField(max_length=10, blank=True, default="")  # ContactKind
    asked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("tried_at")), name="identity_held_off_ends_later"),
            models.CheckConstraint(
                condition=Q(asked_at=None, code_to="") | Q(asked_at__isnull=False) & ~Q(code_to=""),
                name="identity_held_off_asks_for_a_kind",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="identity_held_off_by_end")]
