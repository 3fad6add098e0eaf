"""Signing in with a certificate, without scripts: download, sign with the program that one has, send."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import RunningDemo

pytestmark = pytest.mark.browser

NUMBER, NAME = "10000000382", "Fatma Kaya"


class TestCertificate:
    def test_opens_the_account_of_its_holder(self, demo: RunningDemo, chromium: Browser, tmp_path: Path) -> None:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{demo.gateway}/giris/?sonra=/hesabim/")
        page.get_by_role("link", name="E-imzayla ya da kimlik kartıyla").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Beyanı indir (kapi-giris.txt)").click()
        statement = tmp_path / download.value.suggested_filename
        download.value.save_as(statement)
        assert demo.gateway in statement.read_text(encoding="utf-8")
        demo.installation.kapi("card", "sign", str(statement), "--holder", NUMBER)

        page.get_by_label("İmzanızın bulunduğu dosya").set_input_files(statement.with_name("kapi-giris.txt.p7s"))
        page.get_by_role("button", name="Giriş yap").click()
        expect(page.get_by_role("heading", name="Hesabım", level=1, exact=True)).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text(NAME)
        context.close()
