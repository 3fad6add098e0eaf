"""What a person's answer is good for."""

import pytest

from kapi.contexts.openid.rules.approvals import Given, agreed_scopes, optional_scopes
from kapi.contexts.openid.values.clients import AuthMethod, ClientRecord, Profile, Scope, ScopeUse
from kapi.kernel.langstring import LangString

LAW = LangString("5393 sayılı Kanun")
OPENID, PROFILE, BIRTHDATE, NUMBER = Scope.OPENID, Scope.PROFILE, Scope.BIRTHDATE, Scope.IDENTITY_NUMBER


def client(*by_law: Scope) -> ClientRecord:
    """Return a client that may ask for everything, for some of it by law."""
    uses = {scope: ScopeUse(scope, LangString("Amaç"), LAW if scope in by_law else LangString("")) for scope in Scope}
    return ClientRecord(
        id="belediye",
        institution_code="",
        name=LangString("Örnek Belediyesi"),
        profile=Profile.BASELINE,
        auth_method=AuthMethod.PRIVATE_KEY_JWT,
        redirect_uris=(),
        post_logout_redirect_uris=(),
        backchannel_logout_uri="",
        sector="",
        scopes=uses,
        jwks=None,
        jwks_uri="",
        secret_hash="",
        secret_ends_at=None,
        exception_ends_at=None,
        is_open=True,
    )


class TestOptionalScopes:
    @pytest.mark.parametrize(
        ("by_law", "asked", "optional"),
        [
            ({PROFILE}, {OPENID, PROFILE}, set()),
            ({PROFILE}, {OPENID, PROFILE, BIRTHDATE}, {BIRTHDATE}),
            ({PROFILE, BIRTHDATE, NUMBER}, {OPENID, PROFILE, BIRTHDATE, NUMBER}, set()),
            ({PROFILE}, {OPENID, PROFILE, BIRTHDATE, NUMBER}, {BIRTHDATE, NUMBER}),
            (set(), {OPENID, PROFILE, BIRTHDATE}, {PROFILE, BIRTHDATE}),
            (set(), {OPENID, PROFILE}, set()),  # the yes and the no to the request are the choice
            (set(), {OPENID}, set()),
        ],
    )
    def test_are_what_rests_on_consent_beside_other_things(
        self, by_law: set[Scope], asked: set[Scope], optional: set[Scope]
    ) -> None:
        assert optional_scopes(client(*by_law), asked) == optional


class TestAgreedScopes:
    @pytest.mark.parametrize(
        ("wanted", "given", "agreed"),
        [
            ({OPENID: "a"}, [], None),
            ({OPENID: "a"}, [Given({OPENID: "a"}, frozenset())], (OPENID,)),
            ({OPENID: "a"}, [Given({OPENID: "b"}, frozenset())], None),
            ({OPENID: "a", PROFILE: "p"}, [Given({OPENID: "a"}, frozenset())], None),
            ({OPENID: "a"}, [Given({OPENID: "a", PROFILE: "p"}, frozenset())], (OPENID,)),
            ({OPENID: "a", PROFILE: "p"}, [Given({OPENID: "a", PROFILE: "p"}, frozenset({"profile"}))], (OPENID,)),
            (
                {OPENID: "a", PROFILE: "p"},
                [
                    Given({OPENID: "a", PROFILE: "old"}, frozenset()),
                    Given({OPENID: "a", PROFILE: "p"}, frozenset({"profile"})),
                    Given({OPENID: "a", PROFILE: "p"}, frozenset()),
                ],
                (OPENID,),
            ),
        ],
    )
    def test_are_those_of_the_first_answer_that_covers_the_wish(
        self, wanted: dict[Scope, str], given: list[Given], agreed: tuple[Scope, ...] | None
    ) -> None:
        assert agreed_scopes(wanted, given) == agreed
