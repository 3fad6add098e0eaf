"""Reading what browsers send: nothing makes it stumble."""

import json
from typing import Any

import pytest
from fido2 import cbor
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.identity.errors import PasskeyRefused
from kapi.contexts.identity.rules.passkeys import StoredPasskey, read_new, read_proof
from kapi.contexts.identity.values import PasskeySettings
from tests.passkeys import SoftPasskey, decode, encode

OPTIONS = {"challenge": encode(b"challenge"), "user": {"id": encode(b"owner")}}
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=40),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=10), parts, max_size=4),
    max_leaves=10,
)
CBOR = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=10) | st.binary(max_size=40),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.integers(-5, 5), parts, max_size=4),
    max_leaves=8,
)
FIELDS = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")


def refused_or_read(text: str) -> None:
    for read in (read_new, read_proof):
        try:
            shown = read(text)
        except PasskeyRefused:
            continue
        assert isinstance(shown.challenge, str)


class TestReading:
    @given(text=st.text(max_size=300))
    def test_of_any_text(self, text: str) -> None:
        refused_or_read(text)

    @given(value=JSON)
    def test_of_any_json(self, value: Any) -> None:
        refused_or_read(json.dumps(value))
        refused_or_read(json.dumps({"rawId": value, "response": dict.fromkeys(FIELDS, value)}))

    @given(data=st.binary(max_size=300))
    def test_of_any_bytes_in_each_place(self, data: bytes) -> None:
        for made in (SoftPasskey().create(OPTIONS), SoftPasskey(owner=b"owner").get(OPTIONS)):
            fields = json.loads(made)
            for name in fields["response"]:
                changed = fields | {"response": fields["response"] | {name: encode(data)}}
                refused_or_read(json.dumps(changed))

    @given(where=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.integers(0, 50))
    def test_of_attestations_that_were_altered_or_cut(self, where: int, byte: int, cut: int) -> None:
        fields = json.loads(SoftPasskey().create(OPTIONS))
        data = bytearray(decode(fields["response"]["attestationObject"]))
        data[where % len(data)] = byte
        fields["response"]["attestationObject"] = encode(bytes(data[: len(data) - cut]))
        refused_or_read(json.dumps(fields))

    @given(cose=st.dictionaries(st.integers(-5, 5), CBOR, max_size=6))
    def test_of_any_key(self, cose: dict[int, Any]) -> None:
        refused_or_read(SoftPasskey().create(OPTIONS, cose=cose))

    def test_of_what_is_too_long(self) -> None:
        with pytest.raises(PasskeyRefused):
            read_proof("[" * 20_001)
        with pytest.raises(PasskeyRefused):
            read_proof("[" * 20_000)

    def test_of_a_key_that_takes_long_to_verify(self) -> None:
        with pytest.raises(PasskeyRefused):
            read_new(SoftPasskey().create(OPTIONS, cose={-1: b"\xff" * 3000}))

    @pytest.mark.parametrize("length", [0, 1024])
    def test_of_a_credential_id_of_an_impossible_length(self, length: int) -> None:
        with pytest.raises(PasskeyRefused):
            read_new(SoftPasskey(credential_id=b"x" * length).create(OPTIONS))


class TestStoredPasskey:
    def test_is_read_as_it_was_written(self) -> None:
        stored = StoredPasskey(b"\0credential\xff", b"owner")
        assert StoredPasskey.from_text(stored.to_text()) == stored


class TestPasskeySettings:
    @pytest.mark.parametrize(
        ("host", "is_possible"),
        [("localhost", True), ("giris.kapi.example", True), ("127.0.0.1", False), ("::1", False)],
    )
    def test_say_where_browsers_make_passkeys(self, host: str, is_possible: bool) -> None:
        assert PasskeySettings(rp_id=host, origin=f"https://{host}").is_possible is is_possible


def test_the_library_reads_cbor_as_it_writes_it() -> None:
    assert cbor.decode(cbor.encode({1: b"x"})) == {1: b"x"}
