"""What the parameter `claims` is read as."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.openid.errors import InvalidRequest
from kapi.contexts.openid.rules.claims import check_claims, read_claims, scopes_of, within
from kapi.contexts.openid.values.authorization import ClaimsAsked
from kapi.contexts.openid.values.clients import Attribute, AuthMethod, ClientRecord, Profile, Scope, ScopeUse
from kapi.kernel.langstring import LangString

CLIENT = ClientRecord(
    id="belediye",
    institution_code="",
    name=LangString("Örnek"),
    profile=Profile.FAPI,
    auth_method=AuthMethod.PRIVATE_KEY_JWT,
    redirect_uris=(),
    post_logout_redirect_uris=(),
    backchannel_logout_uri="",
    sector="belediye",
    scopes={scope: ScopeUse(scope) for scope in (Scope.OPENID, Scope.PROFILE)},
    jwks={"keys": []},
    jwks_uri="",
    secret_hash="",
    secret_ends_at=None,
    exception_ends_at=datetime(2027, 1, 1, tzinfo=UTC),
    is_open=True,
)
HIGH, LOW = "urn:kapi:loa:high", "urn:kapi:loa:low"


class TestReadClaims:
    @pytest.mark.parametrize(
        ("asked", "read"),
        [
            ({}, ClaimsAsked()),
            ({"userinfo": {}, "id_token": {}}, ClaimsAsked()),
            ({"userinfo": {"given_name": None}}, ClaimsAsked(userinfo=(Attribute.GIVEN_NAME,))),
            ({"id_token": {"name": {"essential": True}}}, ClaimsAsked(id_token=(Attribute.NAME,))),
            # What we do not know, what the client may not have, and what is not understood, is left out.
            ({"userinfo": {"nickname": None, "birthdate": {"essential": True}}}, ClaimsAsked()),
            ({"verified_claims": [], "userinfo": {"name": {"purpose": 1}}}, ClaimsAsked(userinfo=(Attribute.NAME,))),
            ({"id_token": {"auth_time": {"essential": True}}}, ClaimsAsked()),
            ({"id_token": {"acr": {"values": [HIGH, LOW]}}}, ClaimsAsked()),
            (
                {"id_token": {"acr": {"essential": True, "values": [HIGH, LOW]}}},
                ClaimsAsked(essential_acrs=(HIGH, LOW)),
            ),
            ({"id_token": {"acr": {"essential": True, "value": HIGH}}}, ClaimsAsked(essential_acrs=(HIGH,))),
            ({"id_token": {"acr": {"essential": True}}}, ClaimsAsked()),
            ({"id_token": {"sub": {"value": "abc"}}}, ClaimsAsked(subject="abc")),
            ({"userinfo": {"sub": {"value": "abc"}}, "id_token": {"sub": None}}, ClaimsAsked(subject="abc")),
        ],
    )
    def test_takes_what_we_know_and_the_client_may_have(self, asked: dict[str, Any], read: ClaimsAsked) -> None:
        check_claims(json.dumps(asked))
        assert read_claims(json.dumps(asked), CLIENT) == read

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "claims",
            "[]",
            "null",
            '{"userinfo": null}',
            '"userinfo"',
            '{"userinfo": []}',
            '{"userinfo": {"name": true}}',
            '{"userinfo": {"name": {"essential": "true"}}}',
            '{"userinfo": {"name": {"values": "x"}}}',
            '{"id_token": {"acr": {"essential": true, "value": 3}}}',
            '{"id_token": {"acr": {"essential": true, "values": ["a"], "value": "a"}}}',
            '{"id_token": {"sub": {"value": ""}}}',
            '{"id_token": {"sub": {"values": ["a", "b"]}}}',
            r'{"id_token": {"sub": {"value": "\u0000"}}}',
            r'{"userinfo": {"sub": {"value": "\ud800"}}}',
            r'{"id_token": {"acr": {"essential": true, "values": ["a\u0000"]}}}',
            r'{"id_token": {"acr": {"value": "\ud800"}}}',
            '{"userinfo": {"sub": {"value": "a"}}, "id_token": {"sub": {"value": "b"}}}',
            '{"userinfo": {}, "userinfo": {"name": null}}',
            '{"userinfo": {"name": null, "name": {"essential": true}}}',
            "[" * 4000,
        ],
    )
    def test_refuses_what_is_malformed(self, text: str) -> None:
        with pytest.raises(InvalidRequest):
            check_claims(text)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["userinfo", "id_token", "sub", "acr", "essential", "value", "values", "name"]),
                    inner,
                    max_size=4,
                )
            ),
        )
    )
    def test_reads_or_refuses_whatever_comes(self, asked: Any) -> None:
        try:
            check_claims(json.dumps(asked))
        except InvalidRequest:
            return
        read = read_claims(json.dumps(asked), CLIENT)
        assert scopes_of((*read.userinfo, *read.id_token)) <= set(CLIENT.scopes)


class TestWithin:
    def test_keeps_what_belongs_to_the_scopes(self) -> None:
        names = ["identity_number", "name", "birthdate"]
        assert within(names, [Scope.PROFILE, Scope.BIRTHDATE]) == (Attribute.NAME, Attribute.BIRTHDATE)
        assert within(names, [Scope.OPENID]) == ()
