"""The demo's own issuer of certificates, and the cards of the demo's people: made at set-up, trusted by the demo alone.

Everything lies in the folder `demo-issuer` of the demo's data: the trust list, the issuer's key, its list of revoked
cards, each card as a PKCS#12 file that opens with the demo's PIN, and what its telephones do.
"""

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from kapi.contexts.identity.values import CertificateUse

PIN = "123456"
# From the arc that RFC 5612 sets aside for examples: no issuer has them.
POLICIES = {
    CertificateUse.E_SIGNATURE: "1.3.6.1.4.1.32473.1",
    CertificateUse.IDENTITY_CARD: "1.3.6.1.4.1.32473.2",
    CertificateUse.MOBILE_SIGNATURE: "1.3.6.1.4.1.32473.3",
}
_USAGE = {
    CertificateUse.E_SIGNATURE: ("digital_signature", "content_commitment"),
    CertificateUse.IDENTITY_CARD: ("digital_signature",),
    CertificateUse.MOBILE_SIGNATURE: ("digital_signature", "content_commitment"),
}
_NAME = x509.Name(
    [x509.NameAttribute(NameOID.COUNTRY_NAME, "TR"), x509.NameAttribute(NameOID.COMMON_NAME, "Kapı demo ESHS")]
)
# Which telephone does what, and as whom it signs. Real numbers do not begin so.
TELEPHONES = (
    ("905000000001", "signs", "10000000146"),
    ("905000000002", "refuses", "10000000146"),
    ("905000000003", "silent", "10000000146"),
    ("905000000004", "another", "10000000214"),
    ("905000000005", "down", "10000000146"),
    ("905000000006", "signs", "99000000110"),
)
_YEARS = timedelta(days=3650)
_LIST_IS_GOOD_FOR = timedelta(days=90)


def ensure_issuer(folder: Path, *, url: str, holders: Iterable[tuple[str, str]], now: datetime) -> None:
    """Make the issuer and the cards of the holders (number, name) where they are missing, and today's list.

    `url` is where its list of revoked cards is fetched; where it has moved, everything is made anew.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark, key_file = folder / "url.txt", folder / "issuer.key"
    if not mark.exists() or mark.read_text() != url:
        for old in (*folder.glob("*.p12"), key_file):
            old.unlink(missing_ok=True)
        _make_issuer(folder, now)
        mark.write_text(url)
    key: Any = load_pem_private_key(key_file.read_bytes(), None)
    for number, name in holders:
        for use in CertificateUse:
            path = card_of(folder, number, use)
            if not path.exists():
                path.write_bytes(_card(key, (number, name), use, url=url, now=now))
    (folder / "revoked.crl").write_bytes(_list(key, now))
    rows = [",".join(row) for row in (("number", "does", "signs_as"), *TELEPHONES)]
    (folder / "subscribers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def card_of(folder: Path, number: str, use: CertificateUse) -> Path:
    """Return where a holder's card lies."""
    return folder / f"{number}-{use}.p12"


def _make_issuer(folder: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(folder / "issuer.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    builder = _builder(_NAME, key, now).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    (folder / "issuer.pem").write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    lines = (
        f'[[issuer]]\ncertificate = "issuer.pem"\nvouches_for = "{use}"\npolicies = ["{policy}"]\n'
        for use, policy in POLICIES.items()
    )
    (folder / "trust.toml").write_text("\n".join(lines), encoding="utf-8")


def _card(
    issuer: ec.EllipticCurvePrivateKey, holder: tuple[str, str], use: CertificateUse, *, url: str, now: datetime
) -> bytes:
    number, name = holder
    key = ec.generate_private_key(ec.SECP256R1())
    pairs = {NameOID.COUNTRY_NAME: "TR", NameOID.COMMON_NAME: name, NameOID.SERIAL_NUMBER: number}
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs.items()])
    policy = x509.PolicyInformation(x509.ObjectIdentifier(POLICIES[use]), None)
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
    builder = _builder(subject, key, now).add_extension(_usage(*_USAGE[use]), critical=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.CertificatePolicies([policy]), critical=False)
    builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False
    )
    certificate = builder.sign(issuer, SHA256())
    # A telephone of the demo asks nobody for a PIN.
    is_telephone = use is CertificateUse.MOBILE_SIGNATURE
    lock = NoEncryption() if is_telephone else BestAvailableEncryption(PIN.encode())
    return pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, None, lock)


def _builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(_NAME).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.not_valid_after(now + _YEARS).add_extension(identifier, critical=False)


def _usage(*names: str) -> x509.KeyUsage:
    known = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in names for name in known})


def _list(key: ec.EllipticCurvePrivateKey, now: datetime) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(_NAME)
    builder = builder.last_update(now - timedelta(minutes=5)).next_update(now + _LIST_IS_GOOD_FOR)
    builder = builder.add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)
