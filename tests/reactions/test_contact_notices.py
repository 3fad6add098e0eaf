"""Everybody who can be reached is told of a changed contact."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from kapi.contexts.identity.values import ContactKind
from kapi.foundation.mailbox.selectors import latest_messages
from kapi.reactions.contact_notices import react_to_adding, react_to_removing
from tests import people
from tests.sent_codes import EMAIL, PHONE, add_contact, remove_contact

pytestmark = pytest.mark.django_db


class TestNotices:
    @pytest.mark.parametrize("kind", list(ContactKind))
    def test_say_in_both_languages_what_happened_and_what_to_do(
        self, now: datetime, settings: Settings, kind: ContactKind
    ) -> None:
        settings.DEMO = True
        payload = {"contact_id": 1, "person_id": 7, "kind": kind.value}
        react_to_adding(payload, now=now)
        react_to_removing(payload, now=now)
        removed, added = latest_messages(to="person-7")
        for message, turkish, english in ((added, "eklendi", "added"), (removed, "kaldırıldı", "removed")):
            assert turkish in message.subject
            assert english in message.subject
            assert "başvuru noktasına" in message.body
            assert "go to a desk" in message.body

    def test_reach_the_old_contact_too(self, now: datetime, settings: Settings) -> None:
        settings.DEMO = True
        people.make_citizen(now=now)
        signed_in = people.sign_in(now=now).signed_in
        old = add_contact(signed_in, PHONE, now=now)
        new = add_contact(signed_in, EMAIL, now=now + timedelta(seconds=11))
        react_to_adding({"contact_id": new, "person_id": signed_in.person_id, "kind": "email"}, now=now)
        assert {(message.to, message.channel) for message in latest_messages()} == {
            (f"person-{signed_in.person_id}", "notice"),
            (PHONE.text, "sms"),
            (EMAIL.text, "email"),
        }
        assert "eklendi" in latest_messages(to=PHONE.text)[0].body
        remove_contact(signed_in, old, now=now)
        react_to_removing({"contact_id": old, "person_id": signed_in.person_id, "kind": "phone"}, now=now)
        assert "kaldırıldı" in latest_messages(to=PHONE.text)[0].body

    def test_are_kept_nowhere_outside_of_the_demo(self, now: datetime, settings: Settings) -> None:
        settings.DEMO = False
        react_to_adding({"contact_id": 1, "person_id": 7, "kind": "phone"}, now=now)
        assert latest_messages() == []
