"""One's own services on one's own page."""

from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client
from django.utils import timezone

from kapi.contexts.catalogue.models import Favourite, Service
from kapi.contexts.catalogue.values import MOST_FAVOURITES
from kapi.contexts.identity.models import Person
from tests import people
from tests.sites.portal.reading import links, soup, words

SERVICE = "/hizmet/ogrenci-belgesi/"
DEED = f"{SERVICE}favori/"


@pytest.fixture
def browser(_catalogue: None) -> Client:
    """A citizen's browser after signing in, held to the checks of forms."""
    now: datetime = timezone.now()
    people.make_citizen(now=now)
    client = Client(headers={"User-Agent": people.FIREFOX}, enforce_csrf_checks=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = people.sign_in(now=now).token
    return client


def press(browser: Client, page: str, action: str) -> BeautifulSoup:
    """Press the button of the form on a page that leads to `action`, and return the page that follows."""
    form = soup(browser.get(page)).select_one(f'main form[action="{action}"]')
    assert form is not None
    sent = {str(field["name"]): str(field["value"]) for field in form.select("input")}
    return soup(browser.post(action, sent, follow=True))


class TestFavourite:
    def test_is_put_on_the_page_and_taken_off_again(self, browser: Client) -> None:
        page = press(browser, SERVICE, DEED)
        assert "Sayfamdan çıkar" in page.get_text()
        assert links(browser.get("/sayfam/"))["Öğrenci Belgesi Sorgulama"] == SERVICE
        after = press(browser, "/sayfam/", DEED)
        assert "Öğrenci Belgesi Sorgulama" not in after.get_text()
        assert not Favourite.objects.exists()

    def test_is_taken_off_on_the_page_of_the_service_too(self, browser: Client) -> None:
        press(browser, SERVICE, DEED)
        page = press(browser, SERVICE, DEED)
        assert "Sayfama ekle" in page.get_text()

    def test_says_how_to_begin(self, browser: Client) -> None:
        assert "“Sayfama ekle” düğmesine basın" in words(browser.get("/sayfam/"))

    def test_says_when_the_page_is_full(self, browser: Client) -> None:
        held = Service.objects.get(code="yurt-basvurusu")
        person_id = Person.objects.get().pk
        for number in range(MOST_FAVOURITES):
            service = Service.objects.get(pk=held.pk)
            service.pk, service.code, service.status, service.current = None, f"s-{number}", "in_preparation", None
            service.save(force_insert=True)
            Favourite.objects.create(person_id=person_id, service=service)
        page = press(browser, SERVICE, DEED)
        assert f"Burada {MOST_FAVOURITES} hizmete yer var" in page.get_text()

    @pytest.mark.usefixtures("_catalogue")
    def test_is_offered_to_nobody_who_is_not_signed_in(self, client: Client) -> None:
        assert "Sayfama ekle" not in words(client.get(SERVICE))
        assert client.get(DEED).headers["Location"].startswith("/giris/")
        assert client.post(DEED).status_code == 403
        assert not Favourite.objects.exists()

    def test_leads_to_the_service_who_had_to_sign_in_again(self, browser: Client) -> None:
        assert browser.get(DEED).headers["Location"] == SERVICE
        assert not Favourite.objects.exists()

    def test_wants_the_form_to_come_from_our_page(self, browser: Client) -> None:
        assert browser.post(DEED, {"deed": "add"}).status_code == 403
        assert not Favourite.objects.exists()

    def test_knows_services_on_offer_only(self, browser: Client) -> None:
        token = soup(browser.get(SERVICE)).select_one("input[name=csrfmiddlewaretoken]")
        assert token is not None
        sent = {"csrfmiddlewaretoken": str(token["value"])}
        assert browser.post("/hizmet/yok/favori/", sent).status_code == 404
