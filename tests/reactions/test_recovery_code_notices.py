"""The notice about a used recovery code."""

from datetime import datetime

import pytest
from django.conf import LazySettings

from kapi.foundation.mailbox.models import MailboxMessage
from kapi.reactions.recovery_code_notices import react

pytestmark = pytest.mark.django_db
PAYLOAD = {"authenticator_id": 1, "person_id": 7, "left": 9}


class TestReact:
    def test_tells_the_owner_what_to_do_in_both_languages(self, settings: LazySettings, now: datetime) -> None:
        settings.DEMO = True
        react(PAYLOAD, now=now)
        message = MailboxMessage.objects.get()
        assert message.to == "person-7"
        assert "Geriye kalan kod sayısı: 9" in message.body
        assert "Codes left: 9" in message.body
        assert "acele etmeyin" in message.body
        assert "take your time" in message.body

    def test_tells_nobody_outside_the_demo(self, settings: LazySettings, now: datetime) -> None:
        settings.DEMO = False
        react(PAYLOAD, now=now)
        assert not MailboxMessage.objects.exists()
