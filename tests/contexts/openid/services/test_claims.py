"""Single attributes are asked for, read by the person, given where they were asked for, and nothing beside them."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.models import Grant
from kapi.contexts.openid.selectors.authorization import get_pending_request
from kapi.contexts.openid.selectors.discovery import discovery_document
from kapi.contexts.openid.selectors.sharing import sharings_of
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.values.authorization import Decision, NextKind
from kapi.contexts.openid.values.clients import Attribute, Scope, ScopeUse
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.langstring import LangString
from tests import people
from tests.contexts.openid.openid_in_tests import (
    BROWSER,
    OFFLINE,
    SCOPES,
    add_client,
    answer_of,
    ask,
    get_code,
    redeem,
    refresh,
    userinfo,
)

pytestmark = pytest.mark.django_db
LOW, HIGH = "urn:kapi:loa:low", "urn:kapi:loa:high"
BIRTHDATE = ScopeUse(Scope.BIRTHDATE, LangString("Yaşınızı bilmek"))


@pytest.fixture
def client_id(db: None, now: datetime, key: ECKey) -> str:
    """A client that may ask for name, number and birth date, and go on while the person is away."""
    return add_client(now=now, keys=[key], client_id="belediye", scopes=(*SCOPES, BIRTHDATE, OFFLINE)).id


def asking(**claims: dict[str, Any]) -> dict[str, str]:
    """Return a request for these claims, beside the scope openid."""
    return {"scope": "openid", "claims": json.dumps(claims)}


class TestUserinfo:
    def test_gives_what_was_named_and_nothing_beside_it(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        code = get_code(client_id, session, now=now, **asking(userinfo={"given_name": {"essential": True}}))
        tokens = redeem(client_id, key, code, now=now)
        assert tokens.scope == "openid"
        assert set(userinfo(tokens.access_token, now=now)) == {"sub", "given_name"}
        assert not set(read_own(tokens.id_token, typ="JWT")) & set(Attribute)

    def test_gives_it_beside_what_scopes_give(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        more = asking(userinfo={"birthdate": None}) | {"scope": "openid profile"}
        tokens = redeem(client_id, key, get_code(client_id, session, now=now, **more), now=now)
        told = userinfo(tokens.access_token, now=now)
        assert set(told) == {"sub", "name", "given_name", "family_name", "birthdate"}

    def test_is_written_down_as_it_was_given(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        code = get_code(client_id, session, now=now, **asking(userinfo={"given_name": None}))
        userinfo(redeem(client_id, key, code, now=now).access_token, now=now)
        (sharing,) = sharings_of(person_id=session.person_id)
        assert [(shared.scope, shared.attributes) for shared in sharing.scopes] == [
            (Scope.PROFILE, (Attribute.GIVEN_NAME,))
        ]
        assert sharing.scopes[0].purpose.tr == "Başvurunuzu kaydetmek"

    def test_says_scopes_only_when_a_client_goes_on(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        more = asking(userinfo={"birthdate": None}) | {"scope": "openid profile offline_access"}
        tokens = redeem(client_id, key, get_code(client_id, session, now=now, **more), now=now)
        assert "birthdate" in userinfo(tokens.access_token, now=now)
        later = refresh(client_id, key, tokens.refresh_token, now=now)
        assert "birthdate" not in userinfo(later.access_token, now=now)


class TestIdToken:
    def test_says_what_was_asked_for_there_and_writes_it_down(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        code = get_code(client_id, session, now=now, **asking(id_token={"family_name": None, "birthdate": None}))
        tokens = redeem(client_id, key, code, now=now)
        claims = read_own(tokens.id_token, typ="JWT")
        assert (claims["family_name"], claims["birthdate"]) == ("Yılmaz", "1990-05-17")
        assert set(userinfo(tokens.access_token, now=now)) == {"sub"}
        assert set(read_own(tokens.access_token, typ="at+jwt")) & set(Attribute) == set()
        (sharing,) = sharings_of(person_id=session.person_id)
        assert [shared.attributes for shared in sharing.scopes] == [(Attribute.FAMILY_NAME,), (Attribute.BIRTHDATE,)]
        record = AuditRecord.objects.get(action="openid.attributes_shared")
        assert record.details["attributes"] == ["birthdate", "family_name"]

    def test_never_says_what_the_client_lost_meanwhile(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        code = get_code(client_id, session, now=now, **asking(id_token={"birthdate": None}))
        client = Grant.objects.get().visit.client
        del client.scopes["birthdate"]
        client.save()
        assert "birthdate" not in read_own(redeem(client_id, key, code, now=now).id_token, typ="JWT")
        assert sharings_of(person_id=session.person_id) == []


class TestApproval:
    def test_asks_as_for_the_scope_that_a_claim_belongs_to(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        step = ask(client_id, session, now=now, **asking(userinfo={"birthdate": None}, id_token={"name": None}))
        assert step.kind is NextKind.APPROVE
        shown = get_pending_request(request_id=step.request_id, browser=BROWSER, person_id=session.person_id, now=now)
        assert [scope.scope for scope in shown.scopes] == [Scope.OPENID, Scope.PROFILE, Scope.BIRTHDATE]
        assert [scope.is_optional for scope in shown.scopes] == [False, True, True]

    def test_lets_the_person_leave_a_claim_out(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        step = ask(client_id, session, now=now, **asking(userinfo={"birthdate": None, "name": {"essential": True}}))
        step = decide(
            request_id=step.request_id,
            browser=BROWSER,
            session=session,
            decision=Decision.ALLOW,
            consented=frozenset({"birthdate"}),
            actor=session.actor,
            now=now,
        )
        tokens = redeem(client_id, key, answer_of(step)["code"], now=now)
        assert set(userinfo(tokens.access_token, now=now)) == {"sub", "birthdate"}

    def test_is_not_asked_for_what_the_client_may_not_have(self, session: SignedIn, key: ECKey, now: datetime) -> None:
        other = add_client(now=now, keys=[key], client_id="baska").id
        code = get_code(other, session, now=now, **asking(userinfo={"birthdate": {"essential": True}}))
        assert set(userinfo(redeem(other, key, code, now=now).access_token, now=now)) == {"sub"}


class TestEssentialAcr:
    def test_is_what_the_id_token_says(self, client_id: str, session: SignedIn, key: ECKey, now: datetime) -> None:
        wish = asking(id_token={"acr": {"essential": True, "values": [HIGH, session.acr]}})
        claims = read_own(
            redeem(client_id, key, get_code(client_id, session, now=now, **wish), now=now).id_token, typ="JWT"
        )
        assert claims["acr"] == session.acr

    def test_is_refused_where_the_sign_in_does_not_bear_it_out(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        get_code(client_id, session, now=now, scope="openid")
        wish = asking(id_token={"acr": {"essential": True, "values": ["urn:kapi:loa:beyond"]}})
        answer = answer_of(ask(client_id, session, now=now, **wish))
        assert answer["error"] == "unmet_authentication_requirements"
        assert Grant.objects.count() == 1

    def test_is_refused_before_the_person_is_asked_for_anything(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        wish = asking(id_token={"acr": {"essential": True, "value": "urn:kapi:loa:beyond"}})
        assert answer_of(ask(client_id, session, now=now, **wish))["error"] == "unmet_authentication_requirements"

    def test_is_a_wish_where_it_is_not_essential(self, client_id: str, session: SignedIn, now: datetime) -> None:
        assert get_code(client_id, session, now=now, **asking(id_token={"acr": {"values": ["urn:kapi:loa:beyond"]}}))


class TestExpectedSubject:
    def test_is_the_person_or_nobody(self, client_id: str, session: SignedIn, key: ECKey, now: datetime) -> None:
        code = get_code(client_id, session, now=now, scope="openid")
        subject = read_own(redeem(client_id, key, code, now=now).id_token, typ="JWT")["sub"]
        assert get_code(client_id, session, now=now, **asking(id_token={"sub": {"value": subject}}))
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        other = people.sign_in(now=now + timedelta(seconds=1), number=people.OTHER_NUMBER).signed_in
        wish = asking(id_token={"sub": {"value": subject}})
        assert ask(client_id, other, now=now + timedelta(seconds=2), **wish).kind is NextKind.SIGN_IN


class TestDiscovery:
    def test_says_so(self) -> None:
        assert discovery_document()["claims_parameter_supported"] is True
