"""Our own equivalents of the OpenID Foundation's FAPI 2.0 Security Profile modules, each named after its module.

They are ours, not the Foundation's, and no certificate follows from them; `docs/conformance.md` has the list.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from joserfc.jwk import ECKey, RSAKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import (
    InvalidClient,
    InvalidDpopProof,
    InvalidGrant,
    InvalidRequest,
    InvalidRequestUri,
    InvalidToken,
    ProtocolError,
    UnauthorizedClient,
    UnsupportedResponseType,
)
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.rules.pushed import PREFIX
from kapi.contexts.openid.selectors.discovery import discovery_document
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.sharing import share_attributes
from kapi.contexts.openid.services.token_endpoint import answer_token_request
from kapi.contexts.openid.values.authorization import Decision, NextKind
from kapi.contexts.openid.values.clients import Profile
from kapi.contexts.openid.values.dpop import ShownProof
from kapi.contexts.openid.values.tokens import IssuedTokens
from kapi.kernel.actors import NOBODY
from tests.contexts.openid.openid_in_tests import (
    BROWSER,
    ISSUER,
    OFFLINE_SCOPE,
    REDIRECT_URI,
    VERIFIER,
    add_client,
    answer_of,
    arrive,
    ask,
    assertion,
    make_proof,
    new_key,
    push,
    redeem,
    refresh,
    token_request,
    userinfo,
)

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@dataclass
class Institution:
    """A client of the profile `fapi` with a key for its assertions and one for its proofs, and a citizen at it."""

    id: str
    key: ECKey
    holder: ECKey
    session: SignedIn
    now: datetime

    def push(self, **changes: Any) -> str:
        """Push a request and return the reference."""
        return push(self.id, self.key, now=self.now, **changes).request_uri

    def answer(self, request_uri: str, decision: Decision = Decision.ALLOW, **others: str) -> dict[str, str]:
        """Bring the citizen through, who agrees if asked, and return what the browser comes back with."""
        step = arrive(self.id, request_uri, self.session, now=self.now, **others)
        if step.kind is NextKind.APPROVE:
            step = decide(
                request_id=step.request_id,
                browser=BROWSER,
                session=self.session,
                decision=decision,
                actor=self.session.actor,
                now=self.now,
            )
        return answer_of(step)

    def code(self, **changes: Any) -> str:
        """Return a code that waits to be redeemed."""
        return self.answer(self.push(**changes))["code"]

    def proof(self, path: str = "/oidc/token", **claims: Any) -> ShownProof:
        """Make a proof by the holder's key."""
        return make_proof(self.holder, path, now=self.now, **claims)

    def redeem(self, code: str, /, *, later: timedelta = timedelta(0), **changes: Any) -> IssuedTokens:
        """Redeem a code with a fresh proof, `later`."""
        now = self.now + later
        changes = {"proof": make_proof(self.holder, "/oidc/token", now=now)} | changes
        return redeem(self.id, self.key, code, now=now, **changes)

    def userinfo(self, token: str, proof: ShownProof | None = None, scheme: str = "DPoP") -> dict[str, str]:
        """Ask what the token releases, with a fresh proof unless one is given."""
        shown = proof or self.proof("/oidc/userinfo", access_token=token)
        return userinfo(token, now=self.now, scheme=scheme, proof=shown)


@pytest.fixture
def party(session: SignedIn, now: datetime) -> Institution:
    """An institution under FAPI 2.0."""
    key = new_key()
    client_id = add_client(now=now, keys=[key], client_id="kurum", profile=Profile.FAPI).id
    return Institution(client_id, key, new_key("holder"), session, now)


@pytest.fixture
def other(session: SignedIn, now: datetime) -> Institution:
    """Another institution under FAPI 2.0."""
    key = new_key()
    client_id = add_client(now=now, keys=[key], client_id="baska", profile=Profile.FAPI).id
    return Institution(client_id, key, new_key("holder"), session, now)


def refused(deed: Callable[..., object], *arguments: Any, **more: Any) -> str:
    """Return the error code with which a deed is refused."""
    with pytest.raises(ProtocolError) as refusal:
        deed(*arguments, **more)
    return refusal.value.code


def test_discovery_endpoint_verification(client: Browser) -> None:
    answer = client.get("/.well-known/openid-configuration")
    document = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert document["issuer"] == ISSUER
    assert document["pushed_authorization_request_endpoint"] == f"{ISSUER}/oidc/par"
    assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["authorization_response_iss_parameter_supported"] is True
    good = {"ES256", "PS256", "EdDSA", "Ed25519"}
    for member in ("dpop", "id_token", "token_endpoint_auth"):
        assert set(document[f"{member}_signing_alg_values_supported"]) <= good


