"""Signing out: requests that wait for the person, and the ledger of what clients were told."""

from django.db import models

from kapi.contexts.openid.models.authorization import Visit
from kapi.contexts.openid.models.clients import Client


class PendingLogout(models.Model):
    """A client's wish that the person sign out, which waits for the person. `browser_hash` as in authorization."""

    id = models.CharField(max_length=43, primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, null=True)
    browser_hash = models.CharField(max_length=64, blank=True)
    sid = models.CharField(max_length=43, blank=True)  # of the ID token that came as a hint
    redirect_url = models.CharField(max_length=8192, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "openid"
        indexes = [models.Index(fields=["expires_at"], name="openid_logout_ending")]


class LogoutDelivery(models.Model):
    """Our telling one client that a visit has ended.

    Done with `confirmed_at`; given up with `given_up_at`; else tried again at `due_at`. `last_error` is a word of
    ours or `http NNN`, never what the client said. `cause` says why, where the client should know (LogoutCause).
    """

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=40, blank=True)
    cause = models.CharField(max_length=20, blank=True, default="", db_default="")

    class Meta:
        app_label = "openid"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None) | models.Q(given_up_at=None), name="openid_delivery_one_end"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(confirmed_at=None, given_up_at=None),
                name="openid_deliveries_due",
            )
        ]
