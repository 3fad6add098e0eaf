"""Reading and checking what the holder of a certificate has signed: CMS (RFC 5652) with the attributes of CAdES.

One function per requirement, in a table. `asn1crypto` reads the bytes, `cryptography` verifies. Whose certificate it is
and whether its issuer is trusted is for `certificates` to say.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import cms, tsp, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kapi.contexts.identity.errors import CertificateRefused
from kapi.contexts.identity.values import CertificateFault

# A signature with the certificates of its path has about 8,000 bytes; in base64, a third more.
MOST_BYTES: Final = 65_536
MOST_CERTIFICATES: Final = 10
HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
SMALLEST_RSA_KEY: Final = 2048
LARGEST_RSA_KEY: Final = 8192  # what is larger costs seconds to verify
CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})
# What reading bytes that are not what they should be ends in, in `asn1crypto` and `cryptography`.
UNREADABLE: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError)
_PEM = re.compile(rb"\s*-----BEGIN (PKCS7|CMS|PKCS #7 SIGNED DATA)-----([^-]*)-----END \1-----\s*")


@dataclass(frozen=True)
class Signed:
    """A signature, read but not believed.

    `statement` is what should have been signed. `attributes` are the signed ones by name, each with all its values.
    """

    statement: bytes
    signer: cms.SignerInfo
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    content_type: str
    content: bytes | None
    attributes: tuple[tuple[str, tuple[Any, ...]], ...]

    def attribute(self, name: str) -> Any:
        """Return the one value of an attribute that must come once.

        :raises CertificateRefused: if it is missing or comes more often.
        """
        values = [value for known, all_values in self.attributes if known == name for value in all_values]
        if len(values) != 1:
            raise CertificateRefused(CertificateFault.ATTRIBUTES)
        return values[0]

    @property
    def digest_name(self) -> str:
        """The hash that the signer says the statement was digested with."""
        return str(self.signer["digest_algorithm"]["algorithm"].native)


def check_signature(sent: bytes, statement: bytes) -> Signed:
    """Read what was sent, in DER, PEM or base64, and hold it against every requirement.

    :raises CertificateRefused: if it is no signature over exactly this statement, made as we demand.
    """
    try:
        signed = _read(sent, statement)
        for requirement in REQUIREMENTS:
            requirement(signed)
    except UNREADABLE:
        raise CertificateRefused(CertificateFault.MALFORMED) from None
    return signed


def content_is_the_statement(signed: Signed) -> None:
    """What comes along as signed (RFC 5652, 5.2), if anything does, is the statement byte for byte."""
    _require(signed.content_type == "data", CertificateFault.CONTENT)
    _require(signed.content is None or hmac.compare_digest(signed.content, signed.statement), CertificateFault.CONTENT)


def content_type_is_signed(signed: Signed) -> None:
    """RFC 5652, 11.1: the content type is among what is signed, and says the same."""
    _require(signed.attribute("content_type").native == signed.content_type, CertificateFault.ATTRIBUTES)


def digest_is_trusted(signed: Signed) -> None:
    """SHA-256 or one of its larger sisters."""
    _require(signed.digest_name in HASHES, CertificateFault.ALGORITHM)


def statement_is_what_was_signed(signed: Signed) -> None:
    """RFC 5652, 11.2: the digest among what is signed is our statement's."""
    digest = hashlib.new(signed.digest_name, signed.statement).digest()
    _require(hmac.compare_digest(signed.attribute("message_digest").native, digest), CertificateFault.CONTENT)


def signer_names_the_certificate(signed: Signed) -> None:
    """RFC 5035, 5.4.1: the certificate's own hash is signed, so that another one with the same key is no substitute."""
    named = tsp.SigningCertificateV2.load(signed.attribute("signing_certificate_v2").dump())["certs"][0]
    name = named["hash_algorithm"]["algorithm"].native
    _require(name in HASHES, CertificateFault.ALGORITHM)
    digest = hashlib.new(name, signed.certificate.dump()).digest()
    _require(hmac.compare_digest(named["cert_hash"].native, digest), CertificateFault.SIGNER)


def key_is_trusted(signed: Signed) -> None:
    """RSA of 2,048 bits or more, or one of the curves of FIPS 186."""
    key = load_der_public_key(signed.certificate.public_key.dump())
    if isinstance(key, rsa.RSAPublicKey):
        _require(SMALLEST_RSA_KEY <= key.key_size <= LARGEST_RSA_KEY, CertificateFault.ALGORITHM)
    else:
        is_good = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES
        _require(is_good, CertificateFault.ALGORITHM)


