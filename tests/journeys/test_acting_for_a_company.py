"""Acting for a company: chosen at the gateway, seen at the institution, held to the mandate, given up again.

Without scripts and with the keyboard alone.
"""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import DEMO_PASSWORD, RunningDemo, sign_in
from tests.journeys.citizen import Citizen, Keyboard

pytestmark = pytest.mark.browser

REPRESENTATIVE = "99000000110"
COMPANY = "Örnekova Sulama Kooperatifi"  # lets her act in three services of the municipality


class TestRepresentative:
    def test_is_served_for_the_company_and_within_the_mandate(self, chromium: Browser, demo: RunningDemo) -> None:
        context = chromium.new_context(java_script_enabled=False)
        sign_in(context, demo.gateway, number=REPRESENTATIVE, password=DEMO_PASSWORD)
        page = context.new_page()
        citizen, strip = Citizen(page, Keyboard()), page.locator(".kapi-principal")
        municipality = demo.institution("Demoşehir Belediyesi")

        # Choose at the gateway; from then on its pages say for whom.
        citizen.opens(f"{demo.gateway}/kimin-adina/")
        page.get_by_label(COMPANY, exact=True).check()
        citizen.presses("Bu seçimle devam et")
        expect(strip).to_contain_text(f"{COMPANY} adına işlem yapıyorsunuz")

        # The institution is told, and serves what the mandate covers.
        citizen.opens(f"{municipality}/hizmet/su-borcu")
        citizen.sees(f"{COMPANY} adına")
        citizen.presses("Paylaş ve devam et")
        citizen.is_at(f"{municipality}/hizmet/su-borcu")
        expect(page.locator(".acting")).to_have_text(f"{COMPANY} adına işlem yapıyorsunuz.")
        citizen.sees("Hoş geldiniz, Elena Petrova")
        citizen.opens(f"{municipality}/hizmet/emlak-vergisi")
        citizen.sees("Bu hizmet yetkinizin kapsamında değil")

        # Another one serves people only: she goes on for herself.
        citizen.opens(f"{demo.institution('Örnek Üniversitesi')}/giris")
        citizen.sees("şirket adına işlem yapanları kabul etmiyor")
        citizen.presses("Kendi adıma devam et")
        citizen.opens(f"{demo.gateway}/hesabim/")
        expect(strip).to_have_count(0)
        citizen.opens(f"{demo.gateway}/hesabim/giris-gecmisi/")
        citizen.sees(f"Giriş yapılarak gidilen kurum: Demoşehir Belediyesi · {COMPANY} adına")
        context.close()