def test_happy_flow(party: Institution) -> None:
    answer = party.answer(party.push())
    assert (answer["state"], answer["iss"]) == ("s1", ISSUER)
    tokens = party.redeem(answer["code"])
    claims = read_own(tokens.id_token, typ="JWT")
    assert tokens.token_type == "DPoP"
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (ISSUER, party.id, "n1")
    assert party.userinfo(tokens.access_token)["sub"] == claims["sub"]


def test_refresh_token(party: Institution, other: Institution) -> None:
    """The Foundation's module goes on with the token, and has another client try it."""
    for client_id in (party.id, other.id):
        scopes = Client.objects.get(pk=client_id).scopes
        Client.objects.filter(pk=client_id).update(
            scopes=scopes | {"offline_access": {"purpose": {"tr": "Güncel tutmak"}, "legal_basis": {}}}
        )
    token = party.redeem(party.code(scope=OFFLINE_SCOPE)).refresh_token
    with pytest.raises(InvalidDpopProof):
        refresh(party.id, party.key, token, now=party.now)
    for _ in range(2):  # not rotated: the same one is good again
        given = refresh(party.id, party.key, token, now=party.now, proof=party.proof())
        assert (given.token_type, given.refresh_token) == ("DPoP", "")
        assert party.userinfo(given.access_token)["name"] == "Deniz Yılmaz"
    assert other.redeem(other.code(scope=OFFLINE_SCOPE)).refresh_token  # the person lets the other one go on as well
    with pytest.raises(InvalidGrant, match="not known"):
        refresh(other.id, other.key, token, now=other.now, proof=other.proof())


def test_test_claims_parameter_identity_claims(party: Institution) -> None:
    """The Foundation's module asks for every identity claim that the metadata names, in both places."""
    wanted = dict.fromkeys(discovery_document()["claims_supported"])
    asked = {"scope": "openid", "claims": json.dumps({"userinfo": wanted, "id_token": wanted})}
    tokens = party.redeem(party.code(**asked))
    told, about = party.userinfo(tokens.access_token), read_own(tokens.id_token, typ="JWT")
    registered = {"name", "given_name", "family_name", "identity_number"}
    assert set(told) == {"sub", *registered}  # birthdate is none of this client's
    assert {name: about[name] for name in told} == told
    with pytest.raises(InvalidRequest):
        party.push(claims='{"userinfo": []}')


def test_a_certificate_holds_a_citizens_token_as_well_as_a_key(party: Institution) -> None:
    """FAPI 2.0 asks for DPoP or mTLS (RFC 8705); not one of the Foundation's generic modules."""
    request = token_request(party.id, party.key, party.code(), now=party.now)
    given = answer_token_request(request=replace(request, certificate="abc"), actor=NOBODY, now=party.now)
    bearer = f"Bearer {given.access_token}"
    assert share_attributes(authorization=bearer, certificate="abc", actor=NOBODY, now=party.now)["name"]
    for other in ("", "abd"):
        with pytest.raises(InvalidToken, match="another certificate"):
            share_attributes(authorization=bearer, certificate=other, actor=NOBODY, now=party.now)


def test_user_rejects_authentication(party: Institution) -> None:
    answer = party.answer(party.push(), Decision.DENY)
    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "s1", ISSUER)


def test_ensure_unsigned_authorization_request_without_using_par_fails(party: Institution) -> None:
    answer = answer_of(ask(party.id, party.session, now=party.now))
    assert answer["error"] == "invalid_request"
    assert "/oidc/par" in answer["error_description"]


# --- The pushed authorization request endpoint


def test_par_reject_invalid_http_verb(client: Browser) -> None:
    for method in ("get", "put"):
        assert getattr(client, method)("/oidc/par").status_code == 405


def test_par_reject_request_uri_in_par_authorization_form_params(party: Institution) -> None:
    assert refused(party.push, request_uri=PREFIX + "a" * 43) == "invalid_request"


def test_par_attempt_reuse_request_uri(party: Institution) -> None:
    uri = party.push()
    assert "code" in party.answer(uri)
    assert refused(party.answer, uri) == "invalid_request_uri"


def test_par_attempt_to_use_expired_request_uri(party: Institution) -> None:
    uri = party.push()
    with pytest.raises(InvalidRequestUri, match="over"):
        arrive(party.id, uri, party.session, now=party.now + 60 * SECOND)


