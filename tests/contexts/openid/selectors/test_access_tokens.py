"""A token that comes back is known by its text; one whose row keeps no hash by its signature. Both are as strict."""

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import InvalidToken, TokenNotReadable
from kapi.contexts.openid.models import AccessToken, Client, Grant, SigningKey
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.selectors.access_tokens import find_shown
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.keys import active_key, revoke_keys
from kapi.contexts.openid.services.own_tokens import introspect_token
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.kernel.actors import NOBODY
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    Signing,
    assertion,
    get_code,
    make_proof,
    new_key,
    redeem,
    userinfo,
)

pytestmark = pytest.mark.django_db
ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Good = Callable[[str], tuple[bool, bool]]


@pytest.fixture
def token(client_id: str, session: SignedIn, key: ECKey, now: datetime) -> str:
    """What the client got."""
    return redeem(client_id, key, get_code(client_id, session, now=now), now=now).access_token


@pytest.fixture(params=["by its hash", "by its signature"])
def known(request: pytest.FixtureRequest, token: str) -> str:
    """How the token is known: as this release issues it, or as the former one did."""
    if request.param == "by its signature":
        AccessToken.objects.update(token_hash="")
    return str(request.param)


@pytest.fixture
def good(client_id: str, key: ECKey, now: datetime) -> Good:
    """Whether userinfo and introspection, each, take a token for a good one."""

    def ask(token: str) -> tuple[bool, bool]:
        try:
            answered = bool(userinfo(token, now=now)["sub"])
        except InvalidToken:
            answered = False
        told = introspect_token(request=about(client_id, key, token, now), actor=NOBODY, now=now)
        return answered, bool(told["active"])

    return ask


def about(client_id: str, key: ECKey, token: str, now: datetime) -> TokenRequest:
    """Return the request of a client that asks about a token."""
    form = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(client_id, key, now=now),
        "token": token,
    }
    return TokenRequest(urlencode(form).encode())


def with_its_other_signature(token: str) -> str:
    """Return the same token with the second of the two signatures that ES256 takes for it: R and n - S."""
    message, _, encoded = token.rpartition(".")
    signature = base64.urlsafe_b64decode(f"{encoded}==")
    other = ORDER_OF_P256 - int.from_bytes(signature[32:])
    written = base64.urlsafe_b64encode(signature[:32] + other.to_bytes(32)).rstrip(b"=").decode()
    return f"{message}.{written}"


class TestFindShown:
    def test_tells_what_the_token_says_and_that_it_stands(self, token: str, known: str, now: datetime) -> None:
        claims, found = find_shown(token=token)
        assert claims == read_own(token, typ="at+jwt")
        assert (found.id, found.stands, found.client_id) == (claims["jti"], True, claims["client_id"])
        assert bool(found.token_hash) is (known == "by its hash")

    def test_is_taken_by_both_endpoints(self, token: str, known: str, good: Good) -> None:
        assert good(token) == (True, True)

    def test_takes_no_other_text_for_the_token_where_its_hash_is_kept(
        self, token: str, good: Good, now: datetime
    ) -> None:
        claims, ours = read_own(token, typ="at+jwt"), active_key(actor=NOBODY, now=now)
        others = [with_its_other_signature(token), jwt.sign(claims, typ="at+jwt", key=ours)]
        assert [read_own(other, typ="at+jwt") for other in others] == [claims, claims]
        assert [good(other) for other in others] == [(False, False)] * 2
        AccessToken.objects.update(token_hash="")
        assert [good(other) for other in others] == [(True, True)] * 2

    def test_takes_nobody_elses_signature(self, token: str, known: str, good: Good, now: datetime) -> None:
        claims, stranger = read_own(token, typ="at+jwt"), new_key(active_key(actor=NOBODY, now=now).kid)
        forged = [
            jwt.sign(claims, typ="at+jwt", key=Signing(stranger)),
            jwt.sign(claims | {"scope": "openid identity_number"}, typ="at+jwt", key=Signing(stranger)),
            token[:-8] + "AAAAAAAA",
            f"{token.rpartition('.')[0]}.",
        ]
        assert [good(other) for other in forged] == [(False, False)] * 4
        assert good(token) == (True, True)

    def test_takes_none_of_a_key_that_was_withdrawn(self, token: str, known: str, good: Good, now: datetime) -> None:
        revoke_keys(kids=[active_key(actor=NOBODY, now=now).kid], actor=ACTOR, now=now)
        with pytest.raises(TokenNotReadable):
            find_shown(token=token)
        assert good(token) == (False, False)

    def test_takes_one_of_a_key_that_was_retired(self, token: str, known: str, good: Good, now: datetime) -> None:
        SigningKey.objects.filter(state="active").update(state="retired", retired_at=now)
        assert find_shown(token=token)[1].stands

    def test_takes_none_of_a_grant_that_was_taken_back(self, token: str, known: str, good: Good, now: datetime) -> None:
        Grant.objects.update(revoked_at=now)
        assert find_shown(token=token)[1].stands is False
        assert good(token) == (False, False)

    def test_takes_none_of_before_the_client_was_opened_again(
        self, token: str, known: str, good: Good, now: datetime
    ) -> None:
        Client.objects.update(good_from=now - timedelta(seconds=1))
        assert good(token) == (True, True)
        Client.objects.update(good_from=now)
        assert good(token) == (False, False)

    def test_takes_none_of_a_closed_client(self, token: str, known: str, now: datetime) -> None:
        Client.objects.update(closed_at=now)
        assert find_shown(token=token)[1].stands is False

    @pytest.mark.parametrize(
        "claims", [{"jti": "a\x00"}, {"jti": "ş" * 20}, {"jti": "a" * 65}, {"jti": 7}, {"exp": "soon"}, {"iss": None}]
    )
    def test_asks_nothing_about_what_no_token_of_ours_says(
        self, claims: dict[str, object], token: str, good: Good
    ) -> None:
        forged = jwt.sign(read_own(token, typ="at+jwt") | claims, typ="at+jwt", key=Signing(new_key()))
        assert good(forged) == (False, False)


class TestStatements:
    """The fewest that it takes: of these, a request of somebody with a token is made."""

    def test_of_userinfo(self, client_id: str, session: SignedIn, key: ECKey, now: datetime) -> None:
        shown = make_proof(key, "/oidc/token", now=now)
        token = redeem(client_id, key, get_code(client_id, session, now=now), now=now, proof=shown).access_token
        proof = make_proof(key, "/oidc/userinfo", now=now, access_token=token)
        with CaptureQueriesContext(connection) as sent:
            assert userinfo(token, now=now, scheme="DPoP", proof=proof)["name"]
        # The token with all that it stands on; the proof used up, the sharing, its record.
        assert len(sent) == (2 if connection.vendor == "postgresql" else 4)

    def test_of_introspection(self, client_id: str, key: ECKey, token: str, now: datetime) -> None:
        request = about(client_id, key, token, now)
        with CaptureQueriesContext(connection) as sent:
            assert introspect_token(request=request, actor=NOBODY, now=now)["active"]
        # The client with its keys; the assertion used up, the token found.
        assert len(sent) == (2 if connection.vendor == "postgresql" else 3)
