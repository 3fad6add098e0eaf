"""Keeping pages that are the same for everybody."""

from datetime import datetime

import pytest
from django.conf import settings
from django.test import Client

from kapi.sites.ui.public import SECONDS
from tests import people

PATHS = [
    "/",
    "/ara?q=belge",
    "/hizmet/ogrenci-belgesi/",
    "/kategoriler/egitim/",
    "/kurumlar/",
    "/gizlilik/",
    "/yardim/",
]


@pytest.mark.usefixtures("_catalogue")
class TestPublicPage:
    @pytest.mark.parametrize("path", PATHS)
    def test_may_be_kept_for_a_short_time_and_asked_for_again(self, client: Client, path: str) -> None:
        first = client.get(path)
        assert first.headers["Cache-Control"] == f"public, max-age={SECONDS}"
        assert "Cookie" in first.headers["Vary"]
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_is_sent_again_once_it_has_changed(self, client: Client) -> None:
        etag = client.get("/hizmet/ogrenci-belgesi/").headers["ETag"]
        assert client.get("/hizmet/yurt-basvurusu/", headers={"If-None-Match": etag}).status_code == 200
        assert client.get("/en/hizmet/ogrenci-belgesi/", headers={"If-None-Match": etag}).status_code == 200

    @pytest.mark.parametrize("path", PATHS)
    def test_of_a_signed_in_person_is_never_kept(self, client: Client, path: str, now: datetime) -> None:
        del now
        moment = datetime.now().astimezone()
        people.make_citizen(now=moment)
        client.cookies[settings.SESSION_COOKIE_NAME] = people.sign_in(now=moment).token
        answer = client.get(path)
        assert b"Deniz" in answer.content
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers

    def test_that_is_missing_is_not_kept(self, client: Client) -> None:
        assert "max-age" not in client.get("/hizmet/yok/").headers["Cache-Control"]
