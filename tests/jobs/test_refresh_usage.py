"""The usage of services follows what was counted in 90 days."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.catalogue import selectors, services
from kapi.contexts.catalogue.models import Service
from kapi.contexts.catalogue.values import UseKind
from kapi.jobs import refresh_usage
from kapi.kernel.actors import NOBODY
from tests.contexts.catalogue.services_in_tests import prepare_catalogue, publish, titled


@pytest.mark.django_db
class TestRun:
    def test_counts_starts_and_a_tenth_of_the_views_of_90_days(self, now: datetime) -> None:
        prepare_catalogue(now)
        publish("a", titled("Su Borcu"), now=now)
        publish("b", titled("Su Borcu"), now=now)
        for kind, times, days in ((UseKind.START, 5, 0), (UseKind.VIEW, 40, 90), (UseKind.START, 1000, 91)):
            services.count_uses(counts={"b": times}, kind=kind, actor=NOBODY, now=now - timedelta(days=days))
        assert refresh_usage.run(now=now) == 1
        assert refresh_usage.run(now=now) == 0
        assert dict(Service.objects.values_list("code", "usage")) == {"a": 0, "b": 9}
        assert [hit.code for hit in selectors.search(query="su borcu", language="tr")] == ["b", "a"]
