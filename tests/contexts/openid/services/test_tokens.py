"""A code is redeemed once, by the client it was issued to, with the right proof."""

import base64
import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from joserfc import jwt as jose
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from pytest_django import Settings

from kapi.contexts.identity.services import end_session
from kapi.contexts.identity.values import EndReason, SignedIn
from kapi.contexts.openid.errors import (
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidToken,
    ProtocolError,
    UnsupportedGrantType,
)
from kapi.contexts.openid.models import AccessToken, Grant, UsedAssertion
from kapi.contexts.openid.rules.client_authentication import TOKEN_PATH
from kapi.contexts.openid.rules.jwt import header_of, sign
from kapi.contexts.openid.selectors.keys import published_keys
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.clients import close_client
from kapi.contexts.openid.services.keys import active_key
from kapi.contexts.openid.services.token_endpoint import answer_token_request
from kapi.contexts.openid.values.clients import Profile
from kapi.contexts.openid.values.settings import OpenidSettings
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.actors import NOBODY
from tests.contexts.openid.openid_in_tests import (
    ISSUER,
    POST_LOGOUT_URI,
    add_client,
    assertion,
    get_code,
    new_key,
    redeem,
    token_request,
    userinfo,
)

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def code(client_id: str, session: SignedIn, now: datetime) -> str:
    """A code that waits to be redeemed."""
    return get_code(client_id, session, now=now)


