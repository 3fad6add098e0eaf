"""Staff take a token for a test client by hand, to try the institutions' API out."""

import secrets
from datetime import datetime

from django.db import transaction

from kapi.contexts.openid.errors import NotATestClient
from kapi.contexts.openid.models import MachineToken
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.machine_tokens import machine_token_claims
from kapi.contexts.openid.selectors.clients import get_client
from kapi.contexts.openid.services.keys import active_key
from kapi.contexts.openid.services.limits import count_machine_token
from kapi.contexts.openid.values.tokens import IssuedTokens
from kapi.foundation.audit import services as audit
from kapi.foundation.settled import settings
from kapi.kernel.actors import Actor


def issue_test_token(*, client_id: str, actor: Actor, now: datetime) -> IssuedTokens:
    """Return an access token for all that a test client may do at the API: shown once, and kept nowhere.

    It lives as shortly as every access token, and is bound to no key, so that a person can send it by hand. Never call
    it inside a transaction.

    :raises ClientNotFound: if there is no such client.
    :raises NotATestClient: if it is not there for tests, or not live.
    :raises TooManyRequests: if the client had too many tokens.
    """
    client, openid = get_client(client_id=client_id), settings.OPENID
    if not (client.is_test and client.is_open):
        raise NotATestClient
    count_machine_token(client_id=client.id, actor=actor, now=now)
    key, scopes = active_key(actor=actor, now=now), client.api_scopes
    with transaction.atomic():
        row = MachineToken.objects.create(
            pk=secrets.token_urlsafe(24),
            client_id=client.id,
            scope=" ".join(scopes),
            issued_at=now,
            expires_at=now + openid.access_token_lifetime,
        )
        audit.record(
            action="openid.test_token_issued",
            subject_kind="client",
            subject_id=client.id,
            actor=actor,
            now=now,
            details={"scope": row.scope},
        )
    claims = machine_token_claims(client_id=client.id, scopes=scopes, token_id=row.pk, settings=openid, now=now)
    return IssuedTokens(
        access_token=jwt.sign(claims, typ=jwt.ACCESS_TOKEN, key=key),
        expires_in_s=int(openid.access_token_lifetime.total_seconds()),
        scope=row.scope,
        token_type="Bearer",  # noqa: S106 - a type
    )
