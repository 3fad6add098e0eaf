"""Signing out: how long the citizen waits, how soon institutions know, and what the ledger says of those that do not.

One citizen has eight sessions and has visited 50 institutions' programs in each: 25 that live, 10 that are dead (nobody
listens), 10 that keep silent for 30 s, 5 that answer 500. Four sessions are ended one at a time, then four in one go as
by "sign out everywhere". The notices go over HTTP, at the rhythm of a real worker. Time counts from the sign-out.
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.conf import settings
from django.db import close_old_connections, connection
from django.test import override_settings
from django.utils import timezone
from joserfc.jwk import ECKey

from bench.figures import Figure, percentile
from bench.openid import PASSWORD, bring_code, knock, register, sign_in
from bench.scratch import scratch_database
from kapi.contexts.identity import services as identity
from kapi.contexts.identity.values import EndReason, SignedIn
from kapi.contexts.openid.selectors.logout import logout_deliveries
from kapi.contexts.openid.values.logout import DeliveryRecord, DeliveryState
from kapi.jobs import deliver_outbox, send_logout_notices

CLIENTS = {"living": 25, "dead": 10, "slow": 10, "failing": 5}
SLOW_S = 30.0
LIMIT_S = 5.0  # within which the institutions that live are to know
PATIENCE_S = 120.0
# What the ledger says once each notice has been tried.
EXPECTED = {
    "living": (DeliveryState.CONFIRMED, ""),
    "dead": (DeliveryState.WAITING, "call_failed connect"),
    "slow": (DeliveryState.WAITING, "call_failed timeout"),
    "failing": (DeliveryState.WAITING, "http 500"),
}


def run(*, quick: bool) -> list[Figure]:
    """Measure; `quick` takes fewer sessions."""
    with scratch_database(), override_settings(ALLOW_PRIVATE_ADDRESSES=True), _institutions() as place:
        key, first = ECKey.generate_key("P-256", {"kid": "bench"}), sign_in()
        clients = {register(key, address): kind for kind, address in place.addresses()}
        one_by_one, at_once = (2, 2) if quick else (4, 4)
        sessions = [first, *(knock(PASSWORD).signed_in for _ in range(one_by_one + at_once - 1))]
        for session in sessions:
            for client_id in clients:
                bring_code(client_id, session)
        waited_s: list[float] = []
        with _worker():
            told_s = [at for session in sessions[:one_by_one] for at in _told_after([session], waited_s, place)]
            everywhere_s = _told_after(sessions[one_by_one:], waited_s, place)
            ledger = _ledger_once_tried(len(sessions) * len(clients))
    return list(_figures(waited_s, told_s, everywhere_s, [(line, clients[line.client_id]) for line in ledger]))


def _told_after(sessions: Sequence[SignedIn], waited_s: list[float], place: "_Place") -> list[float]:
    """End the sessions; return after how many seconds from the first one each living institution was told of each."""
    place.heard_at.clear()
    began, living = time.monotonic(), CLIENTS["living"] * len(sessions)
    for session in sessions:
        asked = time.monotonic()
        identity.end_session(
            session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=session.actor, now=timezone.now()
        )
        waited_s.append(time.monotonic() - asked)
    while len(place.heard_at) < living and time.monotonic() < began + PATIENCE_S:
        time.sleep(0.01)
    missing = [PATIENCE_S] * (living - len(place.heard_at))
    return [at - began for at in place.heard_at] + missing


def _figures(
    waited_s: list[float], told_s: list[float], everywhere_s: list[float], ledger: list[tuple[DeliveryRecord, str]]
) -> Iterator[Figure]:
    mix = ", ".join(f"{count} {kind}" for kind, count in CLIENTS.items())
    note = "nobody is called before the page answers"
    yield _within("signing out, for the person, the longest", max(waited_s), note, limit_s=1.0)
    count = f"{connection.vendor}; {len(told_s)} notices to living ones, one session at a time at {mix} clients"
    yield _within("living ones told, p99", percentile(told_s, 0.99), count)
    count = f"{len(everywhere_s)} notices to living ones, of {len(everywhere_s) // CLIENTS['living']} sessions at once"
    yield _within("living ones told, p99, signing out everywhere", percentile(everywhere_s, 0.99), count)
    right = Counter(kind for line, kind in ledger if (line.state, line.last_error) == EXPECTED[kind])
    expected = {kind: count * len(waited_s) for kind, count in CLIENTS.items()}
    note = ", ".join(f"{kind}: {right[kind]} of {expected[kind]}" for kind in CLIENTS)
    total, peer = sum(expected.values()), "lines in the ledger"
    yield Figure("ledger lines that say what was", right.total(), "", peer, total, right.total() / total, note)


def _ledger_once_tried(count: int) -> list[DeliveryRecord]:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        ledger = logout_deliveries(limit=count + 1)
        tried = sum(line.attempts > 0 for line in ledger)
        if tried == count or time.monotonic() > deadline:
            return ledger
        time.sleep(0.1)


def _within(name: str, value: float, note: str, *, limit_s: float = LIMIT_S) -> Figure:
    return Figure(name, round(value, 3), "s", "the limit we set", limit_s, round(value / limit_s, 3), note)


@dataclass
class _Place:
    """Where they listen: `base`; `dead` is an address where nobody does. `heard_at`: when living ones were told."""

    base: str = ""
    dead: str = ""
    heard_at: list[float] = field(default_factory=list)

    def addresses(self) -> Iterator[tuple[str, str]]:
        """Return kind and address of each, the kinds in turn, as they come in life."""
        left = dict(CLIENTS)
        while left:
            for kind in list(left):
                yield kind, f"{self.dead if kind == 'dead' else self.base}/{kind}/{left[kind]}"
                left[kind] -= 1
                if not left[kind]:
                    del left[kind]


@contextmanager
def _institutions() -> Iterator[_Place]:
    place, over = _Place(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith("/slow/"):
                over.wait(SLOW_S)
            elif self.path.startswith("/living/"):
                place.heard_at.append(time.monotonic())
            self.send_response(500 if self.path.startswith("/failing/") else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # with Python's 5 a burst of connections waits for TCP to try again
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing of those who have hung up."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place.dead = f"http://127.0.0.1:{listener.getsockname()[1]}"
    place.base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield place
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _worker() -> Iterator[None]:
    """Run the two jobs as `kapi work` does: each in a thread of its own, with the pauses of the schedule."""
    stop = threading.Event()

    def repeat(job: Callable[..., int], every_s: float) -> None:
        while not stop.is_set():
            job(now=timezone.now())
            stop.wait(every_s)
        close_old_connections()
        connection.close()

    jobs: Sequence[tuple[Callable[..., int], str]] = (
        (deliver_outbox.run, "kapi.jobs.deliver_outbox.run"),
        (send_logout_notices.run, "kapi.jobs.send_logout_notices.run"),
    )
    threads = [threading.Thread(target=repeat, args=(job, settings.JOB_SCHEDULE[path])) for job, path in jobs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
