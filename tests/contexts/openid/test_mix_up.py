"""Two issuers, two clients: what one made, or what was made for one, is nothing at the other.

The worst that can happen with two issuers: both have the same keys and the same rows, as a copy under another name has.
Codes, references, refresh tokens, approvals and ID tokens of another client: `test_fapi2.py`, and in `services` the
tests of own tokens, decisions and logout. What a client does on its side: `tests/demo/test_municipality.py`.
"""

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey
from pytest_django import Settings

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import InvalidClient, InvalidDpopProof, InvalidToken, ProtocolError
from kapi.contexts.openid.services import logout
from kapi.contexts.openid.services.own_tokens import introspect_token
from kapi.contexts.openid.values.logout import SignOutKind
from kapi.contexts.openid.values.tokens import IssuedTokens, TokenRequest
from kapi.kernel.actors import NOBODY
from tests.contexts.openid.openid_in_tests import (
    BROWSER,
    ISSUER,
    add_client,
    answer_of,
    ask,
    assertion,
    get_code,
    get_machine_token,
    make_proof,
    new_key,
    push,
    redeem,
    userinfo,
)

OTHER = "https://another.example"


@pytest.fixture
def tokens(client_id: str, session: SignedIn, key: ECKey, now: datetime) -> IssuedTokens:
    """What the client has got of the first issuer."""
    return redeem(client_id, key, get_code(client_id, session, now=now), now=now)


@pytest.fixture
def elsewhere(tokens: IssuedTokens, settings: Settings) -> str:
    """From here on everything happens at the second issuer."""
    settings.OPENID = replace(settings.OPENID, issuer=OTHER)
    return OTHER


class TestAnotherIssuer:
    def test_names_itself_in_its_answers(
        self, client_id: str, session: SignedIn, tokens: IssuedTokens, now: datetime, settings: Settings
    ) -> None:
        for issuer in (ISSUER, OTHER):
            settings.OPENID = replace(settings.OPENID, issuer=issuer)
            good, bad = ask(client_id, session, now=now), ask(client_id, None, now=now, prompt="none")
            assert [answer_of(step)["iss"] for step in (good, bad)] == [issuer, issuer]

    def test_takes_no_assertion_that_was_made_for_the_first(
        self, client_id: str, session: SignedIn, key: ECKey, elsewhere: str, now: datetime
    ) -> None:
        with pytest.raises(InvalidClient):
            get_machine_token(client_id, key, now=now, client_assertion=assertion(client_id, key, now=now, aud=ISSUER))

    def test_takes_no_token_of_the_first(
        self, client_id: str, key: ECKey, tokens: IssuedTokens, elsewhere: str, now: datetime
    ) -> None:
        with pytest.raises(InvalidToken):
            userinfo(tokens.access_token, now=now)
        form = {
            "token": tokens.access_token,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion(client_id, key, now=now, aud=elsewhere),
        }
        request = TokenRequest(urlencode(form).encode())
        assert introspect_token(request=request, actor=NOBODY, now=now) == {"active": False}

    def test_ends_no_session_for_an_id_token_of_the_first(
        self, session: SignedIn, tokens: IssuedTokens, elsewhere: str, now: datetime
    ) -> None:
        encoded = urlencode({"id_token_hint": tokens.id_token}).encode()
        step = logout.start_sign_out(encoded=encoded, browser=BROWSER, session=session, actor=NOBODY, now=now)
        assert step.kind is SignOutKind.CONFIRM

    def test_takes_no_proof_of_possession_that_was_made_for_the_first(
        self, client_id: str, session: SignedIn, key: ECKey, elsewhere: str, now: datetime
    ) -> None:
        code = get_code(client_id, session, now=now)
        proof = replace(make_proof(new_key(), "/oidc/token", now=now), address=f"{elsewhere}/oidc/token")
        with pytest.raises(InvalidDpopProof):
            redeem(
                client_id,
                key,
                code,
                now=now,
                proof=proof,
                client_assertion=assertion(client_id, key, now=now, aud=elsewhere),
            )


class TestAnotherClient:
    def test_pushes_nothing_in_the_first_ones_name(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        own = new_key()
        other = add_client(now=now, keys=[own]).id
        with pytest.raises(ProtocolError) as refusal:
            push(client_id, key, now=now, client_assertion=assertion(other, own, now=now))
        assert refusal.value.code == "invalid_client"
