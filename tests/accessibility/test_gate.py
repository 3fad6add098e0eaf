"""The gate itself: every probe finds the barrier it is there for, and lets a good page pass."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.accessibility.conftest import NARROW, PROBES, WIDE, Opened
from tests.accessibility.test_pages import run_axe, walk

pytestmark = pytest.mark.browser

HEAD = "<!DOCTYPE html><html lang='tr'><title>Deneme</title><body style='margin:0;font:19px/1.5 sans-serif'><main>"
GOOD = HEAD + (
    "<h1>Deneme</h1><p>Bir <a href='#a'>bağlantı</a> ve sonra gelen sözler.</p>"
    "<p><button style='padding:9px'>Kaydet</button></p><label>Ad <input style='height:30px'></label>"
)


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opened]:
    context = chromium.new_context(viewport=WIDE)
    yield Opened(context.new_page())
    context.close()


def show(opened: Opened, html: str) -> Opened:
    opened.page.set_content(html)
    opened.page.evaluate(PROBES.read_text(encoding="utf-8"))
    return opened


class TestAGoodPage:
    def test_passes(self, opened: Opened, axe: str) -> None:
        show(opened, GOOD)
        for question in ("sideways()", "clipped()", "overlapping()", "smallTargets()", "misnamed()"):
            assert opened.ask(question) == [], question
        assert run_axe(opened, axe) == []
        stops = walk(opened)
        assert [(stop["changed"], stop["covered"]) for stop in stops] == [(True, False)] * 3


class TestPlantedBarriers:
    def test_a_page_that_is_too_wide(self, opened: Opened) -> None:
        opened.page.set_viewport_size(NARROW)
        assert show(opened, HEAD + "<div style='width:400px'>geniş</div>").ask("sideways()") != []

    def test_text_that_is_cut_off(self, opened: Opened) -> None:
        assert show(opened, HEAD + "<p style='height:20px;overflow:hidden'>bir<br>iki").ask("clipped()") != []

    def test_text_that_is_cut_off_only_when_it_is_spaced(self, opened: Opened) -> None:
        show(opened, HEAD + "<p style='height:25px;line-height:1;font-size:20px;overflow:hidden'>bir satır</p>")
        assert opened.ask("clipped()") == []
        opened.ask("spaceText()")
        assert opened.ask("clipped()") != []

    def test_text_that_lies_over_text(self, opened: Opened) -> None:
        html = HEAD + "<p>alttaki yazı</p><p style='margin-top:-45px'>üstteki yazı</p>"
        assert show(opened, html).ask("overlapping()") != []

    def test_targets_that_are_small_and_close(self, opened: Opened) -> None:
        buttons = "<button style='width:12px;height:12px;padding:0;border:0'></button>" * 2
        assert show(opened, HEAD + buttons).ask("smallTargets()") != []

    def test_a_name_that_is_not_what_is_seen(self, opened: Opened) -> None:
        assert show(opened, HEAD + "<button aria-label='Gönder'>Kaydet</button>").ask("misnamed()") != []

    def test_what_axe_finds(self, opened: Opened, axe: str) -> None:
        found = run_axe(show(opened, HEAD + "<h1>Deneme</h1><img src='data:,'><p style='color:#ccc'>soluk"), axe)
        assert {line.split(":")[0] for line in found} == {"image-alt", "color-contrast"}

    def test_what_axe_cannot_decide(self, opened: Opened, axe: str) -> None:
        html = HEAD + "<h1>Deneme</h1><p style='background:linear-gradient(#000,#fff)'>belirsiz</p>"
        assert any("could not be decided" in line for line in run_axe(show(opened, html), axe))

    def test_a_focus_that_cannot_be_seen(self, opened: Opened) -> None:
        show(opened, HEAD + "<style>:focus{outline:0}</style><a href='#a'>bağlantı</a>")
        assert [stop["changed"] for stop in walk(opened)] == [False]

    def test_a_focus_that_disappears_in_forced_colours(self, opened: Opened) -> None:
        opened.page.emulate_media(forced_colors="active")
        show(opened, HEAD + "<style>:focus{outline:0;box-shadow:0 0 0 3px #000}</style><a href='#a'>bağlantı</a>")
        assert [stop["outlined"] for stop in walk(opened)] == [False]

    def test_a_focus_under_something_else(self, opened: Opened) -> None:
        show(opened, HEAD + "<div style='position:fixed;inset:0;background:#fff'></div><a href='#a'>bağlantı</a>")
        assert [stop["covered"] for stop in walk(opened)] == [True]

    def test_an_order_that_is_not_the_order_of_the_page(self, opened: Opened) -> None:
        show(opened, HEAD + "<a href='#a'>bir</a><a href='#b' tabindex='1'>iki</a>")
        with pytest.raises(AssertionError):
            walk(opened)

    def test_a_trap(self, opened: Opened) -> None:
        trap = "<input onkeydown=\"if(event.key==='Tab')event.preventDefault()\"><a href='#a'>sonra</a>"
        show(opened, HEAD + trap)
        with pytest.raises(AssertionError):
            walk(opened)

    def test_a_control_that_the_keyboard_does_not_reach(self, opened: Opened) -> None:
        show(opened, HEAD + "<a href='#a'>bir</a><button id='b'>iki</button>")
        opened.page.evaluate("document.getElementById('b').addEventListener('focus', (event) => event.target.blur())")
        with pytest.raises(AssertionError):
            walk(opened)
