"""What is on its way."""

from datetime import datetime

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.foundation.audit.services import lengths, seal
from kapi.foundation.outbox.models import OutboxDelivery, OutboxEvent
from tests.sites.backoffice.staff import words


class TestStatus:
    def test_counts(
        self, approver: Client, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        seal(limit=3, heads_file=None, now=now)
        event = OutboxEvent.objects.create(name="x.y.v1", payload={}, at=now)
        OutboxDelivery.objects.create(event=event, reaction="a", due_at=now, attempts=12)
        OutboxDelivery.objects.create(event=event, reaction="b", due_at=now)
        unsealed = lengths()[1]
        with django_assert_max_num_queries(8):
            text = words(approver.get("/yonetim/durum/"))
        assert "Yoldaki olaylar 1" in text
        assert "Vazgeçilen olaylar 1" in text
        assert "Mühürlenmiş kayıtlar 3" in text
        assert f"Mühürlenmeyi bekleyen kayıtlar {unsealed}" in text
