"""The icons for home screens: drawn from the mark, linked from every page, left out where a state has its own mark."""

import runpy
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.test import Client, override_settings

from tests.architecture.source import ROOT


@pytest.fixture(scope="module")
def build() -> dict[str, Any]:
    """The program that draws them."""
    return runpy.run_path(str(ROOT / "assets/build_icons.py"))


def file_of(address: str) -> Path:
    """Return the file behind an address of static files."""
    found = finders.find(address.removeprefix("/static/"))
    assert isinstance(found, str), address
    return Path(found)


def icons_in(answer: Any) -> list[str]:
    """Return the icons that a page or the manifest names."""
    page = BeautifulSoup(answer.content, "html.parser")
    return [str(link["href"]) for link in page.select("link[rel=apple-touch-icon]")]


class TestIcons:
    @pytest.mark.parametrize("size", [180, 192])  # drawn in one way, and the largest takes a second
    def test_show_the_mark_as_it_is_today(self, build: dict[str, Any], size: int) -> None:
        mark, icon = file_of("/static/ui/mark.svg"), file_of(f"/static/ui/icon-{size}.png").read_bytes()
        assert build["pixels_of"](build["draw"](size, mark)) == build["pixels_of"](icon), "run assets/build_icons.py"

    def test_refuse_a_mark_that_they_would_draw_wrongly(self, build: dict[str, Any]) -> None:
        for path in ("M0 0c1 1 2 2 3 3", "M0 0a5 5 0 0 0 9 0"):
            with pytest.raises(SystemExit):
                build["parts_of"](path)

    def test_are_named_by_every_page(self, client: Client) -> None:
        (address,) = icons_in(client.get("/yok/"))
        assert file_of(address).read_bytes().startswith(b"\x89PNG")

    def test_are_in_the_manifest_with_their_true_sizes(self, client: Client, build: dict[str, Any]) -> None:
        listed = client.get("/uygulama.webmanifest").json()["icons"]
        drawings = [icon for icon in listed if icon["type"] == "image/png"]
        assert {(icon["sizes"], icon["purpose"]) for icon in drawings} == {
            (size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")
        }
        for icon in drawings:
            width, height, _pixels = build["pixels_of"](file_of(icon["src"]).read_bytes())
            assert f"{width}x{height}" == icon["sizes"]

    def test_give_way_to_a_states_own_mark(self, client: Client, tmp_path: Path) -> None:
        mark = tmp_path / "mark.svg"
        mark.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
        with override_settings(BRAND_MARK=str(mark)):
            assert icons_in(client.get("/yok/")) == []
            assert [icon["type"] for icon in client.get("/uygulama.webmanifest").json()["icons"]] == ["image/svg+xml"]
            assert client.get("/favicon.ico")["Location"].startswith("/marka.svg")
