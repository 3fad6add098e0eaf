"""The page on which staff take a token for a test client."""

import logging
from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser

from kapi.contexts.institutions.values import Role
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.services.clients import register_client
from kapi.contexts.openid.values.clients import ApiScope, Profile
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.actors import system
from kapi.kernel.langstring import LangString
from tests.sites.backoffice.staff import MINISTRY, at_work, mistakes, words
from tests.sites.backoffice.test_clients import NEW, fields, let_live, request_one


def add_test_client(*, now: datetime) -> str:
    """Register a live test client of the ministry and return its id."""
    return register_client(
        name=LangString("Deneme"),
        institution_code=MINISTRY,
        redirect_uris=[],
        scopes=[],
        api_scopes=[ApiScope.CLIENTS_READ],
        profile=Profile.BASELINE,
        secret_until=now + timedelta(days=30),
        is_test=True,
        actor=system("test"),
        now=now,
    ).id


def page_of(client_id: str) -> str:
    """Return where tokens of a client are taken."""
    return f"/yonetim/istemciler/{client_id}/deneme-belirteci/"


@pytest.fixture
def manager(institutions: None, now: datetime) -> Browser:
    """The browser of one who registers the ministry's clients."""
    return at_work(15, (Role.CLIENT_MANAGER, MINISTRY), now=now, name="Can")


class TestTestToken:
    def test_is_shown_once_and_good_at_the_api(
        self, manager: Browser, now: datetime, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        address = page_of(add_test_client(now=now))
        assert BeautifulSoup(manager.get(address).content, "html.parser").select_one("#token") is None
        answer = manager.post(address)
        shown = BeautifulSoup(answer.content, "html.parser").select_one("#token")
        assert shown is not None
        token = shown.get_text(strip=True)
        assert "no-store" in answer["Cache-Control"]
        told = Browser().get("/api/v1/client", headers={"Authorization": f"Bearer {token}"})
        assert told.json()["institution"] == MINISTRY
        assert BeautifulSoup(manager.get(address).content, "html.parser").select_one("#token") is None
        assert token not in caplog.text
        record = AuditRecord.objects.get(action="openid.test_token_issued")
        assert record.actor_id == str(manager.person_id)  # type: ignore[attr-defined]

    def test_is_for_test_clients_alone(self, manager: Browser, now: datetime) -> None:
        assert manager.get(page_of(request_one(now=now))).status_code == 404
        closed = add_test_client(now=now)
        Client.objects.filter(pk=closed).update(closed_at=now)
        assert manager.post(page_of(closed)).status_code == 404


class TestForm:
    def test_registers_a_test_client_that_another_person_lets_go_live(
        self, manager: Browser, approver: Browser
    ) -> None:
        typed = dict.fromkeys(("redirect_uris", "backchannel_logout_uri", "profile-asked"), "")
        typed |= {"api-clients.read": "yes", "is_test": "yes"}
        manager.post(NEW, fields(**typed))
        row = Client.objects.get()
        assert row.is_test
        assert row.closed_at is not None
        address = f"/yonetim/istemciler/{row.pk}/"
        assert "Deneme belirteci al" not in words(manager.get(address))
        let_live(approver, address)
        assert "Deneme belirteci al" in words(manager.get(address))
        assert "Bu bir deneme istemcisidir" in words(manager.get(address))

    def test_refuses_a_test_client_that_meets_citizens(self, manager: Browser) -> None:
        answer = manager.post(NEW, fields(is_test="yes"))
        assert [where for _, where in mistakes(answer)] == ["#is_test"]

    def test_registers_an_app_without_looking_at_proofs(self, manager: Browser) -> None:
        answer = manager.post(NEW, fields(rules="native", redirect_uris="http://127.0.0.1/geri", jwks="bozuk"))
        row = Client.objects.get()
        assert (row.profile, row.auth_method, row.jwks) == ("native", "none", None)
        assert row.closed_at is not None
        assert row.pk in words(answer)

    def test_registers_a_program_written_for_edevlet(self, manager: Browser) -> None:
        asked = {"identity_number-asked": "yes", "identity_number-purpose_tr": "Kaydınızı bulmak için"}
        secret = {"proof": "secret", "secret_until": "31.12.2099"}
        answer = manager.post(NEW, fields(rules="edevlet", **asked))
        assert [where for _, where in mistakes(answer)] == ["#rules"]
        answer = manager.post(NEW, fields(rules="edevlet", **secret))
        assert [where for _, where in mistakes(answer)] == ["#identity_number-asked"]
        answer = manager.post(NEW, fields(rules="edevlet", **asked, **secret))
        row = Client.objects.get()
        assert (row.profile, row.exception_ends_at is not None) == ("edevlet", True)
        page = words(manager.get(f"/yonetim/istemciler/{row.pk}/"))
        assert "e-Devlet için yazılmış" in page
        assert "Anahtarları değiştir" not in page