def test_par_ensure_server_accepts_reused_request_uri_before_authentication_completion(party: Institution) -> None:
    uri = party.push()
    for _ in range(2):
        assert arrive(party.id, uri, None, now=party.now).kind is NextKind.SIGN_IN
    assert "code" in party.answer(uri)


def test_par_ensure_request_uri_is_bound_to_client(party: Institution, other: Institution) -> None:
    assert refused(other.answer, party.push()) == "invalid_request_uri"


def test_par_without_duplicate_parameters(party: Institution) -> None:
    assert set(party.answer(party.push())) == {"code", "state", "iss"}


def test_par_ensure_pkce_required(party: Institution) -> None:
    assert refused(party.push, code_challenge=None, code_challenge_method=None) == "invalid_request"


def test_par_ensure_plain_pkce_rejected(party: Institution) -> None:
    assert refused(party.push, code_challenge=VERIFIER, code_challenge_method="plain") == "invalid_request"
    assert refused(party.push, code_challenge_method=None) == "invalid_request"


def test_par_ensure_pkce_code_verifier_required(party: Institution) -> None:
    assert refused(party.redeem, party.code(), code_verifier=None) == "invalid_grant"


def test_par_incorrect_pkce_code_verifier_rejected(party: Institution) -> None:
    assert refused(party.redeem, party.code(), code_verifier="a" * 43) == "invalid_grant"


def claimed(party: Institution, **claims: Any) -> str:
    """Return a client assertion with other claims."""
    return assertion(party.id, party.key, now=party.now, **claims)


def test_par_endpoint_as_audience_fails(party: Institution) -> None:
    with pytest.raises(InvalidClient, match=f"must be {ISSUER}, as one string"):
        party.push(client_assertion=claimed(party, aud=f"{ISSUER}/oidc/par"))


def test_par_endpoint_as_array_audience_fails(party: Institution) -> None:
    for audience in ([f"{ISSUER}/oidc/par"], [ISSUER, f"{ISSUER}/oidc/par"], [ISSUER]):
        assert refused(party.push, client_assertion=claimed(party, aud=audience)) == "invalid_client"


def test_par_token_endpoint_as_audience_fails(party: Institution) -> None:
    assert refused(party.push, client_assertion=claimed(party, aud=f"{ISSUER}/oidc/token")) == "invalid_client"


def test_par_ensure_jwt_client_assertion_with_iat_nbf_8_seconds_in_the_future_is_accepted(party: Institution) -> None:
    soon = int(party.now.timestamp()) + 8
    assert party.push(client_assertion=claimed(party, iat=soon, nbf=soon))


def test_par_ensure_jwt_client_assertion_with_iat_nbf_over_60_seconds_in_the_future_fails(party: Institution) -> None:
    ahead = int(party.now.timestamp()) + 61
    for claims in ({"iat": ahead}, {"nbf": ahead}, {"iat": ahead, "nbf": ahead}):
        assert refused(party.push, client_assertion=claimed(party, **claims)) == "invalid_client"


def test_ensure_redirect_uri_in_authorization_request(party: Institution) -> None:
    with pytest.raises(InvalidRequest, match="redirect_uri is missing"):
        party.push(redirect_uri=None)


def test_ensure_request_object_without_redirect_uri_fails(party: Institution) -> None:
    with pytest.raises(InvalidRequest, match="redirect_uri is missing"):
        party.answer(party.push(redirect_uri=None), redirect_uri=REDIRECT_URI)


def test_ensure_registered_redirect_uri(party: Institution) -> None:
    assert refused(party.push, redirect_uri=f"{REDIRECT_URI}/baska") == "invalid_request"


def test_tolerate_unregistered_redirect_uri(party: Institution) -> None:
    with pytest.raises(InvalidRequest, match="letter by letter"):  # a server may refuse it, and ours does
        party.push(redirect_uri=f"{REDIRECT_URI}?a=b")


# --- What a request may hold


def test_ensure_response_type_code_id_token_fails(party: Institution) -> None:
    with pytest.raises(UnsupportedResponseType):
        party.push(response_type="code id_token")


def test_ensure_response_type_token_fails(party: Institution) -> None:
    with pytest.raises(UnsupportedResponseType):
        party.push(response_type="token")


def test_ensure_other_scope_order_succeeds(party: Institution) -> None:
    assert party.redeem(party.code(scope="profile openid")).scope == "openid profile"


def nonce_of(party: Institution, code: str) -> Any:
    """Return the nonce that the ID token for a code has."""
    return read_own(party.redeem(code).id_token, typ="JWT").get("nonce")


def test_ensure_authorization_request_with_64_char_nonce_success(party: Institution) -> None:
    assert nonce_of(party, party.code(nonce="n" * 64)) == "n" * 64


