"""A client is answered as it is registered now, also where it was not read for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from joserfc import jws
from joserfc.jwk import ECKey

from kapi.contexts.openid.errors import InvalidClient
from kapi.contexts.openid.models import Client, PushedRequest, SigningKey, UsedAssertion
from kapi.contexts.openid.selectors.clients import find_kept
from kapi.contexts.openid.services.clients import close_client, register_client, replace_keys
from kapi.contexts.openid.services.keys import ensure_keys, revoke_keys
from kapi.contexts.openid.services.suspension import resume_client, suspend_client
from kapi.contexts.openid.values.clients import ApiScope, Profile, SuspensionReason
from kapi.contexts.openid.values.keys import KeyState
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    NAME,
    assertion,
    get_machine_token,
    key_set,
    new_key,
    push,
)

pytestmark = pytest.mark.django_db
POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite reads a client each time (.ci/run)")


@pytest.fixture(autouse=True)
def _we_have_a_key(db: None, now: datetime) -> None:
    ensure_keys(actor=ACTOR, now=now)


def kid_of(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])


@contextmanager
def between_reading_and_writing(deed: Callable[[], object]) -> Iterator[list[str]]:
    """Do something just before the first statement that uses an assertion up, as somebody else would beside us."""
    done: list[str] = []

    def before(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if not done and UsedAssertion._meta.db_table in sql:
            done.append(sql)
            deed()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(before):
        yield done
    assert done


class TestAsRegisteredNow:
    """Each change is made while what was read of the client before is still kept."""

    @POSTGRESQL
    def test_asks_the_database_once_where_the_client_was_read_before(
        self, client_id: str, key: ECKey, now: datetime
    ) -> None:
        push(client_id, key, now=now)
        with CaptureQueriesContext(connection) as sent:
            push(client_id, key, now=now)
        assert len(sent) == 1

    def test_suspended_it_gets_nothing_and_resumed_it_does(self, client_id: str, key: ECKey, now: datetime) -> None:
        push(client_id, key, now=now)
        suspend_client(client_id=client_id, reason=SuspensionReason.ASKED, actor=ACTOR, now=now)
        for _ in range(2):
            with pytest.raises(InvalidClient, match="suspended"):
                push(client_id, key, now=now)
        resume_client(client_id=client_id, actor=ACTOR, now=now)
        assert push(client_id, key, now=now).request_uri
        close_client(client_id=client_id, actor=ACTOR, now=now)
        with pytest.raises(InvalidClient, match="no client"):
            push(client_id, key, now=now)
        assert PushedRequest.objects.count() == 2

    def test_with_new_keys_it_proves_itself_by_them_alone(self, client_id: str, key: ECKey, now: datetime) -> None:
        push(client_id, key, now=now)
        other = new_key("b")
        replace_keys(client_id=client_id, jwks=key_set(other), actor=ACTOR, now=now)
        with pytest.raises(InvalidClient, match="kid"):
            push(client_id, key, now=now)
        assert push(client_id, other, now=now).request_uri
        assert push(client_id, other, now=now).request_uri

    def test_with_its_keys_elsewhere_it_is_kept_no_longer(self, client_id: str, key: ECKey, now: datetime) -> None:
        push(client_id, key, now=now)
        Client.objects.update(jwks=None, jwks_uri="https://example.org/keys")
        with pytest.raises(InvalidClient, match="cannot be fetched"):
            push(client_id, key, now=now)
        assert find_kept(client_id=client_id) is None

    def test_is_given_nothing_that_a_withdrawn_key_signed(self, now: datetime, key: ECKey) -> None:
        add_top("10000018", "Örnek Belediyesi", now=now)
        client_id = register_client(
            name=NAME,
            redirect_uris=[],
            scopes=[],
            profile=Profile.BASELINE,
            institution_code="10000018",
            jwks=key_set(key),
            api_scopes=[ApiScope.CLIENTS_READ],
            actor=ACTOR,
            now=now,
        ).id
        before = kid_of(get_machine_token(client_id, key, now=now).access_token)
        revoke_keys(kids=[before], actor=ACTOR, now=now)
        after = kid_of(get_machine_token(client_id, key, now=now).access_token)
        assert after == SigningKey.objects.get(state=KeyState.ACTIVE).kid != before

    @POSTGRESQL
    @pytest.mark.parametrize("was_kept", [True, False])
    def test_suspended_between_reading_and_writing_it_gets_nothing_if_it_was_kept(
        self, client_id: str, key: ECKey, now: datetime, was_kept: bool
    ) -> None:
        if was_kept:
            push(client_id, key, now=now)

        def suspend() -> None:
            suspend_client(client_id=client_id, reason=SuspensionReason.ASKED, actor=ACTOR, now=now)

        before = PushedRequest.objects.count(), UsedAssertion.objects.count()
        with between_reading_and_writing(suspend):
            if was_kept:
                with pytest.raises(InvalidClient, match="suspended"):
                    push(client_id, key, now=now)
                assert (PushedRequest.objects.count(), UsedAssertion.objects.count()) == before
            else:
                assert push(client_id, key, now=now).request_uri  # it had been read a moment ago

    @POSTGRESQL
    def test_changed_between_reading_and_writing_it_is_read_again_and_answered(
        self, client_id: str, key: ECKey, now: datetime
    ) -> None:
        push(client_id, key, now=now)
        with between_reading_and_writing(lambda: Client.objects.update(sector="other.example")):
            assert push(client_id, key, now=now).request_uri
        assert (PushedRequest.objects.count(), UsedAssertion.objects.count()) == (2, 2)

    @POSTGRESQL
    def test_what_is_refused_is_refused_by_what_is_written(self, client_id: str, key: ECKey, now: datetime) -> None:
        push(client_id, key, now=now)
        shown = assertion(client_id, key, now=now)
        assert push(client_id, key, now=now, client_assertion=shown).request_uri
        with pytest.raises(InvalidClient, match="used before"):
            push(client_id, key, now=now, client_assertion=shown)
