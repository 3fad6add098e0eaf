"""Tables of the audit trail. Triggers (migration 0002) refuse UPDATE and DELETE on records and seals."""

from django.db import models


class AuditRecord(models.Model):
    """One deed. `details` holds ids and words of ours, never personal data."""

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    institution_code = models.CharField(max_length=8, blank=True)
    action = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    details = models.JSONField()

    class Meta:
        # Each is a way to read the trail by time; the newest rows lie at the end of each, so writing one more is cheap.
        indexes = [
            models.Index(fields=["at", "id"], name="audit_by_time"),
            models.Index(fields=["actor_kind", "actor_id", "at", "id"], name="audit_by_actor"),
            models.Index(fields=["subject_kind", "subject_id", "at", "id"], name="audit_by_subject_in_time"),
            models.Index(fields=["action", "at", "id"], name="audit_by_action"),
        ]


class AuditSeal(models.Model):
    """The place of one record in the hash chain: `hash` covers the record's content and the hash before it."""

    position = models.BigIntegerField(primary_key=True)
    record = models.OneToOneField(AuditRecord, on_delete=models.PROTECT, related_name="seal", db_constraint=False)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)


class AuditMark(models.Model):
    """How far the trail is settled; one row.

    Up to `settled_id` every record is sealed, and none can still be on its way from a transaction under way.
    `next_id` is the mark to come: it settles once every transaction below `next_transaction` has ended.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    settled_id = models.BigIntegerField(default=0)
    next_id = models.BigIntegerField(null=True)
    next_transaction = models.BigIntegerField(null=True)
    noted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_one_mark")]


class AuditVerification(models.Model):
    """The last verification of one kind: up to which place the chain was found whole, and what was found amiss.

    `completed_at` is when a walk last came to the end of the chain without a fault.
    """

    kind = models.CharField(max_length=10, primary_key=True)
    at = models.DateTimeField()
    verified_to = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    first_bad_row = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    completed_at = models.DateTimeField(null=True)
