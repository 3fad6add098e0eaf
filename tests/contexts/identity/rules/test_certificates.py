"""Certificates: whose are trusted, for what, and whose they are."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from kapi.contexts.identity.errors import CertificateRefused, RevocationUnknown
from kapi.contexts.identity.rules.certificates import Trusted, find_path, is_not_revoked
from kapi.contexts.identity.rules.signatures import check_signature
from kapi.contexts.identity.values import CertificateFault, CertificateUse, Method
from tests.certificates import END, START, Card, Issuer, rsa_key

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
STATEMENT = b"I am signing in.\r\n"
EVERY_USE = frozenset(CertificateUse)
ISSUER = Issuer()


def trust(card: Card, *issuers: Any, uses: frozenset[CertificateUse] = EVERY_USE, now: datetime = NOW) -> Trusted:
    return find_path(check_signature(card.sign(STATEMENT), STATEMENT), issuers or (ISSUER.trusted(),), uses, now)


def fault_of(card: Card, *issuers: Any, uses: frozenset[CertificateUse] = EVERY_USE, now: datetime = NOW) -> str:
    with pytest.raises(CertificateRefused) as refusal:
        trust(card, *issuers, uses=uses, now=now)
    return refusal.value.fault


def signed_with_sha_1(card: Card, issuer: Issuer) -> Card:
    """Return the card with its certificate signed anew as it was done twenty years ago."""
    assert isinstance(issuer.key, rsa.RSAPrivateKey)
    certificate: Any = asn1_x509.Certificate.load(card.certificate.public_bytes(Encoding.DER))
    weak = algos.SignedDigestAlgorithm({"algorithm": "sha1_rsa"})
    certificate["tbs_certificate"]["signature"] = weak
    certificate["signature_algorithm"] = weak
    data = certificate["tbs_certificate"].dump(force=True)
    certificate["signature_value"] = issuer.key.sign(data, padding.PKCS1v15(), SHA1())
    return Card(x509.load_der_x509_certificate(certificate.dump(force=True)), card.key)


class TestFindPath:
    @pytest.mark.parametrize("number", ["10000000146", "PNOTR-10000000146"])
    def test_finds_holder_and_issuer(self, number: str) -> None:
        trusted = trust(ISSUER.card(number))
        assert (trusted.number.digits, trusted.method) == ("10000000146", Method.QUALIFIED_CERTIFICATE)

    def test_goes_by_way_of_an_issuer_below_the_trusted_one(self) -> None:
        below = Issuer(name="Alt", above=ISSUER)
        assert len(trust(below.card()).links) == 2

    def test_says_by_the_list_what_it_proves(self) -> None:
        card = ISSUER.card(usages=("digital_signature",))
        assert trust(card, ISSUER.trusted(CertificateUse.IDENTITY_CARD)).method is Method.IDENTITY_CARD

    @pytest.mark.parametrize(
        "number", [None, "", "10000000147", "1000000014", "PNODE-10000000146", "IDCTR-10000000146", "10000000146 "]
    )
    def test_refuses_one_without_an_identity_number(self, number: str | None) -> None:
        try:
            card = ISSUER.card(number)
        except ValueError:  # the library makes no empty one out
            return
        assert fault_of(card) == CertificateFault.NUMBER

    def test_refuses_an_issuer_that_is_not_on_the_list(self) -> None:
        assert fault_of(Issuer(name="Another").card()) == CertificateFault.ISSUER
        assert fault_of(Issuer().card()) == CertificateFault.ISSUER  # of the same name, with another key

    def test_ends_soon_however_many_ways_lead_through_certificates_of_one_name(self) -> None:
        """Unbounded, eight of them are worth minutes: each could have issued each, in any order."""
        own = Issuer(name="Another")
        same = tuple(Issuer(name="Another", key=own.key).certificate for _ in range(9))
        card = own.card()
        began = time.process_time()
        assert fault_of(Card(card.certificate, card.key, same)) == CertificateFault.ISSUER
        assert time.process_time() - began < 10

    def test_finds_its_way_past_a_former_key_of_the_same_issuer(self) -> None:
        former, below = Issuer(name="Alt", above=ISSUER), Issuer(name="Alt", above=ISSUER)
        card = below.card()
        assert trust(Card(card.certificate, card.key, (former.certificate, below.certificate))).links

    def test_refuses_an_issuer_that_is_not_trusted_for_this(self) -> None:
        uses = frozenset({CertificateUse.MOBILE_SIGNATURE})
        assert fault_of(ISSUER.card(), uses=uses) == CertificateFault.ISSUER

    def test_refuses_one_that_its_holder_has_made_out_below_their_own(self) -> None:
        holder = ISSUER.card()
        own = Issuer(name="Deniz Yılmaz", key=holder.key)
        forged = own.card("17291716060")
        assert fault_of(Card(forged.certificate, forged.key, (holder.certificate,))) == CertificateFault.ISSUER

    def test_refuses_another_kind_of_the_same_issuers_certificates(self) -> None:
        assert fault_of(ISSUER.card(policy="2.16.792.0.0.2")) == CertificateFault.POLICY

    def test_refuses_a_key_that_may_not_be_used_for_this(self) -> None:
        assert fault_of(ISSUER.card(usages=("digital_signature",))) == CertificateFault.USAGE
        identity_card = ISSUER.trusted(CertificateUse.IDENTITY_CARD)
        assert fault_of(ISSUER.card(usages=("content_commitment",)), identity_card) == CertificateFault.USAGE

    def test_refuses_an_issuers_own_certificate(self) -> None:
        usages = ("content_commitment", "key_cert_sign")
        assert fault_of(ISSUER.card(is_issuer=True, usages=usages)) == CertificateFault.USAGE

    def test_refuses_one_before_and_after_its_time(self) -> None:
        card = ISSUER.card(start=NOW - timedelta(days=1), end=NOW + timedelta(days=1))
        trust(card)
        assert fault_of(card, now=NOW - timedelta(days=2)) == CertificateFault.VALIDITY
        assert fault_of(card, now=NOW + timedelta(days=2)) == CertificateFault.VALIDITY

    def test_refuses_one_whose_issuer_is_over(self) -> None:
        issuer = Issuer(end=NOW - timedelta(days=1))
        assert fault_of(issuer.card(), issuer.trusted()) == CertificateFault.ISSUER

    def test_refuses_a_certificate_signed_with_sha_1(self) -> None:
        issuer = Issuer(key=rsa_key(2048))
        trust(issuer.card(), issuer.trusted())
        assert fault_of(signed_with_sha_1(issuer.card(), issuer), issuer.trusted()) == CertificateFault.ALGORITHM

    def test_refuses_an_issuer_with_a_small_key(self) -> None:
        issuer = Issuer(key=rsa_key(1024))
        assert fault_of(issuer.card(), issuer.trusted()) == CertificateFault.ALGORITHM

    def test_tells_the_reason_of_the_issuer_whose_it_is(self) -> None:
        card = ISSUER.card(policy="2.16.792.0.0.2")
        assert fault_of(card, ISSUER.trusted(), Issuer(name="Another").trusted()) == CertificateFault.POLICY


def question(card: Card, issuer: Issuer = ISSUER) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(card.certificate, issuer.certificate, SHA256())
    return builder.build().public_bytes(Encoding.DER)


class TestIsNotRevoked:
    def test_believes_the_issuers_answer_its_responders_and_its_list(self) -> None:
        card = ISSUER.card()
        trusted, asked = trust(card), question(card)
        is_not_revoked(trusted, ocsps=[ISSUER.ocsp(asked, now=NOW)], crls=[], now=NOW)
        is_not_revoked(trusted, ocsps=[ISSUER.ocsp(asked, now=NOW, responder=ISSUER.responder())], crls=[], now=NOW)
        is_not_revoked(trusted, ocsps=[], crls=[ISSUER.crl(now=NOW)], now=NOW)

    def test_refuses_a_revoked_one_by_either(self) -> None:
        issuer = Issuer()
        card = issuer.card()
        trusted = trust(card, issuer.trusted())
        issuer.revoke(card)
        for ocsps, crls in (([issuer.ocsp(question(card, issuer), now=NOW)], []), ([], [issuer.crl(now=NOW)])):
            with pytest.raises(CertificateRefused) as refusal:
                is_not_revoked(trusted, ocsps=ocsps, crls=crls, now=NOW)
            assert refusal.value.fault is CertificateFault.REVOKED

    def test_takes_nothing_for_a_yes_but_a_yes(self) -> None:
        card, another = ISSUER.card(), ISSUER.card()
        trusted = trust(card)
        stranger = Issuer()
        old = NOW - timedelta(days=3)
        answers: list[tuple[list[bytes], list[bytes]]] = [
            ([], []),
            ([ISSUER.ocsp(question(another), now=NOW)], []),
            ([stranger.ocsp(question(card), now=NOW)], []),
            ([ISSUER.ocsp(question(card), now=NOW, responder=stranger.responder())], []),
            ([ISSUER.ocsp(question(card), now=NOW, responder=another)], []),
            ([ISSUER.ocsp(question(card), now=old)], []),
            ([], [stranger.crl(now=NOW)]),
            ([], [ISSUER.crl(now=old)]),
        ]
        for ocsps, crls in answers:
            with pytest.raises(RevocationUnknown):
                is_not_revoked(trusted, ocsps=ocsps, crls=crls, now=NOW)

    def test_asks_about_the_issuers_in_between_as_well(self) -> None:
        root = Issuer()
        below = Issuer(name="Alt", above=root)
        card = below.card()
        trusted = trust(card, root.trusted())
        with pytest.raises(RevocationUnknown):
            is_not_revoked(trusted, ocsps=[], crls=[below.crl(now=NOW)], now=NOW)
        is_not_revoked(trusted, ocsps=[], crls=[below.crl(now=NOW), root.crl(now=NOW)], now=NOW)
        root.revoke(Card(below.certificate, below.key))
        with pytest.raises(CertificateRefused):
            is_not_revoked(trusted, ocsps=[], crls=[below.crl(now=NOW), root.crl(now=NOW)], now=NOW)


def test_the_issuers_of_these_tests_are_in_their_time() -> None:
    assert START < NOW < END
