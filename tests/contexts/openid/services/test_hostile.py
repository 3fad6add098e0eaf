"""Assertions, proofs and hints of every kind at the endpoints: refused, or as if not there, soon; never believed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import InvalidClient, InvalidDpopProof, ProtocolError, UseDpopNonce
from kapi.contexts.openid.selectors.tokens import read_hint, read_own
from kapi.contexts.openid.services import logout
from kapi.contexts.openid.services.token_endpoint import answer_token_request
from kapi.contexts.openid.values.authorization import NextKind
from kapi.contexts.openid.values.dpop import ShownProof
from kapi.contexts.openid.values.logout import SignOutKind
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.kernel.actors import NOBODY
from tests.contexts.openid.openid_in_tests import (
    BROWSER,
    ISSUER,
    POST_LOGOUT_URI,
    assertion,
    authorization_request,
    get_code,
    redeem,
    start,
)
from tests.contexts.openid.rules.test_hostile import HEADERS, SIGNATURES, made
from tests.efforts import long_texts, refused_soon, soon

pytestmark = pytest.mark.django_db
OFTEN = how(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def hint(client_id: str, session: SignedIn, key: ECKey, now: datetime) -> str:
    """An ID token of ours."""
    return redeem(client_id, key, get_code(client_id, session, now=now), now=now).id_token


def token_request(form: dict[str, str], proof: str = "") -> TokenRequest:
    """Return a request with this in it."""
    shown = ShownProof(proof, "POST", f"{ISSUER}/oidc/token") if proof else None
    return TokenRequest(urlencode({"grant_type": "authorization_code", "code": "a"} | form).encode(), proof=shown)


class TestAssertions:
    @given(header=HEADERS, signature=st.sampled_from(SIGNATURES))
    @OFTEN
    def test_by_who_does_not_hold_the_key_are_refused(
        self, *, client_id: str, now: datetime, header: dict[str, Any], signature: Callable[[bytes], bytes]
    ) -> None:
        moment = int(now.timestamp())
        said = {"iss": client_id, "sub": client_id, "aud": ISSUER, "exp": moment + 60, "iat": moment, "jti": "a"}
        request = token_request({"client_assertion_type": KIND, "client_assertion": made(header, signature, said)})
        with pytest.raises(InvalidClient):
            answer_token_request(request=request, actor=NOBODY, now=now)

    @given(text=long_texts())
    @OFTEN
    def test_of_any_length_are_refused_soon(self, client_id: str, now: datetime, text: str) -> None:
        request = token_request({"client_assertion_type": KIND, "client_assertion": text, "client_id": client_id})
        assert refused_soon(lambda: answer_token_request(request=request, actor=NOBODY, now=now), ProtocolError)


class TestProofs:
    @given(text=long_texts())
    @OFTEN
    def test_of_any_length_are_refused_soon(self, client_id: str, key: ECKey, now: datetime, text: str) -> None:
        form = {"client_assertion_type": KIND, "client_assertion": assertion(client_id, key, now=now)}
        request = token_request(form, proof=text)
        refusals = (InvalidDpopProof, UseDpopNonce)
        assert refused_soon(lambda: answer_token_request(request=request, actor=NOBODY, now=now), refusals)


class TestHints:
    @given(header=HEADERS, signature=st.sampled_from(SIGNATURES))
    @OFTEN
    def test_that_we_did_not_sign_sign_nobody_out_and_name_nobody(
        self,
        *,
        client_id: str,
        session: SignedIn,
        hint: str,
        now: datetime,
        header: dict[str, Any],
        signature: Callable[[bytes], bytes],
    ) -> None:
        forged = made(header, signature, read_own(hint, typ="JWT"))
        assert read_hint(forged) is None
        encoded = urlencode({"id_token_hint": forged, "post_logout_redirect_uri": POST_LOGOUT_URI}).encode()
        with pytest.raises(ProtocolError):
            logout.start_sign_out(encoded=encoded, browser=BROWSER, session=session, actor=NOBODY, now=now)
        alone = urlencode({"id_token_hint": forged}).encode()
        try:
            step = logout.start_sign_out(encoded=alone, browser=BROWSER, session=session, actor=NOBODY, now=now)
        except ProtocolError:
            return
        assert step.kind is SignOutKind.CONFIRM

    @given(text=long_texts())
    @OFTEN
    def test_of_any_length_are_answered_soon(self, client_id: str, session: SignedIn, now: datetime, text: str) -> None:
        wish = urlencode({"id_token_hint": text, "state": text}).encode()
        asked = authorization_request(client_id, id_token_hint=text)
        common: dict[str, Any] = {"browser": BROWSER, "session": session, "actor": NOBODY, "now": now}
        assert soon(lambda: logout.start_sign_out(encoded=wish, **common), ProtocolError)
        assert soon(lambda: logout.start_sign_out(encoded=text.encode(), **common), ProtocolError)
        try:
            step = start(encoded=asked, **common)
        except ProtocolError:
            return
        assert step.kind is NextKind.REDIRECT
