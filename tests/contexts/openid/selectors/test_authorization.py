"""What waits comes back as it was, and is read with its client and the person's answers as each is by itself."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.models import Approval, Client, PushedRequest
from kapi.contexts.openid.rules.approvals import agreed_scopes, terms_of
from kapi.contexts.openid.rules.pushed import PREFIX
from kapi.contexts.openid.selectors.authorization import (
    Found,
    asking_for_pushed,
    request_of,
    scopes_agreed_to,
    stored_request,
)
from kapi.contexts.openid.selectors.clients import find_client
from kapi.contexts.openid.values.authorization import AuthorizationRequest, ClaimsAsked, Prompt
from kapi.contexts.openid.values.clients import Attribute, Scope
from tests import people
from tests.contexts.openid.companies_in_tests import mandate
from tests.contexts.openid.openid_in_tests import add_client, get_code, new_key, push, token_of

LATER = timedelta(minutes=1)
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
        for field in AuthorizationRequest._fields:
            if field not in ("client_id", "redirect_uri", "scopes"):
                assert getattr(FULL, field) != getattr(bare, field), field

    def test_is_no_part_of_the_request(self) -> None:
        stored_request(FULL)["claims"]["subject"] = "another"
        assert FULL.claims.subject == "who"


def brought(request_uri: str, session_token: str) -> Found | None:
    """Ask by itself what a reference stands for."""
    asking = asking_for_pushed(request_uri=request_uri, session_token=session_token)
    return asking.alone() if asking else None


@pytest.mark.django_db
class TestAskingForPushed:
    def test_reads_the_client_as_it_is_at_that_moment(self, client_id: str, key: ECKey, now: datetime) -> None:
        uri = push(client_id, key, now=now).request_uri
        for moment in (None, now, now + LATER):
            Client.objects.filter(pk=client_id).update(closed_at=moment, good_from=moment)
            with CaptureQueriesContext(connection) as asked:
                found = brought(uri, "")
            assert len(asked) == 1
            assert found is not None
            pushed, client, answers = found
            assert (client, answers) == (find_client(client_id=client_id), ())
            row = PushedRequest.objects.get()
            assert (pushed.id, pushed.request, pushed.expires_at) == (row.pk, request_of(row.request), row.expires_at)

    def test_finds_nothing_behind_what_we_never_gave(self, now: datetime) -> None:
        for uri in ("", "a", PREFIX, PREFIX + "a" * 43):
            assert brought(uri, "token") is None

    def test_reads_the_answers_of_this_person_to_this_client_for_themselves(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        other = people.sign_in(now=now, number=people.OTHER_NUMBER).signed_in
        another_client = add_client(now=now, keys=[new_key("b")], client_id="baska").id
        uri, company = push(client_id, key, now=now).request_uri, mandate(session, now=now)
        client = find_client(client_id=client_id)
        assert client is not None
        scopes = (Scope.OPENID, Scope.PROFILE)

        def agreed(session: SignedIn) -> object:
            found = brought(uri, token_of(session))
            assert found is not None
            told = agreed_scopes(terms_of(client, scopes), found[2])
            assert told == scopes_agreed_to(session.person_id, client, scopes)
            return told

        get_code(another_client, session, now=now)
        get_code(client_id, other, now=now)
        assert (agreed(session), agreed(other)) == (None, scopes)
        get_code(client_id, session, now=now, scope="openid")
        assert agreed(session) is None
        get_code(client_id, session, now=now + LATER)
        assert agreed(session) == scopes
        given = Approval.objects.filter(person_id=session.person_id, client_id=client_id, scope="openid profile")
        given.update(left_out="profile")
        assert agreed(session) == (Scope.OPENID,)
        given.update(principal_id=company)
        assert agreed(session) is None
        given.update(principal_id=None, withdrawn_at=now + LATER)
        assert agreed(session) is None
