"""Forms are read as Python's own library reads them, and more strictly."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.openid.errors import InvalidRequest
from kapi.contexts.openid.rules.parameters import MOST_PARAMETERS, parse_pairs, read_parameters

# Pieces that mean something in a form, and what surrounds them.
PIECES = st.sampled_from(
    ["&", "=", "+", "%", "%20", "%2B", "%C3%A7", "%C3", "%zz", ";", "a", "state", "scope=", "ç", " ", "\x00"]
)


def by_the_library(encoded: bytes) -> tuple[tuple[str, str], ...] | str:
    try:
        return tuple(parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        return "not UTF-8"


def by_us(encoded: bytes) -> tuple[tuple[str, str], ...] | str:
    try:
        return parse_pairs(encoded)
    except InvalidRequest:
        return "not UTF-8"


class TestParsePairs:
    @given(st.lists(PIECES, max_size=40).map("".join))
    def test_reads_what_the_library_reads(self, text: str) -> None:
        assert by_us(text.encode()) == by_the_library(text.encode())

    @given(st.binary(max_size=60))
    def test_reads_any_bytes_as_the_library_does(self, encoded: bytes) -> None:
        assert by_us(encoded) == by_the_library(encoded)

    def test_refuses_more_parameters_than_anybody_needs(self) -> None:
        assert len(parse_pairs(b"&".join([b"a=1"] * MOST_PARAMETERS))) == MOST_PARAMETERS
        with pytest.raises(InvalidRequest, match="more than 100"):
            parse_pairs(b"&".join([b"a=1"] * (MOST_PARAMETERS + 1)))


class TestReadParameters:
    def test_passes_over_what_it_does_not_know_and_what_has_no_value(self) -> None:
        pairs = parse_pairs(b"state=a+b&x=1&x=2&nonce=&scope")
        assert read_parameters(pairs, frozenset({"state", "nonce", "scope"})) == {"state": "a b"}

    @pytest.mark.parametrize(
        ("form", "description"),
        [
            (b"state=a&nonce=b&state=c&nonce=d", "parameter nonce is repeated"),
            (b"state=a&state=", "parameter state is repeated"),
            (b"state=%00&nonce=" + b"a" * 513, "parameter state holds control characters"),
            (b"nonce=" + b"a" * 513 + b"&state=%00", "parameter nonce is longer than 512 characters"),
            (b"state=" + b"a" * 2049, "parameter state is longer than 2048 characters"),
            (b"state=a%0Ab", "parameter state holds control characters"),
            (b"state=%C2%85", "parameter state holds control characters"),
        ],
    )
    def test_says_what_is_wrong_first(self, form: bytes, description: str) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            read_parameters(parse_pairs(form), frozenset({"state", "nonce"}))
        assert refusal.value.description == description

    @pytest.mark.parametrize("value", [b"a%C2%A0b", b"%E2%80%8B", b"%F0%9F%98%80", b"%CD%B8", b"%7E"])
    def test_takes_what_is_not_printed_but_no_control_character(self, value: bytes) -> None:
        assert "state" in read_parameters(parse_pairs(b"state=" + value), frozenset({"state"}))
