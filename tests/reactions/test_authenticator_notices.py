"""Whoever's account gets or loses a way to sign in is told."""

from datetime import datetime

import pytest
from pytest_django import Settings

from kapi.contexts.identity.values import AuthenticatorKind
from kapi.foundation.mailbox.selectors import latest_messages
from kapi.reactions.authenticator_notices import react_to_adding, react_to_removing

pytestmark = pytest.mark.django_db


class TestNotices:
    @pytest.mark.parametrize("kind", list(AuthenticatorKind))
    def test_tell_in_both_languages_what_happened_and_what_to_do(
        self, now: datetime, settings: Settings, kind: AuthenticatorKind
    ) -> None:
        settings.DEMO = True
        payload = {"authenticator_id": 4, "person_id": 7, "kind": kind.value}
        react_to_adding(payload, now=now)
        react_to_removing(payload, now=now)
        removed, added = latest_messages(to="person-7")
        for message, turkish, english in ((added, "eklendi", "added"), (removed, "kaldırıldı", "removed")):
            assert turkish in message.subject
            assert english in message.subject
            assert "başvuru noktasına" in message.body
            assert "go to a desk" in message.body

    def test_are_kept_nowhere_outside_of_the_demo(self, now: datetime, settings: Settings) -> None:
        settings.DEMO = False
        react_to_adding({"authenticator_id": 4, "person_id": 7, "kind": "passkey"}, now=now)
        assert latest_messages() == []
