"""Ways to sign in: the list, adding, naming, removing; and signing in with a passkey."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kapi.contexts.identity.models import Authenticator, Session
from kapi.contexts.identity.values import CertificateSettings, PersonId
from tests import people
from tests.certificates import Issuer
from tests.passkeys import PRESENT, SoftPasskey
from tests.sites.login.pages import fill_in, words

LIST = "/hesabim/giris-yontemleri/"
ANSWERED = 302


@pytest.fixture
def passkey() -> SoftPasskey:
    """A device that can make a passkey."""
    return SoftPasskey()


def options(browser: Client, path: str) -> dict[str, Any]:
    answer = browser.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    return dict(json.loads(answer.content))


def add(browser: Client, passkey: SoftPasskey, *, name: str = "Telefonum", path: str = LIST, **changes: Any) -> Any:
    made = passkey.create(options(browser, f"{LIST}istek"), **changes)
    return browser.post(path, {"passkey": made, "name": name})


def show(browser: Client, passkey: SoftPasskey, address: str = "/giris/gecis-anahtari/", **changes: Any) -> Any:
    shown = passkey.get(options(browser, "/giris/gecis-anahtari/istek"), **changes)
    return browser.post(address, {"passkey": shown})


@pytest.fixture
def added(signed_in: Client, passkey: SoftPasskey) -> Client:
    """The citizen's browser, in which a passkey was added to the account."""
    assert add(signed_in, passkey).status_code == ANSWERED
    return signed_in


class TestList:
    def test_says_that_there_is_nothing_yet_and_how_to_begin(self, signed_in: Client) -> None:
        text = words(signed_in.get(LIST))
        assert "Şifreniz dışında henüz bir giriş yöntemi eklemediniz." in text
        assert "Geçiş anahtarı ekle" in text
        assert "betikleri kapalı" in text

    def test_shows_what_was_added(self, added: Client) -> None:
        text = words(added.get(f"{LIST}?tamam=eklendi"))
        assert "Artık onunla giriş yapabilirsiniz." in text
        assert "Telefonum" in text
        assert "Geçiş anahtarı" in text
        assert "henüz kullanılmadı" in text

    def test_says_where_an_e_signature_is_used(self, signed_in: Client, settings: Settings) -> None:
        settings.CERTIFICATES = CertificateSettings(site="http://localhost:8000", issuers=())
        assert "kimlik kartı Buraya eklenecek bir şey yok" not in words(signed_in.get(LIST))
        settings.CERTIFICATES = CertificateSettings(site="http://localhost:8000", issuers=(Issuer().trusted(),))
        assert "kimlik kartı Buraya eklenecek bir şey yok" in words(signed_in.get(LIST))

    def test_stands_in_english_too(self, added: Client) -> None:
        assert "Ways to sign in" in words(added.get(f"/en{LIST}"))

    def test_is_for_who_is_signed_in(self, browser: Client, citizen: PersonId) -> None:
        for path in (LIST, f"{LIST}istek", f"{LIST}1/ad/", f"{LIST}1/kaldir/"):
            assert browser.get(path)["Location"].startswith("/giris/?sonra=")

    def test_is_counted_on_the_account_page(self, added: Client) -> None:
        assert "Şifre ve 1 yöntem daha" in words(added.get("/hesabim/"))


class TestAdd:
    def test_refuses_what_is_no_passkey_and_a_name_that_is_none(self, signed_in: Client, passkey: SoftPasskey) -> None:
        answer = signed_in.post(LIST, {"passkey": "none", "name": "x"})
        assert answer.status_code == 422
        assert "Geçiş anahtarı kabul edilmedi." in words(answer)
        answer = add(signed_in, passkey, name=" ")
        assert answer.status_code == 422
        assert "1 ile 60 karakter arasında bir ad verin." in words(answer)
        assert not Authenticator.objects.exists()

    def test_asks_to_prove_it_once_more_after_a_while(self, signed_in: Client, passkey: SoftPasskey) -> None:
        people.make_proofs_older(by=timedelta(minutes=11))
        page = signed_in.get(LIST)
        assert "Kimliğinizi doğrulamanızın üzerinden biraz zaman geçti." in words(page)
        assert "/giris/?sonra=%2Fhesabim%2Fgiris-yontemleri%2F&amp;yeniden=1" in page.content.decode()
        assert add(signed_in, passkey)["Location"] == LIST
        assert not Authenticator.objects.exists()

    def test_asks_for_the_passkey_where_there_is_one(self, added: Client, passkey: SoftPasskey) -> None:
        assert "Yalnız şifrenizle giriş yaptınız." in words(added.get(LIST))
        add(added, SoftPasskey())
        assert Authenticator.objects.count() == 1
        assert show(added, passkey, f"/giris/gecis-anahtari/?sonra={LIST}&yeniden=1")["Location"] == LIST
        assert "Geçiş anahtarı ekle" in words(added.get(LIST))
        add(added, SoftPasskey(), name="Bilgisayarım")
        assert Authenticator.objects.count() == 2


