"""The mailbox's table."""

from django.db import models


class MailboxMessage(models.Model):
    """One message as it would have reached the recipient. Demo mode only: it holds addresses and texts in the clear."""

    to = models.CharField(max_length=200)
    channel = models.CharField(max_length=20)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["to", "id"], name="mailbox_by_recipient")]
