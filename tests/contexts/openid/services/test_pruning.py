"""What is over is forgotten; history stays."""

from datetime import datetime, timedelta

import pytest
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import InvalidGrant
from kapi.contexts.openid.models import (
    AccessToken,
    Grant,
    LogoutDelivery,
    PendingAuthorization,
    PendingLogout,
    UsedAssertion,
    Visit,
)
from kapi.contexts.openid.selectors.authorization import approvals_of
from kapi.contexts.openid.selectors.sharing import sharings_of
from kapi.contexts.openid.services.logout import keep_sign_out
from kapi.contexts.openid.services.pruning import KEEP_GRANTS, KEEP_NOTICES, prune
from kapi.kernel.actors import NOBODY
from tests.contexts.openid.openid_in_tests import ACTOR, ask, get_code, redeem, userinfo

pytestmark = pytest.mark.django_db
TEMPORARY = (UsedAssertion, PendingAuthorization, PendingLogout, AccessToken, Grant)


class TestPrune:
    def test_keeps_what_still_counts_and_forgets_the_rest(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        code = get_code(client_id, session, now=now)
        userinfo(redeem(client_id, key, code, now=now).access_token, now=now)
        ask(client_id, None, now=now)
        keep_sign_out(encoded=b"", actor=NOBODY, now=now)
        assert prune(limit=100, actor=ACTOR, now=now) == 0
        with pytest.raises(InvalidGrant, match="used before"):
            redeem(client_id, key, code, now=now + timedelta(days=1))
        much_later = now + KEEP_GRANTS + timedelta(hours=1)
        assert prune(limit=100, actor=ACTOR, now=much_later) > 0
        assert [model.objects.count() for model in TEMPORARY] == [0] * 5
        assert Visit.objects.count() == 1
        assert len(sharings_of(person_id=session.person_id)) == 1
        assert len(approvals_of(person_id=session.person_id)) == 1

    def test_forgets_visits_with_the_history_and_notices_before(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        done, waiting = Visit.objects.get(), other_visit(now)
        LogoutDelivery.objects.create(visit=done, created_at=now, due_at=now, confirmed_at=now)
        LogoutDelivery.objects.create(visit=waiting, created_at=now, due_at=now)
        prune(limit=100, actor=ACTOR, now=now + KEEP_NOTICES)
        assert LogoutDelivery.objects.count() == 2
        prune(limit=100, actor=ACTOR, now=now + KEEP_NOTICES + timedelta(seconds=1))
        assert [delivery.visit for delivery in LogoutDelivery.objects.all()] == [waiting]
        prune(limit=100, actor=ACTOR, now=now + timedelta(days=365))
        assert Visit.objects.count() == 2
        prune(limit=100, actor=ACTOR, now=now + timedelta(days=365, seconds=1))
        assert [visit.pk for visit in Visit.objects.all()] == [waiting.pk]


def other_visit(now: datetime) -> Visit:
    """Make a visit of another session to the same client."""
    visit = Visit.objects.get()
    return Visit.objects.create(
        session_id=visit.session_id + 1,
        person_id=visit.person_id,
        client_id=visit.client_id,
        subject=visit.subject,
        sid="of-another-session",
        first_at=now,
        last_at=now,
    )
