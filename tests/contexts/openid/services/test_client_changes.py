"""Clients are changed by one person, and given more by two."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import (
    AcceptedByProposer,
    ApprovedByRegistrar,
    ChangeNotWaiting,
    ChangeWaits,
    ClientChangedMeanwhile,
    ClientHasNoSecret,
    ClientNotAcceptable,
    ClientNotFound,
    RequestGone,
)
from kapi.contexts.openid.models import Client, ClientChange, LogoutDelivery
from kapi.contexts.openid.selectors.clients import digest_of, find_waiting_change, get_client, waiting_changes
from kapi.contexts.openid.services.authorization import resume_authorization
from kapi.contexts.openid.services.client_changes import accept_change, change_client, reject_change, withdraw_change
from kapi.contexts.openid.services.clients import approve_client, close_client, replace_keys, replace_secret
from kapi.contexts.openid.services.logout import end_visits
from kapi.contexts.openid.values.clients import ApiScope, AuthMethod, ChangeState, ClientTerms, Scope, ScopeUse
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.keys import token_hash
from kapi.kernel.actors import Actor, ActorKind
from kapi.kernel.langstring import LangString
from tests.contexts.openid.openid_in_tests import BROWSER, add_client, ask, get_code, key_set, new_key

pytestmark = pytest.mark.django_db

ONE = Actor(ActorKind.STAFF, "801")
TWO = Actor(ActorKind.STAFF, "802")
BIRTHDATE = ScopeUse(Scope.BIRTHDATE, LangString("Yaşınızı bilmek"))


def terms_of(client_id: str) -> ClientTerms:
    return get_client(client_id=client_id).terms


def change(client_id: str, terms: ClientTerms, now: datetime) -> ChangeState:
    seen = digest_of(get_client(client_id=client_id))
    return change_client(client_id=client_id, terms=terms, seen=seen, actor=ONE, now=now)


def widened(client_id: str, now: datetime) -> int:
    """Ask for one scope more and return the id of the change that waits."""
    terms = terms_of(client_id)
    assert change(client_id, replace(terms, scopes=(*terms.scopes, BIRTHDATE)), now) is ChangeState.WAITING
    waiting = find_waiting_change(client_id=client_id)
    assert waiting is not None
    return waiting.id


def deeds(client_id: str) -> list[str]:
    rows = AuditRecord.objects.filter(subject_id=client_id).order_by("pk")
    return [action.removeprefix("openid.client_") for action in rows.values_list("action", flat=True)]


class TestChangeClient:
    def test_holds_at_once_where_it_gives_nothing_more(self, client_id: str, now: datetime) -> None:
        terms = replace(terms_of(client_id), name=LangString("Yeni Ad"), redirect_uris=("https://rp.example/yeni",))
        assert change(client_id, terms, now) is ChangeState.APPLIED
        assert terms_of(client_id) == terms
        assert AuditRecord.objects.get(action="openid.client_changed").details == {
            "fields": ["name", "redirect_uris"],
            "widens": [],
        }

    def test_waits_where_it_gives_more(self, client_id: str, now: datetime) -> None:
        before = terms_of(client_id)
        widened(client_id, now)
        assert terms_of(client_id) == before
        assert waiting_changes() == {client_id}
        assert deeds(client_id) == ["registered", "change_proposed"]

    def test_holds_at_once_while_the_client_is_closed(self, client_id: str, now: datetime) -> None:
        close_client(client_id=client_id, actor=TWO, now=now)
        terms = replace(terms_of(client_id), scopes=(*terms_of(client_id).scopes, BIRTHDATE))
        assert change(client_id, terms, now) is ChangeState.APPLIED
        assert BIRTHDATE in terms_of(client_id).scopes

    def test_writes_nothing_where_nothing_changes(self, client_id: str, now: datetime) -> None:
        assert change(client_id, terms_of(client_id), now) is ChangeState.APPLIED
        assert deeds(client_id) == ["registered"]

    def test_is_refused_where_somebody_was_faster(self, client_id: str, now: datetime) -> None:
        terms, seen = terms_of(client_id), digest_of(get_client(client_id=client_id))
        change(client_id, replace(terms, name=LangString("Birinci")), now)
        with pytest.raises(ClientChangedMeanwhile):
            change_client(
                client_id=client_id, terms=replace(terms, name=LangString("İkinci")), seen=seen, actor=TWO, now=now
            )
        assert terms_of(client_id).name == LangString("Birinci")

    def test_comes_one_after_the_other(self, client_id: str, now: datetime) -> None:
        widened(client_id, now)
        with pytest.raises(ChangeWaits):
            change(client_id, replace(terms_of(client_id), name=LangString("B")), now)

    def test_is_held_to_what_a_client_must_be(self, client_id: str, now: datetime) -> None:
        with pytest.raises(ClientNotAcceptable):
            change(client_id, replace(terms_of(client_id), redirect_uris=()), now)
        with pytest.raises(ClientNotFound):
            change_client(client_id="nobody", terms=terms_of(client_id), seen="", actor=ONE, now=now)

    def test_gives_up_notices_for_which_there_is_no_address_any_more(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        get_code(client_id, session, now=now)
        end_visits(session_id=session.session_id, actor=ONE, now=now)
        change(client_id, replace(terms_of(client_id), backchannel_logout_uri=""), now)
        assert LogoutDelivery.objects.get().given_up_at == now


class TestAcceptChange:
    def test_lets_the_change_hold(self, client_id: str, now: datetime) -> None:
        accept_change(change_id=widened(client_id, now), actor=TWO, now=now)
        assert BIRTHDATE in terms_of(client_id).scopes
        assert waiting_changes() == frozenset()
        assert deeds(client_id) == ["registered", "change_proposed", "change_accepted"]

    def test_is_not_for_who_asked(self, client_id: str, now: datetime) -> None:
        with pytest.raises(AcceptedByProposer):
            accept_change(change_id=widened(client_id, now), actor=ONE, now=now)
        assert BIRTHDATE not in terms_of(client_id).scopes

    def test_is_refused_by_the_table_itself_for_who_asked(self, client_id: str, now: datetime) -> None:
        widened(client_id, now)
        wrongs: list[dict[str, object]] = [
            {"state": "applied", "decided_by": ONE.id, "decided_at": now},
            {"state": "applied", "decided_by": TWO.id},
            {"state": "lost", "decided_by": TWO.id, "decided_at": now},
            {"decided_by": TWO.id},
        ]
        for wrong in wrongs:
            with pytest.raises(IntegrityError), transaction.atomic():
                ClientChange.objects.update(**wrong)

    @pytest.mark.parametrize("decide", [accept_change, reject_change, withdraw_change])
    def test_decides_once(self, client_id: str, now: datetime, decide: object) -> None:
        assert callable(decide)
        change_id = widened(client_id, now)
        decide(change_id=change_id, actor=TWO, now=now)
        for again in (change_id, change_id + 1):
            with pytest.raises(ChangeNotWaiting):
                decide(change_id=again, actor=TWO, now=now)


class TestRejectChange:
    @pytest.mark.parametrize(
        ("decide", "deed"), [(reject_change, "change_rejected"), (withdraw_change, "change_withdrawn")]
    )
    def test_leaves_everything_as_it_was(self, client_id: str, now: datetime, decide: object, deed: str) -> None:
        assert callable(decide)
        before = terms_of(client_id)
        decide(change_id=widened(client_id, now), actor=TWO, now=now)
        assert terms_of(client_id) == before
        assert deeds(client_id)[-1] == deed
        widened(client_id, now)  # another may be asked for now


class TestApproveClient:
    def test_is_not_for_who_changed_it(self, client_id: str, now: datetime) -> None:
        close_client(client_id=client_id, actor=TWO, now=now)
        change(client_id, replace(terms_of(client_id), scopes=(*terms_of(client_id).scopes, BIRTHDATE)), now)
        seen = digest_of(get_client(client_id=client_id))
        with pytest.raises(ApprovedByRegistrar):
            approve_client(client_id=client_id, seen=seen, actor=ONE, now=now)
        approve_client(client_id=client_id, seen=seen, actor=TWO, now=now)
        assert get_client(client_id=client_id).is_open

    def test_is_not_for_who_holds_its_proof(self, client_id: str, now: datetime) -> None:
        close_client(client_id=client_id, actor=TWO, now=now)
        seen = digest_of(get_client(client_id=client_id))
        replace_keys(client_id=client_id, jwks=key_set(new_key("b")), actor=ONE, now=now)
        with pytest.raises(ApprovedByRegistrar):
            approve_client(client_id=client_id, seen=seen, actor=ONE, now=now)
        with_secret = add_client(now=now).id
        close_client(client_id=with_secret, actor=TWO, now=now)
        replace_secret(client_id=with_secret, actor=ONE, now=now)
        with pytest.raises(ApprovedByRegistrar):
            approve_client(client_id=with_secret, seen=digest_of(get_client(client_id=with_secret)), actor=ONE, now=now)
        approve_client(client_id=client_id, seen=seen, actor=TWO, now=now)
        assert get_client(client_id=client_id).is_open

    def test_approves_only_what_was_seen(self, client_id: str, now: datetime) -> None:
        close_client(client_id=client_id, actor=TWO, now=now)
        seen = digest_of(get_client(client_id=client_id))
        change(client_id, replace(terms_of(client_id), redirect_uris=("https://other.example/",)), now)
        with pytest.raises(ClientChangedMeanwhile):
            approve_client(client_id=client_id, seen=seen, actor=TWO, now=now)
        assert not get_client(client_id=client_id).is_open


class TestReplaceKeys:
    def test_gives_one_person_nothing_at_the_api_but_what_a_program_may_know_of_itself(self) -> None:
        """A scope that opens more needs another rule for keys first: docs/decisions/0005-keys-by-one-person.md."""
        assert set(ApiScope) == {ApiScope.CLIENTS_READ}

    def test_leaves_nothing_of_what_proved_it_before(self, now: datetime) -> None:
        client_id, keys = add_client(now=now).id, key_set(new_key("b"))
        replace_keys(client_id=client_id, jwks=keys, actor=ONE, now=now)
        client = get_client(client_id=client_id)
        assert (client.auth_method, client.jwks, client.secret_hash) == (AuthMethod.PRIVATE_KEY_JWT, keys, "")
        replace_keys(client_id=client_id, jwks_uri="https://rp.example/jwks", actor=ONE, now=now)
        client = get_client(client_id=client_id)
        assert (client.jwks, client.jwks_uri) == (None, "https://rp.example/jwks")
        assert Client.objects.get().fetched_jwks is None
        assert deeds(client_id) == ["registered", "keys_replaced", "keys_replaced"]

    @pytest.mark.parametrize("proof", [{}, {"jwks": {"keys": []}}, {"jwks_uri": "http://rp.example/jwks"}])
    def test_is_held_to_what_keys_must_be(self, client_id: str, now: datetime, proof: dict[str, object]) -> None:
        before = get_client(client_id=client_id)
        with pytest.raises(ClientNotAcceptable):
            replace_keys(client_id=client_id, actor=ONE, now=now, **proof)  # type: ignore[arg-type]
        assert get_client(client_id=client_id) == before


class TestReplaceSecret:
    def test_gives_another_that_ends_on_the_same_day(self, now: datetime) -> None:
        first = add_client(now=now)
        second = replace_secret(client_id=first.id, actor=ONE, now=now)
        assert second.secret is not None
        assert second.secret != first.secret
        client = get_client(client_id=first.id)
        assert client.secret_hash == token_hash(second.secret)
        assert client.secret_ends_at == first.secret_ends_at == second.secret_ends_at
        assert deeds(first.id) == ["registered", "secret_replaced"]

    def test_is_for_clients_with_a_secret_that_has_not_ended(self, client_id: str, now: datetime) -> None:
        with pytest.raises(ClientHasNoSecret):
            replace_secret(client_id=client_id, actor=ONE, now=now)
        ended = add_client(now=now)
        assert ended.secret_ends_at is not None
        with pytest.raises(ClientNotAcceptable):
            replace_secret(client_id=ended.id, actor=ONE, now=ended.secret_ends_at)


class TestResumeAuthorization:
    def test_does_not_lead_to_an_address_that_the_client_has_no_more(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        step = ask(client_id, session, now=now)
        change(client_id, replace(terms_of(client_id), redirect_uris=("https://rp.example/yeni",)), now)
        with pytest.raises(RequestGone):
            resume_authorization(request_id=step.request_id, browser=BROWSER, session=session, actor=ONE, now=now)
