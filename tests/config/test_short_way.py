"""The short way of programs beside Django's long one: whatever is asked, both answer alike, and log alike."""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.test import RequestFactory, override_settings
from django.urls import get_resolver, get_urlconf
from django.utils import timezone, translation

from kapi.config.wsgi import Gateway
from kapi.contexts.openid.services.keys import ensure_keys
from kapi.sites.ui.requests import ProgramRequest
from tests.contexts.openid.openid_in_tests import ACTOR, add_client, authorization_request

if TYPE_CHECKING:
    from wsgiref.types import StartResponse

METADATA, KEYS, PUSH, TOKEN, INTROSPECT, REVOKE, USERINFO, AUTHORIZE = (
    "/.well-known/openid-configuration",
    "/oidc/jwks",
    "/oidc/par",
    "/oidc/token",
    "/oidc/introspect",
    "/oidc/revoke",
    "/oidc/userinfo",
    "/oidc/authorize",
)
FORM = "application/x-www-form-urlencoded"
# Of requests, browsers and moments.
NUMBERS = re.compile(r"(resume%2F|oidc/resume/|kapi_browser=|expires=)[^;&]+")
HTML = {"HTTP_ACCEPT": "text/html,*/*"}
# What only browsers need, and programs' addresses have never had.
FOR_BROWSERS = ("ShortWay", "GZipMiddleware", "LocaleMiddleware")


@dataclass(frozen=True)
class Said:
    """What came of a request."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    unread: int
    logged: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Asked:
    """A request and the status of its answer; `settings` are changed for it."""

    status: int
    method: str
    path: str
    body: bytes = b""
    environ: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


class _KeepsConnection(Gateway):
    """A gateway that leaves the test's own connection open."""

    def _finish(self, request: ProgramRequest) -> None:
        request.close()


def _long_way() -> WSGIHandler:
    chosen = [name for name in settings.MIDDLEWARE if name.rpartition(".")[2] not in FOR_BROWSERS]
    with override_settings(MIDDLEWARE=chosen):
        return WSGIHandler()


# With the language that the request before has left; the long way of these addresses knows none but ours.
WAYS: list[tuple[Callable[[], WSGIHandler], str]] = [(_long_way, "tr"), (WSGIHandler, "en"), (_KeepsConnection, "en")]


@pytest.fixture
def _keys(db: None) -> None:
    ensure_keys(actor=ACTOR, now=timezone.now())


@pytest.fixture
def secret(db: None) -> str:
    """The secret of the client `belediye`."""
    return str(add_client(now=timezone.now(), client_id="belediye").secret)


def ask(way: WSGIHandler, asked: Asked, language: str, caplog: pytest.LogCaptureFixture) -> Said:
    """Send the request one way, in a thread that speaks a language."""
    body = BytesIO(asked.body)
    environ = RequestFactory().generic(asked.method, asked.path).environ | {
        "wsgi.input": body,
        "CONTENT_LENGTH": str(len(asked.body)),
        "CONTENT_TYPE": FORM if asked.body else "",
        **asked.environ,
    }
    told: list[tuple[str, list[tuple[str, str]]]] = []
    caplog.clear()
    translation.activate(language)
    answer = way(environ, cast("StartResponse", lambda status, headers: told.append((status, headers))))
    logged = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    [(status, headers)] = told
    return Said(status, sorted(headers), b"".join(answer), len(asked.body) - body.tell(), logged)


def answers(asked: Asked, caplog: pytest.LogCaptureFixture) -> list[Said]:
    """Send the request by Django's long way, by the middleware of the short one, and by the gateway itself."""
    caplog.set_level(logging.INFO)
    _ = get_resolver().url_patterns  # loaded by the settings as they are, also where this request is the first of all
    with override_settings(**asked.settings):
        return [ask(way(), asked, language, caplog) for way, language in WAYS]


BY_PROXY = {
    "TRUSTED_PROXIES": 1,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "SECURE_HSTS_SECONDS": 60,
    "GATEWAY_URL": "https://localhost",
}
BY_HOST = {
    "URLCONF_BY_HOST": {"giris.example": "kapi.config.urls.all_sites", "portal.example": "kapi.sites.portal.urls"},
    "ALLOWED_HOSTS": ["giris.example", "portal.example"],
    "LOGIN_URL": "http://giris.example",
}
COOKIE = {"HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}=somebody"}

