"""Calls end: with an answer, or with a reason, in time."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from kapi.foundation.http import names, services
from kapi.foundation.http.errors import AddressRefused, AnswerTooLarge, CallFailed
from kapi.foundation.http.services import Answer, fetch

Say = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def _loopback_is_allowed(settings: Settings) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = True


@pytest.fixture
def stranger() -> Iterator[Callable[[Say], str]]:
    """A server of one connection whose bytes the test decides; returns its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads = []

    def start(say: Say) -> str:
        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                say(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        threads.append(thread)
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    yield start
    listener.close()
    for thread in threads:
        thread.join(timeout=30)


@dataclass
class Certified:
    """A server with a certificate for `localhost` that the test trusts; `names` are those it was asked for."""

    port: int = 0
    names: list[str | None] = field(default_factory=list)


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Certified]:
    """Answer with TLS."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    _certify(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    services._tls.cache_clear()
    facts = Certified()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _sock, name, _context: facts.names.append(name)
    listener = socket.create_server(("127.0.0.1", 0))
    facts.port = listener.getsockname()[1]

    def serve() -> None:
        for _ in range(2):
            connection, _address = listener.accept()
            with connection, contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(65_536)
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield facts
    thread.join(timeout=30)
    listener.close()
    services._tls.cache_clear()


def _certify(certificate: Path, key: Path) -> None:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    key.write_bytes(secret.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))


def get(url: str, *, timeout_s: float = 5, max_bytes: int = 1000) -> Answer:
    return fetch(method="GET", url=url, headers={}, body=None, timeout_s=timeout_s, max_bytes=max_bytes)


class TestFetch:
    def test_returns_status_headers_and_body(self, stranger: Callable[[Say], str]) -> None:
        url = stranger(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nX-Name: a\r\nContent-Length: 2\r\n\r\nhi"))
        assert get(url) == Answer(200, {"x-name": "a", "content-length": "2"}, b"hi")

    def test_sends_method_headers_and_body(self) -> None:
        heard = bytearray()
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def serve() -> None:
                connection, _ = listener.accept()
                with connection:
                    while not heard.endswith(b"token=1"):
                        heard.extend(connection.recv(65_536))
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            port = listener.getsockname()[1]
            answer = fetch(
                method="POST",
                url=f"http://localhost:{port}/a?b=c",
                headers={"Content-Type": "text/x"},
                body=b"token=1",
                timeout_s=5,
                max_bytes=10,
            )
            thread.join(timeout=30)
        assert answer.status == 204
        assert heard.startswith(b"POST /a?b=c HTTP/1.1\r\n")
        assert b"Host: localhost:%d\r\n" % port in heard
        assert b"Content-Type: text/x\r\n" in heard

    def test_does_not_follow_a_redirect(self, stranger: Callable[[Say], str]) -> None:
        url = stranger(
            lambda c: c.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        )
        assert get(url).status == 302

    def test_stops_reading_at_the_limit(self, stranger: Callable[[Say], str]) -> None:
        url = stranger(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + b"a" * 3000))
        with pytest.raises(AnswerTooLarge):
            get(url)

    def test_does_not_unpack_what_was_packed_unasked(self, stranger: Callable[[Say], str]) -> None:
        url = stranger(
            lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x00")
        )
        assert get(url).body == b"\x1f\x8b\x00"

    @pytest.mark.parametrize(
        "opening", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"]
    )
    def test_ends_in_time_however_slowly_the_bytes_drip(self, stranger: Callable[[Say], str], opening: bytes) -> None:
        def drip(connection: socket.socket) -> None:
            connection.sendall(opening)
            for _ in range(100):
                time.sleep(0.05)
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

        began = time.monotonic()
        with pytest.raises(CallFailed, match="timeout"):
            get(stranger(drip), timeout_s=0.4)
        assert time.monotonic() - began < 4

    @pytest.mark.parametrize("said", [b"", b"not http\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"])
    def test_calls_a_broken_answer_broken(self, stranger: Callable[[Say], str], said: bytes) -> None:
        with pytest.raises(CallFailed, match="protocol"):
            get(stranger(lambda c: c.sendall(said)))

    def test_says_that_nobody_is_there(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(CallFailed, match="connect"):
            get(f"http://127.0.0.1:{port}/")

    def test_says_that_there_is_no_tls(self, stranger: Callable[[Say], str]) -> None:
        url = stranger(lambda c: c.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")).replace("http:", "https:")
        with pytest.raises(CallFailed, match="tls"):
            get(url)

    def test_speaks_tls_with_the_name_in_the_address_and_with_no_other(self, certified: Certified) -> None:
        answer = get(f"https://localhost:{certified.port}/")
        assert (answer.status, answer.body) == (200, b"hi")
        assert certified.names == ["localhost"]
        with pytest.raises(CallFailed, match="tls"):
            get(f"https://127.0.0.1:{certified.port}/")

    def test_ends_in_time_when_the_handshake_drips(self) -> None:
        """The server sends the head of a handshake record, then a byte at a time."""

        def drip(listener: socket.socket) -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"\x16\x03\x03\x40\x00")
                for _ in range(100):
                    time.sleep(0.05)
                    connection.sendall(b"\x02")

        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=drip, args=(listener,), daemon=True).start()
            began = time.monotonic()
            with pytest.raises(CallFailed, match="timeout"):
                get(f"https://127.0.0.1:{listener.getsockname()[1]}/", timeout_s=0.4)
            assert time.monotonic() - began < 4

    def test_ends_in_time_when_nobody_takes_what_is_sent(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            began = time.monotonic()
            with pytest.raises(CallFailed, match="timeout"):
                fetch(
                    method="POST",
                    url=f"http://127.0.0.1:{listener.getsockname()[1]}/",
                    headers={},
                    body=b"x" * 30_000_000,
                    timeout_s=0.4,
                    max_bytes=10,
                )
            assert time.monotonic() - began < 4

    def test_refuses_private_addresses_unless_they_are_allowed(self, settings: Settings) -> None:
        settings.ALLOW_PRIVATE_ADDRESSES = False
        with pytest.raises(AddressRefused, match="private"):
            get("https://localhost/")
        with pytest.raises(AddressRefused, match="scheme"):
            get("http://localhost/")

    def test_allows_http_where_asked_to_and_no_private_address_with_it(self, settings: Settings) -> None:
        settings.ALLOW_PRIVATE_ADDRESSES = False
        with pytest.raises(AddressRefused, match="private"):
            fetch(
                method="GET",
                url="http://127.0.0.1/",
                headers={},
                body=None,
                timeout_s=5,
                max_bytes=10,
                allow_http=True,
            )


class Resolver:
    """Stands in for the system's resolver: the addresses of its answers, one after the other, each when it may."""

    def __init__(self, *answers: str) -> None:
        self.answers = [*answers]
        self.asked = 0
        self.may_answer = threading.Event()
        self._real = socket.getaddrinfo

    def __call__(self, host: str, port: int, *rest: int, **options: int) -> list[Any]:
        if options.get("flags") == socket.AI_NUMERICHOST or host == "127.0.0.1":
            return self._real(host, port, *rest, **options)
        self.asked += 1
        assert self.may_answer.wait(30)
        return self._real(self.answers.pop(0), port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Resolver]]:
    """Put a resolver in the place of the system's."""
    made: list[Resolver] = []

    def put(*answers: str) -> Resolver:
        made.append(Resolver(*answers))
        monkeypatch.setattr(socket, "getaddrinfo", made[-1])
        return made[-1]

    yield put
    for one in made:
        one.may_answer.set()


