"""What browsers are told about every answer."""

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client, RequestFactory, override_settings

from kapi.sites.ui.headers import BrowserRules, allow_form_to_lead_to


def policy_of(response: HttpResponseBase) -> dict[str, str]:
    rules = (rule.split(" ", 1) for rule in response["Content-Security-Policy"].split("; "))
    return {rule[0]: rule[1] if len(rule) > 1 else "" for rule in rules}


def answer(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    answered = BrowserRules(lambda _request: response)(request)
    assert isinstance(answered, HttpResponse)
    return answered


class TestContentSecurityPolicy:
    def test_allows_our_own_files_only_and_nothing_inline(self, client: Client) -> None:
        policy = policy_of(client.get("/yok/"))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["base-uri"] == "'none'"
        assert {policy[name] for name in policy if name.endswith("-src")} == {"'none'", "'self'"}
        assert policy["form-action"] == "'self'"

    def test_lets_a_form_lead_to_the_institution_it_ends_at(self, rf: RequestFactory) -> None:
        response = allow_form_to_lead_to(HttpResponse(), "https://belediye.example/geri?state=1")
        assert policy_of(answer(rf.get("/"), response))["form-action"] == "'self' https://belediye.example"

    def test_lets_a_form_lead_back_to_an_application_on_a_telephone(self, rf: RequestFactory) -> None:
        response = allow_form_to_lead_to(HttpResponse(), "tr.gov.belediye:/geri")
        assert policy_of(answer(rf.get("/"), response))["form-action"] == "'self' tr.gov.belediye:"

    def test_lets_forms_lead_to_our_other_sites_where_they_have_hosts_of_their_own(self, rf: RequestFactory) -> None:
        with override_settings(LOGIN_URL="https://giris.example"):
            targets = policy_of(answer(rf.get("/"), HttpResponse()))["form-action"]
        assert targets == f"'self' {settings.GATEWAY_URL} https://giris.example"

    def test_upgrades_requests_where_the_gateway_is_reached_by_https(self, rf: RequestFactory) -> None:
        with override_settings(GATEWAY_URL="https://kapi.example"):
            assert "upgrade-insecure-requests" in policy_of(answer(rf.get("/"), HttpResponse()))

    def test_keeps_the_policy_that_a_view_has_set(self, rf: RequestFactory) -> None:
        response = HttpResponse(headers={"Content-Security-Policy": "sandbox"})
        assert answer(rf.get("/"), response)["Content-Security-Policy"] == "sandbox"


class TestOtherHeaders:
    def test_turn_off_what_we_do_not_use(self, client: Client) -> None:
        response = client.get("/yok/")
        assert "camera=()" in response["Permissions-Policy"]
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response["Referrer-Policy"] == "same-origin"


class TestCaching:
    def test_lets_nobody_keep_a_page_of_someone_signed_in(self, rf: RequestFactory) -> None:
        request = rf.get("/")
        request.COOKIES[settings.SESSION_COOKIE_NAME] = "token"
        response = answer(request, HttpResponse(headers={"Cache-Control": "public, max-age=60"}))
        assert response["Cache-Control"] == "no-store"
        assert "Cookie" in response["Vary"]

    @pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "application/json"])
    def test_lets_nobody_keep_the_answer_to_a_form(self, rf: RequestFactory, content_type: str) -> None:
        assert answer(rf.post("/"), HttpResponse(content_type=content_type))["Cache-Control"] == "no-store"

    def test_lets_nobody_keep_an_answer_with_a_cookie(self, rf: RequestFactory) -> None:
        response = HttpResponse()
        response.set_cookie("a", "b")
        assert answer(rf.get("/"), response)["Cache-Control"] == "no-store"

    def test_lets_public_pages_be_kept_when_asked_again(self, rf: RequestFactory) -> None:
        assert answer(rf.get("/"), HttpResponse())["Cache-Control"] == "no-cache"

    def test_leaves_public_files_to_their_view(self, rf: RequestFactory) -> None:
        request = rf.get("/")
        request.COOKIES[settings.SESSION_COOKIE_NAME] = "token"
        response = HttpResponse(content_type="text/css", headers={"Cache-Control": "public, max-age=60"})
        assert answer(request, response)["Cache-Control"] == "public, max-age=60"
