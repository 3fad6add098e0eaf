"""An issuer of certificates for tests: cards, good and bad in every way; what it says about revocation.

Keys are made anew in each run and kept nowhere.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from kapi.contexts.identity.values import CertificateUse, TrustedIssuer
from kapi.foundation.cades import SigningKey, sign

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2028, 1, 1, tzinfo=UTC)
POLICY = "2.16.792.0.0.1"
OCSP_URL = "http://ocsp.issuer.example/"
CRL_URL = "http://crl.issuer.example/all.crl"


def make_key() -> ec.EllipticCurvePrivateKey:
    """Make a key of the kind that cards hold."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    """Make an RSA key, once for each size: it takes long."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def named(common_name: str, serial_number: str | None = None) -> x509.Name:
    """Make a name."""
    pairs = [x509.NameAttribute(NameOID.COUNTRY_NAME, "TR"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if serial_number is not None:
        pairs.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial_number))
    return x509.Name(pairs)


def usage(*names: str) -> x509.KeyUsage:
    """Make a key usage with these and no others."""
    known = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in names for name in known})


@dataclass
class Card:
    """A certificate and its key, as a card holds them."""

    certificate: x509.Certificate
    key: SigningKey
    others: tuple[x509.Certificate, ...] = ()

    def sign(self, data: bytes, *, is_attached: bool = False) -> bytes:
        """Sign as a program would do it that the holder has started."""
        return sign(data, certificate=self.certificate, key=self.key, others=self.others, is_attached=is_attached)


@dataclass
class Issuer:
    """An issuer with its own certificate, and what it has revoked so far."""

    name: str = "Örnek ESHS"
    key: SigningKey = field(default_factory=make_key)
    above: "Issuer | None" = None
    start: datetime = START
    end: datetime = END

    def __post_init__(self) -> None:
        self.revoked: list[x509.Certificate] = []
        signer = self.above or self
        builder = _builder(named(self.name), named(signer.name), self.key, self.start, self.end)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(usage("key_cert_sign", "crl_sign"), critical=True)
        builder = builder.add_extension(_policies([POLICY]), critical=False)
        builder = builder.add_extension(_crl_points(), critical=False)
        self.certificate = _with_ids(builder, self.key, signer.key).sign(signer.key, SHA256())

    def trusted(self, use: CertificateUse = CertificateUse.E_SIGNATURE, policy: str = POLICY) -> TrustedIssuer:
        """Return its line on a trust list."""
        der = self.certificate.public_bytes(Encoding.DER)
        return TrustedIssuer(name=self.name, certificate=der, use=use, policies=frozenset({policy}))

    def card(
        self,
        serial_number: str | None = "10000000146",
        *,
        key: SigningKey | None = None,
        start: datetime = START,
        end: datetime = END,
        usages: tuple[str, ...] = ("digital_signature", "content_commitment"),
        policy: str = POLICY,
        is_issuer: bool = False,
        ocsp_url: str = OCSP_URL,
        crl_url: str = CRL_URL,
    ) -> Card:
        """Make out a card to the holder of a number."""
        own = key or make_key()
        builder = _builder(named("Deniz Yılmaz", serial_number), named(self.name), own, start, end)
        builder = builder.add_extension(x509.BasicConstraints(ca=is_issuer, path_length=None), critical=True)
        builder = builder.add_extension(usage(*usages), critical=True)
        builder = builder.add_extension(_policies([policy]), critical=False)
        if crl_url:
            builder = builder.add_extension(_crl_points(crl_url), critical=False)
        if ocsp_url:
            access = x509.AccessDescription(
                AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp_url)
            )
            builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        certificate = _with_ids(builder, own, self.key).sign(self.key, SHA256())
        others = (self.certificate,) if self.above else ()
        return Card(certificate, own, others)

    def revoke(self, card: Card) -> None:
        """Say from now on that a card is good no more."""
        self.revoked.append(card.certificate)

    def crl(self, *, now: datetime, days: int = 1) -> bytes:
        """Answer the list of what is revoked."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(named(self.name))
        builder = builder.last_update(now - timedelta(hours=1)).next_update(now + timedelta(days=days))
        builder = builder.add_extension(x509.CRLNumber(1), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        for certificate in self.revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(now - timedelta(hours=2)).build())
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.DER)

    def ocsp(self, request: bytes, *, now: datetime, responder: Card | None = None) -> bytes:
        """Answer a question about one certificate, oneself or by a responder of one's own."""
        asked = ocsp.load_der_ocsp_request(request)
        is_revoked = asked.serial_number in {each.serial_number for each in self.revoked}
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if is_revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=now - timedelta(minutes=1),
            next_update=now + timedelta(hours=1),
            revocation_time=now - timedelta(hours=2) if is_revoked else None,
            revocation_reason=None,
        )
        signer = responder or Card(self.certificate, self.key)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        builder = builder.certificates([signer.certificate])
        return builder.sign(signer.key, SHA256()).public_bytes(Encoding.DER)

    def responder(self) -> Card:
        """Make out a certificate to a responder that may speak in the issuer's name."""
        own = make_key()
        builder = _builder(named("OCSP"), named(self.name), own, START, END)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
        builder = builder.add_extension(usage("digital_signature"), critical=True)
        return Card(_with_ids(builder, own, self.key).sign(self.key, SHA256()), own)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: SigningKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)


def _with_ids(builder: x509.CertificateBuilder, key: SigningKey, signer: SigningKey) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return builder.add_extension(above, critical=False)


def _policies(oids: list[str]) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in oids])


def _crl_points(url: str = CRL_URL) -> x509.CRLDistributionPoints:
    names: list[Any] = [x509.UniformResourceIdentifier(url)]
    return x509.CRLDistributionPoints([x509.DistributionPoint(names, None, None, None)])


@dataclass
class Responder:
    """An issuer's server: answers questions at /ocsp and gives the list at /crl, as long as it is up."""

    issuer: Issuer
    now: datetime
    base: str = ""
    is_up: bool = True
    is_doubled: bool = False  # whether it says everything twice in one answer
    asked: list[str] = field(default_factory=list)

    def card(self, serial_number: str | None = "10000000146", **more: Any) -> Card:
        """Make out a card that leads here."""
        return self.issuer.card(serial_number, ocsp_url=f"{self.base}/ocsp", crl_url=f"{self.base}/crl", **more)

    def answer(self, path: str, body: bytes) -> bytes:
        """Answer, whichever way it is asked."""
        self.asked.append(path)
        if path != "/ocsp":
            return self.issuer.crl(now=self.now)
        said = self.issuer.ocsp(body, now=self.now)
        return _doubled(said) if self.is_doubled else said


def _doubled(said: bytes) -> bytes:
    asn1: Any = import_module("asn1crypto.ocsp")
    response = asn1.OCSPResponse.load(said)
    basic = response["response_bytes"]["response"].parsed
    answers = basic["tbs_response_data"]["responses"]
    answers.append(answers[0].copy())
    response["response_bytes"]["response"] = asn1.ParsableOctetString(basic.dump(force=True))
    return bytes(response.dump(force=True))


@contextmanager
def serve(responder: Responder) -> Iterator[Responder]:
    """Let the issuer's server run for a while, on a port that is free."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = responder.answer(self.path, body) if responder.is_up else b""
            self.send_response(200 if responder.is_up else 503)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    responder.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield responder
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
