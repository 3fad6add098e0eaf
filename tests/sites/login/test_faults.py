"""Requests of institutions that cannot be answered, shown to a person."""

import pytest
from django.test import Client


@pytest.mark.django_db
class TestFaultPage:
    @pytest.mark.parametrize(
        ("locales", "language"), [("", "tr"), ("en", "en"), ("de en-GB tr", "en"), ("de", "tr"), ("\x00", "tr")]
    )
    def test_speaks_the_language_that_the_institution_asked_for(self, locales: str, language: str) -> None:
        page = Client().get("/oidc/authorize", {"client_id": "unknown", "ui_locales": locales})
        assert page.status_code == 400
        assert f'<html lang="{language}"' in page.content.decode()
