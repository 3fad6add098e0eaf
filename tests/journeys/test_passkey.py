"""A passkey from being added to being removed, in a real browser with a device that holds passkeys."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import RunningDemo, give_passkeys, sign_in

pytestmark = pytest.mark.browser

NUMBER = "10000000382"  # whose account no other browser test changes
LIST = "/hesabim/giris-yontemleri/"
REFUSING = "() => { navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"


@pytest.fixture
def page(demo: RunningDemo, chromium: Browser) -> Iterator[Page]:
    """A page of a browser that has never been here, on a device that can make passkeys."""
    context = chromium.new_context()
    page = context.new_page()
    give_passkeys(page)
    yield page
    context.close()


def remove_all(demo: RunningDemo) -> None:
    """Leave the person as they were, whatever became of the test."""
    demo.python(
        "from kapi.contexts.identity.models import Authenticator\n"
        "from kapi.contexts.identity.selectors import find_person\n"
        "from kapi.kernel.identifiers import IdentityNumber\n"
        f"owner = find_person(identity_number=IdentityNumber.parse('{NUMBER}'))\n"
        "Authenticator.objects.filter(person_id=owner).delete()"
    )


class TestPasskey:
    def test_is_added_signs_in_and_is_removed(self, demo: RunningDemo, page: Page) -> None:
        refused: list[str] = []
        page.on("pageerror", lambda error: refused.append(str(error)))
        page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
        try:
            self.add(demo, page)
            self.sign_in_with_it(demo, page)
            self.remove(page)
        finally:
            remove_all(demo)
        assert refused == []

    def add(self, demo: RunningDemo, page: Page) -> None:
        sign_in(page.context, demo.gateway, number=NUMBER)
        page.goto(demo.gateway + LIST)
        expect(page.get_by_text("betikleri kapalı")).to_be_hidden()
        page.get_by_label("Geçiş anahtarının adı").fill("Telefonum")
        page.get_by_role("button", name="Geçiş anahtarı ekle").click()
        expect(page.get_by_text("Artık onunla giriş yapabilirsiniz.")).to_be_visible()
        expect(page.get_by_role("heading", name="Telefonum")).to_be_visible()

    def sign_in_with_it(self, demo: RunningDemo, page: Page) -> None:
        page.get_by_role("button", name="Çıkış yap").first.click()
        page.goto(f"{demo.gateway}/giris/?sonra={LIST}")
        page.get_by_role("button", name="Geçiş anahtarını kullan").click()
        page.wait_for_url(f"**{LIST}")
        expect(page.get_by_text("henüz kullanılmadı")).to_have_count(0)

    def remove(self, page: Page) -> None:
        page.get_by_role("link", name="Kaldır").click()
        expect(page.get_by_role("heading", name="“Telefonum” kaldırılsın mı?")).to_be_visible()
        page.get_by_role("button", name="Kaldır").click()
        expect(page.get_by_text("Artık kimse onunla giriş yapamaz")).to_be_visible()
        expect(page.get_by_text("Şifreniz dışında henüz bir giriş yöntemi eklemediniz.")).to_be_visible()

    def test_that_the_person_does_not_want_to_show_leaves_the_password(self, demo: RunningDemo, page: Page) -> None:
        page.goto(f"{demo.gateway}/giris/")
        page.evaluate(REFUSING)
        page.get_by_role("button", name="Geçiş anahtarını kullan").click()
        expect(page.get_by_role("alert")).to_have_text(
            "Geçiş anahtarı kullanılmadı. Dilediğiniz zaman yeniden deneyebilirsiniz."
        )
        expect(page.get_by_label("Kimlik numarası", exact=True)).to_be_visible()

    def test_is_not_offered_where_scripts_are_off(self, demo: RunningDemo, chromium: Browser) -> None:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{demo.gateway}/giris/")
        expect(page.get_by_role("button", name="Geçiş anahtarını kullan")).to_be_hidden()
        expect(page.get_by_role("main").get_by_role("button", name="Giriş yap")).to_be_visible()
        context.close()