REQUESTS = {
    "metadata": Asked(200, "GET", METADATA),
    "metadata of nobody's": Asked(200, "GET", "/.well-known/oauth-authorization-server?a=b"),
    "metadata to somebody signed in": Asked(200, "GET", METADATA, environ=COOKIE),
    "its head": Asked(200, "HEAD", METADATA),
    "what one has": Asked(304, "GET", METADATA, environ={"HTTP_IF_NONE_MATCH": "*"}),
    "what one has not": Asked(200, "GET", KEYS, environ={"HTTP_IF_NONE_MATCH": '"a", W/"b"'}),
    "keys": Asked(200, "GET", KEYS),
    "keys of an unknown host": Asked(400, "GET", KEYS, environ={"HTTP_HOST": "elsewhere.example"}),
    "a form to a host that is none": Asked(400, "POST", TOKEN, b"a" * 900, environ={"HTTP_HOST": "a b"}),
    "no host at all": Asked(400, "GET", METADATA, environ={"HTTP_HOST": "", "SERVER_NAME": "testserver"}),
    "a small method": Asked(200, "get", METADATA),
    "a method that nobody knows": Asked(405, "BREW", METADATA),
    "options": Asked(405, "OPTIONS", TOKEN),
    "a browser at a wrong place": Asked(405, "GET", TOKEN, environ=HTML | COOKIE),
    "a browser at a wrong place with a form": Asked(405, "POST", KEYS, b"a=b" * 30_000, environ=HTML),
    "a browser's head at a wrong place": Asked(405, "HEAD", TOKEN, environ=HTML),
    "a token for nothing": Asked(400, "POST", TOKEN),
    "a token by a form of another kind": Asked(400, "POST", TOKEN, b"{}", environ={"CONTENT_TYPE": "application/json"}),
    "a token for a kind that is no kind": Asked(400, "POST", TOKEN, b"a=b", environ={"CONTENT_TYPE": "=;"}),
    "a token by a form in UTF-8": Asked(401, "POST", TOKEN, b"a=b", environ={"CONTENT_TYPE": f"{FORM}; charset=utf-8"}),
    "a token for too much": Asked(413, "POST", TOKEN, b"a" * 300_000),
    "a length that is none": Asked(401, "POST", TOKEN, b"a=b", environ={"CONTENT_LENGTH": ""}),
    "a length that is no number": Asked(500, "POST", TOKEN, b"a=b", environ={"CONTENT_LENGTH": "three"}),
    "a length below nothing": Asked(401, "POST", TOKEN, b"a=b", environ={"CONTENT_LENGTH": "-3"}),
    "a form that was cut off": Asked(401, "POST", TOKEN, b"a=b", environ={"CONTENT_LENGTH": "900"}),
    "a form with more behind it": Asked(401, "POST", TOKEN, b"a=b&c=d", environ={"CONTENT_LENGTH": "3"}),
    "a token of a wrong client": Asked(
        401, "POST", TOKEN, b"grant_type=x", environ={"HTTP_AUTHORIZATION": "Basic eDp5"}
    ),
    "a token with a proof that is none": Asked(400, "POST", TOKEN, b"grant_type=x", environ={"HTTP_DPOP": "proof"}),
    "too much pushed": Asked(413, "POST", PUSH, b"a" * 300_000),
    "a push of nobody": Asked(401, "POST", PUSH, b"client_id=a"),
    "taken back by nobody": Asked(401, "POST", REVOKE, b"token=a"),
    "nobody's question": Asked(401, "POST", INTROSPECT, b"token=a", environ={"HTTP_ACCEPT": "*/*"}),
    "attributes for nothing": Asked(401, "GET", USERINFO),
    "attributes for too much": Asked(413, "POST", USERINFO, b"a" * 300_000),
    "attributes for a token that is none": Asked(401, "GET", USERINFO, environ={"HTTP_AUTHORIZATION": "Bearer a.b.c"}),
    "attributes for a proof that is none": Asked(
        401, "POST", USERINFO, environ={"HTTP_AUTHORIZATION": "DPoP a.b.c", "HTTP_DPOP": "proof"}
    ),
    "attributes by a form in Cyrillic": Asked(
        400, "POST", USERINFO, b"a=b", environ={"CONTENT_TYPE": f"{FORM}; charset=iso-8859-5"}
    ),
    "attributes by 300 fields": Asked(400, "POST", USERINFO, b"a=b&" * 300),
    "a browser with nothing to bring": Asked(400, "GET", AUTHORIZE, environ=HTML),
    "a browser that speaks English": Asked(400, "GET", AUTHORIZE, environ=HTML | {"HTTP_ACCEPT_LANGUAGE": "en"}),
    "a browser of nobody's": Asked(400, "GET", f"{AUTHORIZE}?client_id=a", environ=HTML | COOKIE),
    "a browser with a form of nobody's": Asked(400, "POST", AUTHORIZE, b"client_id=a" * 900, environ=HTML),
    "a browser with too much": Asked(413, "POST", AUTHORIZE, b"a" * 300_000, environ=HTML),
    "a browser that brings it by a wrong method": Asked(405, "PUT", AUTHORIZE, b"a=b", environ=HTML),
    "an old address by GET": Asked(405, "GET", "/OAuth2AuthorizationServer/AccessTokenController"),
    "a failure": Asked(500, "GET", METADATA, settings={"OPENID": None}),
    "a failure for a form": Asked(500, "POST", TOKEN, b"a=b" * 900, settings={"OPENID": None}),
    "by https": Asked(200, "GET", METADATA, environ={"HTTP_X_FORWARDED_PROTO": "https"}, settings=BY_PROXY),
    "by http": Asked(200, "GET", METADATA, environ={"HTTP_X_FORWARDED_PROTO": "http, https"}, settings=BY_PROXY),
    "at its site": Asked(200, "GET", METADATA, environ={"HTTP_HOST": "giris.example"}, settings=BY_HOST),
    "at another site": Asked(404, "GET", METADATA, environ={"HTTP_HOST": "portal.example"}, settings=BY_HOST),
    "a browser at its site": Asked(405, "GET", TOKEN, environ={"HTTP_HOST": "giris.example"} | HTML, settings=BY_HOST),
}


