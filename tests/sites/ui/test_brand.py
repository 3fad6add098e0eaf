"""A state's own name, colour and mark."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.test import Client, override_settings

from kapi.sites.ui import colours

GREEN = "#00594f"


class TestOurOwnBrand:
    def test_needs_no_further_stylesheet(self, client: Client) -> None:
        page = client.get("/yok/").content.decode()
        assert "marka" not in page
        assert client.get("/marka.css").status_code == 404
        assert client.get("/marka.svg").status_code == 404


class TestAStatesBrand:
    def test_changes_name_colour_and_mark_of_every_page(self, client: Client, tmp_path: Path) -> None:
        mark = tmp_path / "mark.svg"
        mark.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
        with override_settings(BRAND_NAME="Ülke Kapısı", BRAND_COLOR=GREEN, BRAND_MARK=str(mark)):
            page = BeautifulSoup(client.get("/yok/").content, "html.parser")
            sheets = [str(link["href"]) for link in page.select("link[rel=stylesheet]")]
            assert page.title is not None
            assert "Ülke Kapısı" in page.title.get_text()
            assert GREEN in client.get(sheets[-1]).content.decode()
            shown = client.get(str(page.select("header img")[0]["src"]))
            assert shown.content == mark.read_bytes()
            assert "sandbox" in shown["Content-Security-Policy"]


class TestColours:
    @pytest.mark.parametrize("text", ["red", "#12", "#gggggg", "#ffd23f"])
    def test_refuse_what_is_no_colour_or_hides_white_text(self, text: str) -> None:
        with pytest.raises(ValueError):
            colours.parse(text)

    def test_measure_contrast_as_wcag_does(self) -> None:
        assert round(colours.contrast((0, 0x5F, 0x6B), (255, 255, 255)), 1) == 7.4
        assert round(colours.contrast((0x7F, 0xD3, 0xDC), (0x0E, 0x1B, 0x21)), 1) == 10.2

    @pytest.mark.parametrize("text", ["#00594f", "#8c1d40", "#1a1a8c", "#000000"])
    def test_stay_readable_on_a_dark_page(self, text: str) -> None:
        dark = colours.stylesheet(text).split("prefers-color-scheme")[1].split("--govuk-brand-colour:")[1][:7]
        page = (0x0E, 0x1B, 0x21)
        assert colours.contrast((int(dark[1:3], 16), int(dark[3:5], 16), int(dark[5:7], 16)), page) >= 7
