"""A telephone is added and asked for at sign-in, without scripts and without a mouse, in a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import people
from tests.browser import DEMO_PASSWORD, RunningDemo, sign_in

pytestmark = pytest.mark.browser

NUMBER = people.make_numbers(901)[900].digits  # a person of this test's own
PHONE = "905310000077"
MAKE = """
from django.utils import timezone
from kapi.kernel.identifiers import IdentityNumber
from tests import people
people.make_citizen(number=IdentityNumber.parse("{number}"), password="{password}", now=timezone.now())
"""


@pytest.fixture
def page(demo: RunningDemo, chromium: Browser) -> Iterator[Page]:
    """A page of a browser whose scripts are switched off."""
    demo.python(MAKE.format(number=NUMBER, password=DEMO_PASSWORD))
    context = chromium.new_context(java_script_enabled=False)
    sign_in(context, demo.gateway, number=NUMBER)
    yield context.new_page()
    context.close()


def enter_the_code(demo: RunningDemo, page: Page) -> None:
    """Wait until the code was sent, and paste it as it stands in the message."""
    for _try in range(150):
        if page.get_by_text("Gönderildiği saat").count():
            break
        page.wait_for_timeout(200)
        page.reload()
    messages = page.context.request.get(f"{demo.gateway}/demo/outbox.json?to={PHONE}").json()
    # Notices come to the same telephone: the newest that holds a code is meant.
    code = next(found for message in messages if (found := re.search(r"\b[0-9]{6}\b", message["body"])))
    page.get_by_label("Kod", exact=True).focus()
    page.keyboard.insert_text(f" {code[0][:3]} {code[0][3:]} ")
    page.keyboard.press("Enter")


class TestSentCodes:
    def test_are_all_that_is_needed(self, demo: RunningDemo, page: Page) -> None:
        page.goto(f"{demo.gateway}/hesabim/iletisim/telefon/")
        page.get_by_label("Cep telefonu numarası").focus()
        page.keyboard.type("0531 000 00 77")
        page.keyboard.press("Enter")
        enter_the_code(demo, page)
        expect(page.get_by_role("heading", name="05** *** ** 77")).to_be_visible()
        page.get_by_role("link", name="Sorulsun").press("Enter")
        page.get_by_role("button", name="İlk kodu gönder").press("Enter")
        enter_the_code(demo, page)
        expect(page.get_by_text("Artık şifrenizle girişte")).to_be_visible()
        self.sign_in_with_one(demo, page)

    def sign_in_with_one(self, demo: RunningDemo, page: Page) -> None:
        page.goto(f"{demo.gateway}/giris/?yeniden=1&sonra=/hesabim/")
        page.fill("[name=identity_number]", NUMBER)
        page.fill("[name=password]", DEMO_PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Bana kod gönder").press("Enter")
        enter_the_code(demo, page)
        expect(page.get_by_role("heading", name="Hesabım", level=1, exact=True)).to_be_visible()
