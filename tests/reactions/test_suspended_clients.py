"""Suspending a client refuses it at once, for a time; what people gave it for their absence sleeps meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import IntegrityError, transaction
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import (
    ClientIsSuspended,
    ClientNotFound,
    ClientNotOpen,
    ClientNotSuspended,
    ClientSuspended,
    InvalidClient,
    InvalidGrant,
    InvalidToken,
    RequestGone,
)
from kapi.contexts.openid.models import Client, ClientChange, Visit
from kapi.contexts.openid.selectors.clients import digest_of, get_client
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services import logout
from kapi.contexts.openid.services.client_changes import change_client
from kapi.contexts.openid.services.clients import approve_client, close_client, reopen_client
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.machine_tokens import accept_machine_token
from kapi.contexts.openid.services.own_tokens import introspect_token
from kapi.contexts.openid.services.suspension import resume_client, suspend_client
from kapi.contexts.openid.values.authorization import Decision
from kapi.contexts.openid.values.clients import ApiScope, ChangeState, SuspensionReason
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.services import deliver_due
from kapi.kernel.actors import NOBODY, Actor, ActorKind
from kapi.reactions import suspended_clients
from tests import people
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    BROWSER,
    OFFLINE,
    OFFLINE_SCOPE,
    SCOPES,
    add_client,
    ask,
    assertion,
    get_code,
    get_machine_token,
    new_key,
    push,
    redeem,
    refresh,
    userinfo,
)

pytestmark = pytest.mark.django_db
APPROVER = Actor(ActorKind.STAFF, "802")


@pytest.fixture
def key() -> ECKey:
    """The client's key."""
    return new_key()


@pytest.fixture
def client_id(key: ECKey, now: datetime) -> str:
    """A client that goes on while people are away, and works by itself."""
    registered = add_client(now=now, keys=[key], client_id="kurum", scopes=(*SCOPES, OFFLINE))
    Client.objects.filter(pk=registered.id).update(api_scopes="clients.read")
    return registered.id


@pytest.fixture
def session(now: datetime) -> SignedIn:
    """A citizen's session."""
    people.make_citizen(now=now)
    return people.sign_in(now=now).signed_in


def suspend(client_id: str, now: datetime) -> None:
    """Suspend, before any worker does anything."""
    suspend_client(client_id=client_id, reason=SuspensionReason.LEAKED, actor=ACTOR, now=now)


def let_follow(now: datetime) -> None:
    """Let everything that follows happen."""
    for _round in range(20):
        if not deliver_due(limit=50, now=now):
            return
    raise AssertionError("there is no end to it")


def bring_machine_token(token: str, now: datetime) -> object:
    return accept_machine_token(authorization=f"Bearer {token}", needed=ApiScope.CLIENTS_READ, actor=NOBODY, now=now)


def introspect(client_id: str, key: ECKey, token: str, now: datetime) -> dict[str, object]:
    form = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(client_id, key, now=now),
        "token": token,
    }
    return introspect_token(request=TokenRequest(urlencode(form).encode()), actor=NOBODY, now=now)


