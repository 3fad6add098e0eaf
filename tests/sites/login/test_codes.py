"""Adding an app with one-time codes, printing recovery codes."""

import logging
from datetime import timedelta
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from kapi.contexts.identity.models import Authenticator
from tests import people
from tests.authenticator_apps import App
from tests.sites.login.pages import mistakes, words

APP, CODES = "/hesabim/giris-yontemleri/uygulama/", "/hesabim/giris-yontemleri/kurtarma-kodlari/"


def soup(answer: Any) -> BeautifulSoup:
    """Read the page."""
    return BeautifulSoup(answer.content, "html.parser")


def field(answer: Any, name: str) -> str:
    """Return what stands in a field."""
    found = soup(answer).select_one(f"main [name={name}]")
    assert found is not None
    return str(found["value"])


def key_of(answer: Any) -> str:
    """Return the key as the page writes it out."""
    found = soup(answer).select_one("code.kapi-key")
    assert found is not None
    return found.get_text().replace(" ", "")


def add(browser: Client, page: Any, code: str | None = None, name: str = "Telefonum", path: str = APP) -> Any:
    """Send the first code of the app that has taken the key of `page`."""
    shown = App(key_of(page)).code(timezone.now()) if code is None else code
    return browser.post(path, {"sealed": field(page, "sealed"), "code": shown, "name": name})


def printed(answer: Any) -> list[str]:
    """Return the recovery codes that a page shows."""
    return [code.get_text() for code in soup(answer).select("ol.kapi-codes code")]


class TestTotp:
    def test_shows_the_key_as_picture_text_and_link(self, signed_in: Client) -> None:
        page = signed_in.get(APP)
        link = soup(page).select_one("main a[href^='otpauth:']")
        assert link is not None
        assert parse_qs(urlsplit(str(link["href"])).query)["secret"] == [key_of(page)]
        picture = soup(page).select_one("main svg[role=img]")
        assert picture is not None
        assert picture.select_one("title") is not None
        assert not picture.select("[style], style, script, image, use")
        assert page["Cache-Control"] == "no-store"

    def test_names_the_person_by_name_and_not_by_number(self, signed_in: Client) -> None:
        page = signed_in.get(APP)
        assert people.NUMBER.digits not in page.content.decode()

    def test_adds_the_app_and_keeps_one_signed_in(self, signed_in: Client) -> None:
        former = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
        answer = add(signed_in, signed_in.get(APP))
        assert answer["Location"] == "/hesabim/giris-yontemleri/?tamam=uygulama"
        assert "kurtarma kodları yazdırın" in words(signed_in.get(answer["Location"]))
        assert signed_in.cookies[settings.SESSION_COOKIE_NAME].value != former
        assert "Telefonum" in words(signed_in.get("/hesabim/giris-yontemleri/"))

    def test_shows_the_same_key_again_with_what_is_wrong(self, signed_in: Client) -> None:
        page = signed_in.get(APP)
        wrong = add(signed_in, page, code="12")
        assert wrong.status_code == 422
        assert [href for _text, href in mistakes(wrong)] == ["#code"]
        assert key_of(wrong) == key_of(page)
        unnamed = add(signed_in, wrong, name="")
        assert [href for _text, href in mistakes(unnamed)] == ["#name"]
        assert add(signed_in, unnamed).status_code == 302

    def test_shows_a_new_key_if_the_old_one_is_not_ours(self, signed_in: Client) -> None:
        answer = signed_in.post(APP, {"sealed": "00", "code": "123456", "name": "x"})
        assert answer.status_code == 422
        assert len(key_of(answer)) == 32

    def test_asks_who_has_not_proved_lately_to_do_so_and_come_back(self, signed_in: Client) -> None:
        people.make_proofs_older(by=timedelta(minutes=11))
        assert unquote(signed_in.get(APP)["Location"]) == f"/giris/?sonra={APP}&yeniden=1"

    def test_says_when_there_are_enough(self, signed_in: Client) -> None:
        for number in range(3):
            add(signed_in, signed_in.get(APP), name=f"Telefon {number}")
        answer = signed_in.get(APP)
        assert answer.status_code == 409
        assert "en çok 3 kod uygulaması" in words(answer)

    def test_is_for_people_who_are_signed_in(self, browser: Client, db: None) -> None:
        for path in (APP, CODES):
            assert unquote(browser.get(path)["Location"]) == f"/giris/?sonra={path}"

    def test_speaks_english(self, signed_in: Client) -> None:
        assert "Scan this picture" in words(signed_in.get(f"/en{APP}"))