class TestRedeemCode:
    def test_gives_an_id_token_with_what_the_session_proves(
        self, client_id: str, session: SignedIn, code: str, key: ECKey, now: datetime
    ) -> None:
        tokens = redeem(client_id, key, code, now=now)
        claims = read_own(tokens.id_token, typ="JWT")
        issued_s = int(now.timestamp())
        assert claims.pop("sub")
        assert claims.pop("sid")
        left_half = hashlib.sha256(tokens.access_token.encode()).digest()[:16]
        assert base64.urlsafe_b64decode(claims.pop("at_hash") + "==") == left_half
        assert claims == {
            "iss": ISSUER,
            "aud": client_id,
            "exp": issued_s + 300,
            "iat": issued_s,
            "auth_time": int(session.authenticated_at.timestamp()),
            "acr": session.acr,
            "amr": list(session.amr),
            "nonce": "n1",
        }

    def test_gives_an_access_token_as_rfc_9068_has_it(
        self, client_id: str, session: SignedIn, code: str, key: ECKey, now: datetime
    ) -> None:
        tokens = redeem(client_id, key, code, now=now)
        assert (tokens.expires_in_s, tokens.scope) == (300, "openid profile")
        assert header_of(tokens.access_token)["typ"] == "at+jwt"
        claims = read_own(tokens.access_token, typ="at+jwt")
        row = AccessToken.objects.get(pk=claims["jti"])
        assert row.token_hash == hashlib.sha256(tokens.access_token.encode()).hexdigest()
        assert claims["aud"] == ISSUER
        assert claims["client_id"] == client_id
        assert claims["scope"] == "openid profile"
        assert claims["acr"] == session.acr
        assert claims["exp"] - claims["iat"] == 300

    def test_signs_with_a_key_that_is_published(self, client_id: str, code: str, key: ECKey, now: datetime) -> None:
        header = header_of(redeem(client_id, key, code, now=now).id_token)
        assert header["alg"] == "ES256"
        assert header["kid"] in {published["kid"] for published in published_keys(now=now)}

    def test_says_nothing_personal_in_any_token(self, client_id: str, code: str, key: ECKey, now: datetime) -> None:
        tokens = redeem(client_id, key, code, now=now)
        for token, typ in ((tokens.id_token, "JWT"), (tokens.access_token, "at+jwt")):
            assert not re.search("Deniz|Yılmaz|10000000146|1990", json.dumps(read_own(token, typ=typ)))

    def test_leaves_out_a_nonce_that_was_not_sent(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        tokens = redeem(client_id, key, get_code(client_id, session, now=now, nonce=None), now=now)
        assert "nonce" not in read_own(tokens.id_token, typ="JWT")

    def test_refuses_a_second_time_and_revokes_what_the_first_got(
        self, client_id: str, code: str, key: ECKey, now: datetime
    ) -> None:
        tokens = redeem(client_id, key, code, now=now)
        assert userinfo(tokens.access_token, now=now)["name"] == "Deniz Yılmaz"
        for _ in range(2):
            with pytest.raises(InvalidGrant, match="used before"):
                redeem(client_id, key, code, now=now + timedelta(minutes=2))
        with pytest.raises(InvalidToken):
            userinfo(tokens.access_token, now=now)
        assert AuditRecord.objects.filter(action="openid.code_replayed").count() == 1
        assert AccessToken.objects.count() == 1

    def test_revokes_nothing_where_one_request_comes_twice_over(
        self, client_id: str, code: str, key: ECKey, now: datetime
    ) -> None:
        """A network that repeats what a client sent is no thief: the assertion tells that it is the same request."""
        request = token_request(client_id, key, code, now=now)
        tokens = answer_token_request(request=request, actor=NOBODY, now=now)
        with pytest.raises(InvalidClient, match="used before"):
            answer_token_request(request=request, actor=NOBODY, now=now)
        assert userinfo(tokens.access_token, now=now)

    def test_asks_the_database_thrice(self, client_id: str, code: str, key: ECKey, now: datetime) -> None:
        """Once for the client, once for the code, and once to use up all that was shown and to write down the token."""
        active_key(actor=NOBODY, now=now)
        request = token_request(client_id, key, code, now=now)
        with CaptureQueriesContext(connection) as sent:
            answer_token_request(request=request, actor=NOBODY, now=now)
        assert len(sent) == (3 if connection.vendor == "postgresql" else 5)

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"grant_type": None}, InvalidRequest),
            ({"grant_type": "password"}, UnsupportedGrantType),
            ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, UnsupportedGrantType),
            ({"code": None}, InvalidRequest),
            ({"code": "another"}, InvalidGrant),
            ({"code": "ş"}, InvalidGrant),
            ({"redirect_uri": None}, InvalidRequest),
            ({"redirect_uri": "https://rp.example/"}, InvalidGrant),
            ({"redirect_uri": POST_LOGOUT_URI}, InvalidGrant),
            ({"code_verifier": None}, InvalidGrant),
            ({"code_verifier": "a" * 43}, InvalidGrant),
            ({"code_verifier": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, InvalidGrant),
            ({"code_verifier": "ş" * 43}, InvalidRequest),
            ({"client_id": "baska"}, InvalidClient),
            ({"client_secret": "a"}, InvalidRequest),
            ({"client_assertion_type": None}, InvalidRequest),
            ({"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}, InvalidRequest),
            ({"client_assertion": None}, InvalidClient),
            ({"client_assertion": "a.b.c"}, InvalidClient),
            ({"client_assertion": "a" * 8193}, InvalidRequest),
        ],
    )
    def test_refuses_what_is_wrong_and_leaves_the_code_to_its_owner(
        self,
        *,
        client_id: str,
        code: str,
        key: ECKey,
        now: datetime,
        changes: dict[str, str | None],
        refusal: type[ProtocolError],
    ) -> None:
        request = token_request(client_id, key, code, now=now, **changes)
        with pytest.raises(refusal):
            answer_token_request(request=request, actor=NOBODY, now=now)
        assert redeem(client_id, key, code, now=now).access_token

    @pytest.mark.parametrize("more", [b"&code=a", b"&grant_type=authorization_code", b"&code_verifier=%ff", b"&a=\xff"])
    def test_refuses_repeated_parameters_and_what_is_not_utf_8(
        self, client_id: str, code: str, key: ECKey, now: datetime, more: bytes
    ) -> None:
        request = TokenRequest(token_request(client_id, key, code, now=now).form + more)
        with pytest.raises(InvalidRequest):
            answer_token_request(request=request, actor=NOBODY, now=now)

    def test_refuses_a_code_that_is_too_old(self, client_id: str, code: str, key: ECKey, now: datetime) -> None:
        with pytest.raises(InvalidGrant, match="too old"):
            redeem(client_id, key, code, now=now + timedelta(seconds=60))
        assert redeem(client_id, key, code, now=now + timedelta(seconds=59)).id_token

    def test_refuses_another_clients_code_and_does_not_revoke_it_for_that(
        self, client_id: str, code: str, key: ECKey, now: datetime
    ) -> None:
        other_key = new_key("b")
        other = add_client(now=now, keys=[other_key], client_id="baska").id
        tokens = redeem(client_id, key, code, now=now)
        with pytest.raises(InvalidGrant):
            redeem(other, other_key, code, now=now)
        assert userinfo(tokens.access_token, now=now)

    def test_refuses_once_the_person_has_signed_out(
        self, client_id: str, session: SignedIn, code: str, key: ECKey, now: datetime
    ) -> None:
        end_session(session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=session.actor, now=now)
        with pytest.raises(InvalidGrant, match="session"):
            redeem(client_id, key, code, now=now)

    def test_wants_no_verifier_where_there_was_no_challenge(
        self, session: SignedIn, now: datetime, settings: Settings
    ) -> None:
        settings.OPENID = OpenidSettings(issuer=ISSUER, demo=True)
        registered = add_client(now=now, profile=Profile.CONFORMANCE)
        bare: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}
        secret = {"client_id": registered.id, "client_secret": registered.secret}
        for verifier, good in (("a" * 43, False), (None, True)):
            code = get_code(registered.id, session, now=now, **bare)
            request = token_request(
                registered.id, None, code, now=now, code_verifier=verifier, client_assertion_type=None, **secret
            )
            if good:
                assert answer_token_request(request=request, actor=NOBODY, now=now).id_token
            else:
                with pytest.raises(InvalidGrant):
                    answer_token_request(request=request, actor=NOBODY, now=now)

    @given(form=st.binary(max_size=300), authorization=st.text(max_size=100))
    @how(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_refuses_any_rubbish(self, client_id: str, now: datetime, form: bytes, authorization: str) -> None:
        with pytest.raises(ProtocolError):
            answer_token_request(request=TokenRequest(form, authorization), actor=NOBODY, now=now)


class TestClientAssertion:
    @pytest.mark.parametrize(
        "good",
        [
            {"aud": ISSUER},
            {"aud": ISSUER + TOKEN_PATH},
            {"aud": [ISSUER]},
            {"aud": [ISSUER, ISSUER + TOKEN_PATH]},
            {"iat": None},
            {"iat": 8},
            {"nbf": 8},
            {"nbf": 8.5},
            {"exp": 3600},
            {"exp": -29},
            {"extra": {"a": 1}},
        ],
    )
    def test_is_taken_as_openid_connect_core_has_it(
        self, client_id: str, code: str, key: ECKey, now: datetime, good: dict[str, Any]
    ) -> None:
        token = assertion(client_id, key, now=now, **at(now, good))
        assert redeem(client_id, key, code, now=now, client_assertion=token).id_token

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"iss": None}, "iss"),
            ({"iss": "baska"}, "iss"),
            ({"iss": ["belediye"]}, "iss"),
            ({"sub": None}, "no client"),
            ({"sub": "baska"}, "no client"),
            ({"sub": 7}, "no client"),
            ({"sub": "a\x00b"}, "no client"),
            ({"aud": None}, "aud of the client assertion must be http://localhost:8000"),
            ({"aud": []}, "aud"),
            ({"aud": "https://evil.example"}, "aud"),
            ({"aud": ISSUER + "/"}, "aud"),
            ({"aud": [ISSUER, "https://evil.example"]}, "aud"),
            ({"aud": {"a": 1}}, "aud"),
            ({"exp": None}, "exp"),
            ({"exp": -30}, "exp"),
            ({"exp": -300}, "exp"),
            ({"exp": 3631}, "far"),
            ({"exp": "soon"}, "exp"),
            ({"exp": True}, "exp"),
            ({"exp": 10**400}, "exp"),
            ({"iat": 61}, "iat"),
            ({"iat": "now"}, "iat"),
            ({"nbf": 61}, "nbf"),
            ({"jti": None}, "jti"),
            ({"jti": ""}, "jti"),
            ({"jti": 7}, "jti"),
            ({"jti": "j" * 513}, "jti"),
        ],
    )
    def test_is_refused_with_a_word_that_helps(
        self, *, client_id: str, code: str, key: ECKey, now: datetime, wrong: dict[str, Any], says: str
    ) -> None:
        token = assertion(client_id, key, now=now, **at(now, wrong))
        with pytest.raises(InvalidClient, match=re.escape(says)):
            redeem(client_id, key, code, now=now, client_assertion=token)
        assert UsedAssertion.objects.count() == 0

    def test_is_used_once_even_where_the_request_is_refused(
        self, client_id: str, code: str, key: ECKey, now: datetime
    ) -> None:
        token = assertion(client_id, key, now=now)
        with pytest.raises(InvalidGrant):
            redeem(client_id, key, "wrong", now=now, client_assertion=token)
        with pytest.raises(InvalidClient, match="used before"):
            redeem(client_id, key, code, now=now, client_assertion=token)

    def test_may_share_its_jti_with_another_clients(self, client_id: str, code: str, key: ECKey, now: datetime) -> None:
        other_key = new_key("b")
        other = add_client(now=now, keys=[other_key], client_id="baska").id
        with pytest.raises(InvalidGrant):
            redeem(other, other_key, code, now=now, client_assertion=assertion(other, other_key, now=now, jti="j"))
        token = assertion(client_id, key, now=now, jti="j")
        assert redeem(client_id, key, code, now=now, client_assertion=token).id_token

    @pytest.mark.parametrize(
        ("key", "alg"),
        [(RSAKey.generate_key(2048, {"kid": "r"}), "PS256"), (OKPKey.generate_key("Ed25519", {"kid": "o"}), "Ed25519")],
    )
    def test_may_be_signed_with_any_algorithm_of_ours(
        self, session: SignedIn, now: datetime, key: RSAKey | OKPKey, alg: str
    ) -> None:
        client_id = add_client(now=now, keys=[key], client_id="a").id
        token = assertion(client_id, key, now=now, alg=alg)
        code = get_code(client_id, session, now=now)
        request = token_request(client_id, None, code, now=now, client_assertion=token)
        assert answer_token_request(request=request, actor=NOBODY, now=now).id_token

    @pytest.mark.parametrize("alg", ["none", "HS256", "RS256"])
    def test_may_not_be_signed_with_another(
        self, client_id: str, code: str, key: ECKey, now: datetime, alg: str
    ) -> None:
        signers: dict[str, OctKey | RSAKey] = {
            "none": OctKey.generate_key(256),
            "HS256": OctKey.import_key(json.dumps(key.as_dict(private=False))),
            "RS256": RSAKey.generate_key(2048),
        }
        good = assertion(client_id, key, now=now)
        body = json.loads(base64.urlsafe_b64decode(good.split(".")[1] + "=="))
        if alg == "none":
            header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
            token = f"{header}.{good.split('.')[1]}."
        else:
            token = jose.encode({"alg": alg, "kid": "a"}, body, signers[alg], algorithms=[alg])
        with pytest.raises(InvalidClient, match="alg must be one of"):
            redeem(client_id, key, code, now=now, client_assertion=token)

    def test_is_held_against_the_clients_own_keys_only(
        self, client_id: str, code: str, key: ECKey, now: datetime
    ) -> None:
        at_s = int(now.timestamp())
        claims = {"iss": client_id, "sub": client_id, "aud": ISSUER, "exp": at_s + 60, "iat": at_s, "jti": "x"}
        ours = sign(claims, typ="JWT", key=active_key(actor=NOBODY, now=now))
        for token in (assertion(client_id, new_key("a"), now=now), ours):
            with pytest.raises(InvalidClient):
                redeem(client_id, key, code, now=now, client_assertion=token)

    def test_of_a_closed_client_is_refused(self, client_id: str, code: str, key: ECKey, now: datetime) -> None:
        close_client(client_id=client_id, actor=NOBODY, now=now)
        with pytest.raises(InvalidClient):
            redeem(client_id, key, code, now=now)


