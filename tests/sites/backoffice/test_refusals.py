"""What programs were refused, as their institution reads it."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser

from kapi.contexts.institutions.values import Role
from kapi.contexts.openid.models import RefusedRequest
from kapi.contexts.openid.services.clients import reopen_client, request_client
from kapi.contexts.openid.values.clients import Profile, Scope, ScopeUse
from kapi.contexts.openid.values.refusals import Endpoint
from kapi.kernel.actors import system
from kapi.kernel.langstring import LangString
from kapi.sites.backoffice.refusal_words import endpoint_words, explain, known_codes
from tests.sites.backoffice.staff import MINISTRY, OTHER, at_work, rows, words
from tests.sites.backoffice.test_clients import request_one

LIST = "/yonetim/reddedilen-istekler/"


@pytest.fixture
def manager(institutions: None, now: datetime) -> Browser:
    """The browser of one who registers the ministry's clients."""
    return at_work(15, (Role.CLIENT_MANAGER, MINISTRY), now=now, name="Can")


@pytest.fixture
def program(institutions: None, now: datetime) -> str:
    """A live client of the ministry's."""
    client_id = request_one(now=now)
    reopen_client(client_id=client_id, actor=system("test"), now=now)
    return client_id


def send(path: str, **form: str) -> Any:
    """Ask as a program does."""
    return Browser().post(path, urlencode(form), content_type="application/x-www-form-urlencoded")


def fill(client_id: str, many: int, *, now: datetime, code: str = "invalid_grant") -> None:
    """Let a client have been refused so often."""
    RefusedRequest.objects.bulk_create(
        RefusedRequest(client_id=client_id, endpoint="token", code=code, description="the code is too old", at=now)
        for _ in range(many)
    )


class TestRefusals:
    def test_says_what_was_asked_why_it_was_refused_and_what_to_do(self, manager: Browser, program: str) -> None:
        Browser().get("/oidc/authorize", {"client_id": program, "redirect_uri": "https://kurum.example/geri/"})
        Browser().get("/oidc/authorize", {"client_id": program, "redirect_uri": "https://kurum.example/geri"})
        send("/oidc/token", client_id=program, client_secret="gizli-kalsin", grant_type="authorization_code", code="k")
        send("/oidc/par", client_id=program)
        page = manager.get(LIST)
        shown = rows(page)
        assert [row[2] for row in shown] == [
            "Önden iletilen giriş isteği (PAR)",
            "Belirteçler",
            "Tarayıcıyla gelen giriş isteği",
            "Tarayıcıyla gelen giriş isteği",
        ]
        assert shown[1][3] == "invalid_client the client secret is wrong"
        assert shown[1][4:] == [
            "Gizli anahtar bizim verdiğimiz değil.",
            "En son gösterilen gizli anahtarı kullanın.",
        ]
        assert shown[3][3].startswith("redirect_uri_not_registered")
        assert "gizli-kalsin" not in page.content.decode()
        assert "kurum.example" not in page.content.decode()

    def test_marks_what_nobody_has_proved_to_be_the_clients(self, manager: Browser, now: datetime) -> None:
        registered = request_client(
            name=LangString("Başvuru Programı"),
            institution_code=MINISTRY,
            redirect_uris=["https://kurum.example/geri"],
            scopes=[ScopeUse(Scope.OPENID)],
            profile=Profile.BASELINE,
            secret_until=now + timedelta(days=30),
            actor=system("test"),
            now=now,
        )
        reopen_client(client_id=registered.id, actor=system("test"), now=now)
        form = {"client_id": registered.id, "grant_type": "authorization_code", "code": "k"}
        form |= {"redirect_uri": "https://kurum.example/geri"}
        for path, sent in (
            ("token", form),
            ("par", {"client_id": registered.id}),
            ("revoke", form),
            ("introspect", form),
        ):
            for secret in (str(registered.secret), "gizli-kalsin"):
                assert send(f"/oidc/{path}", **sent, client_secret=secret).status_code in (400, 401)
        shown = rows(manager.get(LIST))
        assert [("kanıtlanmadı" in row[1], "invalid_client" in row[3]) for row in shown] == [
            (True, True),
            (False, False),
        ] * 4

    def test_shows_other_institutions_nothing(self, program: str, now: datetime) -> None:
        fill(program, 1, now=now)
        stranger = at_work(16, (Role.CLIENT_MANAGER, OTHER), now=now)
        assert rows(stranger.get(LIST)) == []
        assert rows(stranger.get(LIST, {"istemci": program})) == []

    def test_narrows_down_and_pages_by_the_database(
        self, manager: Browser, program: str, now: datetime, django_assert_max_num_queries: Any
    ) -> None:
        fill(program, 70, now=now)
        fill(program, 3, now=now, code="invalid_scope")
        assert len(rows(manager.get(LIST, {"kod": "invalid_scope"}))) == 3
        assert rows(manager.get(LIST, {"nerede": "userinfo"})) == []
        with django_assert_max_num_queries(12):
            first = manager.get(LIST, {"istemci": program})
        assert len(rows(first)) == 50
        link = BeautifulSoup(first.content, "html.parser").select_one("a[rel=next]")
        assert link is not None
        assert len(rows(manager.get(str(link["href"])))) == 23

    @pytest.mark.parametrize("wrong", [{"once": "x"}, {"once": "9" * 19}, {"istemci": "\0"}, {"kod": "x" * 65}])
    def test_does_not_know_addresses_that_nobody_made(self, manager: Browser, wrong: dict[str, str]) -> None:
        assert manager.get(LIST, wrong).status_code == 404

    def test_is_reached_from_the_clients_page(self, manager: Browser, program: str) -> None:
        page = BeautifulSoup(manager.get(f"/yonetim/istemciler/{program}/").content, "html.parser")
        links = [str(link["href"]) for link in page.select("main a")]
        assert f"{LIST}?istemci={program}" in links
        assert "reddedilmedi" in words(manager.get(f"{LIST}?istemci={program}"))


class TestExplain:
    def test_knows_every_place_and_has_words_for_every_code(self) -> None:
        assert set(endpoint_words()) == set(Endpoint)
        for code in known_codes():
            assert explain(code, "").why
        assert explain("something_new", "").remedy

    def test_takes_the_first_that_fits(self) -> None:
        general = explain("invalid_client", "")
        assert explain("invalid_client", "aud of the client assertion must be x") != general
        assert explain("invalid_client", "no client of this id is registered") == general
        assert "askıya" in explain("invalid_client", "this client is suspended; ask the operator").why
