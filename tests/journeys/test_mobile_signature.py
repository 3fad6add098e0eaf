"""Signing in with a mobile signature, without scripts: one of the demo's telephones signs after four seconds."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import RunningDemo

pytestmark = pytest.mark.browser

NUMBER, TELEPHONE, NAME = "99000000110", "0500 000 00 06", "Elena Petrova"
PATIENCE_S = 60


class TestMobileSignature:
    def test_opens_the_account_once_the_telephone_has_signed(self, demo: RunningDemo, chromium: Browser) -> None:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{demo.gateway}/giris/?sonra=/hesabim/")
        page.get_by_role("link", name="Mobil imzayla").click()
        page.get_by_label("Kimlik numarası", exact=True).fill(NUMBER)
        page.get_by_label("Cep telefonu numarası").fill(TELEPHONE)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Telefonunuzda imzalayın")).to_be_visible()
        code = page.locator("main .kapi-digits").inner_text()
        assert (len(code), code.isdigit()) == (4, True)

        # Too early: the page says so, shows the same four digits, and waits on.
        for _second in range(PATIENCE_S):
            with page.expect_navigation():
                page.get_by_role("button", name="İmzaladım, devam et").click()
            if page.get_by_role("heading", name="Hesabım", level=1, exact=True).count():
                break
            expect(page.get_by_role("main")).to_contain_text("Telefonunuz henüz imzalamadı.")
            expect(page.locator("main .kapi-digits")).to_have_text(code)
            page.wait_for_timeout(1_000)
        expect(page.get_by_role("heading", name="Hesabım", level=1, exact=True)).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text(NAME)
        context.close()
