"""Calling the outside."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import urllib3.connection
from django.conf import settings
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from kapi.foundation.http.addresses import Target, checked_addresses, read_target
from kapi.foundation.http.errors import AnswerTooLarge, CallFailed

_CHUNK = 16_384
_FAILURES = (HTTPError, http.client.HTTPException, OSError, ValueError)


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are in lower case; of a repeated header the values are joined by commas."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    timeout_s: float,
    max_bytes: int,
    allow_http: bool = False,
) -> Answer:
    """Send one request and read the whole answer, redirects included as answers.

    `timeout_s` bounds all of it: the DNS answer, connecting, the TLS handshake, sending, and reading to the last byte,
    however slowly they drip. Compressed answers are not asked for and not unpacked. http: and private addresses are
    refused unless `settings.ALLOW_PRIVATE_ADDRESSES`; `allow_http` is for answers that are signed themselves, and opens
    no private address. The connection goes to the address that was checked, so that a
    second DNS answer cannot lead elsewhere. Never call this inside a transaction.

    :raises AddressRefused: if the URL or the address behind it is not a place we call.
    :raises CallFailed: if there was no answer, with reason `name`, `connect`, `tls`, `timeout` or `protocol`.
    :raises AnswerTooLarge: if the body is longer than `max_bytes`.
    """
    private = settings.ALLOW_PRIVATE_ADDRESSES
    target = read_target(url, allow_http=private or allow_http)
    deadline = time.monotonic() + timeout_s
    addresses = checked_addresses(target, allow_private=private, timeout_s=timeout_s)
    headers = {"Host": target.authority, "Accept-Encoding": "identity", "User-Agent": "kapi", **headers}
    for address in addresses:
        try:
            sock = _connect(target, address, deadline)
        except OSError as failure:
            unreachable = CallFailed(_why_unreachable(failure))
            continue
        with contextlib.closing(_connection(target, sock, deadline)) as connection, _cut_off(sock, deadline) as cut:
            try:
                return _exchange(connection, _Request(method, target.path, headers, body), max_bytes, cut)
            except _FAILURES as failure:
                raise CallFailed(_reason(failure, cut)) from failure
    raise unreachable


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


def _exchange(
    connection: urllib3.connection.HTTPConnection, request: _Request, max_bytes: int, cut: threading.Event
) -> Answer:
    connection.request(
        request.method,
        request.path,
        body=request.body,
        headers=request.headers,
        preload_content=False,
        decode_content=False,
    )
    response = connection.getresponse()
    content = _read(response, max_bytes)
    if cut.is_set():  # an answer without a stated length ends like one that was cut off
        raise CallFailed("timeout")
    named = {name.lower(): value for name, value in response.headers.items()}  # protocol
    return Answer(response.status, named, content)


def _reason(failure: Exception, cut: threading.Event) -> str:
    if cut.is_set() or isinstance(failure, TimeoutError):
        return "timeout"
    return "tls" if isinstance(failure, ssl.SSLError) else "protocol"


def _why_unreachable(failure: OSError) -> str:
    if isinstance(failure, TimeoutError):
        return "timeout"
    return "tls" if isinstance(failure, ssl.SSLError) else "connect"


def _connect(target: Target, address: str, deadline: float) -> socket.socket:
    """Connect to an address that was checked, and shake hands in the name of the host.

    Python bounds the whole handshake by the socket's time-out, so what is left of the time is set anew before it.
    """
    sock = socket.create_connection((address, target.port), timeout=_left(deadline))
    if target.scheme == "http":
        return sock
    try:
        sock.settimeout(_left(deadline))
        return _tls().wrap_socket(sock, server_hostname=target.host)
    except (OSError, ValueError):
        sock.close()
        raise


def _left(deadline: float) -> float:
    return max(0.001, deadline - time.monotonic())


def _connection(target: Target, sock: socket.socket, deadline: float) -> urllib3.connection.HTTPConnection:
    """Speak HTTP over a socket that is connected already, and over no other."""
    connection = urllib3.connection.HTTPConnection(target.host, target.port, timeout=_left(deadline))
    connection.sock = sock
    connection.auto_open = 0
    return connection


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@contextlib.contextmanager
def _cut_off(sock: socket.socket, deadline: float) -> Iterator[threading.Event]:
    """Shut the connection down at `deadline`: socket time-outs alone start anew with every byte that drips in."""
    cut = threading.Event()

    def shut() -> None:
        cut.set()
        with contextlib.suppress(OSError):
            # Not its own method: a TLS socket would forget its TLS and let the reader see bare bytes.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), shut)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()


def _read(response: BaseHTTPResponse, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    length = 0
    for part in response.stream(_CHUNK, decode_content=False):
        length += len(part)
        if length > max_bytes:
            raise AnswerTooLarge
        parts.append(part)
    return b"".join(parts)
