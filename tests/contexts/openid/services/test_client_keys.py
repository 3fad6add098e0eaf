"""Clients' published keys are fetched, kept, and used on when their server fails."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest
from django.conf import settings
from pytest_django import Settings

from kapi.contexts.openid.errors import ClientKeysUnavailable, ClientNotFound
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.selectors.clients import get_client
from kapi.contexts.openid.services import client_keys
from kapi.contexts.openid.services.client_keys import keys_of_client, refresh_client_keys, refresh_old_client_keys
from kapi.contexts.openid.services.clients import replace_keys
from kapi.contexts.openid.services.suspension import suspend_client
from kapi.contexts.openid.values.clients import SuspensionReason
from tests.contexts.openid.openid_in_tests import ACTOR, add_client, key_set, new_key

pytestmark = pytest.mark.django_db
FRESH = settings.OPENID.client_keys_fresh
STALE = settings.OPENID.client_keys_stale
PAUSE = settings.OPENID.client_keys_pause


@dataclass
class Publisher:
    """A client's server: what it answers, and how often it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b""
    asked: int = 0

    def publish(self, *kids: str) -> None:
        self.status, self.body = 200, json.dumps(key_set(*(new_key(kid) for kid in kids))).encode()


@pytest.fixture
def publisher(settings: Settings) -> Iterator[Publisher]:
    settings.ALLOW_PRIVATE_ADDRESSES = True
    publisher = Publisher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            publisher.asked += 1
            self.send_response(publisher.status)
            self.send_header("Content-Length", str(len(publisher.body)))
            self.end_headers()
            self.wfile.write(publisher.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    publisher.url = f"http://127.0.0.1:{server.server_port}/jwks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield publisher
    server.shutdown()
    thread.join()
    server.server_close()


def kids(client_id: str, kid: str | None, now: datetime) -> list[str | None]:
    client = get_client(client_id=client_id)
    return [key.kid for key in keys_of_client(client=client, kid=kid, actor=ACTOR, now=now)]


def _give_other_keys(client_id: str, now: datetime) -> None:
    replace_keys(client_id=client_id, jwks=key_set(new_key("b")), actor=ACTOR, now=now)


def _give_another_address(client_id: str, now: datetime) -> None:
    replace_keys(client_id=client_id, jwks_uri="https://new.example.org/jwks", actor=ACTOR, now=now)


def _suspend(client_id: str, now: datetime) -> None:
    suspend_client(client_id=client_id, reason=SuspensionReason.LEAKED, actor=ACTOR, now=now)


class TestKeysOfClient:
    def test_asks_nobody_for_keys_that_were_registered(self, now: datetime) -> None:
        assert kids(add_client(now=now, keys=[new_key("a")]).id, "b", now) == ["a"]

    def test_asks_once_and_keeps_the_answer(self, now: datetime, publisher: Publisher) -> None:
        client_id = add_client(now=now, jwks_uri=publisher.url).id
        publisher.publish("a")
        assert kids(client_id, "a", now) == ["a"]
        assert kids(client_id, "a", now + FRESH - timedelta(seconds=1)) == ["a"]
        assert publisher.asked == 1
        kids(client_id, "a", now + FRESH)
        assert publisher.asked == 2

    def test_asks_again_for_a_key_it_has_not_seen_but_not_without_a_pause(
        self, now: datetime, publisher: Publisher
    ) -> None:
        client_id = add_client(now=now, jwks_uri=publisher.url).id
        publisher.publish("a")
        kids(client_id, "a", now)
        publisher.publish("a", "b")
        assert kids(client_id, "b", now + PAUSE - timedelta(seconds=1)) == ["a"]
        assert publisher.asked == 1
        assert kids(client_id, "b", now + PAUSE) == ["a", "b"]

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (500, b""),
            (302, b"{}"),
            (200, b"not json"),
            (200, b"[" * 60_000),
            (200, b"\xff"),
            (200, b'{"keys": []}'),
            (200, b'{"keys": [{"kty": "oct", "k": "AAAA"}]}'),
            (200, b" " * 70_000),
            (200, json.dumps(key_set(new_key("b")) | {"note": "\0"}).encode()),
            (200, json.dumps(key_set(new_key("b")) | {"note": "\ud800"}).encode()),
        ],
    )
    def test_uses_the_last_good_answer_when_the_next_one_is_none(
        self, now: datetime, publisher: Publisher, status: int, body: bytes
    ) -> None:
        client_id = add_client(now=now, jwks_uri=publisher.url).id
        publisher.publish("a")
        kids(client_id, "a", now)
        publisher.status, publisher.body = status, body
        assert kids(client_id, "a", now + FRESH) == ["a"]
        assert publisher.asked == 2

    @pytest.mark.parametrize("deed", [_give_other_keys, _give_another_address, _suspend])
    def test_does_not_take_them_once_they_are_withdrawn(
        self, now: datetime, monkeypatch: pytest.MonkeyPatch, deed: Callable[[str, datetime], object]
    ) -> None:
        """However long the address is asked: whoever holds the withdrawn keys decides that."""
        client_id = add_client(now=now, jwks_uri="https://old.example.org/jwks").id
        answer = SimpleNamespace(status=200, body=json.dumps(key_set(new_key("a"))).encode())

        def fetch(**_: object) -> SimpleNamespace:
            deed(client_id, now)
            return answer

        monkeypatch.setattr(client_keys, "fetch", fetch)
        with pytest.raises(ClientKeysUnavailable):
            kids(client_id, "a", now)
        assert Client.objects.get(pk=client_id).fetched_jwks is None

    def test_ends_using_it_after_a_day(self, now: datetime, publisher: Publisher) -> None:
        client_id = add_client(now=now, jwks_uri=publisher.url).id
        publisher.publish("a")
        kids(client_id, "a", now)
        publisher.status = 500
        assert kids(client_id, "a", now + STALE - timedelta(seconds=1)) == ["a"]
        with pytest.raises(ClientKeysUnavailable):
            kids(client_id, "a", now + STALE)

    def test_does_not_call_private_addresses(self, now: datetime, publisher: Publisher, settings: Settings) -> None:
        settings.ALLOW_PRIVATE_ADDRESSES = False
        publisher.publish("a")
        with pytest.raises(ClientKeysUnavailable):
            kids(add_client(now=now, jwks_uri=publisher.url).id, "a", now)
        assert publisher.asked == 0


class TestRefreshOldClientKeys:
    def test_asks_those_whose_keys_are_getting_old(self, now: datetime, publisher: Publisher) -> None:
        add_client(now=now, keys=[new_key("a")])
        client_id = add_client(now=now, jwks_uri=publisher.url).id
        publisher.publish("a")
        assert refresh_old_client_keys(limit=10, actor=ACTOR, now=now) == 1
        assert refresh_old_client_keys(limit=10, actor=ACTOR, now=now + FRESH - timedelta(seconds=1)) == 0
        assert refresh_old_client_keys(limit=10, actor=ACTOR, now=now + FRESH) == 1
        publisher.status = 500
        assert refresh_old_client_keys(limit=10, actor=ACTOR, now=now + 2 * FRESH) == 0
        assert kids(client_id, "a", now + 2 * FRESH) == ["a"]
        assert publisher.asked == 3

    def test_knows_whom_it_cannot_ask(self, now: datetime) -> None:
        with pytest.raises(ClientNotFound):
            refresh_client_keys(client_id=add_client(now=now, keys=[new_key("a")]).id, actor=ACTOR, now=now)
