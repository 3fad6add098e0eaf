"""Closing a client ends what it was granted and tells it which sessions are over; opening it brings nothing back."""

from datetime import datetime, timedelta

import pytest
from joserfc.jwk import ECKey

from kapi.contexts.identity.services import end_session
from kapi.contexts.identity.values import EndReason, SignedIn
from kapi.contexts.openid.errors import InvalidToken, ProtocolError, UnknownClient
from kapi.contexts.openid.models import Grant, LogoutDelivery, Visit
from kapi.contexts.openid.selectors.logout import logout_deliveries
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services import logout
from kapi.contexts.openid.services.clients import close_client, reopen_client
from kapi.contexts.openid.values.logout import DeliveryState
from kapi.foundation.outbox.models import OutboxDelivery
from kapi.foundation.outbox.services import deliver_due
from kapi.kernel.actors import NOBODY
from kapi.reactions import closed_clients
from tests import people
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    BACKCHANNEL_URI,
    add_client,
    get_code,
    new_key,
    redeem,
    userinfo,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> ECKey:
    """The client's key."""
    return new_key()


@pytest.fixture
def client_id(key: ECKey, now: datetime) -> str:
    """A client that wants to be told of sign-outs."""
    return add_client(now=now, keys=[key]).id


@pytest.fixture
def session(now: datetime) -> SignedIn:
    """A citizen's session."""
    people.make_citizen(now=now)
    return people.sign_in(now=now).signed_in


def close(client_id: str, now: datetime) -> None:
    """Close a client, and let everything that follows happen."""
    close_client(client_id=client_id, actor=ACTOR, now=now)
    for _round in range(20):
        if not deliver_due(limit=50, now=now):
            return
    raise AssertionError("there is no end to it")


def told(now: datetime) -> list[str]:
    """Post the notices that are due as the job does, and return the `sid` of each."""
    notices = logout.claim_notices(limit=50, actor=ACTOR, now=now)
    for notice in notices:
        assert notice.url == BACKCHANNEL_URI
        logout.record_answer(delivery_id=notice.delivery_id, status=200, error="", actor=ACTOR, now=now)
    return [str(read_own(notice.token, typ="logout+jwt")["sid"]) for notice in notices]


class TestClosing:
    def test_ends_tokens_at_once_and_for_good(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        tokens = redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        code = get_code(client_id, session, now=now)
        assert userinfo(tokens.access_token, now=now)
        close_client(client_id=client_id, actor=ACTOR, now=now)
        with pytest.raises(InvalidToken):  # before any worker has done anything
            userinfo(tokens.access_token, now=now)
        close(client_id, now)
        reopen_client(client_id=client_id, actor=ACTOR, now=now)
        with pytest.raises(InvalidToken):
            userinfo(tokens.access_token, now=now)
        with pytest.raises(ProtocolError):
            redeem(client_id, key, code, now=now)

    def test_tells_the_client_of_each_session_that_it_knows(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        second = people.sign_in(now=now).signed_in
        for person in (session, second, session):
            redeem(client_id, key, get_code(client_id, person, now=now), now=now)
        close(client_id, now)
        assert sorted(told(now)) == sorted(Visit.objects.values_list("sid", flat=True))
        assert {row.state for row in logout_deliveries()} == {DeliveryState.CONFIRMED}

    def test_leaves_other_clients_and_the_session_alone(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        other = add_client(now=now, keys=[key], client_id="other").id
        tokens = redeem(other, key, get_code(other, session, now=now), now=now)
        redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        close(client_id, now)
        assert userinfo(tokens.access_token, now=now)
        assert {row.visit.client_id for row in LogoutDelivery.objects.select_related("visit")} == {client_id}

    def test_tells_nobody_twice(self, client_id: str, key: ECKey, session: SignedIn, now: datetime) -> None:
        redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        end_session(session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=NOBODY, now=now)
        close(client_id, now)
        assert len(told(now)) == 1
        close(client_id, now + timedelta(seconds=1))
        assert told(now + timedelta(seconds=1)) == []

    def test_goes_on_in_pieces_until_nothing_is_left(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(closed_clients, "AT_ONCE", 2)
        for _ in range(5):
            get_code(client_id, session, now=now)
        close(client_id, now)
        assert Grant.objects.filter(revoked_at=None).count() == 0
        assert OutboxDelivery.objects.filter(reaction="kapi.reactions.closed_clients.react").count() == 3
        assert len(told(now)) == 1

    def test_ends_nothing_that_was_granted_after_it_was_opened_again(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        close_client(client_id=client_id, actor=ACTOR, now=now)
        reopen_client(client_id=client_id, actor=ACTOR, now=now)
        later = now + timedelta(seconds=1)
        tokens = redeem(client_id, key, get_code(client_id, session, now=later), now=later)
        deliver_due(limit=50, now=later)  # the worker was late
        assert userinfo(tokens.access_token, now=later)
        assert told(later) == []

    def test_answers_nothing_more(self, client_id: str, session: SignedIn, now: datetime) -> None:
        close(client_id, now)
        with pytest.raises(UnknownClient):
            get_code(client_id, session, now=now)


class TestOpeningAgain:
    def test_begins_the_visit_anew_so_that_its_end_is_told_as_well(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        close(client_id, now)
        (first,) = told(now)
        reopen_client(client_id=client_id, actor=ACTOR, now=now)
        later = now + timedelta(minutes=1)
        tokens = redeem(client_id, key, get_code(client_id, session, now=later), now=later)
        second = str(read_own(tokens.id_token, typ="JWT")["sid"])
        assert second != first
        end_session(session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=NOBODY, now=later)
        deliver_due(limit=50, now=later)
        assert told(later) == [second]
