"""Clients, and the assertions they have used."""

from django.db import models

from kapi.contexts.openid.values.clients import AuthMethod, ChangeState, Profile, SuspensionReason


class Client(models.Model):
    """An institution's program. `fetched_jwks` is the last answer of its `jwks_uri`."""

    id = models.CharField(max_length=64, primary_key=True)
    institution = models.ForeignKey(
        "institutions.Institution", on_delete=models.PROTECT, null=True, db_column="institution_code"
    )
    name = models.JSONField()
    profile = models.CharField(max_length=16)
    auth_method = models.CharField(max_length=16)
    redirect_uris = models.JSONField()
    post_logout_redirect_uris = models.JSONField()
    backchannel_logout_uri = models.CharField(max_length=2048, blank=True)
    sector = models.CharField(max_length=128)
    scopes = models.JSONField()  # scope -> {purpose, legal_basis}
    # What it may do at the API by itself: names parted by blanks.
    api_scopes = models.CharField(max_length=500, blank=True, default="", db_default="")
    # For trying things out: its staff may take a token here by hand. It never meets a citizen.
    is_test = models.BooleanField(default=False, db_default=False)
    jwks = models.JSONField(null=True)
    tls_subject = models.CharField(max_length=500, blank=True, default="", db_default="")  # kind:name
    jwks_uri = models.CharField(max_length=2048, blank=True)
    secret_hash = models.CharField(max_length=64, blank=True)
    secret_ends_at = models.DateTimeField(null=True)
    exception_ends_at = models.DateTimeField(null=True)  # of an exception; null: no end was said
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # Codes and tokens given until then are good for nothing: it was closed or suspended since, and is open again.
    good_from = models.DateTimeField(null=True)
    # Of one that is closed for a time only: since when and why.
    suspended_at = models.DateTimeField(null=True)
    suspended_for = models.CharField(max_length=16, blank=True, default="", db_default="")
    fetched_jwks = models.JSONField(null=True)
    fetched_at = models.DateTimeField(null=True)
    fetch_tried_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "openid"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(profile__in=[profile.value for profile in Profile]), name="openid_client_profile"
            ),
            models.CheckConstraint(
                condition=~models.Q(profile=Profile.FAPI.value)
                | models.Q(
                    auth_method__in=[AuthMethod.PRIVATE_KEY_JWT.value, AuthMethod.TLS_CLIENT_AUTH.value],
                    exception_ends_at=None,
                ),
                name="openid_fapi_by_keys",
            ),
            # Exactly one way to prove itself: keys, an address of keys, a secret that ends on a date; or none at all.
            models.CheckConstraint(
                condition=models.Q(
                    auth_method=AuthMethod.PRIVATE_KEY_JWT.value,
                    jwks__isnull=False,
                    jwks_uri="",
                    secret_hash="",
                    secret_ends_at=None,
                )
                | (
                    models.Q(
                        auth_method=AuthMethod.PRIVATE_KEY_JWT.value,
                        jwks__isnull=True,
                        secret_hash="",
                        secret_ends_at=None,
                    )
                    & ~models.Q(jwks_uri="")
                )
                | (
                    models.Q(
                        auth_method=AuthMethod.CLIENT_SECRET.value,
                        jwks__isnull=True,
                        jwks_uri="",
                        secret_ends_at__isnull=False,
                    )
                    & ~models.Q(secret_hash="")
                )
                | models.Q(
                    auth_method=AuthMethod.TLS_CLIENT_AUTH.value,
                    jwks__isnull=True,
                    jwks_uri="",
                    secret_hash="",
                    secret_ends_at=None,
                )
                | models.Q(
                    auth_method=AuthMethod.NONE.value,
                    jwks__isnull=True,
                    jwks_uri="",
                    secret_hash="",
                    secret_ends_at=None,
                ),
                name="openid_client_proof",
            ),
            models.CheckConstraint(
                condition=models.Q(suspended_at=None, suspended_for="")
                | models.Q(
                    suspended_at__isnull=False,
                    closed_at__isnull=False,
                    suspended_for__in=[reason.value for reason in SuspensionReason],
                ),
                name="openid_suspended_for_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(profile=Profile.NATIVE.value, auth_method=AuthMethod.NONE.value, api_scopes="")
                | (~models.Q(profile=Profile.NATIVE.value) & ~models.Q(auth_method=AuthMethod.NONE.value)),
                name="openid_native_without_proof",
            ),
            models.CheckConstraint(
                condition=~models.Q(profile=Profile.EDEVLET.value)
                | models.Q(auth_method=AuthMethod.CLIENT_SECRET.value, exception_ends_at__isnull=False, api_scopes=""),
                name="openid_edevlet_ends",
            ),
            models.CheckConstraint(
                condition=models.Q(auth_method=AuthMethod.TLS_CLIENT_AUTH.value) & ~models.Q(tls_subject="")
                | ~models.Q(auth_method=AuthMethod.TLS_CLIENT_AUTH.value) & models.Q(tls_subject=""),
                name="openid_certificate_is_named",
            ),
            models.CheckConstraint(
                condition=models.Q(is_test=False) | ~models.Q(api_scopes=""), name="openid_test_client_uses_the_api"
            ),
        ]


class ClientChange(models.Model):
    """A change that somebody asked for and another person has to accept. `terms` is the whole of what would hold."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="changes")
    terms = models.JSONField()
    state = models.CharField(max_length=9)
    proposed_by = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "openid"
        constraints = [
            models.UniqueConstraint(
                fields=["client"],
                condition=models.Q(state=ChangeState.WAITING.value),
                name="openid_change_one_waits",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ChangeState.WAITING.value, decided_by="", decided_at=None)
                | (
                    models.Q(
                        state__in=[ChangeState.APPLIED.value, ChangeState.REJECTED.value, ChangeState.WITHDRAWN.value],
                        decided_at__isnull=False,
                    )
                    & ~models.Q(decided_by="")
                ),
                name="openid_change_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=ChangeState.APPLIED.value) | ~models.Q(decided_by=models.F("proposed_by")),
                name="openid_change_accepted_by_another",
            ),
        ]


class UsedAssertion(models.Model):
    """The `jti` (hashed) of a client assertion that was accepted: no second one with it will be."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    jti_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()

    class Meta:
        app_label = "openid"
        constraints = [models.UniqueConstraint(fields=["client", "jti_hash"], name="openid_assertion_once")]
        indexes = [models.Index(fields=["expires_at"], name="openid_assertion_ending")]
