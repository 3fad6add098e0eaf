"""The accessibility gate (docs/accessibility.md): what a machine can hold of WCAG 2.2 A and AA, on every page."""

import json
from typing import Any, Final

import pytest

from tests.accessibility.conftest import NARROW, Opened, Reader
from tests.accessibility.pages import PAGES, Page
from tests.accessibility.reviewed import REVIEWED
from tests.accessibility.visitors import Visitor

pytestmark = pytest.mark.browser

TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MISTAKE: Final = {"tr": "Hata:", "en": "Error:"}

every_view = pytest.mark.parametrize(
    ("page", "language", "visitor"),
    [
        pytest.param(page, language, visitor, id=f"{page.name}-{language}-{visitor}")
        for page in PAGES
        for language in ("tr", "en")
        for visitor in page.visitors
    ],
)
every_page = pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in PAGES])


class TestEveryView:
    @every_view
    def test_has_no_barrier_that_a_machine_finds(
        self, reader: Reader, axe: str, page: Page, language: str, visitor: Visitor
    ) -> None:
        opened = reader.open(page, language, visitor)
        facts = opened.ask("facts()")
        assert facts["language"] == language
        assert facts["headings"] == 1, "a page has one main heading"
        assert facts["foreign"] == [], "nothing is asked from third parties"
        assert facts["moving"] == 0, "nothing moves by itself"
        assert facts["title"].startswith(MISTAKE[language]) is page.mistakes
        assert opened.ask("misnamed()") == []
        assert run_axe(opened, axe) == []
        assert opened.complaints == []


@pytest.mark.look
class TestEveryPage:
    """Each page in other colours and sizes and by keyboard: most of the gate's time, so not part of `make test`."""

    @every_page
    def test_can_be_read_in_the_dark(self, reader: Reader, axe: str, page: Page) -> None:
        opened = reader.open(page, "tr", page.visitors[-1])
        opened.page.emulate_media(color_scheme="dark")
        assert run_axe(opened, axe, only=["color-contrast", "link-in-text-block"]) == []

    @every_page
    def test_fits_a_narrow_screen(self, reader: Reader, page: Page) -> None:
        opened = reader.open(page, "tr", page.visitors[-1], NARROW)
        assert opened.ask("sideways()") == []
        assert opened.ask("smallTargets()") == []
        assert opened.ask("overlapping()") == []

    @every_page
    def test_bears_text_twice_as_large_and_spaced(self, reader: Reader, page: Page) -> None:
        opened = reader.open(page, "tr", page.visitors[-1])
        assert opened.ask("smallTargets()") == []
        for change in ("enlargeText()", "spaceText()"):
            opened.ask(change)
            assert opened.ask("sideways()") == [], change
            assert opened.ask("clipped()") == [], change
            assert opened.ask("overlapping()") == [], change

    @every_page
    def test_is_reached_by_keyboard_in_order_with_visible_focus(self, reader: Reader, page: Page) -> None:
        opened = reader.open(page, "tr", page.visitors[-1])
        stops = walk(opened)
        assert [stop["name"] for stop in stops if not stop["changed"]] == [], "the focus cannot be seen"
        assert [stop["name"] for stop in stops if stop["covered"]] == [], "something lies over the focus"

    @every_page
    def test_says_the_same_and_shows_the_focus_in_forced_colours(self, reader: Reader, page: Page) -> None:
        opened = reader.open(page, "tr", page.visitors[-1])
        text = opened.ask("facts().text")
        opened.page.emulate_media(forced_colors="active")
        assert opened.ask("facts().text") == text
        assert [stop["name"] for stop in walk(opened) if not stop["outlined"]] == [], "the focus cannot be seen"


def run_axe(opened: Opened, axe: str, only: list[str] | None = None) -> list[str]:
    """Name what axe objects to, and what it could not decide and nobody has reviewed."""
    opened.page.evaluate(axe)
    run_only = {"type": "rule", "values": only} if only else {"type": "tag", "values": TAGS}
    options = {"runOnly": run_only, "resultTypes": ["violations", "incomplete"], "preload": False, "elementRef": False}
    result: dict[str, Any] = opened.page.evaluate(f"axe.run(document, {json.dumps(options)})")
    undecided = [
        f"{finding['id']} could not be decided: {node['html'][:200]}"
        for finding in result["incomplete"]
        for node in finding["nodes"]
        if not any(finding["id"] == rule and part in node["html"] for rule, part in REVIEWED)
    ]
    return undecided + [
        f"{finding['id']}: {node['html'][:200]}" for finding in result["violations"] for node in finding["nodes"]
    ]


def walk(opened: Opened) -> list[dict[str, Any]]:
    """Press Tab through the whole page; tell every stop. Each control is reached once, in order, and none is a trap."""
    controls = opened.ask("rememberLooks()")
    first = opened.ask("focus()")
    stops = [first] if first else []
    for _press in range(len(controls) + 5):
        opened.page.keyboard.press("Tab")
        stop = opened.ask("focus()")
        if stop is None or (stops and stop["index"] == 0):
            break
        stops.append(stop)
    assert [stop["name"] for stop in stops] == controls
    assert [stop["index"] for stop in stops] == list(range(len(controls)))
    return stops
