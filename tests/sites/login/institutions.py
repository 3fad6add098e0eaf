"""Institutions' programs as the pages' tests need them: they send a citizen here and redeem what comes back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.test import Client

from kapi.contexts.openid.values.clients import Scope, ScopeUse
from kapi.kernel.langstring import LangString
from tests.contexts.openid.openid_in_tests import (
    REDIRECT_URI,
    add_client,
    authorization_request,
    new_key,
    redeem,
    userinfo,
)

KEY = new_key()
BY_LAW = ScopeUse(
    Scope.PROFILE,
    LangString("Başvurunuzu kaydetmek", "To record your application"),
    LangString("5393 sayılı Belediye Kanunu, madde 15"),
)
BY_CONSENT = ScopeUse(Scope.BIRTHDATE, LangString("Doğum gününüzü kutlamak", "To wish you a happy birthday"))
NUMBER_BY_CONSENT = ScopeUse(Scope.IDENTITY_NUMBER, LangString("Kaydınızı bulmak"))
NUMBER_BY_LAW = ScopeUse(Scope.IDENTITY_NUMBER, LangString("Kaydınızı bulmak"), LangString("5490 sayılı Kanun"))


def open_institution(
    *, now: datetime, uses: Sequence[ScopeUse] = (BY_LAW,), client_id: str = "belediye", **more: Any
) -> str:
    """Register an institution's program."""
    scopes = (ScopeUse(Scope.OPENID), *uses)
    return add_client(now=now, keys=[KEY], client_id=client_id, scopes=scopes, **more).id


def go_to(browser: Client, client_id: str = "belediye", scope: str = "openid profile", **changes: str) -> Any:
    """Be sent here by the institution; return our answer."""
    query = authorization_request(client_id, scope=scope, **changes).decode()
    return browser.get(f"/oidc/authorize?{query}")


def approve(browser: Client, client_id: str = "belediye", scope: str = "openid profile") -> dict[str, str]:
    """Go to the institution, agree, and return what it is sent."""
    page = go_to(browser, client_id, scope)["Location"]
    return sent_back(browser.post(page, {"decision": "allow"}))


def sent_back(answer: Any) -> dict[str, str]:
    """Return what the institution is sent with the browser."""
    assert answer["Location"].startswith(REDIRECT_URI), answer["Location"]
    return dict(parse_qsl(urlsplit(answer["Location"]).query))


def fetch_data(client_id: str, code: str, *, now: datetime) -> dict[str, Any]:
    """Redeem the code and fetch the data, as the institution's program does."""
    return userinfo(redeem(client_id, KEY, code, now=now).access_token, now=now)
