"""Whoever lets the help desk look at their account is told everywhere."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from kapi.foundation.mailbox.selectors import latest_messages
from kapi.reactions import assistance_notices
from tests import people
from tests.sent_codes import EMAIL, PHONE, add_contact

pytestmark = pytest.mark.django_db


class TestNotices:
    def test_reach_every_contact_and_say_how_to_end_it(self, now: datetime, settings: Settings) -> None:
        settings.DEMO = True
        people.make_citizen(now=now)
        signed_in = people.sign_in(now=now).signed_in
        add_contact(signed_in, PHONE, now=now)
        add_contact(signed_in, EMAIL, now=now + timedelta(seconds=11))
        assistance_notices.react({"person_id": signed_in.person_id}, now=now)
        told = {message.channel: message for message in latest_messages() if "destek" in message.body}
        assert {channel: message.to for channel, message in told.items()} == {
            "notice": f"person-{signed_in.person_id}",
            "sms": PHONE.text,
            "email": EMAIL.text,
        }
        for words in ("hemen bitirebilirsiniz", "end it at once", "/bu-ben-degildim/"):
            assert words in told["email"].body

    def test_are_kept_nowhere_outside_of_the_demo(self, now: datetime, settings: Settings) -> None:
        settings.DEMO = False
        assistance_notices.react({"person_id": 7}, now=now)
        assert latest_messages() == []
