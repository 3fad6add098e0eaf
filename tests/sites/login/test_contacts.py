"""The pages of one's contacts."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kapi.contexts.identity.models import Account, Contact, SentCode
from kapi.contexts.identity.values import PersonId
from kapi.foundation.mailbox.selectors import latest_messages
from kapi.reactions import contact_notices
from kapi.sites.ui.words import moment
from tests import people
from tests.sent_codes import EMAIL, PHONE, code_in_mailbox, hand_over, wrong_code
from tests.sites.login.pages import mistakes, words

LIST, PHONE_FORM, EMAIL_FORM = "/hesabim/iletisim/", "/hesabim/iletisim/telefon/", "/hesabim/iletisim/e-posta/"


@pytest.fixture(autouse=True)
def _in_the_demo(settings: Settings) -> None:
    """Codes go to the demo's mailbox."""
    settings.DEMO = True


def ask(browser: Client, typed: str = PHONE.shown) -> str:
    """Have a code sent; return the address of the page that waits for it."""
    path, field = (EMAIL_FORM, "email") if "@" in typed else (PHONE_FORM, "phone")
    answer = browser.post(path, {field: typed})
    assert answer.status_code == 302
    return str(answer["Location"])


def add(browser: Client, now: datetime, typed: str = PHONE.shown) -> Any:
    """Add a contact."""
    page = ask(browser, typed)
    hand_over(now=now)
    return browser.post(page, {"code": code_in_mailbox(EMAIL if "@" in typed else PHONE)})


class TestAdding:
    def test_leads_from_the_number_by_the_code_to_the_list(self, signed_in: Client, now: datetime) -> None:
        page = ask(signed_in)
        assert "Yola çıkıyor" in words(signed_in.get(page))
        hand_over(now=now)
        shown = signed_in.get(page)
        assert "Gönderildiği saat" in words(shown)
        assert PHONE.shown in words(shown)
        field = BeautifulSoup(shown.content, "html.parser").select_one("input#code")
        assert field is not None
        assert (field["autocomplete"], field["inputmode"]) == ("one-time-code", "numeric")
        code = code_in_mailbox(PHONE)
        answer = signed_in.post(page, {"code": f"{code[:3]} {code[3:]}"})
        assert answer["Location"] == f"{LIST}?tamam=eklendi"
        listed = words(signed_in.get(answer["Location"]))
        assert "05** *** ** 67" in listed
        assert PHONE.shown not in listed

    def test_takes_an_e_mail_address(self, signed_in: Client, now: datetime) -> None:
        assert add(signed_in, now, EMAIL.text).status_code == 302
        assert "d***@example.org" in words(signed_in.get(LIST))

    @pytest.mark.parametrize(
        ("path", "field", "typed", "beginning"),
        [
            (PHONE_FORM, "phone", "", "Cep telefonu numaranızı yazın"),
            (PHONE_FORM, "phone", "0531 123", "Cep telefonu numarasında 0'dan sonra"),
            (PHONE_FORM, "phone", "+44 7700 900123", "Kısa iletiler 05"),
            (EMAIL_FORM, "email", "", "E-posta adresinizi yazın"),
            (EMAIL_FORM, "email", "deniz@", "Bu bir e-posta adresi değil"),
        ],
    )
    def test_says_what_is_wrong(self, signed_in: Client, path: str, field: str, typed: str, beginning: str) -> None:
        answer = signed_in.post(path, {field: typed})
        assert answer.status_code == 422
        [(text, href)] = mistakes(answer)
        assert text.startswith(beginning)
        assert href == f"#{field}"

    def test_says_what_is_wrong_with_a_code(self, signed_in: Client, now: datetime) -> None:
        page = ask(signed_in)
        for typed, beginning in (("", "Kodu yazın"), (wrong_code(SentCode.objects.get().pk), "Bu, son gönderilen")):
            answer = signed_in.post(page, {"code": typed})
            assert answer.status_code == 422
            assert mistakes(answer)[0][0].startswith(beginning)
        assert not Contact.objects.exists()

    def test_sends_another_code_and_says_when_once_there_were_too_many(self, signed_in: Client, now: datetime) -> None:
        page = ask(signed_in)
        answer = signed_in.post(page, {"again": "1"})
        assert answer.status_code == 302
        assert answer["Location"] != page
        waits = signed_in.get(answer["Location"])
        assert "saniye sonra yeni bir kod isteyebilirsiniz" in words(waits)
        refused = signed_in.post(answer["Location"], {"again": "1"})
        assert mistakes(refused)[0][0].startswith("Çok fazla kod istendi")
        assert signed_in.get(page)["Location"] == f"{LIST}?tamam=gecti"

    def test_says_when_a_code_is_over(self, signed_in: Client, now: datetime) -> None:
        page = ask(signed_in)
        SentCode.objects.update(asked_at=now - timedelta(minutes=5), expires_at=now - timedelta(minutes=2))
        assert signed_in.post(page, {"code": "123456"})["Location"] == f"{LIST}?tamam=gecti"
        assert "Bu kod artık kullanılamaz" in words(signed_in.get(f"{LIST}?tamam=gecti"))

    def test_asks_for_a_fresh_proof_first(self, signed_in: Client) -> None:
        people.make_proofs_older(by=timedelta(minutes=11))
        for answer in (signed_in.get(PHONE_FORM), signed_in.post(PHONE_FORM, {"phone": PHONE.shown})):
            assert answer["Location"].startswith("/giris/?sonra=")
            assert "yeniden=1" in answer["Location"]

    def test_is_not_offered_where_nothing_is_sent(self, signed_in: Client, settings: Settings) -> None:
        settings.DEMO = False
        page = words(signed_in.get(LIST))
        assert "henüz ileti göndermiyor" in page
        assert "Cep telefonu ekle" not in page
        assert signed_in.post(PHONE_FORM, {"phone": PHONE.shown})["Location"] == LIST
        assert not SentCode.objects.exists()

    def test_speaks_english(self, signed_in: Client) -> None:
        answer = signed_in.post(f"/en{PHONE_FORM}", {"phone": PHONE.shown})
        assert "Enter the code that we have sent" in words(signed_in.get(answer["Location"]))


