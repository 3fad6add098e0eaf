"""Signing in with identity number and password."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.identity import selectors
from kapi.contexts.identity.models import Session
from kapi.contexts.identity.rules.pressure import WATCHES
from kapi.contexts.identity.services import pressure
from kapi.contexts.identity.values import PersonId
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.models import OutboxEvent
from kapi.kernel.actors import NOBODY
from tests import people
from tests.sites.login.pages import fill_in, mistakes, words

REFUSED = (
    "Kimlik numarası ya da şifre doğru değil veya bu hesapla şu anda giriş yapılamıyor. "
    "İkisini de gözden geçirip yeniden deneyin."
)


def _without_proofs(answer: Any) -> bytes:
    return re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", answer.content)


@pytest.mark.django_db
class TestSignInPage:
    def test_asks_for_number_and_password_in_a_way_password_managers_know(self, browser: Client) -> None:
        page = BeautifulSoup(browser.get("/giris/").content, "html.parser")
        number, password = page.select_one("#identity_number"), page.select_one("#password")
        assert number is not None
        assert password is not None
        assert (number["autocomplete"], number["inputmode"]) == ("username", "numeric")
        assert (password["autocomplete"], password["type"]) == ("current-password", "password")
        assert not [field for field in (number, password) if field.has_attr("onpaste") or field.has_attr("maxlength")]

    def test_tells_the_way_to_an_account_and_to_recovery(self, browser: Client) -> None:
        text = words(browser.get("/giris/"))
        assert "15 yaşından itibaren" in text
        assert "Şifremi unuttum" in text

    def test_speaks_english_too(self, browser: Client) -> None:
        answer = browser.get("/en/giris/")
        assert b'lang="en"' in answer.content
        assert "If you cannot sign in" in words(answer)

    def test_costs_no_query(self, browser: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            browser.get("/giris/")

    def test_is_kept_by_nobody(self, browser: Client) -> None:
        assert "no-store" in browser.get("/giris/")["Cache-Control"]

    def test_sends_on_who_is_signed_in_already(self, signed_in: Client) -> None:
        assert signed_in.get("/giris/?sonra=/hesabim/oturumlar/")["Location"] == "/hesabim/oturumlar/"

    def test_says_that_a_session_is_over_and_where_one_goes_on(self, signed_in: Client, now: datetime) -> None:
        Session.objects.update(last_seen_at=now - timedelta(minutes=16))
        sent = signed_in.get("/hesabim/giris-gecmisi/?once=5")
        assert sent["Location"] == "/giris/?sonra=%2Fhesabim%2Fgiris-gecmisi%2F%3Fonce%3D5"
        text = words(signed_in.get(sent["Location"]))
        assert "Oturumunuz kapandı" in text
        assert "kaldığınız yere döneceksiniz" in text
        assert fill_in(signed_in, path=sent["Location"])["Location"] == "/hesabim/giris-gecmisi/?once=5"


class TestSignIn:
    def test_opens_the_account(self, browser: Client, citizen: PersonId) -> None:
        answer = fill_in(browser)
        assert (answer.status_code, answer["Location"]) == (302, "/sayfam/")
        assert "Deniz Yılmaz" in browser.get("/hesabim/").content.decode()

    def test_reads_a_number_written_with_blanks(self, browser: Client, citizen: PersonId) -> None:
        assert fill_in(browser, number=" 100 000 001 46 ").status_code == 302

    def test_keeps_session_and_device_in_cookies_that_scripts_cannot_read(
        self, browser: Client, citizen: PersonId
    ) -> None:
        cookies = fill_in(browser).cookies
        session, device = cookies[settings.SESSION_COOKIE_NAME], cookies[settings.DEVICE_COOKIE_NAME]
        for cookie in (session, device):
            assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
            assert not cookie["secure"]
        assert session["max-age"] == ""
        assert int(device["max-age"]) == 400 * 24 * 3600

    def test_marks_the_cookies_secure_where_the_gateway_is_reached_by_https(
        self, browser: Client, citizen: PersonId, settings: Any
    ) -> None:
        settings.COOKIE_SECURE = True
        assert all(cookie["secure"] for cookie in fill_in(browser).cookies.values())

    def test_goes_on_to_where_one_was_going(self, browser: Client, citizen: PersonId) -> None:
        answer = fill_in(browser, path="/giris/?sonra=/en/hesabim/sifre/")
        assert answer["Location"] == "/en/hesabim/sifre/"

    @pytest.mark.parametrize(
        "strange",
        ["https://evil.example/", "//evil.example", "/\\evil.example", "/%09/evil.example", "javascript:alert(1)"],
    )
    def test_never_leads_elsewhere(self, browser: Client, citizen: PersonId, strange: str) -> None:
        query = strange.replace("%09", "\t")
        page = BeautifulSoup(browser.get("/giris/", {"sonra": query}).content, "html.parser")
        form = page.select_one("main form")
        assert form is not None
        assert form["action"] == "/giris/"
        hosts = {urlsplit(urljoin("http://here/", str(link["href"]))).netloc for link in page.select("[href]")}
        assert hosts <= {"here", "localhost:8000"}
        answer = browser.post(
            "/giris/", {"identity_number": people.NUMBER.digits, "password": people.PASSWORD, "sonra": query}
        )
        assert answer["Location"] == "/sayfam/"

    def test_gives_a_new_token_and_ends_the_session_it_replaces(self, signed_in: Client, citizen: PersonId) -> None:
        before = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
        fill_in(signed_in)
        after = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
        assert before != after
        assert selectors.find_session(token=before, now=timezone.now()) is None
        assert len(selectors.sessions_of(person_id=citizen, now=timezone.now())) == 1
        assert OutboxEvent.objects.filter(name="identity.session_ended.v1", payload__reason="replaced").count() == 1

    def test_never_accepts_a_token_that_the_visitor_brought(self, browser: Client, citizen: PersonId) -> None:
        browser.cookies[settings.SESSION_COOKIE_NAME] = "chosen-by-an-attacker"
        fill_in(browser)
        assert browser.cookies[settings.SESSION_COOKIE_NAME].value != "chosen-by-an-attacker"

    def test_wants_the_form_to_come_from_our_page(self, citizen: PersonId) -> None:
        assert fill_in(Client(enforce_csrf_checks=True)).status_code == 403

    def test_leads_the_holder_of_a_sealed_code_to_choosing_a_password(
        self, db: None, browser: Client, now: datetime
    ) -> None:
        _person, issued = people.issue(now=now)
        answer = fill_in(browser, password=issued.code, path="/giris/?sonra=/en/hesabim/")
        assert answer["Location"] == "/giris/ilk-sifre/?sonra=%2Fen%2Fhesabim%2F"
        assert browser.get("/hesabim/")["Location"] == "/giris/ilk-sifre/?sonra=%2Fhesabim%2F"


class TestProvingAgain:
    AGAIN = "/giris/?sonra=%2Fhesabim%2F&yeniden=1"

    def test_asks_for_both_again_and_shows_no_number(self, signed_in: Client) -> None:
        answer = signed_in.get(self.AGAIN)
        assert "Kimliğinizi yeniden doğrulayın" in words(answer)
        assert "Deniz Yılmaz" in words(answer)
        page = BeautifulSoup(answer.content, "html.parser")
        number, form = page.select_one("#identity_number"), page.select_one("main form")
        assert number is not None
        assert form is not None
        assert number["value"] == ""
        assert people.NUMBER.digits not in answer.content.decode()
        assert form["action"] == self.AGAIN

    def test_lets_the_same_session_go_on_under_new_cookies(self, signed_in: Client, citizen: PersonId) -> None:
        before = {name: cookie.value for name, cookie in signed_in.cookies.items()}
        session = selectors.find_session(token=before[settings.SESSION_COOKIE_NAME], now=timezone.now())
        assert session is not None
        assert fill_in(signed_in, path=self.AGAIN)["Location"] == "/hesabim/"
        after = {name: cookie.value for name, cookie in signed_in.cookies.items()}
        for name in (settings.SESSION_COOKIE_NAME, settings.DEVICE_COOKIE_NAME):
            assert after[name] != before[name]
        assert selectors.find_session(token=before[settings.SESSION_COOKIE_NAME], now=timezone.now()) is None
        renewed = selectors.find_session(token=after[settings.SESSION_COOKIE_NAME], now=timezone.now())
        assert renewed is not None
        assert renewed.session_id == session.session_id
        assert renewed.authenticated_at > session.authenticated_at
        assert "Aynı oturumda kimliğinizi yeniden doğruladınız" in words(signed_in.get("/hesabim/giris-gecmisi/"))

    def test_says_what_is_wrong_and_still_asks_again(self, signed_in: Client) -> None:
        answer = fill_in(signed_in, path=self.AGAIN, password="yanlis")
        assert mistakes(answer) == [(REFUSED, "#password")]
        assert b'action="/giris/?sonra=%2Fhesabim%2F&amp;yeniden=1"' in answer.content

    def test_waits_after_too_many_wrong_tries(self, signed_in: Client) -> None:
        answers = [fill_in(signed_in, path=self.AGAIN, password="yanlis") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [422] * 5 + [429]
        assert signed_in.get("/hesabim/").status_code == 200

    def test_refuses_another_persons_credentials_and_offers_to_sign_out_first(
        self, signed_in: Client, now: datetime
    ) -> None:
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        answer = fill_in(signed_in, path=self.AGAIN, number=people.OTHER_NUMBER.digits)
        assert answer.status_code == 422
        assert "Burada başka birinin oturumu açık" in words(answer)
        assert people.OTHER_NUMBER.digits not in answer.content.decode()
        assert "kapi_session" not in answer.cookies
        assert signed_in.get("/hesabim/").status_code == 200

        form = BeautifulSoup(answer.content, "html.parser").select_one("main form")
        assert form is not None
        fields = {str(field["name"]): str(field["value"]) for field in form.select("input")}
        left = signed_in.post(str(form["action"]), fields)
        assert left["Location"] == "/giris/?sonra=%2Fhesabim%2F"
        assert left.cookies[settings.SESSION_COOKIE_NAME].value == ""
        switched = fill_in(signed_in, path=left["Location"], number=people.OTHER_NUMBER.digits)
        assert switched["Location"] == "/hesabim/"

    def test_leads_nobody_elsewhere_when_signing_out_for_another_person(self, signed_in: Client) -> None:
        answer = signed_in.post("/cikis/", {"yeniden": "1", "sonra": "https://evil.example/"})
        assert answer["Location"] == "/giris/"

    def test_is_an_ordinary_sign_in_once_the_session_is_over(self, signed_in: Client, now: datetime) -> None:
        Session.objects.update(last_seen_at=now - timedelta(minutes=16))
        assert "Giriş" in words(signed_in.get(self.AGAIN))
        assert fill_in(signed_in, path=self.AGAIN)["Location"] == "/hesabim/"
        assert signed_in.get("/hesabim/").status_code == 200

    def test_first_asks_for_a_password_of_ones_own(self, db: None, browser: Client, now: datetime) -> None:
        _person, issued = people.issue(now=now)
        fill_in(browser, password=issued.code)
        assert browser.get(self.AGAIN)["Location"] == "/giris/ilk-sifre/?sonra=%2Fhesabim%2F"
        sent = fill_in(browser, path=self.AGAIN, password=issued.code)
        assert sent["Location"] == self.AGAIN


class TestSignInRefusals:
    @pytest.mark.parametrize(
        ("number", "password", "expected"),
        [
            ("", "", [("Kimlik numaranızı yazın.", "#identity_number"), ("Şifrenizi yazın.", "#password")]),
            (
                "1000000014",
                "x",
                [("Kimlik numarası 11 hanelidir. Haneleri sayıp yeniden deneyin.", "#identity_number")],
            ),
            ("1000000014x", "x", [("Kimlik numarası yalnızca rakamlardan oluşur.", "#identity_number")]),
            (
                "10000000147",
                "x",
                [("Rakamlardan biri doğru değil. Numarayı kimlik kartınızla karşılaştırın.", "#identity_number")],
            ),
        ],
    )
    @pytest.mark.django_db
    def test_say_which_field_to_mend(
        self, browser: Client, number: str, password: str, expected: list[tuple[str, str]]
    ) -> None:
        answer = fill_in(browser, number=number, password=password)
        assert answer.status_code == 422
        assert mistakes(answer) == expected
        assert b"<title>Hata:" in answer.content

    def test_lead_to_the_same_page_for_a_right_password_while_lists_are_tried(
        self, browser: Client, citizen: PersonId
    ) -> None:
        for number in people.make_numbers(WATCHES[0].least_failed):
            pressure.note_failed(number=number, actor=NOBODY, now=timezone.now())
        pages = []
        for password in ("yanlis-sifre-91", people.PASSWORD):
            assert fill_in(browser, password=password)["Location"] == "/giris/kod-ile/"
            pages.append(browser.get("/giris/kod-ile/"))
        assert _without_proofs(pages[0]) == _without_proofs(pages[1])
        assert "Şu sırada burada çalıntı şifreler deneniyor" in words(pages[1])

    def test_keep_the_number_and_forget_the_password(self, browser: Client, citizen: PersonId) -> None:
        answer = fill_in(browser, password="yanlis-sifre-91", path="/giris/?sonra=/hesabim/sifre/")
        assert mistakes(answer) == [(REFUSED, "#password")]
        field = BeautifulSoup(answer.content, "html.parser").select_one("#identity_number")
        assert field is not None
        assert field["value"] == people.NUMBER.digits
        assert b"yanlis-sifre-91" not in answer.content
        assert b'action="/giris/?sonra=%2Fhesabim%2Fsifre%2F"' in answer.content

    def test_are_the_same_bytes_whether_the_number_is_anybodys(self, browser: Client, citizen: PersonId) -> None:
        known = fill_in(browser, password="yanlis")
        unknown = fill_in(browser, number=people.NOBODYS_NUMBER.digits, password="yanlis")
        without_account = fill_in(browser, number=people.OTHER_NUMBER.digits, password="yanlis")
        assert known.status_code == unknown.status_code == without_account.status_code == 422
        pages = {
            _without_proofs(answer).replace(number.digits.encode(), b"")
            for answer, number in (
                (known, people.NUMBER), (unknown, people.NOBODYS_NUMBER), (without_account, people.OTHER_NUMBER)
            )
        }  # fmt: skip
        assert len(pages) == 1

    def test_are_the_same_bytes_when_the_account_hears_no_more(self, citizen: PersonId) -> None:
        """So many wrong tries from so many addresses that strangers' tries are refused, at an account and at none."""
        pages = []
        for number in (people.NUMBER, people.NOBODYS_NUMBER):
            answers = [
                fill_in(Client(REMOTE_ADDR=f"198.51.100.{host}"), number=number.digits, password="yanlis")
                for host in range(1, 33)
            ]
            assert [answer.status_code for answer in answers[:30]] == [422] * 30
            assert answers[-1].status_code == 429
            pages.append((answers[-1]["Retry-After"][:2], _without_proofs(answers[-1])))
        assert pages[0] == pages[1]

    def test_never_shut_the_owner_out_of_a_known_device(self, signed_in: Client, citizen: PersonId) -> None:
        signed_in.post("/cikis/")
        for host in range(1, 33):
            fill_in(Client(REMOTE_ADDR=f"198.51.100.{host}"), password="yanlis")
        assert fill_in(signed_in).status_code == 302

    def test_tell_when_to_try_again_and_what_to_do(self, browser: Client, citizen: PersonId) -> None:
        answers = [fill_in(browser, password="yanlis", path="/giris/?sonra=/hesabim/") for _ in range(6)]
        assert answers[-1].status_code == 429
        assert 0 < int(answers[-1]["Retry-After"]) <= 15 * 60
        text = words(answers[-1])
        assert "15 dakika sonra yeniden deneyin" in text
        assert "Hesabınız kapanmadı" in text
        assert b'href="/giris/?sonra=%2Fhesabim%2F"' in answers[-1].content

    def test_tell_the_holder_of_a_spent_code_where_to_get_another(
        self, db: None, browser: Client, now: datetime
    ) -> None:
        _person, issued = people.issue(now=now)
        fill_in(browser, password=issued.code)
        elsewhere = fill_in(Client(REMOTE_ADDR="198.51.100.1"), password=issued.code)
        assert elsewhere.status_code == 422
        assert mistakes(elsewhere)[0][0].startswith("Bu kapalı zarf kodu daha önce kullanılmış")

    def test_leave_no_session_behind(self, browser: Client, citizen: PersonId) -> None:
        assert settings.SESSION_COOKIE_NAME not in fill_in(browser, password="yanlis").cookies