class TestNames:
    def test_that_nobody_gave_are_those_of_their_kinds_in_the_readers_language(self, signed_in: Client) -> None:
        page = signed_in.get(APP)
        add(signed_in, page, name=field(page, "name"))
        signed_in.post(CODES)
        assert set(Authenticator.objects.values_list("name", flat=True)) == {""}
        titles = [
            [
                card.get_text()
                for card in soup(signed_in.get(f"{path}/hesabim/giris-yontemleri/")).select("h2[class*=card]")
            ]
            for path in ("", "/en")
        ]
        assert titles == [
            ["Tek kullanımlık kod uygulaması", "Basılı kurtarma kodları"],
            ["App with one-time codes", "Printed recovery codes"],
        ]

    def test_are_still_asked_for_where_one_has_many_of_a_kind(self, signed_in: Client) -> None:
        add(signed_in, signed_in.get(APP))
        with pytest.raises(IntegrityError), transaction.atomic():
            Authenticator.objects.update(kind="passkey", name="")

    def test_once_given_by_pages_are_taken_away_and_those_of_people_stay(self, signed_in: Client) -> None:
        add(signed_in, signed_in.get(APP), name="Uygulamam ve ben")
        signed_in.post(CODES)
        Authenticator.objects.filter(kind="recovery_codes").update(name="Kurtarma kodları")
        import_module("kapi.contexts.identity.migrations.0021_names_that_nobody_gave").forget(apps, None)
        assert set(Authenticator.objects.values_list("kind", "name")) == {
            ("totp", "Uygulamam ve ben"),
            ("recovery_codes", ""),
        }


class TestRecoveryCodes:
    def test_are_shown_once_and_for_paper(self, signed_in: Client) -> None:
        add(signed_in, signed_in.get(APP))
        page = signed_in.post(CODES)
        codes = printed(page)
        assert len(set(codes)) == 10
        assert page["Cache-Control"] == "no-store"
        assert soup(page).select(".kapi-no-print")
        after = signed_in.get(CODES)
        assert "Kullanılmamış 10 kodunuz var" in words(after)
        assert not [code for code in codes if code in after.content.decode()]

    def test_are_made_anew(self, signed_in: Client) -> None:
        add(signed_in, signed_in.get(APP))
        assert not set(printed(signed_in.post(CODES))) & set(printed(signed_in.post(CODES)))
        assert Authenticator.objects.count() == 2

    def test_are_refused_to_who_has_nothing_they_could_stand_in_for(self, signed_in: Client) -> None:
        answer = signed_in.post(CODES)
        assert answer.status_code == 409
        assert "yerine geçeceği" in words(answer)
        assert not Authenticator.objects.exists()

    def test_need_a_recent_proof(self, signed_in: Client) -> None:
        people.make_proofs_older(by=timedelta(minutes=11))
        assert unquote(signed_in.post(CODES)["Location"]) == f"/giris/?sonra={CODES}&yeniden=1"


class TestSecrets:
    def test_are_in_no_log_and_no_address(self, signed_in: Client, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        page = signed_in.get(APP)
        secrets = [key_of(page), field(page, "sealed")]
        added = add(signed_in, page)
        made = signed_in.post(CODES)
        secrets += printed(made)
        signed_in.post("/giris/?yeniden=1", {"identity_number": people.NUMBER.digits, "password": people.PASSWORD})
        used = signed_in.post("/giris/ikinci-adim/?kurtarma=1", {"code": secrets[-1]})
        assert used.status_code == 302
        secrets.append(signed_in.cookies[settings.SESSION_COOKIE_NAME].value)
        said = caplog.text + str(added["Location"]) + str(used["Location"])
        assert [secret for secret in secrets if secret in said] == []
        links = [str(link["href"]) for link in soup(page).select("[href]") if not str(link["href"]).startswith("otp")]
        links += [str(form.get("action", "")) for form in soup(page).select("form")]
        assert [link for link in links if any(secret in link for secret in secrets)] == []
