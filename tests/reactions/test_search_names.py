"""Services are found by the new name of their institution."""

from datetime import datetime

import pytest

from kapi.contexts.catalogue.models import SearchWord
from kapi.contexts.catalogue.selectors import search
from kapi.contexts.institutions.services import change_institution
from kapi.foundation.outbox.services import deliver_due
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE, prepare_catalogue, publish
from tests.contexts.institutions.institutions_in_tests import OPERATOR, seen, told


@pytest.mark.django_db
class TestReact:
    def test_finds_by_the_new_name_and_no_longer_by_the_old_one(self, now: datetime) -> None:
        prepare_catalogue(now)
        publish("a", STUDENT_CERTIFICATE, now=now)
        change_institution(
            code="10000001", details=told("Zeytindalı Başkanlığı"), seen=seen("10000001"), actor=OPERATOR, now=now
        )
        assert search(query="zeytindalı", language="tr") == []
        assert deliver_due(limit=10, now=now) == 1
        assert [hit.code for hit in search(query="zeytindalı", language="tr")] == ["a"]
        assert SearchWord.objects.get(word="kurulu").services == 0

    def test_changes_nothing_when_told_twice(self, now: datetime) -> None:
        prepare_catalogue(now)
        publish("a", STUDENT_CERTIFICATE, now=now)
        counted = dict(SearchWord.objects.values_list("word", "services"))
        for _ in range(2):
            change_institution(
                code="10000001",
                details=told("Yükseköğretim Kurulu", "Council of Higher Education"),
                seen=seen("10000001"),
                actor=OPERATOR,
                now=now,
            )
        assert deliver_due(limit=10, now=now) == 2
        assert dict(SearchWord.objects.values_list("word", "services")) == counted