class TestSuspending:
    def test_refuses_everything_from_that_moment(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        own = get_machine_token(client_id, key, now=now).access_token
        waiting = ask(client_id, session, now=now, scope="openid profile").request_id
        code = get_code(client_id, session, now=now, scope=OFFLINE_SCOPE)
        tokens = redeem(client_id, key, code, now=now)
        other_code = get_code(client_id, session, now=now)
        assert userinfo(tokens.access_token, now=now)
        suspend(client_id, now)
        refused: list[tuple[type[Exception], Callable[[], object]]] = [
            (InvalidToken, lambda: userinfo(tokens.access_token, now=now)),
            (InvalidToken, lambda: bring_machine_token(own, now)),
            (InvalidClient, lambda: redeem(client_id, key, other_code, now=now)),
            (InvalidClient, lambda: refresh(client_id, key, tokens.refresh_token, now=now)),
            (InvalidClient, lambda: get_machine_token(client_id, key, now=now)),
            (InvalidClient, lambda: push(client_id, key, now=now)),
            (ClientSuspended, lambda: ask(client_id, session, now=now)),
            (RequestGone, lambda: agree(waiting, session, now)),
        ]
        for refusal, deed in refused:
            with pytest.raises(refusal):
                deed()
        with pytest.raises(InvalidClient, match="suspended"):
            push(client_id, key, now=now)

    def test_tells_the_client_which_sessions_are_over(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        for scope in ("openid profile", OFFLINE_SCOPE):
            redeem(client_id, key, get_code(client_id, session, now=now, scope=scope), now=now)
        suspend(client_id, now)
        let_follow(now)
        notices = logout.claim_notices(limit=10, actor=ACTOR, now=now)
        assert [read_own(notice.token, typ="logout+jwt")["sid"] for notice in notices] == [Visit.objects.get().sid]

    def test_goes_through_what_was_granted_in_pieces(
        self, client_id: str, session: SignedIn, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(suspended_clients, "AT_ONCE", 2)
        codes = [get_code(client_id, session, now=now) for _ in range(5)]
        suspend(client_id, now)
        let_follow(now)
        resume_client(client_id=client_id, actor=ACTOR, now=now)
        assert len(codes) == 5
        assert not Visit.objects.filter(grant__revoked_at=None).exists()

    def test_is_written_down_once_with_its_reason(self, client_id: str, now: datetime) -> None:
        suspend(client_id, now)
        suspend_client(client_id=client_id, reason=SuspensionReason.FAULT, actor=ACTOR, now=now + timedelta(hours=1))
        (record,) = AuditRecord.objects.filter(action="openid.client_suspended")
        assert (record.subject_id, record.details) == (client_id, {"reason": "leaked"})
        suspension = get_client(client_id=client_id).suspension
        assert suspension is not None
        assert (suspension.at, suspension.reason) == (now, SuspensionReason.LEAKED)

    def test_is_for_clients_that_are_open(self, client_id: str, now: datetime) -> None:
        close_client(client_id=client_id, actor=ACTOR, now=now)
        with pytest.raises(ClientNotOpen):
            suspend(client_id, now)
        with pytest.raises(ClientNotFound):
            suspend("nobody", now)

    def test_lasts_until_it_is_lifted_whoever_would_open_the_client(self, client_id: str, now: datetime) -> None:
        suspend(client_id, now)
        with pytest.raises(ClientIsSuspended):
            reopen_client(client_id=client_id, actor=ACTOR, now=now)
        seen = digest_of(get_client(client_id=client_id))
        with pytest.raises(ClientIsSuspended):
            approve_client(client_id=client_id, seen=seen, actor=APPROVER, now=now)

    def test_lets_nobody_widen_the_client_alone_meanwhile(self, client_id: str, now: datetime) -> None:
        Client.objects.filter(pk=client_id).update(api_scopes="")
        suspend(client_id, now)
        record = get_client(client_id=client_id)
        wider = replace(record.terms, redirect_uris=("https://another.example/geri",))
        change_client(client_id=client_id, terms=wider, seen=digest_of(record), actor=ACTOR, now=now)
        assert ClientChange.objects.get().state == ChangeState.WAITING
        assert get_client(client_id=client_id).redirect_uris == record.redirect_uris

    def test_cannot_be_without_a_reason_or_on_an_open_client(self, client_id: str, now: datetime) -> None:
        for wrong in ({"suspended_at": now}, {"suspended_at": now, "suspended_for": "leaked"}, {"suspended_for": "x"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Client.objects.filter(pk=client_id).update(**wrong)


class TestResuming:
    def test_wakes_what_people_gave_for_their_absence_and_nothing_else(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        offline = redeem(client_id, key, get_code(client_id, session, now=now, scope=OFFLINE_SCOPE), now=now)
        tokens = redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        own = get_machine_token(client_id, key, now=now).access_token
        code = get_code(client_id, session, now=now)
        suspend(client_id, now)
        let_follow(now)
        later = now + timedelta(seconds=20)
        resume_client(client_id=client_id, actor=ACTOR, now=later)
        with pytest.raises(InvalidToken):
            userinfo(tokens.access_token, now=later)
        with pytest.raises(InvalidToken):
            bring_machine_token(own, later)
        with pytest.raises(InvalidGrant):
            redeem(client_id, key, code, now=later)
        after = later + timedelta(seconds=1)
        again = refresh(client_id, key, offline.refresh_token, now=after)
        assert userinfo(again.access_token, now=after)
        assert redeem(client_id, key, get_code(client_id, session, now=after), now=after).access_token
        (record,) = AuditRecord.objects.filter(action="openid.client_resumed")
        assert record.details == {"reason": "leaked", "since": now.isoformat()}

    @pytest.mark.parametrize("follows", [True, False])
    def test_brings_back_no_code_and_no_access_token_of_before(
        self, *, client_id: str, key: ECKey, session: SignedIn, now: datetime, follows: bool
    ) -> None:
        """Also those given with a refresh token, and also where the reaction comes later than the resumption."""
        offline = redeem(client_id, key, get_code(client_id, session, now=now, scope=OFFLINE_SCOPE), now=now)
        tokens = redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        own = get_machine_token(client_id, key, now=now).access_token
        code = get_code(client_id, session, now=now)
        suspend(client_id, now)
        if follows:
            let_follow(now)
        later = now + timedelta(seconds=20)
        resume_client(client_id=client_id, actor=ACTOR, now=later)
        for token in (offline.access_token, tokens.access_token):
            with pytest.raises(InvalidToken):
                userinfo(token, now=later)
        for token in (offline.access_token, tokens.access_token, own):
            assert introspect(client_id, key, token, later) == {"active": False}
        with pytest.raises(InvalidToken):
            bring_machine_token(own, later)
        with pytest.raises(InvalidGrant):
            redeem(client_id, key, code, now=later)
        after = later + timedelta(seconds=1)
        again = refresh(client_id, key, offline.refresh_token, now=after)
        assert userinfo(again.access_token, now=after)
        assert introspect(client_id, key, again.access_token, after)["active"] is True
        assert bring_machine_token(get_machine_token(client_id, key, now=after).access_token, after)

    def test_holds_for_what_was_closed_and_opened_again_as_well(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        tokens = redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        own = get_machine_token(client_id, key, now=now).access_token
        close_client(client_id=client_id, actor=ACTOR, now=now)
        reopen_client(client_id=client_id, actor=ACTOR, now=now)
        with pytest.raises(InvalidToken):
            userinfo(tokens.access_token, now=now)
        with pytest.raises(InvalidToken):
            bring_machine_token(own, now)

    def test_is_for_clients_that_are_suspended(self, client_id: str, now: datetime) -> None:
        with pytest.raises(ClientNotSuspended):
            resume_client(client_id=client_id, actor=ACTOR, now=now)
        suspend(client_id, now)
        close_client(client_id=client_id, actor=ACTOR, now=now)
        with pytest.raises(ClientNotSuspended):
            resume_client(client_id=client_id, actor=ACTOR, now=now)

    def test_brings_nothing_back_where_the_client_was_closed_meanwhile(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        offline = redeem(client_id, key, get_code(client_id, session, now=now, scope=OFFLINE_SCOPE), now=now)
        suspend(client_id, now)
        close_client(client_id=client_id, actor=ACTOR, now=now + timedelta(seconds=1))
        let_follow(now + timedelta(seconds=1))
        reopen_client(client_id=client_id, actor=ACTOR, now=now + timedelta(seconds=2))
        with pytest.raises(InvalidGrant):
            refresh(client_id, key, offline.refresh_token, now=now + timedelta(seconds=2))


def agree(request_id: str, session: SignedIn, now: datetime) -> object:
    return decide(
        request_id=request_id,
        browser=BROWSER,
        session=session,
        decision=Decision.ALLOW,
        actor=session.actor,
        now=now,
    )
