"""“This was not me”: a stranger who knows the password loses the session; the owner is led to another password."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import RunningDemo, sign_in

pytestmark = pytest.mark.browser

ROBBED = "10000000382"


@pytest.fixture
def stranger(demo: RunningDemo, chromium: Browser) -> Iterator[Page]:
    """The page of somebody who has learnt the password."""
    context = chromium.new_context()
    sign_in(context, demo.gateway, number=ROBBED)
    yield context.new_page()
    context.close()


@pytest.fixture
def owner(demo: RunningDemo, stranger: Page, chromium: Browser) -> Iterator[Page]:
    """The owner's page, without scripts, signed in after the stranger."""
    context = chromium.new_context(java_script_enabled=False)
    sign_in(context, demo.gateway, number=ROBBED)
    yield context.new_page()
    context.close()


class TestThisWasNotMe:
    def test_closes_the_strangers_session_and_leads_to_another_password(
        self, demo: RunningDemo, owner: Page, stranger: Page
    ) -> None:
        account = f"{demo.gateway}/hesabim/"
        stranger.goto(account)
        expect(stranger.get_by_role("heading", name="Hesabım", level=1, exact=True)).to_be_visible()

        owner.goto(f"{account}giris-gecmisi/")
        owner.get_by_role("link", name=re.compile("Bu ben değildim ?: Giriş yapıldı")).first.click()
        expect(owner.get_by_role("main")).to_contain_text("Bununla ilgili 1 oturum hâlâ açık")
        owner.get_by_label("Yalnızca burada bildirdiğim").check()  # other tests may be signed in as the same person
        owner.get_by_role("button", name="Ben değildim: kapat").click()
        expect(owner.get_by_role("main")).to_contain_text("bildirdiğiniz oturumlar kapatıldı")
        stranger.goto(account)
        expect(stranger.get_by_role("heading", name="Giriş yap", level=1)).to_be_visible()

        owner.get_by_role("link", name="Yeni bir şifre belirleyin").click()
        expect(owner.get_by_role("heading", name="Şifreyi değiştir", level=1)).to_be_visible()
