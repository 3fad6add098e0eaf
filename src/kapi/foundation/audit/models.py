"""Tables of the audit trail. Triggers in the first migration refuse UPDATE and DELETE on both."""

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
        indexes = [models.Index(fields=["subject_kind", "subject_id", "id"], name="audit_by_subject")]


class AuditSeal(models.Model):
    """The place of one record in the hash chain: `hash` covers the record's content and the hash before it."""

    position = models.BigIntegerField(primary_key=True)
    record = models.OneToOneField(AuditRecord, on_delete=models.PROTECT, related_name="seal", db_constraint=False)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
