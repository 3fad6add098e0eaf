"""A citizen at a real browser: what they do and see, in their own words."""

from typing import Protocol

from playwright.sync_api import Locator, Page, Request, expect

_MOST_TABS = 300


class Hands(Protocol):
    """How a citizen works the browser."""

    def press(self, page: Page, control: Locator) -> None:
        """Activate a link or a button."""

    def write(self, page: Page, field: Locator, text: str) -> None:
        """Write into a field."""


class Pointer:
    """With a mouse or a finger."""

    def press(self, page: Page, control: Locator) -> None:
        """Click."""
        control.click()

    def write(self, page: Page, field: Locator, text: str) -> None:
        """Click and type."""
        field.click()
        field.press_sequentially(text)


class Keyboard:
    """With the keyboard alone."""

    def press(self, page: Page, control: Locator) -> None:
        """Tab to it and press Enter."""
        self._reach(page, control)
        page.keyboard.press("Enter")

    def write(self, page: Page, field: Locator, text: str) -> None:
        """Tab to it and type."""
        self._reach(page, field)
        page.keyboard.type(text)

    def _reach(self, page: Page, control: Locator) -> None:
        control.wait_for()
        for _ in range(_MOST_TABS):
            if control.evaluate("element => element === document.activeElement"):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {control}")


class Citizen:
    """Somebody with a browser. Everything that leaves the browser in addresses and Referer headers is remembered."""

    def __init__(self, page: Page, hands: Hands) -> None:
        self._page, self._hands = page, hands
        self.addresses: list[str] = []
        self.referers: list[str] = []
        page.context.on("request", self._remember)

    def opens(self, url: str) -> None:
        """Type an address."""
        self._page.goto(url)

    def searches_for(self, words: str) -> None:
        """Use the page's search."""
        field = self._page.locator("input[name=q]:visible").first
        self._hands.write(self._page, field, words)
        self._page.keyboard.press("Enter")
        self._page.wait_for_url("**/ara?*")

    def follows(self, text: str) -> None:
        """Use a link."""
        self._use(self._page.get_by_role("link", name=text, exact=True).first)

    def presses(self, text: str) -> None:
        """Use a button (or a link that looks like one) in the page's main part."""
        main = self._page.get_by_role("main")
        self._use(
            main.get_by_role("button", name=text, exact=True).or_(main.get_by_role("link", name=text, exact=True))
        )

    def writes(self, label: str, text: str) -> None:
        """Fill in a field."""
        self._hands.write(self._page, self._page.get_by_label(label, exact=True), text)

    def sees(self, text: str) -> None:
        """Read something in the page's main part."""
        expect(self._page.get_by_role("main")).to_contain_text(text)

    def sees_times(self, text: str, times: int) -> None:
        """Count how often exactly these words stand on the page."""
        expect(self._page.get_by_role("main").get_by_text(text, exact=True)).to_have_count(times)

    def does_not_see(self, text: str) -> None:
        """Find nothing of the kind on the whole page."""
        expect(self._page.locator("body")).not_to_contain_text(text)

    def is_at(self, beginning: str) -> None:
        """Look at the address."""
        self._page.wait_for_url(lambda url: url.startswith(beginning))

    def looks_again(self, link: str, *, while_it_says: str) -> None:
        """Follow the link as long as the page says so."""
        for _ in range(20):
            if self._page.get_by_text(while_it_says, exact=True).count() == 0:
                return
            self._page.wait_for_timeout(500)
            self.follows(link)
        raise AssertionError(f"the page still says: {self._page.get_by_role('main').inner_text()}")

    def cookies(self) -> list[str]:
        """Return the values of all cookies that the browser holds."""
        return [cookie["value"] for cookie in self._page.context.cookies() if len(cookie["value"]) >= 16]

    def _use(self, control: Locator) -> None:
        with self._page.expect_navigation():
            self._hands.press(self._page, control)

    def _remember(self, request: Request) -> None:
        self.addresses.append(request.url)
        self.referers.append(request.headers.get("referer", ""))
