"""Sealing personal data and finding it again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from kapi.foundation import keys

OLD, NEW = "an old secret key of more than 32 characters", "a new secret key of more than 32 characters"


class TestSeal:
    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_is_opened_by_the_same_purpose(self, text: str) -> None:
        assert keys.open_sealed(keys.seal(text, purpose="test"), purpose="test") == text

    def test_never_looks_the_same_twice(self) -> None:
        assert keys.seal("10000000146", purpose="test") != keys.seal("10000000146", purpose="test")

    def test_is_not_opened_by_another_purpose(self) -> None:
        with pytest.raises(keys.SealBroken):
            keys.open_sealed(keys.seal("x", purpose="test"), purpose="other")

    @given(st.integers(0, 38), st.integers(1, 255))
    def test_is_broken_by_any_change(self, place: int, change: int) -> None:
        sealed = bytearray(keys.seal("10000000146", purpose="test"))
        assert len(sealed) == 39
        sealed[place] ^= change
        with pytest.raises(keys.SealBroken):
            keys.open_sealed(bytes(sealed), purpose="test")

    def test_is_still_read_after_the_key_was_changed(self, settings: Settings) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
        sealed = keys.seal("x", purpose="test")
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
        assert keys.open_sealed(memoryview(sealed), purpose="test") == "x"
        settings.SECRET_KEY_FALLBACKS = []
        with pytest.raises(keys.SealBroken):
            keys.open_sealed(sealed, purpose="test")


class TestDigest:
    def test_depends_on_key_and_purpose(self, settings: Settings) -> None:
        first = keys.digest("10000000146", purpose="test")
        assert keys.digest("10000000146", purpose="test") == first
        assert keys.digest("10000000146", purpose="other") != first
        settings.SECRET_KEY = NEW
        assert keys.digest("10000000146", purpose="test") != first


class TestDigests:
    def test_finds_what_was_written_under_a_former_key(self, settings: Settings) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD, []
        written = keys.digest("10000000146", purpose="test")
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
        found = keys.digests("10000000146", purpose="test")
        assert found == [keys.digest("10000000146", purpose="test"), written]


class TestTokenHash:
    def test_is_the_sha_256_of_the_token(self) -> None:
        assert keys.token_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
