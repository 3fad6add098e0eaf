"""The components, held to the examples that govuk-frontend ships with each of them."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, cast

import pytest
from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from django.test import Client, override_settings
from django.utils import translation
from jinja2 import Environment

from tests.architecture.source import ROOT, SOURCE

UPSTREAM: Final = ROOT / "node_modules/govuk-frontend/dist/govuk/components"
STYLES: Final = ROOT / "assets/styles/kapi.scss"
COMPONENTS: Final = [
    "accordion", "back-link", "breadcrumbs", "button", "character-count", "checkboxes", "cookie-banner", "date-input",
    "details", "error-message", "error-summary", "exit-this-page", "feedback", "fieldset", "file-upload", "footer",
    "generic-header", "header", "hint", "input", "inset-text", "label", "language-navigation", "notification-banner",
    "pagination", "panel", "password-input", "phase-banner", "radios", "select", "service-navigation", "skip-link",
    "summary-list", "table", "tabs", "tag", "task-list", "textarea", "warning-text",
]  # fmt: skip

# Examples that our macros may render otherwise: "component: name of the example" -> why. None is needed now.
EXCEPTIONS: Final[dict[str, str]] = {}


@pytest.fixture(autouse=True)
def _upstream_is_installed() -> None:
    if not UPSTREAM.is_dir():
        pytest.fail("govuk-frontend is not installed: run `.venv/bin/kapi assets`")


def environment() -> Environment:
    return cast("Jinja2", engines["jinja2"]).env


def render(component: str, options: dict[str, Any]) -> str:
    macro = "govuk" + "".join(word.capitalize() for word in component.split("-"))
    with translation.override("en"):
        template = environment().get_template(f"govuk_frontend_jinja/components/{component}/macro.html")
        return str(getattr(template.module, macro)(options))


def normalised(html: str) -> list[Any]:
    """Reduce HTML to what counts: elements, attributes in any order, text with its spaces drawn together."""
    return list(_children(BeautifulSoup(html, "html.parser"), keep_spaces=False))


def _children(node: Tag, *, keep_spaces: bool) -> Iterator[Any]:
    for child in node.children:
        if isinstance(child, Tag):
            keep = keep_spaces or child.name in {"pre", "textarea"}
            yield child.name, _attributes(child), list(_children(child, keep_spaces=keep))
        elif isinstance(child, NavigableString) and not isinstance(child, Comment):
            text = str(child) if keep_spaces else re.sub(r"\s+", " ", child).strip()
            if text:
                yield text


def _attributes(tag: Tag) -> dict[str, str]:
    return {name: " ".join(value.split() if isinstance(value, str) else value) for name, value in tag.attrs.items()}


class TestComponents:
    @pytest.mark.parametrize("component", COMPONENTS)
    def test_render_every_example_of_upstream_as_upstream_does(self, component: str) -> None:
        fixtures = json.loads((UPSTREAM / component / "fixtures.json").read_text(encoding="utf-8"))["fixtures"]
        assert fixtures
        different = [
            example["name"]
            for example in fixtures
            if f"{component}: {example['name']}" not in EXCEPTIONS
            and normalised(render(component, example["options"])) != normalised(example["html"])
        ]
        assert different == []

    def test_are_all_that_upstream_has(self) -> None:
        assert sorted(path.name for path in UPSTREAM.iterdir() if path.is_dir()) == COMPONENTS

    def test_have_styles_where_a_page_uses_them(self) -> None:
        styled = set(re.findall(r"components/([a-z-]+)\"", STYLES.read_text(encoding="utf-8")))
        used = {
            name
            for path in (SOURCE / "kapi/sites").glob("*/jinja2/*/**/*.html")
            if "govuk_frontend_jinja" not in str(path)
            for name in re.findall(r"govuk_frontend_jinja/components/([a-z-]+)/macro", path.read_text(encoding="utf-8"))
        }
        assert used - styled == set(), "add the component to assets/styles/kapi.scss and to the gallery"

    def test_are_all_in_the_gallery(self) -> None:
        styled = set(re.findall(r"components/([a-z-]+)\"", STYLES.read_text(encoding="utf-8")))
        parts_of_others = {"error-message", "fieldset", "hint", "label"}
        texts = [(SOURCE / f"kapi/sites/ui/jinja2/ui/{name}.html").read_text() for name in ("gallery", "page")]
        shown = {name for text in texts for name in re.findall(r"components/([a-z-]+)/macro", text)}
        assert styled - parts_of_others - shown == set()

    def test_a_navigation_with_nothing_behind_it_is_no_landmark_of_its_own(self) -> None:
        links = [{"text": "Help", "href": "/help"}]
        for html, element in (("", "div"), ("<form></form>", "section")):
            slots = {"end": {"html": html, "align": "inline"}}
            page = BeautifulSoup(render("service-navigation", {"navigation": links, "slots": slots}), "html.parser")
            assert [child.name for child in page.find_all(recursive=False)] == [element]
            assert len(page.select(".govuk-service-navigation__inlining-container")) == 1


class TestComparison:
    """What the comparison would notice."""

    @pytest.mark.parametrize(
        "other",
        ['<p class="b">x</p>', '<p class="a" id="i">x</p>', '<p class="a">y</p>', '<div class="a">x</div>', ""],
    )
    def test_notices_another_element_attribute_or_text(self, other: str) -> None:
        assert normalised('<p class="a">x</p>') != normalised(other)

    def test_notices_spaces_where_they_are_content(self) -> None:
        assert normalised("<textarea>a\nb</textarea>") != normalised("<textarea>a\n  b</textarea>")
        assert normalised("<p>a\n  b</p>") == normalised("<p> a b</p>")


class TestTexts:
    def test_of_components_are_in_the_language_of_the_page(self, client: Client) -> None:
        with override_settings(DEMO=True):
            turkish = BeautifulSoup(client.get("/demo/bilesenler/").content, "html.parser")
            english = BeautifulSoup(client.get("/en/demo/bilesenler/").content, "html.parser")
        upstream_words = {"Show", "Back", "Error:", "Previous page", "Next page", "Warning", "Menu"}
        assert upstream_words & set(english.stripped_strings)
        assert upstream_words & set(turkish.stripped_strings) == set()
        assert [link["aria-label"] for link in turkish.select(".govuk-pagination__item a")][:2] == [
            "Sayfa 1",
            "Sayfa 2",
        ]
        spoken = {
            str(value)
            for tag in turkish.find_all(True)
            for name, value in tag.attrs.items()
            if name == "aria-label" or name.startswith("data-i18n")
        }
        assert len(spoken) > 10
        assert [
            text for text in spoken if re.search(r"\b(page|password|characters|words)\b", text, re.IGNORECASE)
        ] == []
