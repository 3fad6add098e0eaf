"""What people tell us about a page."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from kapi.contexts.catalogue import selectors
from kapi.contexts.catalogue.models import Feedback
from kapi.foundation.limits.models import LimitCounter
from kapi.sites.portal.messages import MOST_PER_HOUR
from tests.sites.portal.reading import soup, words

ANSWER = {"service": "ogrenci-belgesi", "page": "/hizmet/ogrenci-belgesi/", "useful": "yes"}


def _told() -> list[tuple[str, str, int | None, str]]:
    lines = selectors.feedback_on(service_codes=None, limit=99)
    return [(line.page, line.service_code, line.score, line.text) for line in lines]


@pytest.mark.usefixtures("_catalogue")
class TestAnswer:
    @pytest.mark.parametrize(("useful", "score"), [("yes", 5), ("no", 1)])
    def test_is_kept_by_one_click_of_a_form_on_the_page(self, client: Client, useful: str, score: int) -> None:
        form = soup(client.get("/hizmet/ogrenci-belgesi/")).select_one("form.kapi-useful")
        assert form is not None
        fields = {str(field["name"]): str(field["value"]) for field in form.select("input")}
        answer = client.post(str(form["action"]), fields | {"useful": useful})
        assert answer.status_code == 302
        assert _told() == [("/hizmet/ogrenci-belgesi/", "ogrenci-belgesi", score, "")]

    def test_offers_to_say_more_which_stands_beside_it(self, client: Client) -> None:
        following = client.post("/geri-bildirim/yanit/", ANSWER).headers["Location"]
        page = client.get(following)
        assert "Yanıtınız kaydedildi." in words(page)
        token = parse_qs(urlsplit(following).query)["kayit"][0]
        client.post("/geri-bildirim/", {"text": "Telefon yanlış", "kayit": token})
        assert _told()[0] == ("/hizmet/ogrenci-belgesi/", "ogrenci-belgesi", None, "Telefon yanlış")

    def test_works_without_cookies_and_sets_none_on_the_service_page(self) -> None:
        browser = Client(enforce_csrf_checks=True)
        assert not browser.get("/hizmet/ogrenci-belgesi/").cookies
        assert browser.post("/geri-bildirim/yanit/", ANSWER).status_code == 302

    @pytest.mark.parametrize(
        "headers",
        [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
    )
    def test_is_refused_from_other_sites(self, client: Client, headers: dict[str, str]) -> None:
        assert client.post("/geri-bildirim/yanit/", ANSWER, headers=headers).status_code == 403
        assert not Feedback.objects.exists()

    def test_is_taken_from_our_own_pages(self, client: Client) -> None:
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8000"}
        assert client.post("/geri-bildirim/yanit/", ANSWER, headers=headers).status_code == 302

    def test_is_about_no_service_where_the_code_is_none(self, client: Client) -> None:
        client.post("/geri-bildirim/yanit/", ANSWER | {"service": "x" * 500, "page": "http://[", "useful": "?"})
        assert _told() == [("/geri-bildirim/", "", 1, "")]

    def test_bears_signs_that_databases_refuse(self, client: Client) -> None:
        client.post("/geri-bildirim/yanit/", {"service": "\0a", "page": "/\0", "useful": "\0"})
        assert _told() == [("/geri-bildirim/", "", 1, "")]

    def test_cannot_be_got(self, client: Client) -> None:
        assert client.get("/geri-bildirim/yanit/").status_code == 405


@pytest.mark.django_db
class TestFeedback:
    def test_knows_the_page_one_comes_from(self, client: Client) -> None:
        for request in ({"headers": {"Referer": "http://localhost/ara?q=gizli"}}, {"query_params": {"sayfa": "/ara"}}):
            field = soup(client.get("/geri-bildirim/", **request)).select_one("input[name=page]")  # type: ignore[arg-type]
            assert field is not None
            assert field["value"] == "/ara"

    def test_is_kept_without_numbers_that_may_name_a_person(self, client: Client) -> None:
        answer = client.post("/geri-bildirim/", {"text": "10000000146 ile giremedim", "page": "/ara"})
        assert answer.headers["Location"] == "/geri-bildirim/alindi/"
        assert _told() == [("/ara", "", None, "[...] ile giremedim")]
        assert "bir yıl sonra sileriz" in words(client.get("/geri-bildirim/alindi/"))

    def test_without_words_is_asked_for_again(self, client: Client) -> None:
        answer = client.post("/geri-bildirim/", {"text": " \n", "page": "/ara"})
        page = soup(answer)
        assert page.title is not None
        assert page.title.text.startswith("Hata: ")
        assert [(a.text, a["href"]) for a in page.select(".govuk-error-summary a")] == [
            ("Bize söylemek istediğinizi yazın", "#text")
        ]
        assert not Feedback.objects.exists()

    def test_that_is_too_long_is_given_back_as_it_was(self, client: Client) -> None:
        field = soup(client.post("/geri-bildirim/", {"text": "ş" * 2001})).select_one("textarea")
        assert field is not None
        assert field.text == "ş" * 2001

    def test_bears_signs_that_databases_refuse(self, client: Client) -> None:
        client.post("/geri-bildirim/", {"text": "a\x00b", "page": "/\x00"})
        assert _told()[0][0] == "/geri-bildirim/"

    def test_of_a_megabyte_is_refused_in_words(self, client: Client) -> None:
        answer = client.post("/geri-bildirim/", {"text": "x" * 1_000_000})
        assert answer.status_code == 413
        assert "çok büyük" in words(answer)

    def test_needs_our_own_form(self) -> None:
        assert Client(enforce_csrf_checks=True).post("/geri-bildirim/", {"text": "x"}).status_code == 403

    def test_forgets_after_an_hour_which_page_was_judged(self, client: Client) -> None:
        old = signing.TimestampSigner(salt="portal.feedback")
        old.timestamp = lambda: signing.b62_encode(int((timezone.now() - timedelta(hours=2)).timestamp()))  # type: ignore[method-assign]
        assert "Yanıtınız kaydedildi." not in words(
            client.get("/geri-bildirim/", {"kayit": old.sign_object(["/", ""])})
        )

    def test_of_a_machine_is_stopped_and_told_when_to_come_back(self, client: Client) -> None:
        for _ in range(MOST_PER_HOUR):
            assert client.post("/geri-bildirim/", {"text": "x"}).status_code == 302
        for path in ("/geri-bildirim/", "/geri-bildirim/yanit/", "/erisilebilirlik/engel-bildir/"):
            answer = client.post(path, {"text": "x"})
            assert answer.status_code == 429
            assert int(answer.headers["Retry-After"]) <= 3600
        assert client.post("/geri-bildirim/", {"text": "x"}, REMOTE_ADDR="192.0.2.7").status_code == 302
        assert "127.0.0.1" not in str(list(LimitCounter.objects.values()))

    def test_is_never_kept_by_a_cache(self, client: Client) -> None:
        assert "no-store" in client.get("/geri-bildirim/").headers["Cache-Control"]