class TestClientSecret:
    def ask(self, now: datetime, form: dict[str, str | None], authorization: str = "") -> str:
        """Authenticate with a secret, and tell the refusal's words: those about the code if the client was let in."""
        request = token_request("", None, "none", now=now, **{"client_assertion_type": None, **form})
        with pytest.raises(ProtocolError) as refusal:
            answer_token_request(request=TokenRequest(request.form, authorization), actor=NOBODY, now=now)
        return refusal.value.description

    def basic(self, user: str, password: str) -> str:
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def test_is_taken_in_the_form_or_by_basic_until_its_day(self, now: datetime) -> None:
        client = add_client(now=now, client_id="a")
        assert client.secret is not None
        form: dict[str, str | None] = {"client_id": "a", "client_secret": client.secret}
        assert "code" in self.ask(now, form)
        assert "code" in self.ask(now, {}, self.basic("a", client.secret))
        assert "code" in self.ask(now, {"client_id": "a"}, self.basic("a", client.secret).replace("Basic", "basic"))
        last = now + timedelta(days=30)
        assert "code" in self.ask(last - SECOND, form)
        assert "has ended" in self.ask(last, form)

    def test_is_form_encoded_within_basic(self, now: datetime) -> None:
        client = add_client(now=now, client_id="a")
        encoded = "".join(f"%{ord(character):02X}" for character in str(client.secret))
        assert "code" in self.ask(now, {}, self.basic("%61", encoded))

    @pytest.mark.parametrize(
        "header",
        ["Basic", "Basic !", "Basic YQ==", "Bearer YTpi", "YTpi", "Basic w7Y6w7Y=", "Basic YTolRkY="],
    )
    def test_is_refused_when_the_header_is_not_well_formed(self, now: datetime, header: str) -> None:
        add_client(now=now, client_id="a")
        assert "Authorization" in self.ask(now, {}, header) or "secret is wrong" in self.ask(now, {}, header)

    def test_is_refused_when_wrong_or_shown_twice(self, now: datetime) -> None:
        client = add_client(now=now, client_id="a")
        assert client.secret is not None
        assert "wrong" in self.ask(now, {"client_id": "a", "client_secret": "b"})
        both = self.ask(now, {"client_id": "a", "client_secret": client.secret}, self.basic("a", client.secret))
        assert "more than one" in both
        assert "differs" in self.ask(now, {"client_id": "b"}, self.basic("a", client.secret))

    def test_does_not_open_a_client_with_keys_nor_an_assertion_one_with_a_secret(
        self, client_id: str, now: datetime
    ) -> None:
        assert "private_key_jwt" in self.ask(now, {"client_id": client_id, "client_secret": "a"})
        add_client(now=now, client_id="a")
        shown = {"client_assertion": assertion("a", new_key(), now=now)}
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        assert "client_secret" in self.ask(now, {**shown, "client_assertion_type": kind})


class TestGrants:
    def test_keep_neither_code_nor_token(self, client_id: str, code: str, key: ECKey, now: datetime) -> None:
        tokens = redeem(client_id, key, code, now=now)
        stored = str(list(Grant.objects.values())) + str(list(AccessToken.objects.values()))
        for secret in (code, tokens.access_token, tokens.id_token):
            assert secret not in stored


def at(now: datetime, claims: dict[str, Any]) -> dict[str, Any]:
    """Turn small numbers into moments that many seconds from now."""
    small = {name: value for name, value in claims.items() if type(value) in (int, float) and abs(value) < 10**6}
    return claims | {name: now.timestamp() + value for name, value in small.items() if name in {"exp", "iat", "nbf"}}
