"""Whatever comes as a JWT, a proof or a request is read or refused, soon; a header never chooses how it is checked."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapi.contexts.openid.errors import InvalidRequest, ProtocolError, TokenMissing, TokenNotReadable
from kapi.contexts.openid.rules.claims import check_claims
from kapi.contexts.openid.rules.dpop import normalised
from kapi.contexts.openid.rules.jwt import (
    CLIENT_ALGORITHMS,
    claims_before_checking,
    header_of,
    import_keys,
    read,
    read_by_own_key,
)
from kapi.contexts.openid.rules.parameters import parse_pairs, read_parameters
from kapi.contexts.openid.rules.tokens import presented_token
from tests.contexts.openid.openid_in_tests import Signing, key_set, new_key
from tests.efforts import LONGEST, long_texts, refused_soon, soon

OURS, STRANGER = new_key("a"), new_key("a")
PUBLIC = import_keys(key_set(OURS))
CLAIMS = {"sub": "kurum", "iss": "kurum"}
ADDRESSES = st.sampled_from(["https://evil.example/jwks", "http://127.0.0.1:1/", "file:///etc/passwd", 7, None, ["a"]])
KEYS = st.sampled_from(
    [
        STRANGER.as_dict(private=False),
        STRANGER.as_dict(private=True),
        OURS.as_dict(private=False),
        {"kty": "oct", "k": "AAAA"},
        {"kty": "EC"},
        {"kty": ["EC"]},
        "a",
        None,
    ]
)
ES256 = st.just("ES256")
ALGORITHMS = ES256 | st.sampled_from(
    ["none", "None", "HS256", "RS256", "PS256", "EdDSA", "Ed25519", "ES384", "es256", "", 7, None]
)
# What a header can hold that says, in some implementation, how or by what the JWT is to be checked.
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "kid": st.just("a") | st.sampled_from(["b", "", "../../a", "a' OR 1=1", "a" * 900, 7, None, ["a"], {"a": "a"}]),
    "jku": ADDRESSES,
    "x5u": ADDRESSES,
    "x5c": st.sampled_from([["MIIB"], [], "MIIB", None]),
    "x5t#S256": st.sampled_from(["a", None]),
    "jwk": KEYS,
    "typ": st.sampled_from(["JWT", "at+jwt", "dpop+jwt", "logout+jwt", "", 7, None]),
    "cty": st.sampled_from(["JWT", None]),
    "crit": st.sampled_from([[], ["b64"], ["exp"], "b64", None, [7]]),
    "b64": st.booleans(),
    "zip": st.just("DEF"),
    "enc": st.just("A256GCM"),
    "p2c": st.just(2**62),
}
HEADERS = st.fixed_dictionaries({"alg": ALGORITHMS}, optional=PARTS)


SECRETS = [
    b"",
    json.dumps(OURS.as_dict(private=False)).encode(),
    OURS.as_pem(private=False),
    OURS.as_der(private=False),
]


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def made(header: object, signature: Callable[[bytes], bytes], claims: object = CLAIMS) -> str:
    """Make a JWT of these parts."""
    message = f"{encoded(header)}.{encoded(claims)}"
    return f"{message}.{encoded(signature(message.encode()))}"


SIGNATURES: list[Callable[[bytes], bytes]] = [
    lambda message: b"",
    lambda message: b"\0" * 64,
    Signing(STRANGER).sign,
    *(lambda message, secret=secret: hmac.digest(secret, message, hashlib.sha256) for secret in SECRETS),
]


class TestCharacters:
    """JSON's escapes can write half a character, which no UTF-8 holds: neither a hash nor a row could be made of it."""

    @pytest.mark.parametrize("half", ["\ud800", "\udc00\ud800"])
    def test_by_halves_are_refused(self, half: str) -> None:
        sign, header = Signing(OURS).sign, {"alg": "ES256", "jwk": OURS.as_dict(private=False)}
        for broken in (made(header, sign, {"jti": [half]}), made({**header, "kid": half}, sign, {"jti": "a"})):
            for taking in (partial(read, keys=PUBLIC, algorithms=CLIENT_ALGORITHMS), read_by_own_key):
                with pytest.raises(TokenNotReadable):
                    taking(broken)
            with pytest.raises(TokenNotReadable):
                claims_before_checking(broken)

    def test_by_both_halves_are_read(self) -> None:
        token = made({"alg": "ES256"}, Signing(OURS).sign, {"jti": "\U0001f600"})
        assert read(token, keys=PUBLIC, algorithms=CLIENT_ALGORITHMS) == {"jti": "\U0001f600"}


