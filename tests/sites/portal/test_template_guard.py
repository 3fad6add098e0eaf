"""The guard that lets no template cause a query (tests/conftest.py) does so."""

import pytest
from django.template.loader import get_template
from django.test import RequestFactory

from kapi.contexts.catalogue.models import LifeEvent


@pytest.mark.django_db
class TestGuard:
    def test_refuses_a_query_set_in_a_page(self) -> None:
        values = {"life_events": LifeEvent.objects.order_by("pk")}
        with pytest.raises(AssertionError, match="A template caused a query: SELECT"):
            get_template("portal/life_events.html").render(values, RequestFactory().get("/"))

    def test_lets_values_through(self) -> None:
        page = get_template("portal/life_events.html").render({"life_events": []}, RequestFactory().get("/"))
        assert "Henüz yaşam olayı yayımlanmadı." in page
