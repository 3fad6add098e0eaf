"""Hashing passwords, and spending the same on those that are not there."""

import unicodedata

import argon2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapi.foundation import passwords


def parameters(encoded: str) -> argon2.Parameters:
    """Read the parameters out of an encoded hash."""
    return argon2.extract_parameters("$" + encoded.split("$", 1)[1])


class TestHashPassword:
    def test_is_argon2id_with_the_parameters_of_owasp(self) -> None:
        found = parameters(passwords.hash_password("p"))
        assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (argon2.Type.ID, 19_456, 2, 1)

    def test_salts(self) -> None:
        assert passwords.hash_password("p") != passwords.hash_password("p")


class TestPasswordMatches:
    @pytest.mark.parametrize("password", ["p", "", "şifre ğüçöı İ", "😀" * 30, " with blanks ", "a\0b"])
    def test_knows_a_password_again(self, password: str) -> None:
        encoded = passwords.hash_password(password)
        assert passwords.password_matches(password, encoded)
        assert not passwords.password_matches(password + "x", encoded)

    def test_does_not_care_how_letters_were_composed(self) -> None:
        encoded = passwords.hash_password(unicodedata.normalize("NFD", "gülüş\u00a0şğ"))
        assert passwords.password_matches(unicodedata.normalize("NFC", "gülüş şğ"), encoded)

    def test_never_cuts_off_what_it_accepts(self) -> None:
        encoded = passwords.hash_password("x" * 128)
        assert not passwords.password_matches("x" * 129, encoded)
        assert not passwords.password_matches("x" * 5_000_000, encoded)

    @settings(max_examples=20, deadline=None)
    @given(st.text(st.characters(exclude_categories=()), max_size=40))
    def test_bears_every_text(self, password: str) -> None:
        assert not passwords.password_matches(password, passwords.unusable_password())


class TestUnusablePassword:
    def test_costs_what_a_real_one_costs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real, unusable = parameters(passwords.hash_password("p")), parameters(passwords.unusable_password())
        assert unusable == real
        assert [self.hashings(monkeypatch, encoded) for encoded in (passwords.unusable_password(),)] == [1]

    def test_is_not_outdated(self) -> None:
        assert not passwords.is_outdated(passwords.unusable_password())

    @staticmethod
    def hashings(monkeypatch: pytest.MonkeyPatch, encoded: str) -> int:
        """Count how often the Argon2 library is asked to hash while a password is compared."""
        counted = []
        verify = argon2.PasswordHasher.verify

        def count(self: argon2.PasswordHasher, *arguments: str) -> bool:
            counted.append(arguments)
            return verify(self, *arguments)

        with monkeypatch.context() as patch:
            patch.setattr(argon2.PasswordHasher, "verify", count)
            passwords.password_matches("p", encoded)
        return len(counted)


class TestIsOutdated:
    def test_notices_cheaper_parameters(self) -> None:
        cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("p")
        assert passwords.is_outdated(f"argon2{cheap}")
        assert not passwords.is_outdated(passwords.hash_password("p"))