def signature_is_the_holders(signed: Signed) -> None:
    """RFC 5652, 5.6: the certificate's key has signed the attributes, by an algorithm that fits their digest's."""
    algorithm = signed.signer["signature_algorithm"]
    kind, key = algorithm.signature_algo, load_der_public_key(signed.certificate.public_key.dump())
    name = _hash_of(algorithm) or signed.digest_name
    _require(name == signed.digest_name, CertificateFault.ALGORITHM)
    data, signature = signed.signer["signed_attrs"].untag().dump(), signed.signer["signature"].native
    try:
        if kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(HASHES[name]))
        elif kind == "rsassa_pkcs1v15" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), HASHES[name])
        elif kind == "rsassa_pss" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, _pss(algorithm["parameters"], name), HASHES[name])
        else:
            raise CertificateRefused(CertificateFault.ALGORITHM)
    except (InvalidSignature, UnsupportedAlgorithm):
        raise CertificateRefused(CertificateFault.SIGNATURE) from None


Requirement = Callable[[Signed], None]
REQUIREMENTS: Final[tuple[Requirement, ...]] = (
    digest_is_trusted,
    content_is_the_statement,
    content_type_is_signed,
    statement_is_what_was_signed,
    signer_names_the_certificate,
    key_is_trusted,
    signature_is_the_holders,
)


def _read(sent: bytes, statement: bytes) -> Signed:
    if len(sent) > MOST_BYTES:
        raise CertificateRefused(CertificateFault.TOO_LARGE)
    outer = cms.ContentInfo.load(_der_of(sent), strict=True)
    _require(outer["content_type"].native == "signed_data", CertificateFault.MALFORMED)
    data = outer["content"]
    _require(len(data["signer_infos"]) == 1, CertificateFault.MALFORMED)
    signer = data["signer_infos"][0]
    certificates = [each.chosen for each in data["certificates"] if each.name == "certificate"]
    _require(len(certificates) <= MOST_CERTIFICATES, CertificateFault.TOO_LARGE)
    own = _certificate_of(signer["sid"], certificates)
    content = data["encap_content_info"]["content"]
    return Signed(
        statement=statement,
        signer=signer,
        certificate=own,
        others=tuple(each for each in certificates if each is not own),
        content_type=str(data["encap_content_info"]["content_type"].native),
        content=content.native if content.native is not None else None,
        attributes=tuple(_attributes(signer["signed_attrs"])),
    )


def _der_of(sent: bytes) -> bytes:
    """Take off PEM's armour or bare base64. What DER begins with is the digit 0, with which no base64 of it begins."""
    if sent[:1] == b"\x30":
        return sent
    armoured = _PEM.fullmatch(sent)
    try:
        return base64.b64decode(b"".join((armoured[2] if armoured else sent).split()), validate=True)
    except binascii.Error:
        raise CertificateRefused(CertificateFault.MALFORMED) from None


def _certificate_of(sid: Any, certificates: Iterable[x509.Certificate]) -> x509.Certificate:
    """Return the certificate that the signer names (RFC 5652, 5.3), which must be among those that came along."""
    if sid.name == "issuer_and_serial_number":
        wanted = sid.chosen
        found = (
            each
            for each in certificates
            if each.serial_number == wanted["serial_number"].native and each.issuer == wanted["issuer"]
        )
    else:
        found = (each for each in certificates if each.key_identifier == sid.chosen.native)
    certificate = next(found, None)
    if certificate is None:
        raise CertificateRefused(CertificateFault.SIGNER)
    return certificate


def _attributes(attributes: Any) -> Iterable[tuple[str, tuple[Any, ...]]]:
    for attribute in attributes:
        yield str(attribute["type"].native), tuple(attribute["values"])


def _hash_of(algorithm: Any) -> str:
    """Return the hash that the algorithm names; empty where it leaves that to the digest, as plain RSA does."""
    try:
        return str(algorithm.hash_algo)
    except ValueError:
        return ""


def _pss(parameters: Any, name: str) -> padding.PSS:
    mask = parameters["mask_gen_algorithm"]
    _require(mask["algorithm"].native == "mgf1", CertificateFault.ALGORITHM)
    _require(mask["parameters"]["algorithm"].native == name, CertificateFault.ALGORITHM)
    return padding.PSS(padding.MGF1(HASHES[name]), parameters["salt_length"].native)


def _require(is_fulfilled: bool, fault: CertificateFault) -> None:
    if not is_fulfilled:
        raise CertificateRefused(fault)
