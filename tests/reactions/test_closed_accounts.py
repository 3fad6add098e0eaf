"""The closing of an account ends what hung on it, and the institutions of its sessions are told."""

from datetime import datetime, timedelta

import pytest
from joserfc.jwk import ECKey

from kapi.contexts.identity.services.closings import close_account
from kapi.contexts.identity.values import Hindrance, SignedIn
from kapi.contexts.mandates.models import Mandate
from kapi.contexts.mandates.values import EndReason
from kapi.contexts.openid.errors import InvalidGrant, InvalidToken
from kapi.contexts.openid.models import LogoutDelivery
from kapi.contexts.openid.values.logout import LogoutCause
from kapi.foundation.outbox.services import deliver_due
from kapi.reactions import closed_accounts
from tests import people
from tests.contexts.openid.companies_in_tests import ASKED, add_open_client, represent
from tests.contexts.openid.openid_in_tests import ACTOR, get_code, new_key, redeem, refresh, userinfo

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def session(now: datetime) -> SignedIn:
    """A citizen's session."""
    people.make_citizen(now=now)
    return people.sign_in(now=now).signed_in


def close(session: SignedIn, now: datetime) -> None:
    close_account(person_id=session.person_id, reason=Hindrance.DEATH, actor=ACTOR, now=now)
    while deliver_due(limit=50, now=now):
        pass


class TestReact:
    def test_ends_mandates_tokens_and_visits_and_gives_no_reason(self, session: SignedIn, now: datetime) -> None:
        key: ECKey = new_key()
        client_id = add_open_client(now=now, key=key)
        code = get_code(client_id, represent(session, now=now), now=now, scope=f"{ASKED} offline_access")
        tokens = redeem(client_id, key, code, now=now)
        close(session, now)
        mandate = Mandate.objects.get()
        assert (mandate.ended_at, mandate.end_reason) == (now, EndReason.LAPSED)
        with pytest.raises(InvalidToken):
            userinfo(tokens.access_token, now=now + SECOND)
        with pytest.raises(InvalidGrant):
            refresh(client_id, key, tokens.refresh_token, now=now + SECOND)
        assert [delivery.cause for delivery in LogoutDelivery.objects.all()] == [LogoutCause.NONE]

    def test_does_nothing_the_second_time(self, session: SignedIn, now: datetime) -> None:
        represent(session, now=now)
        close(session, now)
        payload = {"person_id": session.person_id, "reason": "death"}
        closed_accounts.react_with_mandates(payload, now=now + SECOND)
        closed_accounts.react_with_offline_access(payload, now=now + SECOND)
        assert Mandate.objects.get().ended_at == now
