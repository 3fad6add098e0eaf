"""Signatures with a certificate: what issuers have said of it, and what was asked for on a telephone."""

from django.db import models
from django.db.models import Q

from kapi.contexts.identity.models.sessions import Session
from kapi.contexts.identity.values import MobileState


class RevocationAnswer(models.Model):
    """What an issuer of certificates has said about revocation, verified, and kept for a short while.

    `question_hash` is of the address and of what was asked there, `body` the answer in base64.
    """

    question_hash = models.CharField(max_length=64, primary_key=True)
    body = models.TextField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="identity_revocation_by_end")]


class MobileSignature(models.Model):
    """A signature that was asked for on somebody's telephone. The number of the telephone is kept nowhere.

    `number_digest` is of the identity number that was typed, `reference` what the supplier calls the order; the
    signature is sealed once it came, for it names its holder. `session` is the one that is to go on, empty if one is to
    begin.
    """

    id = models.CharField(max_length=43, primary_key=True)
    browser_hash = models.CharField(max_length=64)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, null=True, related_name="+")
    number_digest = models.CharField(max_length=64)
    document = models.TextField()
    code = models.CharField(max_length=10)
    state = models.CharField(max_length=20)  # MobileState
    reference = models.CharField(max_length=200, blank=True)
    signature_sealed = models.BinaryField(default=b"")
    created_at = models.DateTimeField()
    ask_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=MobileState.PENDING.value) | ~Q(reference=""),
                name="identity_a_pending_signature_has_a_reference",
            ),
        ]
        indexes = [
            models.Index(
                fields=["ask_at"],
                condition=Q(state__in=[MobileState.ASKED.value, MobileState.PENDING.value]),
                name="identity_signatures_to_ask",
            ),
            models.Index(fields=["expires_at"], name="identity_signatures_by_end"),
        ]
