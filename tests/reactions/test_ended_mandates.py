"""The end of a mandate ends what was granted on it and tells the institutions, and nothing else."""

from datetime import datetime, timedelta

import pytest
from joserfc.jwk import ECKey

from kapi.contexts.identity.selectors import find_session_by_id
from kapi.contexts.identity.values import SignedIn
from kapi.contexts.mandates.models import Mandate
from kapi.contexts.mandates.services import end_overdue_mandates
from kapi.contexts.openid.errors import InvalidGrant, InvalidToken
from kapi.contexts.openid.models import Grant, LogoutDelivery, Visit
from kapi.foundation.outbox.services import deliver_due
from kapi.reactions import ended_mandates
from tests import people
from tests.contexts.mandates.register_in_tests import MILL
from tests.contexts.openid.companies_in_tests import ASKED, act, add_open_client, mandate, represent
from tests.contexts.openid.openid_in_tests import ACTOR, get_code, new_key, redeem, refresh, userinfo

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=5)


@pytest.fixture
def key() -> ECKey:
    """The client's key."""
    return new_key()


@pytest.fixture
def client_id(key: ECKey, now: datetime) -> str:
    """A client at which one may act for a company, and that wants to be told of sign-outs."""
    return add_open_client(now=now, key=key)


@pytest.fixture
def session(now: datetime) -> SignedIn:
    """A citizen's session."""
    people.make_citizen(now=now)
    return people.sign_in(now=now).signed_in


def end(now: datetime) -> None:
    """Let the time of the mandates be over, and everything that follows happen."""
    end_overdue_mandates(limit=10, actor=ACTOR, now=now)
    for _round in range(20):
        if not deliver_due(limit=50, now=now):
            return
    raise AssertionError("there is no end to it")


class TestReact:
    def test_ends_what_was_granted_for_the_company_alone(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        own = redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        acting = represent(session, now=now, ends_at=now + LATER)
        scope = f"{ASKED} offline_access"
        for_company = redeem(client_id, key, get_code(client_id, acting, now=now, scope=scope), now=now)
        other = represent(session, now=now, tax_number=MILL)
        for_other = redeem(client_id, key, get_code(client_id, other, now=now, scope=ASKED), now=now)
        end(now + LATER)
        at = now + timedelta(seconds=1)
        for tokens in (own, for_other):
            assert userinfo(tokens.access_token, now=at)["sub"]
        with pytest.raises(InvalidToken):
            userinfo(for_company.access_token, now=at)
        with pytest.raises(InvalidGrant):
            refresh(client_id, key, for_company.refresh_token, now=at)
        told = [row.visit.subject for row in LogoutDelivery.objects.select_related("visit")]
        assert told == [Visit.objects.get(principal=acting.acting_for.legal_person_id).subject]  # type: ignore[union-attr]
        assert find_session_by_id(session_id=session.session_id, now=now + LATER) is not None

    def test_does_nothing_the_second_time(self, client_id: str, key: ECKey, session: SignedIn, now: datetime) -> None:
        acting = represent(session, now=now, ends_at=now + LATER)
        get_code(client_id, acting, now=now, scope=ASKED)
        end(now + LATER)
        row = Mandate.objects.get()
        payload = {
            "mandate_id": row.pk,
            "representative_id": row.representative_id,
            "principal_id": row.principal_id,
            "reason": "expired",
            "ended_at": (now + LATER).isoformat(),
        }
        ended_mandates.react(payload, now=now + 2 * LATER)
        assert LogoutDelivery.objects.count() == 1

    def test_leaves_what_was_granted_on_a_later_mandate(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        acting = represent(session, now=now, ends_at=now + LATER)
        get_code(client_id, acting, now=now, scope=ASKED)
        end_overdue_mandates(limit=10, actor=ACTOR, now=now + LATER)
        later = now + 2 * LATER
        again = act(session, mandate(session, now=later), now=later)
        get_code(client_id, again, now=later, scope=ASKED)
        while deliver_due(limit=50, now=later):
            pass
        first, second = Grant.objects.order_by("pk")
        assert first.revoked_at is not None
        assert second.revoked_at is None
        assert not LogoutDelivery.objects.exists()
