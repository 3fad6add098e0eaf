"""Signatures: what is accepted, and each way in which one is not what it should be."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from asn1crypto import algos, cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.identity.errors import CertificateRefused
from kapi.contexts.identity.rules import signatures
from kapi.contexts.identity.rules.signatures import MOST_BYTES, check_signature
from kapi.contexts.identity.values import CertificateFault
from kapi.foundation import cades
from tests.certificates import Card, Issuer, make_key, rsa_key

STATEMENT = b"I am signing in.\r\n"
ISSUER = Issuer()
CARD = ISSUER.card()


def fault_of(sent: bytes, statement: bytes = STATEMENT) -> CertificateFault | None:
    """Return why a signature is refused, None if it is not."""
    try:
        check_signature(sent, statement)
    except CertificateRefused as refusal:
        return refusal.fault
    return None


def pem(der: bytes, label: str = "PKCS7") -> bytes:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


def put_together(
    card: Card = CARD,
    *,
    change: Callable[[list[Any]], list[Any]] = lambda attributes: attributes,
    content: bytes | None = None,
    algorithm: str = "sha256_ecdsa",
    alter: Callable[[Any], None] = lambda _signer: None,
) -> bytes:
    """Sign with other attributes than those that are right; `alter` changes the signer after it was signed."""
    own = asn1_x509.Certificate.load(card.certificate.public_bytes(Encoding.DER))
    attributes = cms.CMSAttributes(change(list(cades.signed_attributes(STATEMENT, own))))
    assert isinstance(card.key, ec.EllipticCurvePrivateKey)
    signature = card.key.sign(attributes.dump(), ec.ECDSA(SHA256()))
    der = cades.signed_data(
        content, own=own, others=(), attributes=attributes, algorithm=algorithm, signature=signature
    )
    outer = cms.ContentInfo.load(der)
    alter(outer["content"]["signer_infos"][0])
    return outer.dump(force=True)


class TestCheckSignature:
    @pytest.mark.parametrize("is_attached", [True, False])
    @pytest.mark.parametrize("sent_as", [bytes, pem, lambda der: pem(der, "CMS"), base64.b64encode, base64.encodebytes])
    def test_takes_it_with_and_without_the_statement_in_each_form(
        self, sent_as: Callable[[bytes], bytes], *, is_attached: bool
    ) -> None:
        signed = check_signature(sent_as(CARD.sign(STATEMENT, is_attached=is_attached)), STATEMENT)
        assert signed.certificate.serial_number == CARD.certificate.serial_number

    def test_takes_rsa_keys_too(self) -> None:
        assert fault_of(ISSUER.card(key=rsa_key(2048)).sign(STATEMENT)) is None

    def test_takes_rsa_pss(self) -> None:
        card = ISSUER.card(key=rsa_key(2048))
        own = asn1_x509.Certificate.load(card.certificate.public_bytes(Encoding.DER))
        attributes = cades.signed_attributes(STATEMENT, own)
        assert isinstance(card.key, rsa.RSAPrivateKey)
        signature = card.key.sign(attributes.dump(), padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
        der = cades.signed_data(
            None, own=own, others=(), attributes=attributes, algorithm="rsassa_pss", signature=signature
        )
        outer = cms.ContentInfo.load(der)
        mask = {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}}
        parameters = {"hash_algorithm": {"algorithm": "sha256"}, "mask_gen_algorithm": mask, "salt_length": 32}
        outer["content"]["signer_infos"][0]["signature_algorithm"] = algos.SignedDigestAlgorithm(
            {"algorithm": "rsassa_pss", "parameters": parameters}
        )
        assert fault_of(outer.dump(force=True)) is None

    @pytest.mark.parametrize("is_attached", [True, False])
    def test_refuses_one_over_another_statement(self, *, is_attached: bool) -> None:
        assert fault_of(CARD.sign(b"Another one.\r\n", is_attached=is_attached)) is CertificateFault.CONTENT

    def test_refuses_the_statement_within_something_longer(self) -> None:
        assert fault_of(CARD.sign(STATEMENT + b" ", is_attached=True)) is CertificateFault.CONTENT

    def test_refuses_other_content_beside_the_right_digest(self) -> None:
        assert fault_of(put_together(content=b"I sell my house.\r\n")) is CertificateFault.CONTENT

    def test_refuses_what_hangs_on_behind(self) -> None:
        assert fault_of(CARD.sign(STATEMENT) + b"\x00") is CertificateFault.MALFORMED
        assert fault_of(pem(CARD.sign(STATEMENT)) + b"more") is CertificateFault.MALFORMED

    def test_refuses_what_is_too_long_before_reading_it(self) -> None:
        assert fault_of(b"\x30" * (MOST_BYTES + 1)) is CertificateFault.TOO_LARGE

    def test_refuses_a_crowd_of_certificates(self) -> None:
        crowd = Card(CARD.certificate, CARD.key, tuple(ISSUER.certificate for _ in range(10)))
        assert fault_of(crowd.sign(STATEMENT)) is CertificateFault.TOO_LARGE

    @pytest.mark.parametrize("missing", ["content_type", "message_digest", "signing_certificate_v2"])
    def test_refuses_one_that_lacks_an_attribute(self, missing: str) -> None:
        sent = put_together(change=lambda all_of: [each for each in all_of if each["type"].native != missing])
        assert fault_of(sent) is CertificateFault.ATTRIBUTES

    @pytest.mark.parametrize("repeated", ["content_type", "message_digest", "signing_certificate_v2"])
    def test_refuses_one_that_has_an_attribute_twice(self, repeated: str) -> None:
        sent = put_together(
            change=lambda all_of: [*all_of, *(each for each in all_of if each["type"].native == repeated)]
        )
        assert fault_of(sent) is CertificateFault.ATTRIBUTES

    def test_refuses_one_that_names_another_certificate(self) -> None:
        other = ISSUER.card(key=CARD.key)
        der = asn1_x509.Certificate.load(other.certificate.public_bytes(Encoding.DER))
        sent = put_together(change=lambda _all: list(cades.signed_attributes(STATEMENT, der)))
        assert fault_of(sent) is CertificateFault.SIGNER

    def test_refuses_a_certificate_named_by_sha_1(self) -> None:
        named = tsp.ESSCertIDv2(
            {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha1"}), "cert_hash": b"x" * 20}
        )
        attribute = cms.CMSAttribute(
            {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [named]})]}
        )
        assert fault_of(put_together(change=lambda all_of: [*all_of[:2], attribute])) is CertificateFault.ALGORITHM

    def test_refuses_a_certificate_that_did_not_come_along(self) -> None:
        def name_another(signer: Any) -> None:
            signer["sid"].chosen["serial_number"] = 1

        assert fault_of(put_together(alter=name_another)) is CertificateFault.SIGNER

    def test_refuses_a_signature_that_was_tampered_with(self) -> None:
        def tamper(signer: Any) -> None:
            signer["signature"] = signer["signature"].native[:-1] + b"\x00"

        assert fault_of(put_together(alter=tamper)) is CertificateFault.SIGNATURE

    def test_refuses_a_signature_by_another_key(self) -> None:
        assert fault_of(Card(CARD.certificate, make_key()).sign(STATEMENT)) is CertificateFault.SIGNATURE

    def test_refuses_sha_1(self) -> None:
        def weaken(signer: Any) -> None:
            signer["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": "sha1"})

        assert fault_of(put_together(alter=weaken)) is CertificateFault.ALGORITHM
        assert fault_of(put_together(algorithm="sha1_ecdsa")) is CertificateFault.ALGORITHM
        assert SHA1().name not in signatures.HASHES

    def test_refuses_rsa_keys_of_1024_bits(self) -> None:
        assert fault_of(ISSUER.card(key=rsa_key(1024)).sign(STATEMENT)) is CertificateFault.ALGORITHM

    def test_refuses_small_curves(self) -> None:
        key = ec.generate_private_key(ec.SECP224R1())
        assert fault_of(ISSUER.card(key=key).sign(STATEMENT)) is CertificateFault.ALGORITHM

    def test_refuses_two_signers(self) -> None:
        outer = cms.ContentInfo.load(CARD.sign(STATEMENT))
        outer["content"]["signer_infos"].append(outer["content"]["signer_infos"][0].copy())
        assert fault_of(outer.dump(force=True)) is CertificateFault.MALFORMED

    @pytest.mark.parametrize("sent", [b"", b"0", b"\x30\x80\x00\x00", b"hello", b"MIIB", b"\xff" * 40, b"-----BEGIN "])
    def test_refuses_what_is_no_signature(self, sent: bytes) -> None:
        assert fault_of(sent) is CertificateFault.MALFORMED

    @given(at=st.integers(0, 900), value=st.integers(0, 255))
    def test_nothing_that_was_changed_passes_or_breaks(self, at: int, value: int) -> None:
        sent = bytearray(_SIGNED)
        sent[at % len(sent)] = value
        try:
            signed = check_signature(bytes(sent), STATEMENT)
        except CertificateRefused:
            return
        # What is not signed may change (an unused version number); what was signed, and by whom, did not.
        assert signed.certificate.dump() == CARD.certificate.public_bytes(Encoding.DER)
        assert signed.attribute("message_digest").native == _DIGEST

    @given(sent=st.binary(max_size=400))
    def test_no_bytes_break_it(self, sent: bytes) -> None:
        assert fault_of(sent) is not None
        assert fault_of(b"\x30" + sent) is not None


_SIGNED = CARD.sign(STATEMENT)
_DIGEST = check_signature(_SIGNED, STATEMENT).attribute("message_digest").native


class TestRequirements:
    """Each row of the table is held by a signature that it alone refuses: planted faults."""

    @pytest.mark.parametrize(
        ("requirement", "sent"),
        [
            (signatures.content_is_the_statement, put_together(content=b"I sell my house.\r\n")),
            (
                signatures.content_type_is_signed,
                put_together(change=lambda all_of: [each for each in all_of if each["type"].native != "content_type"]),
            ),
            (signatures.statement_is_what_was_signed, CARD.sign(b"Another one.\r\n")),
            (
                signatures.signer_names_the_certificate,
                put_together(
                    change=lambda all_of: [each for each in all_of if each["type"].native != "signing_certificate_v2"]
                ),
            ),
            (signatures.key_is_trusted, ISSUER.card(key=rsa_key(1024)).sign(STATEMENT)),
            (signatures.signature_is_the_holders, Card(CARD.certificate, make_key()).sign(STATEMENT)),
        ],
    )
    def test_none_is_there_for_nothing(
        self, requirement: signatures.Requirement, sent: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert fault_of(sent) is not None
        others = tuple(each for each in signatures.REQUIREMENTS if each is not requirement)
        monkeypatch.setattr(signatures, "REQUIREMENTS", others)
        assert fault_of(sent) is None