class TestHeaders:
    @given(header=HEADERS, signature=st.sampled_from(SIGNATURES))
    @settings(max_examples=100)
    def test_let_nobody_in_who_does_not_hold_the_key(
        self, header: dict[str, Any], signature: Callable[[bytes], bytes]
    ) -> None:
        with pytest.raises(TokenNotReadable):
            read(made(header, signature), keys=PUBLIC, algorithms=CLIENT_ALGORITHMS)

    @given(
        header=st.sampled_from(sorted(PARTS)).flatmap(
            lambda part: st.fixed_dictionaries({"alg": ES256, part: PARTS[part]})
        )
        | HEADERS
    )
    @settings(max_examples=150)
    def test_say_nothing_but_which_key_it_is(self, header: dict[str, Any]) -> None:
        token = made(header, Signing(OURS).sign)
        try:
            claims = read(token, keys=PUBLIC, algorithms=CLIENT_ALGORITHMS)
        except TokenNotReadable:
            return
        assert claims["sub"] == "kurum"
        assert (header["alg"], header.get("kid", "a"), "crit" in header) == ("ES256", "a", False)

    @pytest.mark.parametrize(
        "more",
        [
            {},
            {"jku": "https://evil.example/jwks"},
            {"x5u": "https://evil.example/certificate"},
            {"jwk": STRANGER.as_dict(private=False)},
            {"typ": "logout+jwt", "cty": "JWT", "enc": "A256GCM"},
        ],
    )
    def test_that_lead_elsewhere_lead_nowhere(self, more: dict[str, Any]) -> None:
        header = {"alg": "ES256", "kid": "a", **more}
        assert read(made(header, Signing(OURS).sign), keys=PUBLIC, algorithms=CLIENT_ALGORITHMS)["sub"] == "kurum"
        with pytest.raises(TokenNotReadable, match="signature"):
            read(made(header, Signing(STRANGER).sign), keys=PUBLIC, algorithms=CLIENT_ALGORITHMS)

    @given(
        header=st.fixed_dictionaries({"alg": ALGORITHMS, "jwk": KEYS}, optional={"crit": PARTS["crit"]}),
        signature=st.sampled_from([*SIGNATURES, Signing(OURS).sign]),
    )
    @settings(max_examples=150)
    def test_of_a_proof_name_the_key_that_has_signed_it(
        self, header: dict[str, Any], signature: Callable[[bytes], bytes]
    ) -> None:
        try:
            _header, _claims, thumbprint = read_by_own_key(made(header, signature))
        except TokenNotReadable:
            return
        signed_by = {key.thumbprint(): key for key in (OURS, STRANGER)}[thumbprint]
        assert header["jwk"] == signed_by.as_dict(private=False)
        assert "crit" not in header


class TestWhatIsLong:
    @given(text=long_texts())
    @settings(max_examples=60, deadline=None)
    def test_is_read_or_refused_soon(self, text: str) -> None:
        deeds: list[Callable[[], object]] = [
            lambda: header_of(text),
            lambda: claims_before_checking(text),
            lambda: read(text, keys=PUBLIC, algorithms=CLIENT_ALGORITHMS),
            lambda: read_by_own_key(text),
            lambda: read_parameters(parse_pairs(text.encode()), frozenset({"state", "id_token_hint", "claims"})),
            lambda: read_parameters(parse_pairs(f"claims={text}".encode()), frozenset({"claims"})),
            lambda: check_claims(text),
            lambda: presented_token(f"DPoP {text}"),
            lambda: normalised(text),
            lambda: normalised(f"https://rp.example/{text}"),
        ]
        for deed in deeds:
            assert soon(deed, (TokenNotReadable, ProtocolError))

    @pytest.mark.parametrize("nested", ["[", '{"a":', '[{"a":', "[1,", '"\\u00', "1" * 20, "-", '{"a":1e', " "])
    def test_within_a_jwt_is_refused_soon(self, nested: str) -> None:
        for length in (500, 3000, 6000, LONGEST):
            part = encoded((nested * length)[:length].encode())
            for token in (f"{part}.{part}.a", f"{encoded({'alg': 'ES256'})}.{part}.{encoded(b'x' * 64)}"):
                for deed in (
                    partial(claims_before_checking, token),
                    partial(read, token, keys=PUBLIC, algorithms=CLIENT_ALGORITHMS),
                ):
                    assert refused_soon(deed, TokenNotReadable)

    def test_of_headers_is_never_looked_through_twice(self) -> None:
        for header in (
            "Bearer " * 9000,
            "Bearer,Bearer " * 4600,
            "a, " * 20_000 + "DPoP",
            "DPoP " + " " * 60_000 + "!",
        ):
            assert refused_soon(partial(presented_token, header), (InvalidRequest, TokenMissing))
