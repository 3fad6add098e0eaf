"""Clients that prove themselves by a TLS certificate. The former release writes none: the checks widen."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Expand."""

    dependencies = [
        ("institutions", "0004_names_by_trigram"),
        ("openid", "0018_test_clients"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="client",
            name="openid_fapi_by_keys",
        ),
        migrations.RemoveConstraint(
            model_name="client",
            name="openid_client_proof",
        ),
        migrations.AddField(
            model_name="client",
            name="tls_subject",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("profile", "fapi"), _negated=True),
                    models.Q(("auth_method__in", ["private_key_jwt", "tls_client_auth"]), ("exception_ends_at", None)),
                    _connector="OR",
                ),
                name="openid_fapi_by_keys",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("auth_method", "private_key_jwt"),
                        ("jwks__isnull", False),
                        ("jwks_uri", ""),
                        ("secret_ends_at", None),
                        ("secret_hash", ""),
                    ),
                    models.Q(
                        ("auth_method", "private_key_jwt"),
                        ("jwks", None),
                        ("secret_ends_at", None),
                        ("secret_hash", ""),
                        models.Q(("jwks_uri", ""), _negated=True),
                    ),
                    models.Q(
                        ("auth_method", "client_secret"),
                        ("jwks", None),
                        ("jwks_uri", ""),
                        ("secret_ends_at__isnull", False),
                        models.Q(("secret_hash", ""), _negated=True),
                    ),
                    models.Q(
                        ("auth_method", "tls_client_auth"),
                        ("jwks", None),
                        ("jwks_uri", ""),
                        ("secret_ends_at", None),
                        ("secret_hash", ""),
                    ),
                    models.Q(
                        ("auth_method", "none"),
                        ("jwks", None),
                        ("jwks_uri", ""),
                        ("secret_ends_at", None),
                        ("secret_hash", ""),
                    ),
                    _connector="OR",
                ),
                name="openid_client_proof",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("auth_method", "tls_client_auth"), models.Q(("tls_subject", ""), _negated=True)),
                    models.Q(models.Q(("auth_method", "tls_client_auth"), _negated=True), ("tls_subject", "")),
                    _connector="OR",
                ),
                name="openid_certificate_is_named",
            ),
        ),
    ]
