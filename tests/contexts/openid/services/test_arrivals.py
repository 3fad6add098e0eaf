"""What a browser brings is counted, and read with who is signed in and what they have answered, all at once."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import StartedSession
from kapi.contexts.openid.errors import InvalidRequest, TooManyRequests
from kapi.contexts.openid.rules import limits
from kapi.contexts.openid.services.authorization import Arrival, receive_arrival, start_authorization
from kapi.contexts.openid.values.authorization import NextKind
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import NOBODY
from tests import people
from tests.contexts.openid.companies_in_tests import ASKED, add_open_client, represent
from tests.contexts.openid.openid_in_tests import BROWSER, authorization_request, get_code, push

pytestmark = pytest.mark.django_db
HERE = "192.0.2.7"


@pytest.fixture
def started(now: datetime) -> StartedSession:
    """A citizen who has signed in just now, with the token of their session."""
    people.make_citizen(now=now)
    return people.sign_in(now=now)


def receive(encoded: bytes, token: str, now: datetime, address: str = HERE) -> Arrival:
    return receive_arrival(encoded=encoded, session_token=token, address=address, actor=NOBODY, now=now)


def pushed(client_id: str, key: ECKey, now: datetime, scope: str = "openid profile") -> bytes:
    reference = push(client_id, key, now=now, scope=scope).request_uri
    return urlencode({"client_id": client_id, "request_uri": reference}).encode()


class TestReceiveArrival:
    def test_counts_each_whether_it_can_be_read_or_not(
        self, client_id: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "BROUGHT", (Budget(2, timedelta(minutes=5)),))
        receive(authorization_request(client_id), "", now)
        with pytest.raises(InvalidRequest):
            receive(b"state=1&state=2", "", now)
        for encoded in (authorization_request(client_id), b"state=1&state=2"):
            with pytest.raises(TooManyRequests) as refused:
                receive(encoded, "", now)
            assert refused.value.retry_after == timedelta(minutes=5)
            receive(authorization_request(client_id), "", now, address="")

    @pytest.mark.parametrize("token", ["", "unknown", "ş", "a" * 1000])
    def test_finds_nobody_by_what_is_no_token(self, client_id: str, key: ECKey, now: datetime, token: str) -> None:
        arrival = receive(pushed(client_id, key, now), token, now)
        assert arrival.found is None
        assert arrival.pushed is not None
        assert arrival.pushed[2] == ()

    def test_finds_who_is_signed_in_and_what_they_have_answered(
        self, client_id: str, key: ECKey, now: datetime, started: StartedSession
    ) -> None:
        get_code(client_id, started.signed_in, now=now)
        arrival = receive(pushed(client_id, key, now), started.token, now)
        assert arrival.found == started.signed_in
        assert arrival.pushed is not None
        assert len(arrival.pushed[2]) == 1
        with CaptureQueriesContext(connection) as asked:
            step = start_authorization(
                arrival=arrival, browser=BROWSER, session=arrival.found, actor=started.signed_in.actor, now=now
            )
        assert step.kind is NextKind.REDIRECT
        assert not any("approval" in query["sql"] for query in asked)

    def test_has_no_answers_for_whom_the_person_acts(self, key: ECKey, now: datetime, started: StartedSession) -> None:
        client = add_open_client(now=now, key=key)
        get_code(client, started.signed_in, now=now, scope=ASKED)
        acting = represent(started.signed_in, now=now)
        arrival = receive(pushed(client, key, now, scope=ASKED), started.token, now)
        assert arrival.found == acting
        step = start_authorization(arrival=arrival, browser=BROWSER, session=acting, actor=acting.actor, now=now)
        assert step.kind is NextKind.APPROVE

    def test_has_no_answers_of_somebody_else(
        self, client_id: str, key: ECKey, now: datetime, started: StartedSession
    ) -> None:
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        other = people.sign_in(now=now, number=people.OTHER_NUMBER).signed_in
        get_code(client_id, started.signed_in, now=now)
        arrival = receive(pushed(client_id, key, now), started.token, now)
        step = start_authorization(arrival=arrival, browser=BROWSER, session=other, actor=other.actor, now=now)
        assert step.kind is NextKind.APPROVE
