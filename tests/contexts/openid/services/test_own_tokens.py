"""A client learns about its own tokens and gives them back; others learn nothing."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey

from kapi.contexts.identity.services import end_session
from kapi.contexts.identity.values import EndReason, SignedIn
from kapi.contexts.openid.errors import InvalidClient, InvalidRequest, InvalidToken
from kapi.contexts.openid.selectors.tokens import read_hint, read_own
from kapi.contexts.openid.services.own_tokens import introspect_token, introspect_token_signed, revoke_token
from kapi.contexts.openid.values.tokens import IssuedTokens, TokenRequest
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.services import deliver_due
from kapi.kernel.actors import NOBODY
from tests.contexts.openid.openid_in_tests import (
    ISSUER,
    add_client,
    assertion,
    get_code,
    make_proof,
    new_key,
    redeem,
    userinfo,
)

pytestmark = pytest.mark.django_db
OVER = {"active": False}


@pytest.fixture
def tokens(client_id: str, session: SignedIn, key: ECKey, now: datetime) -> IssuedTokens:
    """What the client got."""
    return redeem(client_id, key, get_code(client_id, session, now=now), now=now)


def about(client_id: str, key: ECKey, token: str | None, now: datetime) -> TokenRequest:
    """Return a good request about a token."""
    form = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(client_id, key, now=now),
        "token_type_hint": "refresh_token",  # a wrong hint does no harm
    }
    return TokenRequest(urlencode(form | ({"token": token} if token else {})).encode())


class TestIntrospectToken:
    def ask(self, client_id: str, key: ECKey, token: str | None, now: datetime) -> dict[str, object]:
        """Ask about a token."""
        return introspect_token(request=about(client_id, key, token, now), actor=NOBODY, now=now)

    def test_tells_what_the_token_says_and_nothing_personal(
        self, client_id: str, tokens: IssuedTokens, key: ECKey, now: datetime
    ) -> None:
        told = self.ask(client_id, key, tokens.access_token, now)
        claims = read_own(tokens.access_token, typ="at+jwt")
        assert told == {"active": True, "token_type": "Bearer", **claims}
        assert (told["iss"], told["client_id"], told["scope"]) == (ISSUER, client_id, "openid profile")

    def test_tells_to_which_key_a_token_is_bound(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        holder = new_key("holder")
        proof = make_proof(holder, "/oidc/token", now=now)
        bound = redeem(client_id, key, get_code(client_id, session, now=now), now=now, proof=proof)
        told = self.ask(client_id, key, bound.access_token, now)
        assert (told["token_type"], told["cnf"]) == ("DPoP", {"jkt": holder.thumbprint()})

    def test_says_only_that_a_token_is_over(
        self, client_id: str, tokens: IssuedTokens, key: ECKey, now: datetime
    ) -> None:
        token = tokens.access_token
        assert self.ask(client_id, key, token, now + timedelta(seconds=299)) != OVER
        assert self.ask(client_id, key, token, now + timedelta(seconds=300)) == OVER

    def test_says_so_after_sign_out(
        self, client_id: str, session: SignedIn, tokens: IssuedTokens, key: ECKey, now: datetime
    ) -> None:
        end_session(session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=session.actor, now=now)
        deliver_due(limit=100, now=now)
        assert self.ask(client_id, key, tokens.access_token, now) == OVER

    def test_tells_another_client_nothing(self, tokens: IssuedTokens, now: datetime) -> None:
        key = new_key()
        other = add_client(now=now, keys=[key]).id
        assert self.ask(other, key, tokens.access_token, now) == OVER

    @pytest.mark.parametrize("rubbish", ["a", "a.b.c", "ş", "a" * 8192])
    def test_says_nothing_about_what_is_no_token(self, client_id: str, key: ECKey, now: datetime, rubbish: str) -> None:
        assert self.ask(client_id, key, rubbish, now) == OVER

    def test_takes_no_id_token_for_one(self, client_id: str, tokens: IssuedTokens, key: ECKey, now: datetime) -> None:
        assert self.ask(client_id, key, tokens.id_token, now) == OVER

    def test_needs_a_token_and_a_proof(self, client_id: str, tokens: IssuedTokens, key: ECKey, now: datetime) -> None:
        with pytest.raises(InvalidRequest, match="token is missing"):
            self.ask(client_id, key, None, now)
        with pytest.raises(InvalidClient):
            self.ask(client_id, new_key(), tokens.access_token, now)


class TestIntrospectTokenSigned:
    def ask(self, client_id: str, key: ECKey, token: str, now: datetime) -> str:
        """Ask about a token, for a signed answer."""
        return introspect_token_signed(request=about(client_id, key, token, now), actor=NOBODY, now=now)

    def test_says_in_our_name_to_whom_and_when(
        self, client_id: str, tokens: IssuedTokens, key: ECKey, now: datetime
    ) -> None:
        later = now + timedelta(seconds=7)
        answer = self.ask(client_id, key, tokens.access_token, later)
        plain = introspect_token(request=about(client_id, key, tokens.access_token, later), actor=NOBODY, now=later)
        assert plain["active"] is True
        assert read_own(answer, typ="token-introspection+jwt") == {
            "iss": ISSUER,
            "aud": client_id,
            "iat": int(later.timestamp()),
            "token_introspection": plain,
        }

    def test_says_only_that_a_token_is_not_active(
        self, client_id: str, tokens: IssuedTokens, key: ECKey, now: datetime
    ) -> None:
        other = new_key()
        for asking, by, token in (
            (client_id, key, "a.b.c"),
            (add_client(now=now, keys=[other]).id, other, tokens.access_token),
        ):
            told = read_own(self.ask(asking, by, token, now), typ="token-introspection+jwt")
            assert (told["aud"], told["token_introspection"]) == (asking, OVER)

    def test_stands_for_no_token(self, client_id: str, tokens: IssuedTokens, key: ECKey, now: datetime) -> None:
        answer = self.ask(client_id, key, tokens.access_token, now)
        with pytest.raises(InvalidToken):
            userinfo(answer, now=now)
        assert read_hint(answer) is None
        assert introspect_token(request=about(client_id, key, answer, now), actor=NOBODY, now=now) == OVER

    def test_needs_a_proof(self, client_id: str, tokens: IssuedTokens, now: datetime) -> None:
        with pytest.raises(InvalidClient):
            self.ask(client_id, new_key(), tokens.access_token, now)


class TestRevokeToken:
    def revoke(self, client_id: str, key: ECKey, token: str | None, now: datetime) -> None:
        """Give a token back."""
        revoke_token(request=about(client_id, key, token, now), actor=NOBODY, now=now)

    def test_ends_the_token_once(self, client_id: str, tokens: IssuedTokens, key: ECKey, now: datetime) -> None:
        for _ in range(2):
            self.revoke(client_id, key, tokens.access_token, now)
        with pytest.raises(InvalidToken, match="revoked"):
            userinfo(tokens.access_token, now=now)
        (record,) = AuditRecord.objects.filter(action="openid.token_revoked")
        assert (record.actor_id, record.subject_id) == (client_id, client_id)

    def test_ends_no_other(
        self, client_id: str, session: SignedIn, tokens: IssuedTokens, key: ECKey, now: datetime
    ) -> None:
        second = redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        self.revoke(client_id, key, second.access_token, now)
        assert userinfo(tokens.access_token, now=now)["sub"]

    @pytest.mark.parametrize("rubbish", ["a", "a.b.c"])
    def test_takes_what_is_no_token_for_a_done_deed(
        self, client_id: str, key: ECKey, now: datetime, rubbish: str
    ) -> None:
        self.revoke(client_id, key, rubbish, now)

    def test_is_for_the_client_that_the_token_was_issued_to(self, tokens: IssuedTokens, now: datetime) -> None:
        key = new_key()
        other = add_client(now=now, keys=[key]).id
        with pytest.raises(InvalidRequest, match="not issued to this client"):
            self.revoke(other, key, tokens.access_token, now)
        assert userinfo(tokens.access_token, now=now)["sub"]
