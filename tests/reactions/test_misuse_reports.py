"""A report of misuse ends what was granted, and tells institutions why."""

import json
from base64 import urlsafe_b64decode
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey
from pytest_django import Settings

from kapi.contexts.identity import services
from kapi.contexts.identity.values import EndReason, MisuseAbout, MisuseExtent, MisuseSubject, SignedIn
from kapi.contexts.openid.errors import InvalidGrant, InvalidToken
from kapi.contexts.openid.models import LogoutDelivery
from kapi.contexts.openid.rules.logout import EVENT, SESSION_REVOKED
from kapi.contexts.openid.selectors.logout import told_of_sessions
from kapi.contexts.openid.services.logout import claim_notices, record_answer
from kapi.contexts.openid.values.logout import DeliveryState
from kapi.foundation.mailbox.selectors import latest_messages
from kapi.foundation.outbox.services import deliver_due
from kapi.reactions import misuse_reports
from tests import people
from tests.contexts.openid.companies_in_tests import ASKED, add_open_client
from tests.contexts.openid.openid_in_tests import ACTOR, add_client, get_code, new_key, redeem, refresh, userinfo

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def key() -> ECKey:
    """The client's key."""
    return new_key()


@pytest.fixture
def client_id(key: ECKey, now: datetime) -> str:
    """A client that wants to be told of sign-outs."""
    return add_open_client(now=now, key=key)


@pytest.fixture
def strange(now: datetime) -> SignedIn:
    """A session of somebody who knows the citizen's password."""
    people.make_citizen(now=now)
    return people.sign_in(now=now, address="203.0.113.77").signed_in


def report(strange: SignedIn, now: datetime) -> None:
    own = people.sign_in(now=now).signed_in
    services.report_misuse(
        session_id=own.session_id,
        subject=MisuseSubject(about=MisuseAbout.SESSION, id=strange.session_id),
        extent=MisuseExtent.THOSE,
        actor=own.actor,
        now=now,
    )


def carry(now: datetime) -> None:
    while deliver_due(limit=50, now=now):
        pass


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


class TestReact:
    def test_ends_what_was_granted_also_for_the_time_when_one_is_away(
        self, client_id: str, key: ECKey, strange: SignedIn, now: datetime
    ) -> None:
        code = get_code(client_id, strange, now=now, scope=f"{ASKED} offline_access")
        tokens = redeem(client_id, key, code, now=now)
        report(strange, now)
        carry(now)
        with pytest.raises(InvalidToken):
            userinfo(tokens.access_token, now=now + SECOND)
        with pytest.raises(InvalidGrant):
            refresh(client_id, key, tokens.refresh_token, now=now + SECOND)

    def test_tells_the_institution_that_it_was_not_the_person(
        self, client_id: str, strange: SignedIn, now: datetime
    ) -> None:
        get_code(client_id, strange, now=now, scope=ASKED)
        report(strange, now)
        carry(now)
        (notice,) = claim_notices(limit=10, actor=ACTOR, now=now + SECOND)
        events = claims_of(notice.token)["events"]
        assert events[EVENT] == {}
        assert events[SESSION_REVOKED]["initiating_entity"] == "user"
        assert events[SESSION_REVOKED]["event_timestamp"] == int(now.timestamp())
        assert set(events[SESSION_REVOKED]["reason_admin"]) == {"tr", "en"}

    def test_tells_also_who_knows_already_that_the_session_is_over(
        self, client_id: str, strange: SignedIn, now: datetime
    ) -> None:
        get_code(client_id, strange, now=now, scope=ASKED)
        services.end_session(session_id=strange.session_id, reason=EndReason.SIGNED_OUT, actor=strange.actor, now=now)
        carry(now)
        (first,) = claim_notices(limit=10, actor=ACTOR, now=now + SECOND)
        assert SESSION_REVOKED not in claims_of(first.token)["events"]
        report(strange, now)
        carry(now + SECOND)
        # The answer to the former notice comes late, and is not taken for one to the new.
        record_answer(delivery_id=first.delivery_id, status=200, error="", actor=ACTOR, now=now + 2 * SECOND)
        (second,) = claim_notices(limit=10, actor=ACTOR, now=now + 3 * SECOND)
        assert SESSION_REVOKED in claims_of(second.token)["events"]
        record_answer(delivery_id=second.delivery_id, status=200, error="", actor=ACTOR, now=now + 4 * SECOND)
        ((told,),) = told_of_sessions(session_ids=[strange.session_id]).values()
        assert told.state is DeliveryState.CONFIRMED

    def test_does_nothing_the_second_time(self, client_id: str, strange: SignedIn, now: datetime) -> None:
        get_code(client_id, strange, now=now, scope=ASKED)
        report(strange, now)
        carry(now)
        (before,) = LogoutDelivery.objects.values_list("pk", flat=True)
        payload = {"report_id": 1, "person_id": strange.person_id}
        misuse_reports.react(payload, now=now + SECOND)
        assert list(LogoutDelivery.objects.values_list("pk", flat=True)) == [before]

    def test_says_of_an_institution_without_an_address_that_it_cannot_be_told(
        self, strange: SignedIn, now: datetime
    ) -> None:
        add_client(now=now, client_id="sessiz", backchannel_logout_uri="")
        get_code("sessiz", strange, now=now)
        report(strange, now)
        carry(now)
        ((told,),) = told_of_sessions(session_ids=[strange.session_id]).values()
        assert told.state is None


class TestNotice:
    def test_leads_the_owner_on_and_carries_nothing(self, strange: SignedIn, now: datetime, settings: Settings) -> None:
        settings.DEMO = True
        report(strange, now)
        carry(now)
        (message,) = latest_messages(to=f"person-{strange.person_id}")
        assert message.body.endswith(f"{settings.LOGIN_URL}/bu-ben-degildim/")
        assert "this was not me" in message.body

    def test_is_kept_nowhere_outside_of_the_demo(self, strange: SignedIn, now: datetime, settings: Settings) -> None:
        settings.DEMO = False
        report(strange, now)
        carry(now)
        assert latest_messages() == []
