"""Institutions' programs are told that a session has ended, and those that do not answer hold up nobody."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from pytest_django import Settings

from kapi.contexts.identity.services import end_session
from kapi.contexts.identity.values import EndReason
from kapi.contexts.openid.models import LogoutDelivery, Visit
from kapi.contexts.openid.selectors.logout import logout_deliveries, undelivered_logouts
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.logout import MOST_FOR_ONE
from kapi.contexts.openid.values.logout import DeliveryRecord, DeliveryState
from kapi.foundation.outbox.services import deliver_due
from kapi.jobs import prune_openid, rotate_signing_keys, send_logout_notices
from tests import people
from tests.contexts.openid.openid_in_tests import add_client, get_code

pytestmark = pytest.mark.django_db


@dataclass
class Institutions:
    """A server whose paths are institutions: /200/... answers 200, /500/... 500, /slow/... when it is let go."""

    base: str = ""
    heard: list[tuple[str, str]] = field(default_factory=list)  # path and logout token
    let_go: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def institutions(settings: Settings) -> Iterator[Institutions]:
    """They listen."""
    settings.ALLOW_PRIVATE_ADDRESSES = True
    place = Institutions()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            place.heard.append((self.path, parse_qs(body)["logout_token"][0]))
            kind = self.path.split("/")[1]
            if kind == "slow":
                place.let_go.wait(30)
            self.send_response(200 if kind == "slow" else int(kind))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # with Python's 5 a burst of connections waits for TCP to try again

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    place.base = f"http://127.0.0.1:{server.server_port}"
    yield place
    place.let_go.set()
    server.shutdown()
    thread.join()
    server.server_close()


def visit_and_sign_out(base: str, names: list[str], now: datetime) -> None:
    """Visit a client per name (its path at `base`), then sign out."""
    people.make_citizen(now=now)
    session = people.sign_in(now=now).signed_in
    for number, name in enumerate(names):
        add_client(now=now, client_id=f"c{number}", backchannel_logout_uri=f"{base}/{name}/{number}")
        get_code(f"c{number}", session, now=now)
    end_session(session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=session.actor, now=now)
    deliver_due(limit=100, now=now)


def repeat_visits(client_id: str, times: int, now: datetime) -> None:
    """Make so many more visits to the client, whose notices are due before all others."""
    visit = Visit.objects.get(client_id=client_id)
    for number in range(times):
        visit.pk, visit.session_id, visit.sid = None, visit.session_id + 1000, f"again-{number}"
        visit.save(force_insert=True)
        LogoutDelivery.objects.create(visit=visit, created_at=now, due_at=now - timedelta(minutes=1))


def run_until(is_enough: Callable[[list[DeliveryRecord]], bool], now: datetime) -> list[DeliveryRecord]:
    """Run the job as the worker does, again and again, until the ledger says enough."""
    for _ in range(1200):
        send_logout_notices.run(now=now)
        ledger = logout_deliveries()
        if is_enough(ledger):
            return ledger
        time.sleep(0.05)
    raise AssertionError(ledger)


class TestRun:
    def test_posts_a_token_to_each_client_and_records_what_it_said(
        self, institutions: Institutions, now: datetime
    ) -> None:
        visit_and_sign_out(institutions.base, ["200", "204", "500", "400"], now)
        ledger = run_until(lambda lines: all(line.attempts for line in lines), now)
        states = {line.client_id: (line.state, line.last_error) for line in ledger}
        assert states == {
            "c0": (DeliveryState.CONFIRMED, ""),
            "c1": (DeliveryState.CONFIRMED, ""),
            "c2": (DeliveryState.WAITING, "http 500"),
            "c3": (DeliveryState.WAITING, "http 400"),
        }
        told = {path: read_own(token, typ="logout+jwt")["aud"] for path, token in institutions.heard}
        assert told == {"/200/0": "c0", "/204/1": "c1", "/500/2": "c2", "/400/3": "c3"}

    def test_tells_the_living_while_others_do_not_answer(
        self, institutions: Institutions, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(send_logout_notices, "TIMEOUT_S", 30.0)
        visit_and_sign_out(institutions.base, ["slow"] * 8 + ["200"] * 8, now)
        ledger = run_until(lambda lines: sum(line.attempts for line in lines) == 8, now)
        told = {line.client_id for line in ledger if line.state is DeliveryState.CONFIRMED}
        assert told == {f"c{number}" for number in range(8, 16)}
        institutions.let_go.set()
        run_until(lambda lines: all(line.state is DeliveryState.CONFIRMED for line in lines), now)

    def test_tells_the_living_though_one_that_does_not_answer_stands_before_them(
        self, institutions: Institutions, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(send_logout_notices, "TIMEOUT_S", 30.0)
        monkeypatch.setattr(send_logout_notices, "AT_ONCE", 40)
        visit_and_sign_out(institutions.base, ["slow", "200"], now)
        repeat_visits("c0", 200, now)
        living = LogoutDelivery.objects.filter(visit__client_id="c1", confirmed_at__isnull=False)
        for _ in range(100):
            send_logout_notices.run(now=now)
            if living.exists():
                break
        assert living.exists()
        assert sum(path.startswith("/slow/") for path, _token in institutions.heard) <= MOST_FOR_ONE
        LogoutDelivery.objects.filter(leased_until=None).delete()
        institutions.let_go.set()
        run_until(lambda lines: all(line.attempts for line in lines), now)

    def test_keeps_one_call_at_a_time_under_way_to_who_let_the_last_one_run_out(
        self, institutions: Institutions, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(send_logout_notices, "TIMEOUT_S", 0.5)
        visit_and_sign_out(institutions.base, ["slow"], now)
        run_until(lambda lines: all(line.last_error == "call_failed timeout" for line in lines), now)
        monkeypatch.setattr(send_logout_notices, "TIMEOUT_S", 30.0)
        repeat_visits("c0", 20, now)
        for _ in range(5):
            send_logout_notices.run(now=now)
        assert LogoutDelivery.objects.filter(leased_until__isnull=False).count() == 1
        institutions.let_go.set()
        run_until(lambda lines: sum(line.state is DeliveryState.CONFIRMED for line in lines) == 20, now)

    def test_tells_the_living_and_writes_down_what_came_of_the_others_until_it_gives_up(
        self, institutions: Institutions, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of 50 clients 10 are dead, 10 do not answer, 5 fail: the ledger says so of each, first and at the end."""
        monkeypatch.setattr(send_logout_notices, "TIMEOUT_S", 3.0)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            dead = f"http://127.0.0.1:{listener.getsockname()[1]}"
        kinds = ["slow", "dead"] * 10 + ["500"] * 5 + ["200"] * 25
        people.make_citizen(now=now)
        session = people.sign_in(now=now).signed_in
        for number, kind in enumerate(kinds):
            base = dead if kind == "dead" else f"{institutions.base}/{kind}"
            add_client(now=now, client_id=f"c{number}", backchannel_logout_uri=f"{base}/{number}")
            get_code(f"c{number}", session, now=now)
        end_session(session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=session.actor, now=now)
        deliver_due(limit=100, now=now)
        ledger = run_until(lambda lines: all(line.attempts for line in lines), now)
        said = {
            "slow": (DeliveryState.WAITING, "call_failed timeout"),
            "dead": (DeliveryState.WAITING, "call_failed connect"),
            "500": (DeliveryState.WAITING, "http 500"),
            "200": (DeliveryState.CONFIRMED, ""),
        }
        assert {line.client_id: (line.state, line.last_error) for line in ledger} == {
            f"c{number}": said[kind] for number, kind in enumerate(kinds)
        }
        institutions.let_go.set()  # from now on they answer at once: told late is told
        run_until(lambda lines: all(line.next_at is None for line in lines), now + timedelta(hours=24))
        ends = Counter(kinds[int(line.client_id[1:])] + " " + line.state for line in logout_deliveries())
        assert ends == {"slow confirmed": 10, "dead given_up": 10, "500 given_up": 5, "200 confirmed": 25}
        untold = {line.client_id: (line.waiting, line.given_up) for line in undelivered_logouts()}
        assert untold == {f"c{number}": (0, 1) for number, kind in enumerate(kinds) if kind in ("dead", "500")}

    def test_says_in_a_word_why_nobody_was_told(self, settings: Settings, now: datetime) -> None:
        settings.ALLOW_PRIVATE_ADDRESSES = True
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        visit_and_sign_out(f"http://127.0.0.1:{port}", ["200"], now)
        (line,) = run_until(lambda lines: all(line.attempts for line in lines), now)
        assert line.last_error == "call_failed connect"

    def test_tries_again_when_it_is_time(self, institutions: Institutions, now: datetime) -> None:
        visit_and_sign_out(institutions.base, ["500"], now)
        (line,) = run_until(lambda lines: all(line.attempts for line in lines), now)
        assert line.next_at is not None
        send_logout_notices.run(now=line.next_at - timedelta(seconds=1))
        assert len(institutions.heard) == 1
        run_until(lambda lines: all(line.attempts == 2 for line in lines), line.next_at)
        assert len(institutions.heard) == 2

    def test_does_not_call_private_addresses(self, settings: Settings, now: datetime) -> None:
        visit_and_sign_out("http://127.0.0.1:9", ["200"], now)
        settings.ALLOW_PRIVATE_ADDRESSES = False
        (line,) = run_until(lambda lines: all(line.attempts for line in lines), now)
        assert line.last_error == "address_refused scheme"


class TestOtherJobs:
    def test_keys_are_made_by_the_first_run(self, now: datetime) -> None:
        assert rotate_signing_keys.run(now=now) == 2
        assert rotate_signing_keys.run(now=now) == 0

    def test_there_is_nothing_to_forget_at_first(self, now: datetime) -> None:
        assert prune_openid.run(now=now) == 0
