"""What waits in a JSON column comes back as it was."""

import json
from dataclasses import fields

from kapi.contexts.openid.selectors.authorization import request_of, stored_request
from kapi.contexts.openid.values.authorization import AuthorizationRequest, ClaimsAsked, Prompt
from kapi.contexts.openid.values.clients import Attribute, Scope

FULL = AuthorizationRequest(
    client_id="a",
    redirect_uri="https://a.example/back",
    scopes=(Scope.OPENID, Scope.PROFILE),
    state="s",
    nonce="n",
    code_challenge="c",
    dpop_jkt="j",
    prompts=frozenset({Prompt.LOGIN, Prompt.CONSENT}),
    max_age_s=0,
    subject="who",
    language="tr",
    claimed=(Scope.PROFILE,),
    claims=ClaimsAsked((Attribute.NAME,), (Attribute.BIRTHDATE,), ("high",), "who"),
    acr_values=("high", "low"),
)


class TestStoredRequest:
    def test_comes_back_with_everything(self) -> None:
        bare = AuthorizationRequest(client_id="a", redirect_uri="https://a.example/back", scopes=(Scope.OPENID,))
        for request in (FULL, bare):
            assert request_of(json.loads(json.dumps(stored_request(request)))) == request

    def test_is_held_with_every_field(self) -> None:
        bare = AuthorizationRequest(client_id="a", redirect_uri="https://a.example/back", scopes=(Scope.OPENID,))
        for field in fields(AuthorizationRequest):
            if field.name not in ("client_id", "redirect_uri", "scopes"):
                assert getattr(FULL, field.name) != getattr(bare, field.name), field.name

    def test_is_no_part_of_the_request(self) -> None:
        stored_request(FULL)["claims"]["subject"] = "another"
        assert FULL.claims.subject == "who"
