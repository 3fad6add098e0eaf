"""The mailbox keeps what would have been sent, in demo mode only."""

from datetime import datetime

import pytest
from pytest_django.fixtures import Settings

from kapi.foundation.mailbox import selectors, services


@pytest.mark.django_db
class TestPut:
    def test_keeps_messages_newest_first(self, now: datetime, settings: Settings) -> None:
        settings.DEMO = True
        for to, body in (("a@example.org", "1"), ("b@example.org", "2"), ("a@example.org", "3")):
            services.put(to=to, channel="email", subject="s", body=body, now=now)
        assert [message.body for message in selectors.latest_messages()] == ["3", "2", "1"]
        assert [message.body for message in selectors.latest_messages(to="a@example.org")] == ["3", "1"]

    def test_is_refused_outside_demo_mode(self, now: datetime, settings: Settings) -> None:
        settings.DEMO = False
        with pytest.raises(services.NotInDemo):
            services.put(to="a@example.org", channel="email", subject="s", body="b", now=now)
        assert selectors.latest_messages() == []
