"""Every page goes through the accessibility gate."""

import re

from tests.accessibility.pages import PAGES
from tests.architecture.source import SOURCE

LAYOUT = "ui/page.html"


def _parents() -> dict[str, str]:
    """Map every template that extends another to that other."""
    found = {}
    for folder in (SOURCE / "kapi/sites").glob("*/jinja2"):
        for path in folder.rglob("*.html"):
            extends = re.search(r"{%-?\s*extends\s+\"([^\"]+)\"", path.read_text(encoding="utf-8"))
            if extends:
                found[str(path.relative_to(folder))] = extends[1]
    return found


class TestPages:
    def test_are_all_in_the_list_of_the_accessibility_gate(self) -> None:
        parents = _parents()
        pages = set(parents) - set(parents.values())
        assert parents, "no template was found"
        assert pages == {page.template for page in PAGES}, "add the page to tests/accessibility/pages.py"

    def test_all_stand_in_the_one_layout(self) -> None:
        parents = _parents()
        for page in parents:
            top = page
            while top in parents:
                top = parents[top]
            assert top == LAYOUT, page