class TestAskingAtSignIn:
    def test_is_switched_on_by_a_first_code_and_off_like_any_way_to_sign_in(
        self, signed_in: Client, now: datetime
    ) -> None:
        add(signed_in, now)
        page = f"{LIST}{Contact.objects.get().pk}/giriste-sor/"
        assert "Kurumlar bunu ikinci etken sayar" in words(signed_in.get(page))
        waiting = signed_in.post(page)["Location"]
        assert "05** *** ** 67" in words(signed_in.get(waiting))
        hand_over(now=now)
        assert signed_in.post(waiting, {"code": code_in_mailbox(PHONE)})["Location"] == f"{LIST}?tamam=soruluyor"
        assert "Oraya bir kod göndeririz" in words(signed_in.get(LIST))
        [link] = BeautifulSoup(signed_in.get(LIST).content, "html.parser").select("main a[href*=giris-yontemleri]")
        assert signed_in.post(str(link["href"])).status_code == 302
        assert "sorulmuyor" in words(signed_in.get(LIST))

    def test_is_said_to_prove_no_device_by_e_mail(self, signed_in: Client, now: datetime) -> None:
        add(signed_in, now, EMAIL.text)
        page = words(signed_in.get(f"{LIST}{Contact.objects.get().pk}/giriste-sor/"))
        assert "E-posta bir cihazı kanıtlamaz" in page


class TestRemoving:
    def test_asks_first_and_tells_the_removed_one(self, signed_in: Client, citizen: PersonId, now: datetime) -> None:
        add(signed_in, now)
        contact = Contact.objects.get()
        page = f"{LIST}{contact.pk}/kaldir/"
        assert "7 gün boyunca" in words(signed_in.get(page))
        assert signed_in.post(page)["Location"] == f"{LIST}?tamam=kaldirildi"
        contact_notices.react_to_removing({"contact_id": contact.pk, "person_id": citizen, "kind": "phone"}, now=now)
        assert "A contact was removed" in latest_messages(to=PHONE.text)[0].body
        assert signed_in.get(page).status_code == 404

    def test_says_after_a_recovery_from_when_on_it_can_be_removed(
        self, signed_in: Client, citizen: PersonId, now: datetime
    ) -> None:
        add(signed_in, now)
        Account.objects.update(
            cooling_off_since=timezone.now() + timedelta(seconds=1), cooling_off_until=now + timedelta(hours=24)
        )
        page = f"{LIST}{Contact.objects.get().pk}/kaldir/"
        for answer in (signed_in.get(page), signed_in.post(page)):
            assert answer["Location"] == f"{LIST}?tamam=sonra"
            assert "Bu henüz kaldırılamaz" in words(signed_in.get(answer["Location"]))
        for shown in (words(signed_in.get(LIST)), words(signed_in.get("/hesabim/giris-yontemleri/"))):
            assert f"{moment(now + timedelta(hours=24))} tarihinden sonra değiştirilebilir" in shown
        assert Contact.objects.filter(ended_at=None).exists()

    def test_stands_in_the_history(self, signed_in: Client, now: datetime) -> None:
        add(signed_in, now)
        assert "İletişim adresi eklendi" in words(signed_in.get("/hesabim/giris-gecmisi/"))
        assert "İletişim adresleri 1" in words(signed_in.get("/hesabim/"))
