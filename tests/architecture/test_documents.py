"""Documents lead somewhere, and say nothing that only one machine knows."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

DOCUMENTS = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    broken = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert broken == []


def test_promises_name_tests_that_exist() -> None:
    text = (ROOT / "docs/promises.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests|bench|docs|src)/[^`\s]+?)(?:::[^`]*)?`", text)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    ("heading", "prefix", "modules", "file"),
    [
        ("FAPI 2.0 Security Profile", "", 57, "test_fapi2.py"),
        ("OpenID Connect Core: Basic", "OIDCC", 38, "test_oidc_basic.py"),
        ("RP-initiated logout", "OIDCC", 11, "test_oidc_basic.py"),
        ("Back-channel logout", "OIDCC", 2, "test_oidc_basic.py"),
    ],
)
def test_conformance_names_every_module_and_tests_that_exist(
    heading: str, prefix: str, modules: int, file: str
) -> None:
    text = (ROOT / "docs/conformance.md").read_text(encoding="utf-8")
    section = text.partition(f"## {heading}")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([A-Z]\w+)` \| `(test_\w+)` \|", section, re.MULTILINE)
    assert len(rows) == len({module for module, _ in rows}) == modules
    source = (ROOT / "tests/contexts/openid" / file).read_text(encoding="utf-8")
    there = set(re.findall(r"^def (test_\w+)", source, re.MULTILINE))
    for module, test in rows:
        assert test in there, module
        assert prefix.lower() + test.removeprefix("test_").replace("_", "") == module.lower(), module


def test_nothing_is_kept_that_git_ignores() -> None:
    """A link named .venv once made every clone look for another machine's programs."""
    kept = subprocess.run(
        ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert kept.stdout == ""