def test_ensure_authorization_request_with_long_nonce(party: Institution) -> None:
    assert nonce_of(party, party.code(nonce="n" * 384)) == "n" * 384


def test_ensure_authorization_request_without_nonce_success(party: Institution) -> None:
    assert nonce_of(party, party.code(nonce=None)) is None


def test_ensure_authorization_request_with_long_state(party: Institution) -> None:
    assert party.answer(party.push(state="s" * 384))["state"] == "s" * 384


def test_ensure_authorization_request_without_state_success(party: Institution) -> None:
    assert "state" not in party.answer(party.push(state=None))


def test_ensure_different_nonce_inside_and_outside_request_object(party: Institution) -> None:
    assert nonce_of(party, party.answer(party.push(), nonce="n2")["code"]) == "n1"


def test_ensure_different_state_inside_and_outside_request_object(party: Institution) -> None:
    assert party.answer(party.push(), state="s2")["state"] == "s1"


def test_state_only_outside_request_object_not_used(party: Institution) -> None:
    assert "state" not in party.answer(party.push(state=None), state="s2")


# --- The token endpoint


def test_attempt_reuse_authorization_code_after_one_second(party: Institution) -> None:
    code = party.code()
    token = party.redeem(code).access_token
    assert refused(party.redeem, code, later=SECOND) == "invalid_grant"
    assert refused(party.userinfo, token) == "invalid_token"


def test_attempt_to_use_expired_auth_code(party: Institution) -> None:
    code = party.code()
    with pytest.raises(InvalidGrant, match="too old"):
        party.redeem(code, later=60 * SECOND)


def test_ensure_authorization_code_is_bound_to_client(party: Institution, other: Institution) -> None:
    assert refused(other.redeem, party.code()) == "invalid_grant"


def test_ensure_client_assertion_in_token_endpoint(party: Institution) -> None:
    code = party.code()
    assert refused(party.redeem, code, client_assertion=None, client_id=party.id) == "invalid_client"


def test_ensure_client_id_in_token_endpoint(party: Institution, other: Institution) -> None:
    forged = assertion(other.id, party.key, now=party.now)
    code = party.code()
    assert refused(party.redeem, code, client_id=other.id, client_assertion=forged) == "invalid_client"
    assert refused(party.redeem, code, client_id=other.id) == "invalid_client"


def test_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(party: Institution) -> None:
    past = int(party.now.timestamp()) - 300
    assert refused(party.redeem, party.code(), client_assertion=claimed(party, exp=past)) == "invalid_client"


def test_ensure_client_assertion_with_no_sub_fails(party: Institution) -> None:
    nameless = claimed(party, sub=None)
    assert refused(party.redeem, party.code(), client_assertion=nameless, client_id=party.id) == "invalid_client"


def test_ensure_client_assertion_with_wrong_aud_fails(party: Institution) -> None:
    code = party.code()
    for audience in ("https://other.example", f"{ISSUER}/", f"{ISSUER}/oidc/token", [ISSUER], None):
        with pytest.raises(InvalidClient, match=f"must be {ISSUER}, as one string"):
            party.redeem(code, client_assertion=claimed(party, aud=audience))
    assert party.redeem(code).access_token


def test_ensure_signed_client_assertion_with_rs256_fails(session: SignedIn, now: datetime) -> None:
    key = RSAKey.generate_key(2048, {"kid": "rsa"})
    client_id = add_client(now=now, keys=[key], profile=Profile.FAPI).id
    with pytest.raises(InvalidClient, match="alg must be one of ES256, PS256"):
        push(client_id, key, now=now, client_assertion=assertion(client_id, key, now=now, alg="RS256"))
    good = assertion(client_id, key, now=now, alg="PS256")
    assert push(client_id, key, now=now, client_assertion=good).request_uri


# --- Tokens bound to their holder


def test_ensure_holder_of_key_required(party: Institution) -> None:
    code = party.code()
    with pytest.raises(InvalidDpopProof, match="bound to a key"):
        party.redeem(code, proof=None)
    token = party.redeem(code).access_token
    with pytest.raises(InvalidToken):
        userinfo(token, now=party.now)


def test_access_token_type_header_case_sensitivity(party: Institution) -> None:
    token = party.redeem(party.code()).access_token
    for scheme in ("DPoP", "dpop", "DPOP", "dPoP"):
        assert party.userinfo(token, scheme=scheme)["sub"]


def test_check_dpop_proof_nbf_exp(party: Institution) -> None:
    at = int(party.now.timestamp())
    token = party.redeem(party.code(), proof=party.proof(nbf=at, exp=at + 300)).access_token
    assert party.userinfo(token, party.proof("/oidc/userinfo", access_token=token, nbf=at, exp=at + 300))


