"""`kapi bench` writes a page for each benchmark."""

import platform
import re
from pathlib import Path

from kapi.commands.bench import _save

FIGURE = {
    "name": "home",
    "value": 3.5,
    "unit": "ms (p95)",
    "peer": "hello",
    "peer_value": 1.5,
    "ratio": 2.333,
    "note": "",
}


class TestSave:
    def test_writes_the_figures_and_what_they_were_measured_on(self, tmp_path: Path) -> None:
        page = tmp_path / "measured" / "portal.md"
        _save(page, "kapi bench portal --quick", "What is measured.\n", [FIGURE], 0.4)
        text = page.read_text()
        assert text.startswith("# portal\n\nWhat is measured.\n\n20")
        assert "`kapi bench portal --quick`" in text
        assert "cores" in text
        assert re.search(
            rf", Python {platform.python_version()} \((of .+|built with(out)? optimisations)\); load", text
        )
        assert "load average 0.4" in text
        assert "| home | 3.5 | ms (p95) | hello | 1.5 | 2.333 |  |" in text

    def test_keeps_what_people_wrote_under_remarks(self, tmp_path: Path) -> None:
        page = tmp_path / "portal.md"
        _save(page, "kapi bench portal", "About.", [FIGURE], 0)
        page.write_text(page.read_text() + "\n## Remarks\n\nMissed by a hair.\n")
        _save(page, "kapi bench portal", "About.", [FIGURE | {"value": 7}], 0)
        text = page.read_text()
        assert "| home | 7 |" in text
        assert "| home | 3.5 |" not in text
        assert text.endswith("\n## Remarks\n\nMissed by a hair.\n")
