"""The person says yes or no, once, and is asked again only for what they were not asked before."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import (
    RequestGone,
)
from kapi.contexts.openid.models import Approval, Client, Grant
from kapi.contexts.openid.selectors.authorization import approvals_of
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.values.authorization import Decision, Next, NextKind
from kapi.contexts.openid.values.clients import Scope
from kapi.foundation.audit.models import AuditRecord
from tests import people
from tests.contexts.openid.openid_in_tests import (
    BROWSER,
    ISSUER,
    add_client,
    answer_of,
    ask,
    get_code,
    new_key,
)

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def choose(
    request_id: str, session: SignedIn, now: datetime, decision: Decision = Decision.ALLOW, browser: str = BROWSER
) -> Next:
    return decide(
        request_id=request_id, browser=browser, session=session, decision=decision, actor=session.actor, now=now
    )


class TestDecide:
    def test_tells_the_client_when_the_person_says_no(self, client_id: str, session: SignedIn, now: datetime) -> None:
        step = ask(client_id, session, now=now)
        answer = answer_of(choose(step.request_id, session, now, Decision.DENY))
        assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "s1", ISSUER)
        assert Approval.objects.count() == 0
        assert AuditRecord.objects.filter(action="openid.approval_denied").count() == 1
        with pytest.raises(RequestGone):
            choose(step.request_id, session, now)

    def test_takes_one_decision(self, client_id: str, session: SignedIn, now: datetime) -> None:
        step = ask(client_id, session, now=now)
        choose(step.request_id, session, now)
        for decision in Decision:
            with pytest.raises(RequestGone):
                choose(step.request_id, session, now, decision)
        assert Grant.objects.count() == 1

    def test_takes_it_from_the_browser_of_the_request_only(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        step = ask(client_id, session, now=now)
        with pytest.raises(RequestGone):
            choose(step.request_id, session, now, browser="another")

    def test_cannot_stand_in_for_a_sign_in(self, client_id: str, session: SignedIn, now: datetime) -> None:
        step = ask(client_id, session, now=now + SECOND, prompt="login")
        assert choose(step.request_id, session, now + SECOND).kind is NextKind.SIGN_IN
        assert Grant.objects.count() == 0

    def test_is_remembered_for_what_was_shown_and_for_less(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        get_code(client_id, session, now=now, scope="openid profile")
        assert ask(client_id, session, now=now, scope="openid").kind is NextKind.REDIRECT
        assert ask(client_id, session, now=now, scope="openid identity_number").kind is NextKind.APPROVE
        (approval,) = approvals_of(person_id=session.person_id)
        assert set(approval.scopes) == {Scope.OPENID, Scope.PROFILE}
        assert AuditRecord.objects.get(action="openid.approval_given").details == {"scope": "openid profile"}

    def test_is_asked_for_anew_when_the_purpose_has_changed(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        get_code(client_id, session, now=now)
        Client.objects.update(
            scopes={name: {"purpose": {"tr": "Başka"}, "legal_basis": {}} for name in ("openid", "profile")}
        )
        assert ask(client_id, session, now=now).kind is NextKind.APPROVE
        get_code(client_id, session, now=now)
        assert Approval.objects.count() == 1

    def test_is_one_persons_and_one_clients(self, client_id: str, session: SignedIn, now: datetime) -> None:
        get_code(client_id, session, now=now)
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        other = people.sign_in(now=now, number=people.OTHER_NUMBER).signed_in
        assert ask(client_id, other, now=now).kind is NextKind.APPROVE
        assert ask(add_client(now=now, keys=[new_key()]).id, session, now=now).kind is NextKind.APPROVE
