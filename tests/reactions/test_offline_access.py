"""An account that was handed back at a desk lets nobody go on in its owner's absence."""

from datetime import datetime

import pytest
from joserfc.jwk import ECKey

from kapi.contexts.identity.services import recover_account
from kapi.contexts.openid.models import Grant
from kapi.foundation.outbox.services import deliver_due
from tests import people
from tests.contexts.openid.openid_in_tests import OFFLINE, OFFLINE_SCOPE, SCOPES, add_client, get_code, new_key, redeem


@pytest.mark.django_db
class TestReact:
    def test_takes_back_what_was_given_for_that_time(self, now: datetime) -> None:
        key: ECKey = new_key()
        client_id = add_client(now=now, keys=[key], scopes=(*SCOPES, OFFLINE)).id
        people.make_citizen(now=now)
        session = people.sign_in(now=now).signed_in
        redeem(client_id, key, get_code(client_id, session, now=now, scope=OFFLINE_SCOPE), now=now)
        recover_account(person_id=session.person_id, actor=people.DESK, now=now)
        assert Grant.objects.get().revoked_at is None
        deliver_due(limit=20, now=now)
        assert Grant.objects.get().revoked_at == now
