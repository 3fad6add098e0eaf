"""Signing keys."""

from django.db import models

from kapi.contexts.openid.values.keys import KeyState


class SigningKey(models.Model):
    """A key pair. `public` is the JWK as it is published.

    `private` is the handle by which `store` finds the secret half, sealed (purpose `signing-key`); empty once that is
    destroyed. `retired_at` is also when a key was revoked.
    """

    kid = models.CharField(max_length=64, primary_key=True)
    public = models.JSONField()
    private = models.BinaryField()
    store = models.CharField(max_length=200, default="software", db_default="software")
    state = models.CharField(max_length=8)
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "openid"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in KeyState]), name="openid_key_state"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state=KeyState.ACTIVE.value), name="openid_one_active_key"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state=KeyState.NEXT.value), name="openid_one_next_key"
            ),
        ]
