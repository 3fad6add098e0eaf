"""A code reaches its owner, once."""

import re
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from kapi.contexts.identity.models import SentCode
from kapi.foundation.mailbox.selectors import latest_messages
from kapi.reactions.code_messages import react
from tests import people
from tests.sent_codes import EMAIL, PHONE, begin_contact, code_of

pytestmark = pytest.mark.django_db


class TestReact:
    def test_sends_it_once_and_writes_that_down(self, now: datetime, settings: Settings) -> None:
        settings.DEMO = True
        people.make_citizen(now=now)
        challenge_id = begin_contact(people.sign_in(now=now).signed_in, now=now)
        for _ in range(2):
            react({"challenge_id": challenge_id}, now=now)
        [message] = latest_messages()
        code = code_of(challenge_id)
        assert (message.to, message.channel, message.subject) == (PHONE.text, "sms", "")
        assert f"kodunuz {code}" in message.body
        assert f"code is {code}" in message.body
        assert re.search(rf"\n\n@[a-z0-9.-]+ #{code}$", message.body)  # as telephones read it
        assert SentCode.objects.get().sent_at == now

    def test_puts_no_code_into_the_subject_of_an_e_mail(self, now: datetime, settings: Settings) -> None:
        settings.DEMO = True
        people.make_citizen(now=now)
        challenge_id = begin_contact(people.sign_in(now=now).signed_in, EMAIL, now=now)
        react({"challenge_id": challenge_id}, now=now)
        [message] = latest_messages()
        assert (message.to, message.channel) == (EMAIL.text, "email")
        assert code_of(challenge_id) not in message.subject
        assert code_of(challenge_id) in message.body

    def test_sends_nothing_too_late_nor_outside_of_the_demo(self, now: datetime, settings: Settings) -> None:
        settings.DEMO = True
        people.make_citizen(now=now)
        challenge_id = begin_contact(people.sign_in(now=now).signed_in, now=now)
        react({"challenge_id": challenge_id}, now=now + timedelta(minutes=3))
        settings.DEMO = False
        react({"challenge_id": challenge_id}, now=now)
        assert latest_messages() == []
        assert SentCode.objects.get().sent_at is None
