"""Tokens that staff take by hand, for test clients."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from kapi.contexts.openid.errors import ClientNotAcceptable, ClientNotFound, NotATestClient, TooManyRequests
from kapi.contexts.openid.models import Client, MachineToken
from kapi.contexts.openid.rules import limits
from kapi.contexts.openid.selectors.clients import digest_of, get_client
from kapi.contexts.openid.services.client_changes import change_client
from kapi.contexts.openid.services.clients import close_client, register_client
from kapi.contexts.openid.services.machine_tokens import accept_machine_token
from kapi.contexts.openid.services.tokens_for_tests import issue_test_token
from kapi.contexts.openid.values.clients import ApiScope, ClientTerms, Profile
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import NOBODY, Actor, ActorKind
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.contexts.openid.openid_in_tests import ACTOR, NAME, REDIRECT_URI, SCOPES, add_client

pytestmark = pytest.mark.django_db
CODE = "24301234"
STAFF = Actor(ActorKind.STAFF, "7", CODE)


def register(now: datetime, **more: Any) -> str:
    """Register a test client."""
    terms: dict[str, Any] = {"redirect_uris": [], "scopes": [], "api_scopes": [ApiScope.CLIENTS_READ], "is_test": True}
    return register_client(
        name=NAME,
        client_id="deneme",
        institution_code=CODE,
        profile=Profile.BASELINE,
        secret_until=now + timedelta(days=9),
        actor=ACTOR,
        now=now,
        **(terms | more),
    ).id


@pytest.fixture
def trial(db: None, now: datetime) -> str:
    """A test client."""
    add_top(CODE, "Örnek Belediyesi", now=now)
    return register(now)


class TestIssueTestToken:
    def test_gives_a_token_that_is_good_at_the_api_for_five_minutes(self, trial: str, now: datetime) -> None:
        issued = issue_test_token(client_id=trial, actor=STAFF, now=now)
        assert (issued.expires_in_s, issued.scope, issued.token_type) == (300, "clients.read", "Bearer")

        def accept(at: datetime) -> str:
            header = f"Bearer {issued.access_token}"
            needed = ApiScope.CLIENTS_READ
            return accept_machine_token(authorization=header, needed=needed, actor=NOBODY, now=at).client_id

        assert accept(now) == trial
        with pytest.raises(Exception, match="over"):
            accept(now + timedelta(minutes=5))
        close_client(client_id=trial, actor=ACTOR, now=now)
        with pytest.raises(Exception, match="revoked"):
            accept(now)

    def test_says_in_the_trail_who_took_it_and_keeps_it_nowhere(self, trial: str, now: datetime) -> None:
        issued = issue_test_token(client_id=trial, actor=STAFF, now=now)
        record = AuditRecord.objects.get(action="openid.test_token_issued")
        assert (record.actor_kind, record.actor_id, record.subject_id) == ("staff", "7", trial)
        assert issued.access_token not in str([*MachineToken.objects.values(), *AuditRecord.objects.values()])

    def test_is_for_live_test_clients_alone(self, trial: str, now: datetime) -> None:
        add_client(now=now, client_id="belediye")
        close_client(client_id=trial, actor=ACTOR, now=now)
        for client_id in ("belediye", trial):
            with pytest.raises(NotATestClient):
                issue_test_token(client_id=client_id, actor=STAFF, now=now)
        with pytest.raises(ClientNotFound):
            issue_test_token(client_id="kimse", actor=STAFF, now=now)
        assert not MachineToken.objects.exists()

    def test_is_limited_as_the_clients_own_are(
        self, trial: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "MACHINE_TOKENS", (Budget(1, timedelta(minutes=5)),))
        issue_test_token(client_id=trial, actor=STAFF, now=now)
        with pytest.raises(TooManyRequests):
            issue_test_token(client_id=trial, actor=STAFF, now=now)


class TestATestClient:
    def test_never_meets_a_citizen(self, trial: str, now: datetime) -> None:
        seen = digest_of(get_client(client_id=trial))
        wider = ClientTerms(
            name=NAME, redirect_uris=(REDIRECT_URI,), scopes=SCOPES, api_scopes=(ApiScope.CLIENTS_READ,)
        )
        for terms in (wider, ClientTerms(name=NAME, redirect_uris=(REDIRECT_URI,), scopes=SCOPES)):
            with pytest.raises(ClientNotAcceptable):
                change_client(client_id=trial, terms=terms, seen=seen, actor=ACTOR, now=now)

    def test_is_not_registered_with_more(self, db: None, now: datetime) -> None:
        add_top(CODE, "Örnek Belediyesi", now=now)
        for more in ({"redirect_uris": [REDIRECT_URI], "scopes": SCOPES}, {"api_scopes": [], "scopes": SCOPES}):
            with pytest.raises(ClientNotAcceptable):
                register(now, **more)

    def test_is_held_by_the_database(self, trial: str) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Client.objects.update(api_scopes="")
