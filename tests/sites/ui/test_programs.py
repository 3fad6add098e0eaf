import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import resolve

pytestmark = pytest.mark.django_db

# Whatever else is answered: nobody is told less of these at the addresses of programs than at those of people.
PROTECTING = {
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
}
METADATA = "/.well-known/openid-configuration"


@pytest.mark.parametrize("path", sorted(settings.PROGRAM_ADDRESSES))
class TestAnAddressOfPrograms:
    def test_is_one_of_the_protocol_that_takes_no_form_of_ours(self, path: str) -> None:
        match = resolve(path)
        assert match.namespace == "oidc"
        assert getattr(match.func, "csrf_exempt", False)

    def test_is_protected_as_pages_are(self, path: str, client: Client) -> None:
        answer = client.delete(path)
        assert answer.status_code == 405
        assert set(answer.headers) >= PROTECTING

    def test_answers_under_our_own_names_only(self, path: str, client: Client) -> None:
        answer = client.delete(path, headers={"Host": "elsewhere.example"})
        assert answer.status_code == 400
        assert "elsewhere" not in answer.text

    def test_shows_a_browser_that_comes_by_mistake_a_page(self, path: str, client: Client) -> None:
        answer = client.delete(path, headers={"Accept": "text/html"})
        if "text/html" in answer.headers["Content-Type"]:
            assert answer.status_code == 405
            assert '<html lang="tr"' in answer.text
        else:  # these say it in their own way
            assert path.startswith("/OAuth2AuthorizationServer/")


class TestShortWay:
    def test_forgets_the_language_of_the_request_before(self, client: Client) -> None:
        assert '<html lang="en"' in client.delete("/en/ara", headers={"Accept": "text/html"}).text
        assert '<html lang="tr"' in client.delete(METADATA, headers={"Accept": "text/html"}).text

    def test_passes_what_only_browsers_need(self, client: Client) -> None:
        answer = client.get(METADATA, headers={"Accept-Encoding": "gzip", "Accept-Language": "en"})
        assert answer.status_code == 200
        assert {"Content-Language", "Content-Encoding", "Vary"}.isdisjoint(answer.headers)
        assert answer.headers["Content-Length"] == str(len(answer.content))

    def test_leaves_every_other_address_its_long_way(self, client: Client) -> None:
        answer = client.get(f"{METADATA}/", headers={"Accept-Language": "en"})
        assert answer.status_code == 404
        assert answer.headers["Content-Language"] == "tr"

    @override_settings(
        MIDDLEWARE=settings.MIDDLEWARE,
        URLCONF_BY_HOST={"giris.example": "kapi.config.urls.all_sites", "portal.example": "kapi.sites.portal.urls"},
        ALLOWED_HOSTS=["giris.example", "portal.example"],
    )
    def test_leads_to_the_site_of_the_host(self) -> None:
        client = Client()
        asked = [client.get(METADATA, headers={"Host": host}) for host in ("giris.example", "portal.example")]
        assert [answer.status_code for answer in asked] == [200, 404]

    def test_answers_a_view_that_fails_with_our_page(self, client: Client) -> None:
        client.raise_request_exception = False
        with override_settings(OPENID=None):
            answer = client.get(METADATA)
        assert answer.status_code == 500
        assert set(answer.headers) >= PROTECTING
