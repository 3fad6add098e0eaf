"""The demo's mailbox can be read in demo mode only."""

from datetime import datetime

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from kapi.foundation.mailbox import services as mailbox


@pytest.mark.django_db
class TestOutboxJson:
    def test_lists_what_would_have_been_sent(self, client: Client, now: datetime, settings: Settings) -> None:
        settings.DEMO = True
        first = mailbox.put(to="+905550000001", channel="sms", subject="", body="Merhaba", now=now)
        mailbox.put(to="b@example.org", channel="email", subject="Konu", body="Metin", now=now)
        assert len(client.get("/demo/outbox.json").json()) == 2
        assert client.get("/demo/outbox.json", {"to": "+905550000001"}).json() == [
            {
                "id": first,
                "to": "+905550000001",
                "channel": "sms",
                "subject": "",
                "body": "Merhaba",
                "at": now.isoformat(),
            }
        ]

    def test_bears_nonsense(self, client: Client, settings: Settings) -> None:
        settings.DEMO = True
        assert client.get("/demo/outbox.json", {"to": "\x00" * 500}).json() == []

    def test_is_not_there_outside_demo_mode(self, client: Client, settings: Settings) -> None:
        settings.DEMO = False
        assert client.get("/demo/outbox.json").status_code == 404


@pytest.mark.django_db
class TestOutboxPage:
    def test_shows_what_would_have_been_sent_in_both_languages(
        self, client: Client, now: datetime, settings: Settings
    ) -> None:
        settings.DEMO = True
        assert "Henüz bir şey gönderilmedi." in client.get("/demo/outbox").text
        mailbox.put(to="a@example.org", channel="email", subject="Konu", body="<Merhaba>", now=now)
        mailbox.put(to="b@example.org", channel="email", subject="Diğer", body="Metin", now=now)
        page = client.get("/en/demo/outbox", {"to": "a@example.org"}).text
        assert "1 message" in page
        assert "&lt;Merhaba&gt;" in page
        assert "Diğer" not in page

    def test_is_not_there_outside_demo_mode(self, client: Client, settings: Settings) -> None:
        settings.DEMO = False
        assert client.get("/demo/outbox").status_code == 404