@pytest.mark.usefixtures("_connection_stays_open", "_keys")
class TestBothWays:
    @pytest.mark.parametrize("name", REQUESTS)
    def test_answer_alike(self, name: str, caplog: pytest.LogCaptureFixture) -> None:
        by_the_long_way, by_middleware, by_the_gateway = answers(REQUESTS[name], caplog)
        assert by_the_long_way.status[:3] == str(REQUESTS[name].status)
        assert by_middleware == by_the_long_way
        assert by_the_gateway == by_the_long_way

    def test_send_a_browser_on_alike(self, caplog: pytest.LogCaptureFixture) -> None:
        add_client(now=timezone.now(), client_id="belediye")
        request = authorization_request("belediye")
        for asked in (
            Asked(303, "GET", f"{AUTHORIZE}?{request.decode()}"),
            Asked(303, "POST", AUTHORIZE, request),
            Asked(303, "GET", f"{AUTHORIZE}?{authorization_request('belediye', prompt='none').decode()}"),
        ):
            first, *others = [
                replace(said, headers=[(name, NUMBERS.sub(r"\1*", value)) for name, value in said.headers])
                for said in answers(asked, caplog)
            ]
            assert (first.status, first.unread) == ("303 See Other", 0)
            assert others == [first] * 2

    def test_answer_a_client_that_is_known_alike(self, secret: str, caplog: pytest.LogCaptureFixture) -> None:
        proved = {"client_id": "belediye", "client_secret": secret}
        pushed = authorization_request("belediye", client_secret=secret)
        for status, path, form in (
            (201, PUSH, pushed),
            (200, INTROSPECT, urlencode(proved | {"token": "unknown"}).encode()),
            (200, REVOKE, urlencode(proved | {"token": "unknown"}).encode()),
            (400, TOKEN, urlencode(proved | {"grant_type": "authorization_code", "code": "a"}).encode()),
        ):
            first, *others = answers(Asked(status, "POST", path, form), caplog)
            assert first.status[:3] == str(status)
            for other in others:
                assert (other.status, other.unread, other.logged) == (first.status, first.unread, first.logged)
                assert [name for name, _ in other.headers] == [name for name, _ in first.headers]
                if path == PUSH:
                    assert json.loads(other.body).keys() == json.loads(first.body).keys()
                else:
                    assert (other.headers, other.body) == (first.headers, first.body)


@pytest.mark.django_db(transaction=True)
class TestAfterARequest:
    def test_the_connection_of_the_thread_is_looked_at_again_before_its_next_statement(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        connection.ensure_connection()
        looked_at = vars(connections[DEFAULT_DB_ALIAS])
        looked_at["health_check_done"] = True
        assert ask(Gateway(), REQUESTS["metadata"], "tr", caplog).status == "200 OK"
        assert not looked_at["health_check_done"]

    def test_no_site_of_a_host_is_left_in_the_thread(self, caplog: pytest.LogCaptureFixture) -> None:
        asked = REQUESTS["at another site"]
        with override_settings(**asked.settings):
            assert ask(Gateway(), asked, "tr", caplog).status == "404 Not Found"
        assert get_urlconf() is None