@pytest.mark.django_db
class TestSignInWithNonsense:
    @hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        body=st.binary(max_size=300) | st.just(b"identity_number=%ff%fe&password=%00"),
        kind=st.sampled_from(
            [
                "application/x-www-form-urlencoded",
                "application/x-www-form-urlencoded; charset=utf-16",
                "multipart/form-data; boundary=x",
                "multipart/form-data",
                "application/json",
                "",
            ]
        ),
    )
    def test_is_answered_never_broken(self, body: bytes, kind: str) -> None:
        assert Client().generic("POST", "/giris/", body, content_type=kind).status_code in {400, 422}

    @hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(number=st.text(max_size=60), password=st.text(max_size=60), where=st.text(max_size=60))
    def test_of_any_letters_is_refused(self, number: str, password: str, where: str) -> None:
        answer = Client().post("/giris/", {"identity_number": number, "password": password, "sonra": where})
        assert answer.status_code in {422, 429}

    @pytest.mark.parametrize(
        "password", ["\x00", "p\x00q", "ı" * 2000, "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")]
    )
    def test_in_the_password_is_a_wrong_password(self, citizen: PersonId, password: str) -> None:
        assert fill_in(Client(), password=password).status_code == 422

    def test_of_a_megabyte_is_refused_unread(self, browser: Client) -> None:
        assert fill_in(browser, password="x" * 1_000_000).status_code in {400, 413}

    def test_in_the_cookies_means_signed_out(self, browser: Client) -> None:
        for value in ("\x00", "\xff", "x" * 5000, ""):
            # As a header of its own: newer Pythons refuse to write such cookies.
            sent = f"{settings.SESSION_COOKIE_NAME}={value}; {settings.DEVICE_COOKIE_NAME}={value}"
            browser.defaults["HTTP_COOKIE"] = sent
            assert browser.get("/giris/").status_code == 200
            assert fill_in(browser, password="yanlis").status_code in {422, 429}

    def test_in_another_method_is_refused(self, browser: Client) -> None:
        assert browser.put("/giris/").status_code == 405


