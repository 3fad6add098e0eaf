"""Authorization requests, approvals, visits."""

from django.db import models

from kapi.contexts.openid.models.clients import Client


class PushedRequest(models.Model):
    """A request that a client has pushed, by the hash of its reference. It buys one answer: then `used_at` is set."""

    reference_hash = models.CharField(max_length=64, primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    request = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "openid"
        indexes = [models.Index(fields=["expires_at"], name="openid_pushed_ending")]


class PendingAuthorization(models.Model):
    """A request that waits for the person. It ends with `finished_at`, once.

    `browser_hash` ties it to the browser that brought it; empty until that browser shows itself (a form sent from
    another site comes without our cookies). `pushed` is the pushed request that it comes from, if it was pushed:
    several may, until one of them is answered.
    """

    id = models.CharField(max_length=43, primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    pushed = models.ForeignKey(PushedRequest, on_delete=models.CASCADE, null=True)
    browser_hash = models.CharField(max_length=64, blank=True)
    request = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "openid"
        indexes = [models.Index(fields=["expires_at"], name="openid_pending_ending")]


class Approval(models.Model):
    """A person's yes to what a client asked for. `terms` holds, per scope, the digest of what was said about it.

    `left_out` are the scopes of it that the person did not want to share, written as `scope` is.
    """

    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT)
    scope = models.CharField(max_length=500)  # the scope set: sorted names, parted by blanks
    terms = models.JSONField()
    left_out = models.CharField(max_length=500, blank=True, default="", db_default="")
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "openid"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "client", "scope"],
                condition=models.Q(withdrawn_at=None),
                name="openid_one_approval_per_scope_set",
            )
        ]


class Subject(models.Model):
    """The name under which one sector knows a person: random, so that no key and no person's number leads to it."""

    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    sector = models.CharField(max_length=128)
    name = models.CharField(max_length=43, unique=True)

    class Meta:
        app_label = "openid"
        constraints = [models.UniqueConstraint(fields=["person", "sector"], name="openid_one_subject_per_sector")]


class Visit(models.Model):
    """One session, seen by one client. `sid` is what logout is told by: another client gets another.

    `session_id` is no foreign key: a visit is history, and outlives the session's row.
    """

    session_id = models.BigIntegerField()
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT)
    subject = models.CharField(max_length=43)
    sid = models.CharField(max_length=43, unique=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        app_label = "openid"
        constraints = [models.UniqueConstraint(fields=["session_id", "client"], name="openid_one_visit_per_session")]
        indexes = [models.Index(fields=["person", "-last_at"], name="openid_visits_of_person")]
