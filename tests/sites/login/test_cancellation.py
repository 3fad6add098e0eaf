"""Going back to the institution without signing in."""

from datetime import datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from kapi.contexts.openid.models import PendingAuthorization
from kapi.foundation.audit.models import AuditRecord
from tests import people
from tests.contexts.openid.openid_in_tests import ISSUER
from tests.sites.login.institutions import go_to, open_institution, sent_back
from tests.sites.login.pages import fill_in, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _institution(now: datetime) -> None:
    open_institution(now=now)


def way_back(answer: Any) -> Any:
    """Return the form that leads back."""
    return BeautifulSoup(answer.content, "html.parser").select_one("form[action*=vazgec]")


class TestCancel:
    def test_is_offered_on_the_way_to_an_institution_after_the_form_to_sign_in(self, browser: Client) -> None:
        page = browser.get(go_to(browser)["Location"])
        assert way_back(page).get_text(strip=True) == "Vazgeç ve geri dön: Örnek Belediyesi"
        forms = BeautifulSoup(page.content, "html.parser").select("main form")
        assert forms[0].select_one("[name=password]") is not None
        assert "form-action 'self' https://rp.example;" in page["Content-Security-Policy"]
        english = browser.get(go_to(browser, ui_locales="en")["Location"])
        assert way_back(english).get_text(strip=True) == "Cancel and go back to: Example Municipality"

    def test_is_not_offered_where_no_institution_waits(self, browser: Client) -> None:
        for path in ("/giris/", "/giris/?sonra=/oidc/resume/" + "a" * 43):
            assert way_back(browser.get(path)) is None

    def test_leads_back_with_a_refusal_that_says_from_whom_it_is(self, browser: Client) -> None:
        form = way_back(browser.get(go_to(browser, state="s 1")["Location"]))
        answer = browser.post(form["action"])
        assert answer.status_code == 303
        assert sent_back(answer) == {
            "error": "access_denied",
            "error_description": "the person did not sign in",
            "state": "s 1",
            "iss": ISSUER,
        }

    def test_answers_once_and_is_written_down(self, browser: Client) -> None:
        form = way_back(browser.get(go_to(browser)["Location"]))
        browser.post(form["action"])
        again = browser.post(form["action"])
        assert again.status_code == 400
        assert "artık geçerli değil" in words(again)
        assert PendingAuthorization.objects.filter(finished_at=None).count() == 0
        assert AuditRecord.objects.filter(action="openid.request_cancelled", subject_id="belediye").count() == 1

    def test_belongs_to_the_browser_that_began(self, browser: Client) -> None:
        form = way_back(browser.get(go_to(browser)["Location"]))
        assert Client().post(form["action"]).status_code == 400
        assert sent_back(browser.post(form["action"]))["error"] == "access_denied"

    def test_wants_the_form_to_come_from_our_page(self, browser: Client) -> None:
        form = way_back(browser.get(go_to(browser)["Location"]))
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = browser.cookies
        assert strict.post(form["action"]).status_code == 403
        assert browser.get(form["action"]).status_code == 405

    def test_is_offered_where_one_is_asked_again_and_leaves_the_session_open(self, signed_in: Client) -> None:
        form = way_back(signed_in.get(go_to(signed_in, prompt="login")["Location"]))
        assert sent_back(signed_in.post(form["action"]))["error"] == "access_denied"
        assert signed_in.get("/hesabim/").status_code == 200

    def test_is_offered_where_another_person_is_signed_in_and_where_one_has_to_wait(
        self, signed_in: Client, now: datetime
    ) -> None:
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        page = go_to(signed_in, prompt="login")["Location"]
        assert way_back(fill_in(signed_in, path=page, number=people.OTHER_NUMBER.digits)) is not None
        answers = [fill_in(signed_in, path=page, password="yanlis") for _ in range(6)]
        assert answers[-1].status_code == 429
        assert sent_back(signed_in.post(way_back(answers[-1])["action"]))["error"] == "access_denied"
