"""The page on which a certificate is shown."""

import base64
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from kapi.contexts.identity import selectors
from kapi.contexts.identity.values import AssuranceLevel, CertificateSettings, PersonId, SignedIn
from kapi.sites.ui.uploads import MOST_READ
from tests import people
from tests.certificates import Card, Issuer, Responder, serve
from tests.sites.login.institutions import go_to, open_institution
from tests.sites.login.pages import mistakes, words

HERE = "/giris/sertifika/"


@pytest.fixture
def issuer(now: datetime, settings: Settings) -> Iterator[Responder]:
    """An issuer on the trust list, with its server."""
    made = Issuer()
    settings.CERTIFICATES = CertificateSettings(site="http://localhost:8000", issuers=(made.trusted(),))
    settings.ALLOW_PRIVATE_ADDRESSES = True
    with serve(Responder(made, now)) as running:
        yield running


def open_page(browser: Client, path: str = HERE) -> Any:
    """Open the page, which leads to itself with a fresh statement."""
    return browser.get(path, follow=True)


def statement(browser: Client, page: Any) -> bytes:
    """Download the statement."""
    link = BeautifulSoup(page.content, "html.parser").select_one("a[download]")
    assert link is not None
    answer = browser.get(str(link["href"]))
    assert answer["Content-Disposition"] == 'attachment; filename="kapi-giris.txt"'
    return bytes(answer.content)


def action(page: Any) -> str:
    form = BeautifulSoup(page.content, "html.parser").select_one("form[enctype]")
    assert form is not None
    return str(form["action"])


def upload(browser: Client, page: Any, signature: bytes) -> Any:
    """Send a file."""
    file = BytesIO(signature)
    file.name = "kapi-giris.txt.p7s"
    return browser.post(action(page), {"signature": file, "pasted": ""})


def signed_in_at(browser: Client, now: datetime) -> SignedIn | None:
    token = browser.cookies[django_settings.SESSION_COOKIE_NAME].value
    return selectors.find_session(token=token, now=now)


def go_through(browser: Client, card: Card, path: str = HERE) -> Any:
    page = open_page(browser, path)
    return upload(browser, page, card.sign(statement(browser, page)))


