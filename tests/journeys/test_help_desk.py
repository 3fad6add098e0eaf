"""The help desk: one browser reads a code out, another types it; nothing is shown before the owner's yes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import RunningDemo, sign_in

pytestmark = pytest.mark.browser

HELPED, OFFICER = "10000001068", "10000000832"
ASK_AGAIN = "Kabul edip etmediğine bak"


@pytest.fixture
def owner(demo: RunningDemo, chromium: Browser) -> Iterator[Page]:
    """The page of somebody who needs help, without scripts."""
    context = chromium.new_context(java_script_enabled=False)
    sign_in(context, demo.gateway, number=HELPED)
    yield context.new_page()
    context.close()


@pytest.fixture
def officer(demo: RunningDemo, chromium: Browser) -> Iterator[Page]:
    """The page of a member of staff."""
    context = chromium.new_context()
    sign_in(context, demo.gateway, number=OFFICER)
    yield context.new_page()
    context.close()


class TestHelpDesk:
    def test_sees_and_does_what_the_owner_agrees_to(self, demo: RunningDemo, owner: Page, officer: Page) -> None:
        owner.goto(f"{demo.gateway}/hesabim/destek/")
        owner.get_by_role("button", name="Destek için kod oluştur").click()
        code = owner.locator(".govuk-panel__title").inner_text()

        officer.goto(f"{demo.gateway}/yonetim/destek/")
        officer.get_by_label("Vatandaşın okuduğu kod").fill(code.lower())
        officer.keyboard.press("Enter")
        expect(officer.get_by_role("main")).to_contain_text("Kod doğru.")
        officer.get_by_role("link", name=ASK_AGAIN).or_(officer.get_by_role("button", name=ASK_AGAIN)).click()
        expect(officer.get_by_role("main")).not_to_contain_text("Açık oturumlar")

        owner.get_by_role("button", name="Görevli kodu girdi: devam et").click()
        expect(owner.get_by_role("heading", name="Biri size yardım etmek istiyor")).to_be_visible()
        expect(owner.get_by_role("button", name="Destek için kod oluştur")).to_have_count(0)
        owner.get_by_role("button", name="15 dakika yardım etmesine izin ver").click()
        expect(owner.get_by_role("heading", name="Size yardım ediliyor")).to_be_visible()

        officer.reload()
        expect(officer.get_by_role("main")).to_contain_text("Açık oturumlar")
        expect(officer.get_by_role("main")).not_to_contain_text(HELPED)
        officer.get_by_role("button", name="Vatandaşı başvuru noktasına yönlendir").click()
        owner.get_by_role("link", name="Neler yapıldığına yeniden bak").click()
        expect(owner.get_by_role("main")).to_contain_text("Bu konuda yalnızca başvuru noktası yardım edebilir")
        owner.get_by_role("button", name="Desteği şimdi bitir").click()
        expect(owner.get_by_role("main")).to_contain_text("Siz bitirdiniz")

        officer.reload()
        expect(officer.get_by_role("main")).to_contain_text("Bu destek bitti")
        expect(officer.get_by_role("main")).not_to_contain_text("Açık oturumlar")