class TestRename:
    def test_changes_the_name(self, added: Client) -> None:
        path = f"{LIST}{Authenticator.objects.get().pk}/ad/"
        assert 'value="Telefonum"' in added.get(path).content.decode()
        assert "Yeni adı kaydedildi." in words(added.post(path, {"name": "İş telefonum"}, follow=True))
        assert Authenticator.objects.get().name == "İş telefonum"

    def test_says_what_is_wrong_with_a_name(self, added: Client) -> None:
        answer = added.post(f"{LIST}{Authenticator.objects.get().pk}/ad/", {"name": ""})
        assert answer.status_code == 422
        assert "1 ile 60 karakter arasında bir ad verin." in words(answer)

    @pytest.mark.parametrize("number", ["0", "999999999999999999999"])
    def test_knows_no_others(self, added: Client, number: str) -> None:
        for page in ("ad", "kaldir"):
            assert added.get(f"{LIST}{number}/{page}/").status_code == 404


class TestRemove:
    def test_asks_for_the_passkey_then_whether_one_is_sure_and_removes_it(
        self, added: Client, passkey: SoftPasskey
    ) -> None:
        path = f"{LIST}{Authenticator.objects.get().pk}/kaldir/"
        assert added.get(path)["Location"].startswith("/giris/?sonra=")
        assert added.post(path)["Location"].startswith("/giris/?sonra=")
        show(added, passkey, f"/giris/gecis-anahtari/?sonra={path}&yeniden=1")
        assert "“Telefonum” kaldırılsın mı?" in words(added.get(path))
        assert "Artık kimse onunla giriş yapamaz" in words(added.post(path, follow=True))
        assert not Authenticator.objects.exists()


class TestPasskey:
    def test_opens_a_session_in_another_browser_and_goes_on_to_where_one_was_going(
        self, added: Client, passkey: SoftPasskey
    ) -> None:
        other = Client(REMOTE_ADDR="198.51.100.7", headers={"User-Agent": people.FIREFOX})
        answer = show(other, passkey, "/giris/gecis-anahtari/?sonra=/hesabim/oturumlar/")
        assert (answer.status_code, answer["Location"]) == (ANSWERED, "/hesabim/oturumlar/")
        assert other.get("/hesabim/").status_code == 200
        assert "Giriş yapıldı" in words(other.get("/hesabim/giris-gecmisi/"))

    def test_is_offered_on_the_sign_in_page_hidden_until_the_browser_can(self, browser: Client, db: None) -> None:
        page = browser.get("/giris/?sonra=/hesabim/").content.decode()
        assert 'action="/giris/gecis-anahtari/?sonra=%2Fhesabim%2F" novalidate hidden data-passkey="get"' in page
        assert "login/passkeys.js" in page

    def test_leads_back_to_the_page_whoever_comes_without_one(self, browser: Client, db: None) -> None:
        assert browser.get("/giris/gecis-anahtari/?sonra=/hesabim/")["Location"] == "/giris/?sonra=%2Fhesabim%2F"

    def test_is_refused_on_the_same_page_with_the_reason(self, added: Client, passkey: SoftPasskey) -> None:
        browser = Client()
        for changes, said in (
            ({"flags": PRESENT}, "Cihazınız siz olduğunuzu doğrulamadı."),
            ({"client": {"origin": "https://evil.example"}}, "Geçiş anahtarı kabul edilmedi."),
            ({"rp_id": "evil.example"}, "Geçiş anahtarı kabul edilmedi."),
        ):
            answer = show(browser, passkey, **changes)
            assert answer.status_code == 422
            assert said in words(answer)
        assert "hiçbir hesaba ait değil" in words(show(browser, SoftPasskey(owner=b"x")))
        assert "denendi ve kabul edilmedi" in words(added.get("/hesabim/giris-gecmisi/"))

    def test_is_refused_in_another_browser_than_the_one_that_was_asked(
        self, added: Client, passkey: SoftPasskey
    ) -> None:
        asked = options(Client(), "/giris/gecis-anahtari/istek")
        answer = Client().post("/giris/gecis-anahtari/", {"passkey": passkey.get(asked)})
        assert "çok geç ya da ikinci kez" in words(answer)

    def test_replaces_the_session_that_the_browser_had(self, added: Client, passkey: SoftPasskey) -> None:
        show(added, passkey)
        reasons = sorted(Session.objects.values_list("end_reason", flat=True).order_by("pk"))
        assert reasons == ["", "replaced", "signed_out"]

    def test_of_another_person_is_refused_where_one_is_to_prove_oneself(
        self, added: Client, passkey: SoftPasskey
    ) -> None:
        people.make_citizen(now=timezone.now(), number=people.OTHER_NUMBER)
        other = Client(REMOTE_ADDR="198.51.100.7")
        fill_in(other, number=people.OTHER_NUMBER.digits)
        answer = show(other, passkey, "/giris/gecis-anahtari/?yeniden=1")
        assert answer.status_code == 422
        assert Session.objects.filter(ended_at=None).count() == 2

    def test_is_told_to_wait_after_too_many_refusals(self, browser: Client, db: None) -> None:
        for _ in range(60):
            browser.post("/giris/gecis-anahtari/", {"passkey": "none"})
        answer = browser.post("/giris/gecis-anahtari/", {"passkey": "none"})
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
