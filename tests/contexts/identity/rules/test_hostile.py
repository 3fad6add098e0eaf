"""Signatures and passkeys of 64 KiB are read or refused, soon: CMS, DER, PEM, CBOR, JSON."""

import base64
import json
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kapi.contexts.identity.errors import CertificateRefused, PasskeyRefused
from kapi.contexts.identity.rules.passkeys import read_new, read_proof
from kapi.contexts.identity.rules.signatures import check_signature
from tests.certificates import Issuer
from tests.efforts import LONGEST, long_texts, refused_soon, soon
from tests.passkeys import SoftPasskey, encode

STATEMENT = b"I am signing in.\r\n"
SIGNED = Issuer().card().sign(STATEMENT)
OPTIONS = {"challenge": encode(b"challenge"), "user": {"id": encode(b"owner")}}
# Beginnings that promise more than there is, or open one thing within the other.
DER = [
    *(b"\x30\x80", b"\x31\x80", b"\xa0\x80", b"\x24\x80", b"\x30\x00", b"\x05\x00", b"\x00\x00"),
    *(b"\x30\x84\xff\xff\xff\xff", b"\x30\x82\xff\xff", b"\x02\x84\x00\x00\xff\xff"),
    *(b"\x06\x03\x2a\x03\x04", b"\x1f\xff\xff"),
]
CBOR = [
    *(b"\x81", b"\x9f", b"\xa1\x61a", b"\xbf\x61a", b"\x5f\x41a", b"\xa1\x81", b"\x40", b"\xf6", b"\xd8\x20"),
    *(b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", b"\xbb\x00\x00\x00\x00\xff\xff\xff\xff", b"\xc2\x5b\x00"),
    *(b"\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00", b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff"),
]


def repeated(pieces: list[bytes], most: int) -> st.SearchStrategy[bytes]:
    """Return bytes of up to `most`: a piece again and again, after another."""
    piece = st.sampled_from(pieces)
    lengths = st.sampled_from([200, 3000, most // 2, most])
    return st.builds(
        lambda first, again, length: (first + again * (length // len(again) + 1))[:length], piece, piece, lengths
    )


class TestSignatures:
    @given(sent=repeated(DER, LONGEST))
    @settings(max_examples=60, deadline=None)
    def test_of_der_within_der_are_refused_soon(self, sent: bytes) -> None:
        pem = b"-----BEGIN CMS-----\n" + base64.encodebytes(sent)[:LONGEST] + b"-----END CMS-----\n"
        for form in (sent, base64.b64encode(sent), pem):
            assert refused_soon(partial(check_signature, form, STATEMENT), CertificateRefused)

    @given(text=long_texts())
    @settings(max_examples=40, deadline=None)
    def test_of_any_text_are_refused_soon(self, text: str) -> None:
        sent = text.encode()
        for form in (sent, SIGNED[:200] + sent, b"-----BEGIN CMS-----" + sent + b"-----END CMS-----"):
            assert refused_soon(partial(check_signature, form, STATEMENT), CertificateRefused)

    @given(at=st.integers(0, len(SIGNED) - 1), inserted=repeated(DER, 20_000))
    @settings(max_examples=60, deadline=None)
    def test_with_something_put_in_between_are_refused_soon(self, at: int, inserted: bytes) -> None:
        sent = SIGNED[:at] + inserted + SIGNED[at:]
        assert soon(partial(check_signature, sent, STATEMENT), CertificateRefused)


class TestPasskeys:
    @given(data=repeated(CBOR, 14_000))
    @settings(max_examples=60, deadline=None)
    def test_of_cbor_within_cbor_are_refused_soon(self, data: bytes) -> None:
        for made in (SoftPasskey().create(OPTIONS), SoftPasskey(owner=b"owner").get(OPTIONS)):
            fields: dict[str, Any] = json.loads(made)
            for name in fields["response"]:
                for value in (data, b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59" + data):
                    sent = json.dumps(fields | {"response": fields["response"] | {name: encode(value)}})
                    for read in (read_new, read_proof):
                        assert soon(partial(read, sent), PasskeyRefused)

    @given(text=long_texts())
    @settings(max_examples=40, deadline=None)
    def test_of_any_text_are_refused_soon(self, text: str) -> None:
        for sent in (text, json.dumps({"rawId": text, "response": {"clientDataJSON": text}})):
            for read in (read_new, read_proof):
                assert refused_soon(partial(read, sent), PasskeyRefused)
