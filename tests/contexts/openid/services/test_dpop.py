"""Proofs of possession: who shows a good one holds a token that nobody else can use."""

import uuid
from datetime import datetime, timedelta

import pytest
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import (
    InvalidDpopProof,
    InvalidGrant,
    InvalidRequest,
    InvalidToken,
    ProtocolError,
    UseDpopNonce,
)
from kapi.contexts.openid.models import UsedAssertion, UsedProof
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.pruning import prune
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    answer_of,
    arrive,
    get_code,
    make_proof,
    new_key,
    push,
    redeem,
    userinfo,
)

SECOND = timedelta(seconds=1)
HOLDER = new_key("holder")


@pytest.mark.django_db
class TestRedeemCode:
    def test_binds_the_access_token_to_the_key(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        code = get_code(client_id, session, now=now)
        tokens = redeem(client_id, key, code, now=now, proof=make_proof(HOLDER, "/oidc/token", now=now))
        assert tokens.token_type == "DPoP"
        assert read_own(tokens.access_token, typ="at+jwt")["cnf"] == {"jkt": HOLDER.thumbprint()}

    def test_gives_a_bearer_token_without_a_proof(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        tokens = redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        assert tokens.token_type == "Bearer"
        assert "cnf" not in read_own(tokens.access_token, typ="at+jwt")

    def test_takes_a_proof_once(self, client_id: str, session: SignedIn, key: ECKey, now: datetime) -> None:
        proof = make_proof(HOLDER, "/oidc/token", now=now)
        redeem(client_id, key, get_code(client_id, session, now=now), now=now, proof=proof)
        code = get_code(client_id, session, now=now)
        with pytest.raises(InvalidDpopProof, match="used before"):
            redeem(client_id, key, code, now=now, proof=proof)
        fresh = make_proof(HOLDER, "/oidc/token", now=now)
        assert redeem(client_id, key, code, now=now, proof=fresh).token_type == "DPoP"

    def test_lets_two_keys_use_the_same_jti(self, client_id: str, session: SignedIn, key: ECKey, now: datetime) -> None:
        for holder in (HOLDER, new_key()):
            proof = make_proof(holder, "/oidc/token", now=now, jti="one")
            redeem(client_id, key, get_code(client_id, session, now=now), now=now, proof=proof)

    def test_asks_for_a_nonce_before_anything_is_used_up(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        code, before = get_code(client_id, session, now=now), UsedAssertion.objects.count()
        with pytest.raises(UseDpopNonce):
            redeem(client_id, key, code, now=now, proof=make_proof(HOLDER, "/oidc/token", now=now, nonce=None))
        assert UsedAssertion.objects.count() == before
        assert UsedProof.objects.count() == 0
        redeem(client_id, key, code, now=now, proof=make_proof(HOLDER, "/oidc/token", now=now))

    def test_keeps_no_row_for_a_stranger(self, client_id: str, session: SignedIn, now: datetime) -> None:
        code = get_code(client_id, session, now=now)
        with pytest.raises(ProtocolError):
            redeem(client_id, new_key(), code, now=now, proof=make_proof(HOLDER, "/oidc/token", now=now))
        assert UsedProof.objects.count() == 0


@pytest.mark.django_db
class TestBindingOfTheCode:
    """RFC 9449, 10: by `dpop_jkt`, or by a proof at the pushed authorization request endpoint."""

    def code_of(self, client_id: str, session: SignedIn, uri: str, now: datetime) -> str:
        return answer_of(arrive(client_id, uri, session, now=now))["code"]

    @pytest.mark.parametrize("how", ["dpop_jkt", "proof", "both", "address"])
    def test_lets_that_key_redeem_and_no_other(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime, how: str
    ) -> None:
        get_code(client_id, session, now=now)
        named = {"dpop_jkt": HOLDER.thumbprint()}
        if how == "address":
            code = get_code(client_id, session, now=now, **named)
        else:
            proof = make_proof(HOLDER, "/oidc/par", now=now) if how != "dpop_jkt" else None
            pushed = push(client_id, key, now=now, proof=proof, **(named if how != "proof" else {}))
            code = self.code_of(client_id, session, pushed.request_uri, now)
        for wrong in (None, make_proof(new_key(), "/oidc/token", now=now)):
            with pytest.raises(InvalidGrant, match="bound to a key"):
                redeem(client_id, key, code, now=now, proof=wrong)
        right = make_proof(HOLDER, "/oidc/token", now=now)
        assert redeem(client_id, key, code, now=now, proof=right).token_type == "DPoP"

    def test_refuses_a_proof_by_another_key_than_the_one_named(self, client_id: str, key: ECKey, now: datetime) -> None:
        proof = make_proof(HOLDER, "/oidc/par", now=now)
        with pytest.raises(InvalidDpopProof, match="another key"):
            push(client_id, key, now=now, proof=proof, dpop_jkt=new_key().thumbprint())

    def test_refuses_what_is_no_thumbprint(self, client_id: str, key: ECKey, now: datetime) -> None:
        with pytest.raises(InvalidRequest, match="dpop_jkt"):
            push(client_id, key, now=now, dpop_jkt="a")

    def test_takes_a_proof_once_here_too(self, client_id: str, key: ECKey, now: datetime) -> None:
        proof = make_proof(HOLDER, "/oidc/par", now=now)
        push(client_id, key, now=now, proof=proof)
        with pytest.raises(InvalidDpopProof, match="used before"):
            push(client_id, key, now=now, proof=proof)


@pytest.mark.django_db
class TestShareAttributes:
    @pytest.fixture
    def bound(self, client_id: str, session: SignedIn, key: ECKey, now: datetime) -> str:
        """An access token bound to the holder's key."""
        code = get_code(client_id, session, now=now)
        return redeem(client_id, key, code, now=now, proof=make_proof(HOLDER, "/oidc/token", now=now)).access_token

    def test_answers_the_holder_under_either_spelling_of_the_scheme(self, bound: str, now: datetime) -> None:
        for scheme in ("DPoP", "dpop", "DPOP"):
            proof = make_proof(HOLDER, "/oidc/userinfo", now=now, access_token=bound)
            assert userinfo(bound, now=now, scheme=scheme, proof=proof)["name"] == "Deniz Yılmaz"

    def test_refuses_a_bound_token_as_bearer(self, bound: str, now: datetime) -> None:
        proof = make_proof(HOLDER, "/oidc/userinfo", now=now, access_token=bound)
        for shown in (None, proof):
            with pytest.raises(InvalidToken, match="present it as DPoP"):
                userinfo(bound, now=now, proof=shown)

    def test_refuses_a_free_token_as_dpop(self, client_id: str, session: SignedIn, key: ECKey, now: datetime) -> None:
        free = redeem(client_id, key, get_code(client_id, session, now=now), now=now).access_token
        proof = make_proof(HOLDER, "/oidc/userinfo", now=now, access_token=free)
        with pytest.raises(InvalidToken, match="present it as Bearer"):
            userinfo(free, now=now, scheme="DPoP", proof=proof)

    def test_refuses_another_key_another_token_and_none(self, bound: str, now: datetime) -> None:
        with pytest.raises(InvalidDpopProof, match="missing"):
            userinfo(bound, now=now, scheme="DPoP")
        proof = make_proof(new_key(), "/oidc/userinfo", now=now, access_token=bound)
        with pytest.raises(InvalidToken, match="another key"):
            userinfo(bound, now=now, scheme="DPoP", proof=proof)
        proof = make_proof(HOLDER, "/oidc/userinfo", now=now, access_token="another")
        with pytest.raises(InvalidDpopProof, match="ath"):
            userinfo(bound, now=now, scheme="DPoP", proof=proof)

    def test_takes_a_proof_once(self, bound: str, now: datetime) -> None:
        proof = make_proof(HOLDER, "/oidc/userinfo", now=now, access_token=bound)
        userinfo(bound, now=now, scheme="DPoP", proof=proof)
        with pytest.raises(InvalidDpopProof, match="used before"):
            userinfo(bound, now=now, scheme="DPoP", proof=proof)

    def test_says_first_that_a_token_is_over(self, bound: str, now: datetime) -> None:
        later = now + timedelta(minutes=6)
        proof = make_proof(HOLDER, "/oidc/userinfo", now=later, access_token=bound)
        with pytest.raises(InvalidToken, match="over"):
            userinfo(bound, now=later, scheme="DPoP", proof=proof)


@pytest.mark.django_db
class TestPrune:
    def test_remembers_a_proof_for_as_long_as_its_iat_could_pass(
        self, client_id: str, key: ECKey, now: datetime
    ) -> None:
        ahead = make_proof(HOLDER, "/oidc/par", now=now, iat=int(now.timestamp()) + 60, jti=uuid.uuid4().hex)
        push(client_id, key, now=now, proof=ahead)
        prune(limit=100, actor=ACTOR, now=now + 120 * SECOND)
        assert UsedProof.objects.count() == 1
        with pytest.raises(InvalidDpopProof, match="within 60 seconds"):
            push(client_id, key, now=now + 121 * SECOND, proof=ahead)
        prune(limit=100, actor=ACTOR, now=now + 121 * SECOND)
        assert UsedProof.objects.count() == 0
