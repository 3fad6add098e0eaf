"""The end of a session: warned of in time, put off, and the way back to where one was (WCAG 2.2.1)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import RunningDemo

pytestmark = pytest.mark.browser

WARNING = "Oturumunuz kapanmak üzere"
NUMBER = "10000000764"  # somebody whose password no other browser test ends or guesses at: they may all share this demo
REST = """
from datetime import timedelta
from django.db.models import F
from kapi.contexts.identity.models import Session
from kapi.contexts.identity.selectors import find_person
from kapi.kernel.identifiers import IdentityNumber
rows = Session.objects.filter(ended_at=None, person_id=find_person(identity_number=IdentityNumber.parse("{number}")))
print(rows.update(last_seen_at=F("last_seen_at") - timedelta(seconds={seconds})))
"""


@pytest.fixture
def page(demo: RunningDemo, chromium: Browser) -> Iterator[Page]:
    """A page of one's own, signed in, in a browser whose clock can be put forward."""
    person = next(one for one in demo.facts["people"] if one["identity_number"] == NUMBER)
    context = chromium.new_context()
    page = context.new_page()
    page.clock.install()
    page.goto(f"{demo.gateway}/giris/?sonra=/hesabim/sifre/")
    page.get_by_label("Kimlik numarası", exact=True).fill(person["identity_number"])
    page.get_by_label("Şifre", exact=True).fill(person["password"])
    page.get_by_role("main").get_by_role("button", name="Giriş yap").click()
    page.wait_for_url("**/hesabim/sifre/")
    yield page
    context.close()


def be_away(demo: RunningDemo, seconds: int) -> None:
    """Let so much time go by at the gateway, for this person alone: other tests' sessions go on."""
    assert int(demo.python(REST.format(number=NUMBER, seconds=seconds))) > 0


def let_rest(demo: RunningDemo, page: Page, seconds: int) -> None:
    """Let so much time go by without anything being done: at the gateway, and by the browser's clock."""
    be_away(demo, seconds)
    page.clock.fast_forward(seconds * 1000)


def stays_away(page: Page) -> None:
    """See no warning, also after the page has had the time to ask the gateway."""
    page.wait_for_timeout(500)
    expect(page.get_by_role("dialog")).to_have_count(0)


class TestSessionEnd:
    def test_is_announced_and_put_off_without_losing_what_one_has_written(self, demo: RunningDemo, page: Page) -> None:
        page.get_by_label("Yeni şifre", exact=True).fill("henüz gönderilmedi")
        let_rest(demo, page, 12 * 60)
        stays_away(page)
        let_rest(demo, page, 60)
        dialog = page.get_by_role("dialog", name=WARNING)
        expect(dialog).to_be_visible()
        expect(dialog).to_contain_text("2 dakika kaldı")
        expect(dialog.get_by_role("button", name="Oturumu uzat")).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(page.get_by_label("Yeni şifre", exact=True)).to_have_value("henüz gönderilmedi")
        let_rest(demo, page, 12 * 60)
        stays_away(page)

    def test_is_put_off_by_escape_too(self, demo: RunningDemo, page: Page) -> None:
        let_rest(demo, page, 13 * 60)
        dialog = page.get_by_role("dialog", name=WARNING)
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        let_rest(demo, page, 10 * 60)
        stays_away(page)

    def test_is_not_announced_where_another_tab_has_put_it_off(self, demo: RunningDemo, page: Page) -> None:
        let_rest(demo, page, 10 * 60)
        other = page.context.new_page()
        other.goto(f"{demo.gateway}/hesabim/")
        page.clock.fast_forward(3 * 60 * 1000)
        stays_away(page)

    def test_leads_to_the_sign_in_page_and_back(self, demo: RunningDemo, page: Page) -> None:
        let_rest(demo, page, 16 * 60)
        page.wait_for_url("**/giris/?sonra=%2Fhesabim%2Fsifre%2F")
        expect(page.get_by_role("main")).to_contain_text("Oturumunuz kapandı")

    def test_is_told_without_scripts_too(self, demo: RunningDemo, chromium: Browser, page: Page) -> None:
        context = chromium.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
        plain = context.new_page()
        plain.goto(f"{demo.gateway}/hesabim/")
        expect(plain.get_by_role("complementary", name="Oturumunuz")).to_contain_text("oturumunuzun kapanacağı saat")
        plain.get_by_role("link", name="Oturumu uzat").click()
        plain.get_by_role("main").get_by_role("button", name="Oturumu uzat").click()
        plain.wait_for_url("**/hesabim/")
        context.close()


class TestFormAfterTheEnd:
    def test_is_not_lost_where_one_signs_in_beside_it_and_reloads(self, demo: RunningDemo, page: Page) -> None:
        page.get_by_label("Şu anki şifre", exact=True).fill("yanlış bir şifre")
        page.get_by_label("Yeni şifre", exact=True).fill("henüz gönderilmedi 1")
        page.get_by_label("Yeni şifre (bir kez daha)", exact=True).fill("henüz gönderilmedi 1")
        be_away(demo, 60 * 60)
        page.locator("main form").get_by_role("button", name="Şifreyi değiştir").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Form bize ulaşmadan oturumunuz kapandı")
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Yeni sekmede giriş yap").click()
        beside = opened.value
        person = next(one for one in demo.facts["people"] if one["identity_number"] == NUMBER)
        beside.get_by_label("Kimlik numarası", exact=True).fill(person["identity_number"])
        beside.get_by_label("Şifre", exact=True).fill(person["password"])
        beside.get_by_role("main").get_by_role("button", name="Giriş yap").click()
        beside.wait_for_url("**/hesabim/sifre/")
        page.reload()
        # It arrived: the gateway has read what was typed.
        expect(page.get_by_role("main")).to_contain_text("Şu anki şifreniz doğru değil")
