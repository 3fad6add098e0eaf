"""Proofs of possession: each requirement refuses; who fulfils all of them holds a token that nobody else can use."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as live_settings
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from pytest_django import Settings

from kapi.contexts.openid.errors import (
    InvalidDpopProof,
    ProtocolError,
    UseDpopNonce,
)
from kapi.contexts.openid.rules import dpop
from kapi.contexts.openid.rules.dpop import is_fresh, nonce_at, normalised, read_proof
from kapi.contexts.openid.values.dpop import ShownProof
from tests.contexts.openid.openid_in_tests import (
    ISSUER,
    make_proof,
    new_key,
)

SECOND = timedelta(seconds=1)
HOLDER = new_key("holder")
TOKEN = f"{ISSUER}/oidc/token"


def read(shown: ShownProof, *, now: datetime, access_token: str | None = None) -> Any:
    return read_proof(shown, access_token=access_token, settings=live_settings.OPENID, now=now)


class TestReadProof:
    @pytest.mark.parametrize(
        ("key", "alg"),
        [
            (HOLDER, "ES256"),
            (RSAKey.generate_key(2048), "PS256"),
            (OKPKey.generate_key("Ed25519"), "Ed25519"),
            (OKPKey.generate_key("Ed25519"), "EdDSA"),
        ],
        ids=["ES256", "PS256", "Ed25519", "EdDSA"],
    )
    def test_tells_whose_key_it_is(self, now: datetime, key: Any, alg: str) -> None:
        proof = read(make_proof(key, "/oidc/token", now=now, alg=alg), now=now)
        assert proof.thumbprint == key.thumbprint()

    @pytest.mark.parametrize("typ", ["DPoP+JWT", "application/dpop+jwt"])
    def test_reads_the_type_as_a_media_type(self, now: datetime, typ: str) -> None:
        assert read(make_proof(HOLDER, "/oidc/token", now=now, header={"typ": typ}), now=now).thumbprint

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"header": {"typ": "JWT"}}, "typ"),
            ({"header": {"typ": None}}, "typ"),
            ({"header": {"typ": "text/dpop+jwt"}}, "typ"),
            ({"header": {"jwk": None}}, "public key as jwk"),
            ({"header": {"jwk": "a"}}, "public key as jwk"),
            ({"header": {"jwk": {}}}, "fits alg"),
            ({"header": {"jwk": {"kty": ["EC"]}}}, "fits alg"),
            ({"header": {"jwk": HOLDER.as_dict(private=True)}}, "private half"),
            ({"header": {"jwk": OctKey.generate_key(256).as_dict()}}, "fits alg"),
            ({"header": {"jwk": new_key().as_dict(private=False)}}, "signature"),
            ({"header": {"jwk": OKPKey.generate_key("Ed25519").as_dict(private=False)}}, "fits alg"),
            ({"htm": "GET"}, "htm"),
            ({"htm": "post"}, "htm"),
            ({"htm": None}, "htm"),
            ({"htu": f"{ISSUER}/oidc/par"}, "htu"),
            ({"htu": "http://evil.example/oidc/token"}, "htu"),
            ({"htu": "/oidc/token"}, "htu"),
            ({"htu": "http://[::1"}, "htu"),
            ({"htu": ["a"]}, "htu"),
            ({"htu": None}, "htu"),
            ({"jti": None}, "jti"),
            ({"jti": ""}, "jti"),
            ({"jti": 1}, "jti"),
            ({"jti": "j" * 513}, "jti"),
            ({"iat": None}, "iat"),
            ({"iat": "now"}, "iat"),
            ({"iat": True}, "iat"),
            ({"iat": 10**4000}, "iat"),
            ({"exp": 1}, "exp"),
            ({"exp": "a"}, "exp"),
            ({"nbf": 9_999_999_999}, "nbf"),
            ({"nbf": "a"}, "nbf"),
        ],
    )
    def test_refuses_what_lacks_one_requirement(self, now: datetime, changes: dict[str, Any], words: str) -> None:
        with pytest.raises(InvalidDpopProof, match=words) as refused:
            read(make_proof(HOLDER, "/oidc/token", now=now, **changes), now=now)
        assert refused.value.description.isascii()
        assert '"' not in refused.value.description

    @pytest.mark.parametrize("header", ["", "a", "a.b.c", "a" * 9000, "ş", "e30.e30.", "."])
    def test_refuses_what_is_no_jwt(self, now: datetime, header: str) -> None:
        with pytest.raises(InvalidDpopProof, match="cannot be accepted"):
            read(ShownProof(header, "POST", TOKEN), now=now)

    def test_refuses_two_headers_even_good_ones(self, now: datetime) -> None:
        proofs = [make_proof(HOLDER, "/oidc/token", now=now).header for _ in range(2)]
        with pytest.raises(InvalidDpopProof, match="more than one"):
            read(ShownProof(", ".join(proofs), "POST", TOKEN), now=now)

    @pytest.mark.parametrize(
        ("key", "alg"),
        [
            (OctKey.generate_key(256), "none"),
            (OctKey.generate_key(256), "HS256"),
            (RSAKey.generate_key(2048), "RS256"),
            (ECKey.generate_key("P-384"), "ES384"),
        ],
        ids=["none", "HS256", "RS256", "ES384"],
    )
    def test_refuses_other_algorithms(self, now: datetime, key: Any, alg: str) -> None:
        with pytest.raises(InvalidDpopProof, match="alg must be one of"):
            read(make_proof(key, "/oidc/token", now=now, alg=alg), now=now)

    @pytest.mark.parametrize("seconds", [-60, -10, 0, 10, 60])
    def test_bears_with_clocks_that_differ_a_little(self, now: datetime, seconds: int) -> None:
        at = int(now.timestamp())
        assert read(make_proof(HOLDER, "/oidc/token", now=now, iat=at + seconds), now=now)

    @pytest.mark.parametrize("seconds", [-3600, -62, 62, 3600])
    def test_bears_with_no_more_than_a_minute(self, now: datetime, seconds: int) -> None:
        at = int(now.timestamp())
        with pytest.raises(InvalidDpopProof, match="within 60 seconds"):
            read(make_proof(HOLDER, "/oidc/token", now=now, iat=at + seconds), now=now)

    def test_takes_exp_and_nbf_that_hold_and_ignores_what_it_does_not_know(self, now: datetime) -> None:
        at = int(now.timestamp())
        more: dict[str, Any] = {"exp": at + 300, "nbf": at, "extra": {"a": 1}, "header": {"extra": "b", "kid": "c"}}
        assert read(make_proof(HOLDER, "/oidc/token", now=now, **more), now=now)

    @pytest.mark.parametrize(
        "htu",
        [
            f"{ISSUER}/oidc/token?a=b#c",
            "HTTP://LOCALHOST:8000/oidc/token",
            f"{ISSUER}/oidc/./x/../token",
            f"{ISSUER}/oidc/%74oken",
        ],
    )
    def test_compares_addresses_by_what_they_mean(self, now: datetime, htu: str) -> None:
        assert read(make_proof(HOLDER, "/oidc/token", now=now, htu=htu), now=now)

    @pytest.mark.parametrize("ath", [None, "a", "", 1, "ş"])
    def test_needs_the_hash_of_the_access_token_beside_one(self, now: datetime, ath: Any) -> None:
        with pytest.raises(InvalidDpopProof, match="ath"):
            read(make_proof(HOLDER, "/oidc/userinfo", now=now, ath=ath), now=now, access_token="a.b.c")


# For each requirement a proof that it alone refuses: good but for one thing.
ALONE: dict[str, dict[str, Any]] = {
    "type_is_dpop": {"header": {"typ": "JWT"}},
    "jti_is_given": {"jti": ""},
    "method_is_this_one": {"htm": "PUT"},
    "address_is_this_one": {"htu": f"{ISSUER}/oidc/par"},
    "it_was_made_now": {"iat": 1},
    "it_is_good_now": {"exp": 1},
    "access_token_is_this_one": {"ath": "another"},
    "nonce_is_ours": {"nonce": "0-" + "0" * 32},
}


class TestPlantedFaults:
    def test_there_is_a_proof_for_every_requirement(self) -> None:
        assert [row.__name__ for row in dpop.REQUIREMENTS] == list(ALONE)

    @pytest.mark.parametrize("row", ALONE)
    def test_each_is_refused_by_its_requirement_and_by_no_other(
        self, now: datetime, monkeypatch: pytest.MonkeyPatch, row: str
    ) -> None:
        shown = make_proof(HOLDER, "/oidc/userinfo", now=now, **({"access_token": "a.b.c"} | ALONE[row]))
        with pytest.raises(ProtocolError):
            read(shown, now=now, access_token="a.b.c")
        kept = tuple(requirement for requirement in dpop.REQUIREMENTS if requirement.__name__ != row)
        monkeypatch.setattr(dpop, "REQUIREMENTS", kept)
        assert read(shown, now=now, access_token="a.b.c").thumbprint == HOLDER.thumbprint()


class TestNormalised:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("https://a.example", "https://A.example:443/"),
            ("http://a.example:80/x", "http://a.example/x?y"),
            ("https://a.example/a/../../b", "https://a.example/b"),
            ("https://a.example/b/.", "https://a.example/b/"),
            ("https://a.example/%c5%9f", "https://a.example/%C5%9F"),
        ],
    )
    def test_is_the_same_for_two_spellings(self, one: str, other: str) -> None:
        assert normalised(one) == normalised(other) != ""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("https://a.example/b", "https://a.example/B"),
            ("https://a.example/b", "https://a.example/b/"),
            ("https://a.example/b%2Fc", "https://a.example/b/c"),
            ("https://a.example:444/b", "https://a.example/b"),
            ("http://a.example/b", "https://a.example/b"),
        ],
    )
    def test_differs_where_the_meaning_does(self, one: str, other: str) -> None:
        assert normalised(one) != normalised(other)

    @given(st.text(max_size=60))
    def test_survives_any_text(self, text: str) -> None:
        assert normalised(text) == "" or "://" in normalised(text)


class TestNonce:
    def test_is_the_same_within_five_minutes_and_good_for_five_more(self, now: datetime) -> None:
        openid, lifetime = live_settings.OPENID, live_settings.OPENID.proof_nonce_lifetime
        begin = datetime.fromtimestamp(now.timestamp() // 300 * 300, now.tzinfo)
        nonce = nonce_at(begin, lifetime)
        assert nonce_at(begin + 299 * SECOND, lifetime) == nonce
        assert is_fresh(nonce, openid, begin + 599 * SECOND)
        assert not is_fresh(nonce, openid, begin + 600 * SECOND)
        assert not is_fresh(nonce, openid, begin - SECOND)

    def test_cannot_be_made_by_others(self, now: datetime, settings: Settings) -> None:
        lifetime = settings.OPENID.proof_nonce_lifetime
        nonce = nonce_at(now, lifetime)
        slot = nonce.partition("-")[0]
        for forged in (
            f"{slot}-{'0' * 32}",
            slot,
            "",
            f"{slot}-",
            nonce.upper(),
            nonce + "0",
            f"{int(slot) + 1}-{nonce[-32:]}",
        ):
            assert not is_fresh(forged, settings.OPENID, now)
        settings.SECRET_KEY = "another"
        assert not is_fresh(nonce, settings.OPENID, now)

    def test_outlives_a_change_of_the_secret_key(self, now: datetime, settings: Settings) -> None:
        nonce = nonce_at(now, settings.OPENID.proof_nonce_lifetime)
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "the next one"
        assert is_fresh(nonce, settings.OPENID, now)

    @pytest.mark.parametrize("nonce", [None, "a", "0-" + "0" * 32, 1, "ş"])
    def test_is_asked_for_when_it_is_missing_or_not_ours(self, now: datetime, nonce: Any) -> None:
        with pytest.raises(UseDpopNonce):
            read(make_proof(HOLDER, "/oidc/token", now=now, nonce=nonce), now=now)
