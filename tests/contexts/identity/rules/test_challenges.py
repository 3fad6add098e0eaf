"""Challenges: what is good, for what, and until when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from kapi.contexts.identity.errors import PasskeyRefused
from kapi.contexts.identity.rules.challenges import VALID_FOR, Use, challenge_is_ours, ends_at, make_challenge

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {"use": Use.ADD, "browser": "a-browser", "session_id": 7}
SECOND = timedelta(seconds=1)


class TestChallenge:
    def test_is_good_for_what_it_was_made_for_until_its_end(self) -> None:
        challenge = make_challenge(**GOOD, now=NOW)
        assert ends_at(challenge) == NOW + VALID_FOR
        challenge_is_ours(challenge, **GOOD, now=NOW + VALID_FOR - SECOND)
        with pytest.raises(PasskeyRefused):
            challenge_is_ours(challenge, **GOOD, now=NOW + VALID_FOR)

    @pytest.mark.parametrize("other", [{"use": Use.PROVE}, {"browser": "another"}, {"browser": ""}, {"session_id": 8}])
    def test_is_good_for_nothing_else(self, other: dict[str, Any]) -> None:
        with pytest.raises(PasskeyRefused):
            challenge_is_ours(make_challenge(**GOOD, now=NOW), **GOOD | other, now=NOW)

    def test_cannot_be_put_off_or_made_up(self) -> None:
        nonce, end, seal = make_challenge(**GOOD, now=NOW).split(".")
        later = int(end) + 1
        for text in (f"{nonce}.{later}.{seal}", f"{nonce}.{end}.{'0' * 64}", f"{nonce}.{end}", "", "ğ", "x" * 200):
            with pytest.raises(PasskeyRefused):
                challenge_is_ours(text, **GOOD, now=NOW)

    def test_is_another_one_each_time(self) -> None:
        assert make_challenge(**GOOD, now=NOW) != make_challenge(**GOOD, now=NOW)

    def test_outlives_a_change_of_the_secret_key(self, settings: Settings) -> None:
        challenge = make_challenge(**GOOD, now=NOW)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another-secret-key-of-this-test-alone"
        challenge_is_ours(challenge, **GOOD, now=NOW)
