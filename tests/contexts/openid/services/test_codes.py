"""A code for whoever was there before is issued by the writes that a first one takes."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.models import Grant, LogoutDelivery, PushedRequest, Visit
from kapi.contexts.openid.selectors.authorization import request_of
from kapi.contexts.openid.selectors.clients import get_client
from kapi.contexts.openid.services.authorization import receive_arrival, start_authorization
from kapi.contexts.openid.services.codes import issue_code_again
from kapi.contexts.openid.values.authorization import Next, NextKind
from kapi.foundation.audit.models import AuditRecord
from tests.contexts.openid.openid_in_tests import BROWSER, answer_of, arrive, get_code, push, redeem, token_of

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=5)


@pytest.fixture
def agreed(client_id: str, session: SignedIn, now: datetime) -> Grant:
    """Have the person been there before; return what they got."""
    get_code(client_id, session, now=now)
    return Grant.objects.get()


def again(client_id: str, session: SignedIn, *, now: datetime) -> Next | None:
    """Answer the one pushed request that there is."""
    pushed, client = PushedRequest.objects.get(), get_client(client_id=client_id)
    request = request_of(pushed.request)
    return issue_code_again(
        request=request,
        client=client,
        session=session,
        shared=request.scopes,
        pushed_id=pushed.pk,
        actor=session.actor,
        now=now,
    )


def state() -> tuple[object, ...]:
    """Return all that a code leaves behind."""
    records = AuditRecord.objects.filter(action="openid.code_issued").count()
    return list(PushedRequest.objects.values()), list(Visit.objects.values()), Grant.objects.count(), records


class TestIssueCodeAgain:
    def test_writes_down_what_a_first_code_does(
        self, agreed: Grant, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        pushed = push(client_id, key, now=now)
        code = answer_of(arrive(client_id, pushed.request_uri, session, now=now + LATER))["code"]
        grant = Grant.objects.exclude(pk=agreed.pk).get()
        differing = {"id", "code_hash", "authenticated_at", "issued_at", "code_expires_at"}
        columns = {field.attname for field in Grant._meta.concrete_fields} - differing
        assert {name: getattr(grant, name) for name in columns} == {name: getattr(agreed, name) for name in columns}
        assert (grant.issued_at, grant.authenticated_at) == (now + LATER, agreed.authenticated_at)
        assert PushedRequest.objects.get().used_at == Visit.objects.get().last_at == now + LATER
        first, second = AuditRecord.objects.filter(action="openid.code_issued").order_by("pk")
        assert second.details == first.details | {"grant_id": grant.pk}
        assert (second.actor_id, second.subject_id) == (first.actor_id, first.subject_id)
        assert redeem(client_id, key, code, now=now + LATER).id_token

    def test_of_what_was_used_before_changes_nothing(
        self, agreed: Grant, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        push(client_id, key, now=now)
        assert again(client_id, session, now=now + LATER)
        before = state()
        assert again(client_id, session, now=now + 2 * LATER) is None
        assert state() == before

    def test_of_somebody_who_was_never_there_changes_nothing(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        push(client_id, key, now=now)
        before = state()
        assert again(client_id, session, now=now) is None
        assert state() == before

    def test_of_a_visit_that_the_client_was_told_is_over_gives_it_another_sid(
        self, agreed: Grant, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        visit = Visit.objects.get()
        LogoutDelivery.objects.create(visit=visit, created_at=now, due_at=now, confirmed_at=now)
        pushed = push(client_id, key, now=now)
        assert arrive(client_id, pushed.request_uri, session, now=now).kind is NextKind.REDIRECT
        assert Visit.objects.get().sid != visit.sid
        assert not LogoutDelivery.objects.exists()

    def test_takes_one_statement_on_postgresql(
        self, agreed: Grant, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        brought = urlencode({"client_id": client_id, "request_uri": push(client_id, key, now=now).request_uri}).encode()
        token = token_of(session)
        arrival = receive_arrival(encoded=brought, session_token=token, address="", actor=session.actor, now=now)
        with CaptureQueriesContext(connection) as sent:
            start_authorization(arrival=arrival, browser=BROWSER, session=session, actor=session.actor, now=now)
        assert len(sent) == {"postgresql": 1, "sqlite": 6}[connection.vendor]
