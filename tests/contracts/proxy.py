"""A real nginx with the operators' own configuration, and authorities that make certificates for it and its callers."""

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.commands.test_work import wait_for

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "operator.md").read_text()
# What the guide tells operators to install, and as what.
_INSTALLED = re.findall(r"install -m 644 (deploy/nginx\S*) /etc/nginx/conf\.d/(\S+\.conf)", GUIDE)
SITES = ("kapi.example", "giris.kapi.example", "api.kapi.example", "mtls.giris.kapi.example", "mtls.api.kapi.example")
# In the foreground, without rights, with nothing outside of its folder.
_AROUND = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/log/start.log;
events {{ }}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxied; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/conf.d/*.conf;
}}
"""


@dataclass(frozen=True)
class Shown:
    """A certificate and its key in one file, as a program shows it."""

    file: Path
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        """Return the certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM).decode()


class Authority:
    """Makes certificates."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name}.pem"
        made = _builder(self._name, self._name, self._key)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.file.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def issue(self, *names: str, ends_in: timedelta = timedelta(days=1), is_for_servers: bool = False) -> Shown:
        """Make a certificate with these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _builder(_subject(names[0]), self._name, key, ends_in)
        return self._write(made, names, key, self._key, is_for_servers)

    def issue_self_signed(self, *names: str, ends_in: timedelta = timedelta(days=1)) -> Shown:
        """Make one for which nobody vouches."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._write(_builder(_subject(names[0]), _subject(names[0]), key, ends_in), names, key, key)

    def _write(
        self, made: x509.CertificateBuilder, names: tuple[str, ...], key: Any, signer: Any, is_for_servers: bool = False
    ) -> Shown:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        if is_for_servers:
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        certificate = made.sign(signer, hashes.SHA256())
        file = self._folder / f"{certificate.serial_number:x}.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
        return Shown(file, certificate)


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, ends_in: timedelta = timedelta(days=1)
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(now - timedelta(days=2)).not_valid_after(now + ends_in)


@dataclass(frozen=True)
class Answer:
    """What came back: JSON, else the headers."""

    status: int
    body: Any


class Proxy:
    """nginx as operators set it up, but for the folder, the ports and the one gateway behind it."""

    def __init__(self, folder: Path, gateway: int, programs: Authority) -> None:
        self._folder, self._own = folder, Authority(folder, "server")
        for name in ("log", "ssl", "conf.d"):
            (folder / name).mkdir()
        shown = self._own.issue(*SITES)
        for name in ("fullchain", "privkey"):
            shutil.copyfile(shown.file, folder / "ssl" / f"{name}.pem")
        shutil.copyfile(programs.file, folder / "ssl" / "authorities.pem")
        # The sockets are bound here and handed over, so that nobody else can take the ports in between.
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        plain, self._port = (each.getsockname()[1] for each in sockets)
        for source, name in _INSTALLED:
            text = _placed((ROOT / source).read_text(), folder, plain, self._port, gateway)
            (folder / "conf.d" / name).write_text(text)
        (folder / "whole.conf").write_text(_AROUND.format(folder=folder))
        self._process = subprocess.Popen(
            [program(), "-p", str(folder), "-c", str(folder / "whole.conf"), "-e", str(folder / "log" / "start.log")],
            env={"NGINX": "".join(f"{each.fileno()};" for each in sockets)},
            pass_fds=[each.fileno() for each in sockets],
        )
        for each in sockets:
            each.close()

    def start(self) -> None:
        """Wait until it and the gateway answer."""
        wait_for(self._answers)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(20)

    def ask(
        self,
        site: str,
        path: str,
        form: dict[str, str] | None = None,
        *,
        shown: Shown | None = None,
        host: str = "",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        """Send a request to a name of ours over a connection made with a certificate, or with none.

        `host` names another site in the request than in the connection.
        """
        with urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            self._port,
            server_hostname=site,
            assert_hostname=site,
            ca_certs=str(self._own.file),
            cert_file=str(shown.file) if shown else None,
            retries=False,
            timeout=30,
        ) as pool:
            sent = {"Host": host or site, **headers}
            body = urlencode(form) if form else None
            if body:
                sent["Content-Type"] = "application/x-www-form-urlencoded"
            answer = pool.request("POST" if form else "GET", path, body=body, headers=sent, redirect=False)
        is_json = "json" in answer.headers.get("Content-Type", "")
        return Answer(answer.status, answer.json() if is_json else answer.headers)

    def session_is_resumed(self, site: str, shown: Shown) -> bool:
        """Make two connections, the second with the session of the first."""
        context = ssl.create_default_context(cafile=str(self._own.file))
        context.load_cert_chain(shown.file)
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # in which the session is there with the handshake
        session = None
        for _ in range(2):
            with (
                socket.create_connection(("127.0.0.1", self._port), timeout=30) as plain,
                context.wrap_socket(plain, server_hostname=site, session=session) as connection,
            ):
                session, is_resumed = connection.session, connection.session_reused
        return bool(is_resumed)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log" / "start.log").read_text()
        try:
            return self.ask("giris.kapi.example", "/oidc/jwks").status == 200
        except urllib3.exceptions.HTTPError:
            return False


@contextmanager
def serving(folder: Path, gateway: int, programs: Authority) -> Iterator[Proxy]:
    """Let it run for a while."""
    proxy = Proxy(folder, gateway, programs)
    try:
        proxy.start()
        yield proxy
    finally:
        proxy.stop()


def program() -> str:
    """Return nginx's path; without it the test is skipped, but never where CI installs it."""
    found = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None:
        assert os.environ.get("CI") != "true", "nginx is not installed; .ci/install does it"
        pytest.skip("no nginx is installed")
    return found


def _placed(text: str, folder: Path, plain: int, secure: int, gateway: int) -> str:
    """Return operators' configuration with this test's folder and ports, and no word changed besides."""
    lines = [line for line in text.splitlines() if "listen [::]" not in line and "server 127.0.0.1:8002" not in line]
    text = "\n".join(lines)
    for placeholder, value in (
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("listen 443", f"listen 127.0.0.1:{secure}"),
        ("/etc/ssl/kapi/", f"{folder}/ssl/"),
        ("/var/log/nginx/", f"{folder}/log/"),
        ("server 127.0.0.1:8001", f"server 127.0.0.1:{gateway}"),
    ):
        text = text.replace(placeholder, value)
    return text