def test_ensure_dpop_proof_with_iat_10_seconds_after_succeeds(party: Institution) -> None:
    at = int(party.now.timestamp()) + 10
    token = party.redeem(party.code(), proof=party.proof(iat=at)).access_token
    assert party.userinfo(token, party.proof("/oidc/userinfo", access_token=token, iat=at))


def test_ensure_dpop_proof_with_iat_10_seconds_before_succeeds(party: Institution) -> None:
    at = int(party.now.timestamp()) - 10
    token = party.redeem(party.code(), proof=party.proof(iat=at)).access_token
    assert party.userinfo(token, party.proof("/oidc/userinfo", access_token=token, iat=at))


def test_ensure_dpop_auth_code_binding_success(party: Institution) -> None:
    code = party.code(dpop_jkt=party.holder.thumbprint())
    assert party.redeem(code).token_type == "DPoP"


def test_ensure_dpop_proof_at_par_endpoint_binding_success(party: Institution) -> None:
    code = party.code(proof=party.proof("/oidc/par"))
    assert party.redeem(code).token_type == "DPoP"


def test_ensure_mismatched_dpop_jkt_fails(party: Institution) -> None:
    stranger = new_key().thumbprint()
    assert refused(party.push, proof=party.proof("/oidc/par"), dpop_jkt=stranger) == "invalid_dpop_proof"


def test_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(party: Institution) -> None:
    assert refused(party.redeem, party.code(dpop_jkt=new_key().thumbprint())) == "invalid_grant"


def test_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(party: Institution) -> None:
    code = party.code(proof=party.proof("/oidc/par"))
    stranger = make_proof(new_key(), "/oidc/token", now=party.now)
    assert refused(party.redeem, code, proof=stranger) == "invalid_grant"


def test_dpop_negative_tests(party: Institution) -> None:
    token, at = party.redeem(party.code()).access_token, int(party.now.timestamp())

    def shown(**claims: Any) -> ShownProof:
        return party.proof("/oidc/userinfo", **({"access_token": token} | claims))

    good = shown().header
    bad = [
        ShownProof(f"{good},{shown().header}", "GET", f"{ISSUER}/oidc/userinfo"),
        ShownProof("a" + good[: good.rindex(".")], "GET", f"{ISSUER}/oidc/userinfo"),
        ShownProof(good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB"), "GET", f"{ISSUER}/oidc/userinfo"),
        *(shown(header={name: None}) for name in ("typ", "jwk")),
        *(shown(**{name: None}) for name in ("jti", "htm", "htu", "iat")),
        shown(access_token=None),
        shown(access_token="another"),
        shown(header={"typ": "JWT"}),
        shown(header={"jwk": party.holder.as_dict(private=True)}),
        shown(htm="PUT"),
        shown(htu="https://other.example/oidc/userinfo"),
        shown(iat=at + 3600),
        shown(iat=at - 3600),
        make_proof(new_key(), "/oidc/userinfo", now=party.now, access_token=token),
        make_proof(RSAKey.generate_key(2048), "/oidc/userinfo", now=party.now, access_token=token, alg="RS256"),
    ]
    for proof in bad:
        assert refused(party.userinfo, token, proof) in ("invalid_dpop_proof", "invalid_token")
    reused = shown(jti="fixed")
    assert party.userinfo(token, reused)
    assert refused(party.userinfo, token, shown(jti="fixed")) == "invalid_dpop_proof"
    for proof in (
        shown(htu=f"{ISSUER}/oidc/userinfo?a=b#c"),
        shown(htu="HTTP://LOCALHOST:8000/oidc/userinfo"),
        shown(header={"extra": "a"}, extra="b"),
    ):
        assert party.userinfo(token, proof)
    with pytest.raises(InvalidToken):
        party.userinfo(token, shown(), scheme="Bearer")


# --- What is ours besides


def test_a_baseline_client_is_refused_once_its_exception_is_over(session: SignedIn, now: datetime) -> None:
    key = new_key()
    client_id = add_client(now=now, keys=[key], exception_until=now + SECOND).id
    assert ask(client_id, None, now=now).kind is NextKind.SIGN_IN
    later = now + SECOND
    answer = answer_of(ask(client_id, None, now=later))
    assert answer["error"] == "unauthorized_client"
    assert "2026-11-22" in answer["error_description"]
    with pytest.raises(UnauthorizedClient, match="move this client to the profile fapi"):
        push(client_id, key, now=later)
