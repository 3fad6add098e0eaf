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
    several may, until one of them is answered. `chosen_at` is when the person last said for whom they act,
    `waived_at` when they said that they go on without the stronger proof that the client would like.
    """

    id = models.CharField(max_length=43, primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    pushed = models.ForeignKey(PushedRequest, on_delete=models.CASCADE, null=True)
    browser_hash = models.CharField(max_length=64, blank=True)
    request = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    chosen_at = models.DateTimeField(null=True)
    waived_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "openid"
        indexes = [models.Index(fields=["expires_at"], name="openid_pending_ending")]


class Approval(models.Model):
    """A person's yes to what a client asked for. `terms` holds, per scope, the digest of what was said about it.

    `principal` is the legal person for whom they said it, empty for themselves. `left_out` are the scopes of it that
    the person did not want to share, written as `scope` is.
    """

    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT)
    principal = models.ForeignKey(
        "identity.LegalPerson", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
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
                condition=models.Q(withdrawn_at=None, principal=None),
                name="openid_one_own_approval",
            ),
            models.UniqueConstraint(
                fields=["person", "client", "scope", "principal"],
                condition=models.Q(withdrawn_at=None, principal__isnull=False),
                name="openid_one_approval_for_each",
            ),
        ]


class Subject(models.Model):
    """The name under which one sector knows a person: random, so that no key and no person's number leads to it."""

    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    sector = models.CharField(max_length=128)
    name = models.CharField(max_length=43, unique=True)

    class Meta:
        app_label = "openid"
        constraints = [models.UniqueConstraint(fields=["person", "sector"], name="openid_one_subject_per_sector")]


class PrincipalSubject(models.Model):
    """The name under which one sector knows a legal person, made as a person's is."""

    principal = models.ForeignKey("identity.LegalPerson", on_delete=models.PROTECT, related_name="+")
    sector = models.CharField(max_length=128)
    name = models.CharField(max_length=43, unique=True)

    class Meta:
        app_label = "openid"
        constraints = [models.UniqueConstraint(fields=["principal", "sector"], name="openid_one_principal_per_sector")]


class Visit(models.Model):
    """One session, seen by one client, for one principal. `sid` is what logout is told by: each visit has its own.

    `principal` is the legal person that the session acted for; then `subject` is that one's name, and `agent_subject`
    the person's. Both are empty where the person acted for themselves.

    `session_id` is no foreign key: a visit is history, and outlives the session's row.
    """

    session_id = models.BigIntegerField()
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT)
    principal = models.ForeignKey(
        "identity.LegalPerson", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    subject = models.CharField(max_length=43)
    agent_subject = models.CharField(max_length=43, blank=True, default="", db_default="")
    sid = models.CharField(max_length=43, unique=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        app_label = "openid"
        constraints = [
            models.UniqueConstraint(
                fields=["session_id", "client"], condition=models.Q(principal=None), name="openid_one_own_visit"
            ),
            models.UniqueConstraint(
                fields=["session_id", "client", "principal"],
                condition=models.Q(principal__isnull=False),
                name="openid_one_visit_for_each",
            ),
            models.CheckConstraint(
                condition=models.Q(principal=None, agent_subject="")
                | models.Q(principal__isnull=False) & ~models.Q(agent_subject=""),
                name="openid_who_acts_is_named",
            ),
        ]
        indexes = [models.Index(fields=["person", "-last_at"], name="openid_visits_of_person")]
