"""Grants, access tokens, sharings."""

from django.db import models

from kapi.contexts.openid.models.authorization import Visit
from kapi.contexts.openid.models.clients import Client


class Grant(models.Model):
    """What an authorization code stands for. Its tokens die with it: `revoked_at`."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT)
    code_hash = models.CharField(max_length=64, unique=True)
    redirect_uri = models.CharField(max_length=2048)
    scopes = models.JSONField()
    claims = models.JSONField(null=True)  # {userinfo, id_token}: attributes that were asked for one by one
    nonce = models.CharField(max_length=512, blank=True)
    code_challenge = models.CharField(max_length=43, blank=True)
    dpop_jkt = models.CharField(max_length=43, blank=True, db_default="")  # the key that alone may redeem the code
    acr = models.CharField(max_length=100)
    amr = models.JSONField()
    authenticated_at = models.DateTimeField()
    issued_at = models.DateTimeField()
    code_expires_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "openid"
        indexes = [models.Index(fields=["issued_at"], name="openid_grants_by_age")]


class AccessToken(models.Model):
    """An access token by its `jti`. The token itself is kept nowhere.

    `token_hash` is that of the whole token as we signed it; empty of what the former release issued.
    """

    id = models.CharField(max_length=43, primary_key=True)
    token_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE)
    scope = models.CharField(max_length=500, blank=True, default="", db_default="")  # empty: all that was granted
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        app_label = "openid"
        indexes = [models.Index(fields=["expires_at"], name="openid_token_ending")]


class RefreshToken(models.Model):
    """What a client may get access tokens with while the person is away, by its hash. It dies with its grant."""

    grant = models.OneToOneField(Grant, on_delete=models.CASCADE)
    token_hash = models.CharField(max_length=64, unique=True)
    dpop_jkt = models.CharField(max_length=43, blank=True, default="", db_default="")  # of a client without a proof
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        app_label = "openid"
        indexes = [models.Index(fields=["expires_at"], name="openid_refresh_ending")]


class MachineToken(models.Model):
    """An access token that a client got for itself, by its `jti`. No person and no visit stand behind it."""

    id = models.CharField(max_length=43, primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    scope = models.CharField(max_length=500)  # names parted by blanks
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "openid"
        indexes = [models.Index(fields=["expires_at"], name="openid_machine_token_ending")]


class UsedProof(models.Model):
    """A proof of possession that was accepted, by the hash of its key and `jti`: no second one like it will be."""

    proof_hash = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        app_label = "openid"
        indexes = [models.Index(fields=["expires_at"], name="openid_proof_ending")]


class Sharing(models.Model):
    """One occasion on which attributes were handed over: once per access token.

    `principal` is the legal person that the person acted for. `scopes` is a list of {scope, attributes, purpose,
    legal_basis} as they were stated then; never a value. `session_id` is the session of the visit, no foreign key as
    there; empty of what the former release wrote.
    """

    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT)
    principal = models.ForeignKey(
        "identity.LegalPerson", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    token_id = models.CharField(max_length=43, unique=True)
    session_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    scopes = models.JSONField()

    class Meta:
        app_label = "openid"
        indexes = [models.Index(fields=["person", "-at"], name="openid_sharings_of_person")]
