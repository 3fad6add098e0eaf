"""The person sees what an institution asks for, and decides."""

from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.identity.values import PersonId
from kapi.contexts.openid.models import Approval, PendingAuthorization
from kapi.contexts.openid.models import Client as ClientRow
from tests import people
from tests.contexts.openid.openid_in_tests import OFFLINE
from tests.sites.login.institutions import (
    BY_CONSENT,
    BY_LAW,
    NUMBER_BY_CONSENT,
    NUMBER_BY_LAW,
    approve,
    fetch_data,
    go_to,
    open_institution,
    sent_back,
)
from tests.sites.login.pages import fill_in, words


class TestApproval:
    def test_tells_who_asks_for_what_why_and_by_which_law(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        text = words(signed_in.get(go_to(signed_in)["Location"]))
        for part in (
            "Örnek Belediyesi bilgilerinizi istiyor",
            "Ad soyad Bilginiz Deniz Yılmaz",
            "Amaç Başvurunuzu kaydetmek",
            "Hukuki dayanak 5393 sayılı Belediye Kanunu, madde 15",
            "açık rızanızı istemez",
            "Kuruma verilmeyenler şifreniz kimlik numaranız",
        ):
            assert part in text
        assert "Sizin rızanız" not in text

    def test_asks_for_consent_only_where_no_law_is_named(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now, uses=(BY_CONSENT,))
        text = words(signed_in.get(go_to(signed_in, scope="openid birthdate")["Location"]))
        assert "Doğum tarihi Bilginiz 17 Mayıs 1990" in text
        assert "Sizin rızanız" in text
        assert "vermek zorunda değilsiniz" in text
        assert "açık rızanızı istemez" not in text

    def test_says_what_it_means_to_be_asked_about_while_one_is_away(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now, uses=(BY_LAW, OFFLINE))
        page = go_to(signed_in, scope="openid profile offline_access")["Location"]
        text = words(signed_in.get(page))
        assert "Siz yokken de aynı bilgiler Bunun anlamı Yukarıdaki bilgileri, oturumunuz kapalıyken de" in text
        assert "en çok 90 gün boyunca" in text
        assert "Amaç Başvurunuz sürerken bilgilerinizi güncel tutmak" in text
        assert "Rıza gösteriyorum, verilsin: Siz yokken de aynı bilgiler" in text
        signed_in.post(page, {"decision": "allow"})
        listed = words(signed_in.get("/hesabim/paylasimlar/"))
        assert "Ad soyad, Siz yokken de aynı bilgiler" in listed
        assert "Rızamı geri al" in listed

    def test_does_not_say_that_the_number_stays_where_it_is_given(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now, uses=(NUMBER_BY_LAW,))
        answer = signed_in.get(go_to(signed_in, scope="openid identity_number")["Location"])
        assert "Kimlik numarası Bilginiz *********46" in words(answer)
        assert "yalnızca onun için üretilmiş bir adla" not in words(answer)
        assert people.NUMBER.digits not in answer.content.decode()

    def test_asks_even_where_nothing_is_given_but_that_it_is_you(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        text = words(signed_in.get(go_to(signed_in, scope="openid")["Location"]))
        assert "siz olduğunuzu doğrulamak istiyor" in text
        assert "Kuruma hiçbir bilginiz verilmez" in text

    def test_speaks_english_and_marks_what_is_not(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        page = go_to(signed_in, ui_locales="en")["Location"]
        assert page.startswith("/en/giris/onay/")
        answer = signed_in.get(page)
        assert "Example Municipality asks for your data" in words(answer)
        law = BeautifulSoup(answer.content, "html.parser").find(string="5393 sayılı Belediye Kanunu, madde 15")
        assert law is not None
        assert law.parent is not None
        assert law.parent["lang"] == "tr"

    def test_lets_its_form_lead_to_the_institution_and_nowhere_else(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        policy = signed_in.get(go_to(signed_in)["Location"])["Content-Security-Policy"]
        assert "form-action 'self' https://rp.example;" in policy

    def test_leads_to_the_institution_with_a_code_when_agreed(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        sent = approve(signed_in)
        assert sent["state"] == "s1"
        assert sent["code"]
        assert "error" not in sent

    def test_leads_to_the_institution_without_one_when_not(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        sent = sent_back(signed_in.post(go_to(signed_in)["Location"], {"decision": "deny"}))
        assert (sent["error"], sent["state"]) == ("access_denied", "s1")
        assert "code" not in sent

    def test_is_not_asked_twice_for_the_same(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now, uses=(BY_LAW, BY_CONSENT))
        approve(signed_in)
        assert sent_back(go_to(signed_in))["code"]
        assert go_to(signed_in, scope="openid profile birthdate")["Location"].startswith("/giris/onay/")

    @pytest.mark.parametrize("decision", ["", "ALLOW", "yes", "allow\x00", "\ufffd"])
    def test_takes_nothing_else_for_an_answer(self, signed_in: Client, now: datetime, decision: str) -> None:
        open_institution(now=now)
        page = go_to(signed_in)["Location"]
        assert signed_in.post(page, {"decision": decision}).status_code == 422
        assert sent_back(signed_in.post(page, {"decision": "allow"}))["code"]

    def test_asks_the_database_little(
        self, signed_in: Client, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        open_institution(now=now, uses=(BY_LAW, BY_CONSENT, NUMBER_BY_LAW))
        page = go_to(signed_in, scope="openid profile birthdate identity_number")["Location"]
        with django_assert_num_queries(5):  # the session, the request, what was agreed before, the person, the role
            signed_in.get(page)

    def test_wants_the_form_to_come_from_our_page(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        page = go_to(signed_in)["Location"]
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = signed_in.cookies
        assert strict.post(page, {"decision": "allow"}).status_code == 403


class TestApprovalThatIsOver:
    def test_says_so_when_it_was_answered(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        page = go_to(signed_in)["Location"]
        signed_in.post(page, {"decision": "allow"})
        for answer in (signed_in.get(page), signed_in.post(page, {"decision": "allow"})):
            assert answer.status_code == 400
            assert "Bu istek artık geçerli değil" in words(answer)

    def test_says_so_when_it_took_too_long(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        page = go_to(signed_in)["Location"]
        PendingAuthorization.objects.update(expires_at=now - timedelta(seconds=1))
        assert "Bu istek artık geçerli değil" in words(signed_in.post(page, {"decision": "allow"}))

    def test_says_so_in_another_browser(self, signed_in: Client, citizen: PersonId, now: datetime) -> None:
        open_institution(now=now)
        page = go_to(signed_in)["Location"]
        other = Client()
        fill_in(other)
        for answer in (other.get(page), other.post(page, {"decision": "allow"})):
            assert "Bu istek artık geçerli değil" in words(answer)
        assert sent_back(signed_in.post(page, {"decision": "allow"}))["code"]

    @pytest.mark.parametrize("nonsense", ["x", "%00", "a" * 43, "%F0%9F%9A%AA", "..%2F"])
    def test_says_so_where_there_never_was_one(self, signed_in: Client, nonsense: str) -> None:
        assert signed_in.get(f"/giris/onay/{nonsense}/").status_code in {400, 404}

    def test_asks_to_sign_in_again_when_the_session_is_over(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        page = go_to(signed_in)["Location"]
        signed_in.post("/cikis/")
        assert "oturumunuz kapandı" in words(signed_in.post(page, {"decision": "allow"}))
        asked = signed_in.get(page)["Location"]
        assert asked.startswith("/giris/?sonra=%2Fgiris%2Fonay%2F")
        assert fill_in(signed_in, path=asked)["Location"] == page


class TestSignInForAnInstitution:
    def test_says_where_one_goes_and_carries_the_request_through(
        self, browser: Client, citizen: PersonId, now: datetime
    ) -> None:
        open_institution(now=now)
        page = go_to(browser)["Location"]
        answer = browser.get(page)
        assert "Giriş yapıp gideceğiniz yer: Örnek Belediyesi" in words(answer)
        assert "form-action 'self' https://rp.example;" in answer["Content-Security-Policy"]
        refused = fill_in(browser, password="yanlis", path=page)
        assert "Örnek Belediyesi" in words(refused)
        resumed = browser.get(fill_in(browser, path=page)["Location"])
        assert resumed["Location"].startswith("/giris/onay/")

    def test_goes_on_in_the_language_in_which_one_has_signed_in(
        self, browser: Client, citizen: PersonId, now: datetime
    ) -> None:
        open_institution(now=now)
        page = go_to(browser, ui_locales="tr")["Location"]
        resumed = browser.get(fill_in(browser, path=f"/en{page}")["Location"])
        assert resumed["Location"].startswith("/en/giris/onay/")

    def test_names_no_institution_of_another_browsers_request(self, browser: Client, db: None, now: datetime) -> None:
        open_institution(now=now)
        page = go_to(Client())["Location"]
        assert "Örnek Belediyesi" not in words(browser.get(page))

    def test_asks_again_where_the_institution_wants_it(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        page = go_to(signed_in, prompt="login")["Location"]
        assert "bir kez daha doğrulamanızı istiyor" in words(signed_in.get(page))
        resumed = signed_in.get(fill_in(signed_in, path=page)["Location"])
        assert resumed["Location"].startswith("/giris/onay/")

    def test_leads_on_from_choosing_the_first_password(self, browser: Client, db: None, now: datetime) -> None:
        open_institution(now=now)
        _person, issued = people.issue(now=now)
        page = go_to(browser)["Location"]
        choose = fill_in(browser, password=issued.code, path=page)["Location"]
        assert "https://rp.example" in browser.get(choose)["Content-Security-Policy"]
        form = {"new_password": "lamba deniz sakar tiren", "new_password_again": "lamba deniz sakar tiren"}
        resumed = browser.get(browser.post(choose, form)["Location"])
        assert resumed["Location"].startswith("/giris/onay/")

    def test_gives_no_way_round_choosing_the_first_password(self, browser: Client, db: None, now: datetime) -> None:
        open_institution(now=now)
        _person, issued = people.issue(now=now)
        fill_in(browser, password=issued.code)
        assert go_to(browser)["Location"].startswith("/giris/")


MIXED = "openid profile birthdate identity_number"


class TestChoice:
    """What rests on law is told; what rests on consent is ticked, one by one."""

    @pytest.fixture(autouse=True)
    def _institution(self, db: None, now: datetime) -> None:
        open_institution(now=now, uses=(BY_LAW, BY_CONSENT, NUMBER_BY_CONSENT))

    def boxes(self, browser: Client, **asked: str) -> tuple[str, dict[str, str], list[str]]:
        """Return the page's address, the fields that its form sends by itself, and what may be ticked."""
        address = go_to(browser, scope=MIXED, **asked)["Location"]
        form = BeautifulSoup(browser.get(address).content, "html.parser").select_one("main form")
        assert form is not None
        sent = {str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden], input[checked]")}
        return address, sent, [str(box["value"]) for box in form.select("input[type=checkbox][name=share]")]

    def answer(self, browser: Client, *ticked: str, **asked: str) -> dict[str, str]:
        """Tick, go on, and return what the institution is sent."""
        address, sent, _ = self.boxes(browser, **asked)
        return sent_back(browser.post(address, {**sent, "share": list(ticked), "decision": "allow"}))

    def test_offers_each_thing_that_rests_on_consent_unticked(self, signed_in: Client) -> None:
        address, sent, boxes = self.boxes(signed_in)
        assert boxes == ["birthdate", "identity_number"]
        assert "share" not in sent
        text = words(signed_in.get(address))
        assert "Rıza gösteriyorum, verilsin: Doğum tarihi" in text
        assert "işaretlemediğiniz verilmez ve yine de devam edersiniz" in text

    @pytest.mark.parametrize(
        ("ticked", "given"),
        [
            ([], {"name", "given_name", "family_name"}),
            (["birthdate"], {"name", "given_name", "family_name", "birthdate"}),
            (["birthdate", "identity_number"], {"name", "given_name", "family_name", "birthdate", "identity_number"}),
            (["profile", "nonsense"], {"name", "given_name", "family_name"}),
        ],
    )
    def test_gives_what_rests_on_law_and_what_was_ticked(
        self, signed_in: Client, now: datetime, ticked: list[str], given: set[str]
    ) -> None:
        code = self.answer(signed_in, *ticked)["code"]
        assert set(fetch_data("belediye", code, now=now)) - {"sub"} == given
        page = words(signed_in.get("/hesabim/paylasimlar/"))
        assert ("Vermedikleriniz" in page) is (len(given) < 5)

    def test_is_remembered_with_what_was_left_out(self, signed_in: Client, now: datetime) -> None:
        self.answer(signed_in, "birthdate")
        again = sent_back(go_to(signed_in, scope=MIXED))
        assert "identity_number" not in fetch_data("belediye", again["code"], now=now)

    def test_is_asked_anew_after_the_answer_was_taken_back(self, signed_in: Client) -> None:
        self.answer(signed_in)
        page = signed_in.get("/hesabim/paylasimlar/")
        assert "Yanıtımı geri al" in words(page)
        signed_in.post("/hesabim/paylasimlar/", {"client": "belediye"})
        assert go_to(signed_in, scope=MIXED)["Location"].startswith("/giris/onay/")

    def test_replaces_the_former_answer_where_the_institution_asks_again(
        self, signed_in: Client, now: datetime
    ) -> None:
        self.answer(signed_in)
        code = self.answer(signed_in, "birthdate", prompt="consent")["code"]
        assert "birthdate" in fetch_data("belediye", code, now=now)
        again = sent_back(go_to(signed_in, scope=MIXED))
        assert "birthdate" in fetch_data("belediye", again["code"], now=now)

    def test_is_all_of_it_where_the_form_sends_a_yes_alone(self, signed_in: Client, now: datetime) -> None:
        address, _, _ = self.boxes(signed_in)
        code = sent_back(signed_in.post(address, {"decision": "allow"}))["code"]
        assert len(fetch_data("belediye", code, now=now)) == 6

    def test_is_no_part_of_a_no(self, signed_in: Client) -> None:
        address, sent, _ = self.boxes(signed_in)
        answer = sent_back(signed_in.post(address, {**sent, "share": ["birthdate"], "decision": "deny"}))
        assert answer["error"] == "access_denied"

    def test_is_not_offered_for_one_thing_alone(self, signed_in: Client) -> None:
        page = signed_in.get(go_to(signed_in, scope="openid birthdate")["Location"])
        assert BeautifulSoup(page.content, "html.parser").select("[type=checkbox]") == []


class TestTerms:
    @pytest.mark.usefixtures("db")
    def test_are_asked_anew_where_they_have_changed_since_the_page_was_opened(
        self, signed_in: Client, now: datetime
    ) -> None:
        open_institution(now=now)
        address = go_to(signed_in)["Location"]
        sent = self.fields(signed_in, address)
        scopes = ClientRow.objects.get(pk="belediye").scopes
        scopes["profile"]["purpose"] = {"tr": "Size reklam göndermek"}
        ClientRow.objects.update(scopes=scopes)
        again = signed_in.post(address, {**sent, "decision": "allow"})
        assert again.status_code == 422
        assert "Size reklam göndermek" in words(again)
        assert "bu sayfayı açtığınızdan beri" in words(again)
        assert not Approval.objects.exists()
        assert sent_back(signed_in.post(address, {**self.fields(signed_in, address), "decision": "allow"}))["code"]

    def test_that_have_changed_do_not_stand_in_the_way_of_a_no(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        address = go_to(signed_in)["Location"]
        assert sent_back(signed_in.post(address, {"terms": "x", "decision": "deny"}))["error"] == "access_denied"

    def test_of_one_person_are_agreed_to_by_nobody_else_who_signs_in_meanwhile(
        self, signed_in: Client, now: datetime
    ) -> None:
        open_institution(now=now)
        address = go_to(signed_in)["Location"]
        sent = self.fields(signed_in, address)
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        signed_in.post("/cikis/")
        fill_in(signed_in, number=people.OTHER_NUMBER.digits)
        again = signed_in.post(address, {**sent, "decision": "allow"})
        assert again.status_code == 422
        assert "burada bir başkası giriş yaptı" in words(again)
        assert not Approval.objects.exists()
        assert sent_back(signed_in.post(address, {**self.fields(signed_in, address), "decision": "allow"}))["code"]

    def fields(self, browser: Client, address: str) -> dict[str, str]:
        """Return what the page's form sends by itself."""
        form = BeautifulSoup(browser.get(address).content, "html.parser").select_one("main form")
        assert form is not None
        return {str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden]")}