class TestSecrets:
    def test_are_in_no_log_and_no_address(
        self, citizen: PersonId, browser: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        fill_in(browser, password="yanlis-sifre-91")
        answers = [fill_in(browser, path="/giris/?sonra=/hesabim/")]
        answers += [browser.get(path) for path in ("/hesabim/", "/hesabim/oturumlar/", "/hesabim/giris-gecmisi/")]
        answers.append(browser.post("/hesabim/sifre/", {
            "current_password": people.PASSWORD, "new_password": "lamba deniz sakar tiren",
            "new_password_again": "lamba deniz sakar tiren",
        }))  # fmt: skip
        answers.append(browser.post("/cikis/"))
        secrets = {
            people.NUMBER.digits, people.PASSWORD, "yanlis-sifre-91", "lamba deniz",
            browser.cookies[settings.DEVICE_COOKIE_NAME].value,
            *(answer.cookies[settings.SESSION_COOKIE_NAME].value for answer in answers
              if settings.SESSION_COOKIE_NAME in answer.cookies),
        } - {""}  # fmt: skip
        assert len(secrets) >= 6
        told = caplog.text + "".join(answer.headers.get("Location", "") for answer in answers)
        assert [secret for secret in secrets if secret in told] == []
        assert {answer["Referrer-Policy"] for answer in answers} == {"same-origin"}

    def test_are_in_no_audit_record(self, citizen: PersonId, browser: Client) -> None:
        fill_in(browser)
        told = str(list(AuditRecord.objects.values())) + str(list(OutboxEvent.objects.values()))
        assert people.NUMBER.digits not in told
        assert browser.cookies[settings.SESSION_COOKIE_NAME].value not in told
