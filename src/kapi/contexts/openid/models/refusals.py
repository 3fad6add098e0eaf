"""Requests of clients that were refused, for those who write the clients."""

from django.db import models

from kapi.contexts.openid.models.clients import Client


class RefusedRequest(models.Model):
    """What a client was told, where and when; nothing of what it had sent.

    The latest few of each client are kept, and fewer of those that anybody may have sent in its name (`is_proved`).
    """

    client = models.ForeignKey(Client, on_delete=models.CASCADE, db_index=False)
    endpoint = models.CharField(max_length=24)
    code = models.CharField(max_length=64)
    is_proved = models.BooleanField(default=True, db_default=True)
    description = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        app_label = "openid"
        indexes = [
            models.Index(fields=["client", "-id"], name="openid_refusals_of_client"),
            models.Index(fields=["at"], name="openid_refusals_by_age"),
        ]