class TestSignIn:
    def test_signs_the_holder_in_and_leads_on(
        self, browser: Client, citizen: PersonId, issuer: Responder, now: datetime
    ) -> None:
        answer = go_through(browser, issuer.card(), f"{HERE}?sonra=/hesabim/oturumlar/")
        assert (answer.status_code, answer["Location"]) == (302, "/hesabim/oturumlar/")
        person = signed_in_at(browser, now)
        assert person is not None
        assert (person.person_id, person.acr) == (citizen, AssuranceLevel.HIGH)

    def test_takes_a_pasted_signature_too(self, browser: Client, citizen: PersonId, issuer: Responder) -> None:
        page = open_page(browser)
        signature = base64.encodebytes(issuer.card().sign(statement(browser, page), is_attached=True)).decode()
        answer = browser.post(action(page), {"pasted": f"-----BEGIN PKCS7-----\n{signature}-----END PKCS7-----\n"})
        assert answer.status_code == 302

    def test_keeps_the_statement_while_it_is_good(self, browser: Client, citizen: PersonId, issuer: Responder) -> None:
        page = open_page(browser)
        document = statement(browser, page)
        again = open_page(browser, page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"])
        assert statement(browser, again) == document
        refused = upload(browser, page, b"nothing")
        assert statement(browser, refused) == document

    def test_the_statement_names_where_one_is_going(
        self, browser: Client, citizen: PersonId, issuer: Responder, now: datetime
    ) -> None:
        open_institution(now=now)
        page = open_page(browser, go_to(browser)["Location"].replace("/giris/?", f"{HERE}?"))
        assert "Gidilen yer / Going to: Örnek Belediyesi" in statement(browser, page).decode()
        answer = upload(browser, page, issuer.card().sign(statement(browser, page)))
        assert "/oidc/resume/" in answer["Location"]

    @pytest.mark.parametrize(
        ("signature", "said"),
        [(b"", "seçin"), (b"hello", "okuyabildiğimiz"), (b"\x30" * 70_000, "çok büyük")],
    )
    def test_says_what_is_wrong_beside_the_file(
        self, browser: Client, citizen: PersonId, issuer: Responder, signature: bytes, said: str
    ) -> None:
        answer = upload(browser, open_page(browser), signature)
        assert answer.status_code == 422
        [(text, field)] = mistakes(answer)
        assert (said in text, field) == (True, "#signature")

    def test_says_that_the_issuer_is_silent_and_hears_the_same_signature_again(
        self, browser: Client, citizen: PersonId, issuer: Responder
    ) -> None:
        page = open_page(browser)
        signature = issuer.card().sign(statement(browser, page))
        issuer.is_up = False
        assert "İmzanız geçerliliğini koruyor" in mistakes(upload(browser, page, signature))[0][0]
        issuer.is_up = True
        assert upload(browser, page, signature).status_code == 302

    def test_gives_back_what_was_pasted_while_the_issuer_is_silent_and_asks_for_a_file_again(
        self, browser: Client, citizen: PersonId, issuer: Responder
    ) -> None:
        page = open_page(browser)
        signature = issuer.card().sign(statement(browser, page))
        issuer.is_up = False
        pasted = base64.b64encode(signature).decode()
        answer = browser.post(action(page), {"pasted": pasted})
        field = BeautifulSoup(answer.content, "html.parser").select_one("details[open] textarea#pasted")
        assert field is not None
        assert field.text.strip() == pasted
        [(text, where)] = mistakes(answer)
        assert ("Dosyayı" in text, where) == (False, "#pasted")
        [(text, where)] = mistakes(upload(browser, page, signature))
        assert ("Dosyayı o zaman yeniden seçin" in text, where) == (True, "#signature")
        issuer.is_up = True
        assert browser.post(action(answer), {"pasted": field.text}).status_code == 302

    def test_gives_nothing_back_that_cannot_be_sent_again(
        self, browser: Client, citizen: PersonId, issuer: Responder
    ) -> None:
        answer = browser.post(action(open_page(browser)), {"pasted": "</textarea>no signature"})
        assert answer.status_code == 422
        assert "no signature" not in answer.content.decode()

    def test_tells_a_holder_without_an_account_what_to_do(self, browser: Client, db: None, issuer: Responder) -> None:
        assert "açık bir hesabınız yok" in mistakes(go_through(browser, issuer.card()))[0][0]

    def test_another_browser_gets_neither_statement_nor_session(
        self, browser: Client, citizen: PersonId, issuer: Responder
    ) -> None:
        page = open_page(browser)
        signature = issuer.card().sign(statement(browser, page))
        stranger = Client()
        open_page(stranger)
        assert upload(stranger, page, signature).status_code == 422
        link = BeautifulSoup(page.content, "html.parser").select_one("a[download]")
        assert link is not None
        assert stranger.get(str(link["href"])).status_code == 302

    def test_hangs_up_on_who_sends_on_and_on(self, browser: Client, citizen: PersonId, issuer: Responder) -> None:
        assert upload(browser, open_page(browser), b"\x30" * (MOST_READ + 200_000)).status_code in {400, 422}

    def test_there_is_no_page_where_no_issuer_is_trusted(self, browser: Client, db: None) -> None:
        assert browser.get(HERE).status_code == 404
        assert HERE not in browser.get("/giris/").content.decode()

    def test_the_sign_in_page_leads_here(self, browser: Client, db: None, issuer: Responder) -> None:
        assert "Diğer giriş yolları" in words(browser.get("/giris/"))
        assert HERE in browser.get("/giris/").content.decode()


class TestProveAgain:
    def test_the_same_session_goes_on_higher(self, signed_in: Client, issuer: Responder, now: datetime) -> None:
        before = signed_in_at(signed_in, now)
        answer = go_through(signed_in, issuer.card(), f"{HERE}?yeniden=1&sonra=/hesabim/")
        after = signed_in_at(signed_in, now)
        assert answer["Location"] == "/hesabim/"
        assert before is not None
        assert after is not None
        assert (after.session_id, after.acr) == (before.session_id, AssuranceLevel.HIGH)

    def test_somebody_elses_certificate_is_told_apart(
        self, signed_in: Client, issuer: Responder, now: datetime
    ) -> None:
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        answer = go_through(signed_in, issuer.card(people.OTHER_NUMBER.digits), f"{HERE}?yeniden=1")
        assert answer.status_code == 422
        assert "başka birine ait" in words(answer)