class TestNames:
    def test_are_not_waited_for_longer_than_the_caller_waits(self, resolver: Callable[..., Resolver]) -> None:
        resolver("127.0.0.1")
        began = time.monotonic()
        with pytest.raises(CallFailed, match="timeout"):
            get("http://slow.example/", timeout_s=0.3)
        assert time.monotonic() - began < 8

    def test_that_hang_do_not_pile_up_and_leave_room_when_they_end(
        self, resolver: Callable[..., Resolver], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(names, "_lookups", threading.BoundedSemaphore(2))
        hanging = resolver(*["127.0.0.1"] * 9)
        for _ in range(4):
            with pytest.raises(CallFailed, match="timeout"):
                names.look_up("slow.example", 443, 0.05)
        assert hanging.asked == 2
        hanging.may_answer.set()
        assert names.look_up("slow.example", 443, 5) == ["127.0.0.1"]

    def test_are_asked_once_so_that_a_second_answer_cannot_lead_elsewhere(
        self, resolver: Callable[..., Resolver], stranger: Callable[[Say], str]
    ) -> None:
        url = stranger(lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"))
        rebinding = resolver("127.0.0.1", "192.0.2.1")
        rebinding.may_answer.set()
        assert get(url.replace("127.0.0.1", "rebinding.example")).body == b"hi"
        assert rebinding.asked == 1

    def test_that_lead_to_a_private_address_are_refused(
        self, resolver: Callable[..., Resolver], settings: Settings
    ) -> None:
        settings.ALLOW_PRIVATE_ADDRESSES = False
        resolver("169.254.169.254").may_answer.set()
        with pytest.raises(AddressRefused, match="private"):
            get("https://rebinding.example/")

    def test_written_as_addresses_are_not_asked_for(self, resolver: Callable[..., Resolver]) -> None:
        asked = resolver("127.0.0.1")
        assert names.look_up("127.1", 80, 1) == ["127.0.0.1"]
        assert names.look_up("::1", 80, 1) == ["::1"]
        assert asked.asked == 0
