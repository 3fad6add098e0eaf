"""JWTs are read with the algorithm, the key and the size that we name."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode

from kapi.contexts.openid.errors import TokenNotReadable
from kapi.contexts.openid.rules.jwt import (
    CLIENT_ALGORITHMS,
    before_checking,
    header_of,
    import_keys,
    read,
    read_by_own_key,
    sign,
)
from tests.contexts.openid.openid_in_tests import Lax, Signing, key_set, new_key


def encode(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public(key: Key) -> Key:
    return import_keys(key_set(key))[0]


def signed(key: Key, alg: str = "ES256", **header: Any) -> str:
    return jwt.encode({"alg": alg, **header}, {"a": 1}, key, algorithms=[alg])


class TestSign:
    def test_states_type_algorithm_and_key(self) -> None:
        key = new_key("k1")
        token = sign({"sub": "ş"}, typ="at+jwt", key=Signing(key))
        assert header_of(token) == {"typ": "at+jwt", "alg": "ES256", "kid": "k1"}
        assert read(token, keys=[key], algorithms=["ES256"]) == {"sub": "ş"}


class TestBeforeChecking:
    @given(st.text("AQgwx9-_+/=. ", max_size=12), st.sampled_from([b'{"a":1}', b"{}", b'{"a":"\xc3\xa7"}']))
    def test_takes_base64url_in_one_spelling_alone(self, ending: str, payload: bytes) -> None:
        written = encode(payload) + ending
        try:
            expected = json.loads(urlsafe_b64decode(written.encode()).decode())
        except ValueError:
            expected = None
        try:
            claims = before_checking(f"{encode({'alg': 'ES256'})}.{written}.{encode(b'x' * 64)}")[1]
        except TokenNotReadable:
            claims = None
        assert claims == expected

    @given(st.binary(max_size=40))
    def test_reads_every_byte(self, tail: bytes) -> None:
        claims = {"a": tail.hex(), "b": tail.decode("latin-1")}
        payload = encode(json.dumps(claims, ensure_ascii=False).encode())
        assert before_checking(f"{encode({'alg': 'ES256'})}.{payload}.")[1] == claims

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "latin-1"])
    def test_refuses_what_is_not_utf_8(self, encoding: str) -> None:
        payload = '{"a":"ç"}'.encode(encoding)
        with pytest.raises(TokenNotReadable, match="form"):
            before_checking(f"{encode({'alg': 'ES256'})}.{encode(payload)}.")


class TestRead:
    @pytest.mark.parametrize(
        ("key", "alg"),
        [
            (new_key(), "ES256"),
            (RSAKey.generate_key(2048, {"kid": "a"}), "PS256"),
            (OKPKey.generate_key("Ed25519", {"kid": "a"}), "Ed25519"),
        ],
    )
    def test_reads_every_algorithm_of_clients(self, key: Key, alg: str) -> None:
        assert read(signed(key, alg, kid="a"), keys=[public(key)], algorithms=CLIENT_ALGORITHMS) == {"a": 1}

    def test_reads_eddsa_under_its_former_name(self) -> None:
        key = OKPKey.generate_key("Ed25519", {"kid": "a"})
        with pytest.warns(UserWarning, match="deprecated"):  # joserfc warns the one who signs
            token = signed(key, "EdDSA", kid="a")
        assert read(token, keys=[public(key)], algorithms=CLIENT_ALGORITHMS) == {"a": 1}

    def test_ignores_header_members_it_does_not_know(self) -> None:
        key = new_key()
        header = {"alg": "ES256", "x-ours": "b" * 600}
        token = jws.serialize_compact(
            header, b'{"a":1}', key, registry=jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
        )
        assert read(token, keys=[public(key)], algorithms=["ES256"]) == {"a": 1}

    @pytest.mark.parametrize("alg", ["none", "HS256", "RS256", "ES384", "es256", "", 7, None, [], {}])
    def test_refuses_every_other_algorithm(self, alg: object) -> None:
        token = f"{encode({'alg': alg})}.{encode({'a': 1})}.{encode(b'x' * 64)}"
        with pytest.raises(TokenNotReadable, match=r"^(algorithm|form)$"):
            read(token, keys=[public(new_key())], algorithms=CLIENT_ALGORITHMS)

    def test_does_not_take_a_public_key_for_a_shared_secret(self) -> None:
        key = new_key()
        pem = OctKey.import_key(json.dumps(key.as_dict(private=False)).encode())
        token = jwt.encode({"alg": "HS256"}, {"a": 1}, pem, algorithms=["HS256"])
        with pytest.raises(TokenNotReadable, match="algorithm"):
            read(token, keys=[public(key)], algorithms=CLIENT_ALGORITHMS)

    def test_uses_the_key_that_the_header_names_and_no_other(self) -> None:
        named, other = new_key("a"), new_key("b")
        token = signed(named, kid="b")
        with pytest.raises(TokenNotReadable, match="signature"):
            read(token, keys=[public(named), public(other)], algorithms=["ES256"])
        with pytest.raises(TokenNotReadable, match="key"):
            read(signed(named, kid="c"), keys=[public(named), public(other)], algorithms=["ES256"])

    def test_tries_every_fitting_key_when_none_is_named(self) -> None:
        first, second = new_key("a"), new_key("b")
        nameless = ECKey.import_key({k: v for k, v in second.as_dict(private=True).items() if k != "kid"})
        token = jwt.encode({"alg": "ES256"}, {"a": 1}, nameless, algorithms=["ES256"])
        assert read(token, keys=[public(first), public(second)], algorithms=["ES256"]) == {"a": 1}

    @pytest.mark.parametrize("parameters", [{"use": "enc"}, {"alg": "ES384"}])
    def test_leaves_keys_for_other_uses_alone(self, parameters: dict[str, str]) -> None:
        key = new_key()
        stated = ECKey.import_key({**key.as_dict(private=False), **parameters})
        with pytest.raises(TokenNotReadable, match="key"):
            read(signed(key, kid="a"), keys=[stated], algorithms=["ES256"])

    def test_takes_no_key_from_the_token_itself(self) -> None:
        key, attacker = new_key("a"), new_key("a")
        token = signed(attacker, kid="a", jwk=attacker.as_dict(private=False))
        with pytest.raises(TokenNotReadable, match="signature"):
            read(token, keys=[public(key)], algorithms=["ES256"])

    @pytest.mark.parametrize("crit", [["new"], ["b64"], []])
    def test_refuses_what_must_be_understood_and_is_not(self, crit: list[str]) -> None:
        key = new_key()
        token = jws.serialize_compact({"alg": "ES256", "crit": crit, "new": 1, "b64": True}, b"{}", key, registry=Lax())
        with pytest.raises(TokenNotReadable, match="form"):
            read(token, keys=[public(key)], algorithms=["ES256"])

    @pytest.mark.parametrize("payload", [b"[1]", b'"a"', b"7", b"null", b"not json", b"[" * 4000, b"\xff"])
    def test_refuses_a_payload_that_is_no_object(self, payload: bytes) -> None:
        key = new_key()
        token = jws.serialize_compact({"alg": "ES256", "kid": "a"}, payload, key, algorithms=["ES256"])
        with pytest.raises(TokenNotReadable):
            read(token, keys=[public(key)], algorithms=["ES256"])

    def test_refuses_one_that_is_too_long_before_looking_inside(self) -> None:
        with pytest.raises(TokenNotReadable, match="length"):
            read("a" * 8193, keys=[], algorithms=["ES256"])

    @given(
        st.one_of(
            st.text(max_size=300),
            st.lists(st.binary(max_size=60), min_size=1, max_size=5).map(lambda parts: ".".join(map(encode, parts))),
            st.dictionaries(
                st.sampled_from(["alg", "kid", "crit", "b64", "typ", "jwk", "zip"]),
                st.one_of(st.none(), st.booleans(), st.integers(), st.just("ES256"), st.text(), st.lists(st.text())),
            ).map(lambda header: f"{encode(header)}.{encode({'a': 1})}.{encode(b'x' * 64)}"),
        )
    )
    def test_refuses_any_rubbish_with_a_reason(self, rubbish: str) -> None:
        with pytest.raises(TokenNotReadable):
            read(rubbish, keys=[public(KEY)], algorithms=CLIENT_ALGORITHMS)


KEY = new_key()


class _Library(jws.JWSRegistry):
    """joserfc itself, as lax as we are about members of a header that it does not know."""

    max_header_length = 2048


def accepted_by_the_library(token: str, key: Key) -> object:
    """Return the claims that joserfc reads in one piece; None where it refuses, or where `crit` names anything."""
    try:
        registry = _Library(algorithms=["ES256"], strict_check_header=False)
        shown = jws.deserialize_compact(token, key, registry=registry)
        claims = json.loads(shown.payload)
    except (JoseError, ValueError, TypeError):
        return None
    return claims if isinstance(claims, dict) and "crit" not in shown.headers() else None


def accepted(token: str, reader: Callable[[str], object]) -> object:
    try:
        return reader(token)
    except TokenNotReadable:
        return None


@st.composite
def tampered(draw: st.DrawFn, token: str) -> str:
    """A JWT of which a character, or a few, were changed, added or left out."""
    at = draw(st.integers(0, len(token)))
    left_out = draw(st.integers(0, 2))
    return token[:at] + draw(st.text("AQgw.-_+/= é", max_size=2)) + token[at + left_out :]


HEADERS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["kid", "typ", "b64", "jku", "x5c", "cty", "ours", "x5t", "crit"]),
    st.sampled_from(["a", "b", True, False, 1, None, ["a"], ["b64"], "https://a.example", {}]),
    max_size=3,
)


class TestReadBesideTheLibrary:
    """What was taken apart here, and what is done once only, comes to the same as joserfc in one piece."""

    @given(st.data())
    def test_a_tampered_one_is_accepted_or_refused_alike(self, data: st.DataObject) -> None:
        token = data.draw(tampered(TOKEN))
        by_us = accepted(token, lambda token: read(token, keys=[PUBLIC], algorithms=["ES256"]))
        assert by_us == accepted_by_the_library(token, PUBLIC)

    @given(HEADERS)
    def test_so_is_one_of_any_header(self, members: dict[str, Any]) -> None:
        header = {"alg": "ES256"} | {name: value for name, value in members.items() if name != "kid"}
        token = f"{encode(header)}.{encode({'a': 1})}"
        token = f"{token}.{encode(Signing(KEY).sign(token.encode()))}"
        by_us = accepted(token, lambda token: read(token, keys=[PUBLIC], algorithms=["ES256"]))
        assert by_us == accepted_by_the_library(token, PUBLIC)

    @given(st.data())
    def test_so_is_one_that_holds_its_key(self, data: st.DataObject) -> None:
        token = data.draw(tampered(OWN))
        held = accepted(token, lambda token: read_by_own_key(token)[1])
        try:
            key = ECKey.import_key(jws.extract_compact(token.encode(), registry=_Library()).headers()["jwk"])
        except (JoseError, ValueError, TypeError, KeyError):
            assert held is None
        else:
            assert held == accepted_by_the_library(token, key)


def own(key: Key, **changed: object) -> str:
    member = {name: value for name, value in key.as_dict(private=False).items() if name in ("kty", "crv", "x", "y")}
    return signed(key, jwk=member | changed)


PUBLIC = public(KEY)
TOKEN = signed(KEY, kid="a")
OWN = own(KEY)


class TestReadByOwnKey:
    def test_tells_keys_apart_however_often_they_come(self) -> None:
        first, second = new_key("a"), new_key("a")
        for key in (first, second, first, second):
            header, claims, thumbprint = read_by_own_key(own(key))
            assert (header["alg"], claims, thumbprint) == ("ES256", {"a": 1}, key.thumbprint())

    def test_checks_the_signature_each_time(self) -> None:
        key, other = new_key(), new_key()
        good = own(key)
        read_by_own_key(good)
        foreign = f"{good.rsplit('.', 1)[0]}.{own(other).rsplit('.', 1)[1]}"
        with pytest.raises(TokenNotReadable) as refusal:
            read_by_own_key(foreign)
        assert refusal.value.reason == "signature"

    @pytest.mark.parametrize("changed", [{"x": "AA"}, {"kty": "oct"}, {"kty": ["EC"]}, {"d": "AA"}, {"crv": "P-384"}])
    def test_refuses_what_is_no_public_key_for_the_algorithm(self, changed: dict[str, object]) -> None:
        with pytest.raises(TokenNotReadable) as refusal:
            read_by_own_key(own(new_key(), **changed))
        assert refusal.value.reason == "key"

    def test_refuses_a_key_that_says_itself_that_it_is_for_something_else(self) -> None:
        for changed in ({"use": "enc"}, {"alg": "ES384"}, {"key_ops": ["sign"]}):
            with pytest.raises(TokenNotReadable) as refusal:
                read_by_own_key(own(new_key(), **changed))
            assert refusal.value.reason == "signature"

    def test_refuses_a_key_that_is_nested_without_end(self) -> None:
        head = encode(b'{"alg":"ES256","jwk":{"a":' + b"[" * 700 + b"]" * 700 + b"}}")
        with pytest.raises(TokenNotReadable):
            read_by_own_key(f"{head}.{encode({'a': 1})}.{encode(bytes(64))}")


class TestImportKeys:
    def test_passes_over_keys_that_cannot_sign_for_us(self) -> None:
        good = new_key("a")
        members = [
            good.as_dict(private=False),
            ECKey.generate_key("P-384").as_dict(private=False),
            {"kty": "new-kind"},
            {"kty": ["EC"]},
            {"kty": "EC", "crv": "P-256", "x": "!", "y": "!"},
        ]
        assert [key.kid for key in import_keys({"keys": members})] == ["a"]

    def test_refuses_weak_rsa(self) -> None:
        with pytest.warns(UserWarning, match="2048"):
            weak = RSAKey.generate_key(1024)
        with pytest.raises(ValueError, match="no key"), pytest.warns(UserWarning, match="2048"):
            import_keys(key_set(weak))

    def test_refuses_rsa_so_long_that_checking_it_is_an_attack(self) -> None:
        modulus = base64.urlsafe_b64encode(((1 << 8191) | 1).to_bytes(1024)).decode().rstrip("=")
        with pytest.raises(ValueError, match="no key"):
            import_keys({"keys": [{"kty": "RSA", "n": modulus, "e": "AQAB"}]})

    @pytest.mark.parametrize(
        ("document", "says"),
        [
            (None, "not a JWK set"),
            ([], "not a JWK set"),
            ({}, "not a JWK set"),
            ({"keys": {}}, "not a JWK set"),
            ({"keys": ["a"]}, "not a JWK set"),
            ({"keys": []}, "no key"),
            ({"keys": [KEY.as_dict(private=True)]}, "private"),
            ({"keys": [{"kty": "oct", "k": "AAAA"}]}, "symmetric"),
            ({"keys": [KEY.as_dict(private=False)] * 21}, "more than 20"),
            # What Python reads as JSON and PostgreSQL does not keep, wherever it stands.
            ({"keys": [KEY.as_dict(private=False)], "note": "\0"}, "NUL"),
            ({"keys": [KEY.as_dict(private=False) | {"note": ["\ud800"]}]}, "plain JSON"),
            ({"keys": [KEY.as_dict(private=False)], "note": float("nan")}, "plain JSON"),
        ],
    )
    def test_says_what_is_wrong_with_a_set(self, document: object, says: str) -> None:
        with pytest.raises(ValueError, match=says):
            import_keys(document)
