"""The texts of the sites and their Turkish."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings
from django.utils import translation

from kapi.commands import messages

PO = "locale/tr/LC_MESSAGES/django.po"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "shop"
    (folder / "jinja2/shop").mkdir(parents=True)
    (folder / "views.py").write_text('title = _("Open")\ncount = ngettext("%(n)s door", "%(n)s doors", 2)\n')
    (folder / "jinja2/shop/page.html").write_text(
        "{% trans %}\n  A long\n  text\n{% endtrans %}{{ pgettext('verb', 'Open') }}"
    )
    with override_settings(LOCALE_PATHS=[folder / "locale"]):
        yield folder


def translate(site: Path, **words: str) -> None:
    text = (site / PO).read_text()
    for source, turkish in words.items():
        for name in ("msgstr", "msgstr[0]"):
            text = text.replace(
                f'"{source.replace("_", " ")}"\n{name} ""', f'"{source.replace("_", " ")}"\n{name} "{turkish}"'
            )
    (site / PO).write_text(text)


class TestMessages:
    def test_finds_texts_of_python_and_templates_with_their_contexts(self, site: Path) -> None:
        messages.messages(check=False, compile_only=False)
        text = (site / PO).read_text()
        assert 'msgid "A long text"' in text
        assert 'msgctxt "verb"' in text
        assert 'msgid_plural "%(n)s doors"' in text

    def test_changes_nothing_when_run_again(self, site: Path) -> None:
        messages.messages(check=False, compile_only=False)
        translate(site, A_long_text="Uzun metin")
        messages.messages(check=False, compile_only=False)
        before = (site / PO).read_bytes()
        messages.messages(check=False, compile_only=False)
        assert (site / PO).read_bytes() == before
        assert "Uzun metin" in before.decode()

    def test_drops_texts_that_no_page_uses_any_more(self, site: Path) -> None:
        messages.messages(check=False, compile_only=False)
        (site / "views.py").write_text("")
        messages.messages(check=False, compile_only=False)
        assert "door" not in (site / PO).read_text()


class TestFindFaults:
    def test_names_what_is_missing(self, site: Path) -> None:
        assert {fault.text for fault in messages.find_faults()} == {"Open", "%(n)s door", "A long text"}

    def test_names_what_no_page_uses(self, site: Path) -> None:
        messages.messages(check=False, compile_only=False)
        (site / "views.py").write_text("")
        assert "no page uses it" in {fault.reason for fault in messages.find_faults() if fault.text == "%(n)s door"}

    def test_names_a_translation_that_lost_its_placeholder(self, site: Path) -> None:
        messages.messages(check=False, compile_only=False)
        text = (site / PO).read_text().replace('msgstr[0] ""', 'msgstr[0] "kapı %(m)s"')
        (site / PO).write_text(text)
        assert [fault.text for fault in messages.find_faults() if fault.reason.startswith("doubtful")] == ["%(n)s door"]

    def test_names_a_text_that_two_sites_tell_differently(self, site: Path) -> None:
        other = site.parent / "market"
        other.mkdir()
        (other / "views.py").write_text('_("A long text")')
        with override_settings(LOCALE_PATHS=[site / "locale", other / "locale"]):
            messages.messages(check=False, compile_only=False)
            translate(site, A_long_text="Uzun metin")
            translate(other, A_long_text="Uzun yazı")
            assert "told otherwise in shop; use a context" in {fault.reason for fault in messages.find_faults()}


class TestCompileCatalogs:
    def test_compiles_only_what_is_newer(self, site: Path) -> None:
        messages.messages(check=False, compile_only=False)
        assert messages.compile_catalogs() == 0
        (site / PO).with_suffix(".mo").unlink()
        assert messages.compile_catalogs() == 1


class TestOurTexts:
    def test_are_all_in_turkish(self) -> None:
        assert [str(fault) for fault in messages.find_faults()] == [], "run `kapi messages` and write the Turkish"

    def test_speak_the_language_of_the_address(self, client: Client) -> None:
        assert "Sayfa bulunamadı" in client.get("/yok/").content.decode()
        assert "Page not found" in client.get("/en/yok/").content.decode()

    def test_do_not_follow_the_browser_at_the_plain_address(self, client: Client) -> None:
        assert "Sayfa bulunamadı" in client.get("/yok/", headers={"Accept-Language": "en"}).content.decode()

    def test_keep_one_form_after_a_number(self) -> None:
        with translation.override("tr"):
            form = translation.ngettext("Try again in %(n)s minute.", "Try again in %(n)s minutes.", 5)
        assert form == "%(n)s dakika sonra yeniden deneyin."
