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

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from kapi.foundation.http import services
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
        thread.join(timeout=5)


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
    thread.join(timeout=5)
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
            thread.join(timeout=5)
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
        assert time.monotonic() - began < 2

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

    def test_refuses_private_addresses_unless_they_are_allowed(self, settings: Settings) -> None:
        settings.ALLOW_PRIVATE_ADDRESSES = False
        with pytest.raises(AddressRefused, match="private"):
            get("https://localhost/")
        with pytest.raises(AddressRefused, match="scheme"):
            get("http://localhost/")
