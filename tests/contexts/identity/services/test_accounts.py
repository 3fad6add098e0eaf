"""What happens at a desk."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    AccountExists,
    AgeUnknown,
    NoAccount,
    PersonNotFound,
    SignInRefused,
    TooYoung,
)
from kapi.contexts.identity.models import Account, SealedCode
from kapi.contexts.identity.values import AccountState, BirthDate, HistoryKind, PersonId
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.models import OutboxEvent
from tests.people import DESK, PASSWORD, issue, make_citizen, register, sign_in

pytestmark = pytest.mark.django_db


class TestIssueAccount:
    def test_gives_a_code_that_is_kept_nowhere(self, now: datetime) -> None:
        person_id, issued = issue(now=now)
        assert issued.expires_at == now + timedelta(days=30)
        assert issued.code not in repr(issued)
        stored = SealedCode.objects.get(account_id=person_id).code_hash
        assert issued.code.replace("-", "") not in stored
        account = selectors.find_account(person_id=person_id)
        assert account is not None
        assert (account.state, account.code_expires_at) == (AccountState.AWAITING_PASSWORD, issued.expires_at)

    def test_audits_who_issued_it(self, now: datetime) -> None:
        person_id, issued = issue(now=now)
        audited = AuditRecord.objects.get(action="identity.code_issued")
        assert (audited.subject_id, audited.actor_id, audited.institution_code) == (str(person_id), "1", "24301234")
        assert issued.code not in str(audited.details)

    def test_asks_for_fifteen_years(self, now: datetime) -> None:
        person_id = register(now=now, birth=BirthDate(year=2011))
        with pytest.raises(TooYoung):
            services.issue_account(person_id=person_id, actor=DESK, now=now)
        assert services.issue_account(person_id=person_id, actor=DESK, now=now + timedelta(days=60)).code

    def test_counts_days_as_people_in_istanbul_do(self, now: datetime) -> None:
        person_id = register(now=now, birth=BirthDate(year=2011, month=11, day=23))
        before_midnight = now.replace(hour=20, minute=59)
        with pytest.raises(TooYoung):
            services.issue_account(person_id=person_id, actor=DESK, now=before_midnight)
        assert services.issue_account(person_id=person_id, actor=DESK, now=before_midnight + timedelta(minutes=1)).code

    def test_asks_for_the_birth_year(self, now: datetime) -> None:
        person_id = register(now=now, birth=BirthDate())
        with pytest.raises(AgeUnknown):
            services.issue_account(person_id=person_id, actor=DESK, now=now)

    def test_refuses_nobody(self, now: datetime) -> None:
        with pytest.raises(PersonNotFound):
            services.issue_account(person_id=PersonId(0), actor=DESK, now=now)

    def test_refuses_an_account_in_use(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        with pytest.raises(AccountExists):
            services.issue_account(person_id=person_id, actor=DESK, now=now)
        assert sign_in(now=now).token

    def test_ends_what_an_earlier_code_had_opened(self, now: datetime) -> None:
        person_id, first = issue(now=now)
        started = sign_in(now=now, password=first.code)
        services.issue_account(person_id=person_id, actor=DESK, now=now)
        assert selectors.find_session(token=started.token, now=now) is None


class TestIssueOperatorAccount:
    def test_does_not_ask_for_the_age(self, now: datetime) -> None:
        person_id = register(now=now, birth=BirthDate())
        issued = services.issue_operator_account(person_id=person_id, actor=DESK, now=now)
        assert sign_in(now=now, password=issued.code).signed_in.must_change_password

    def test_refuses_nobody(self, now: datetime) -> None:
        with pytest.raises(PersonNotFound):
            services.issue_operator_account(person_id=PersonId(0), actor=DESK, now=now)


class TestRecoverAccount:
    def test_voids_the_password_and_ends_all_sessions(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        tokens = [sign_in(now=now).token for _ in range(2)]
        issued = services.recover_account(person_id=person_id, actor=DESK, now=now)
        assert [selectors.find_session(token=token, now=now) for token in tokens] == [None, None]
        with pytest.raises(SignInRefused):
            sign_in(now=now, password=PASSWORD)
        assert sign_in(now=now, password=issued.code).signed_in.must_change_password

    def test_is_told_to_owner_auditor_and_others(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        session_id = sign_in(now=now).signed_in.session_id
        services.recover_account(person_id=person_id, actor=DESK, now=now)
        assert selectors.sign_in_history(person_id=person_id).entries[0].kind is HistoryKind.RECOVERED
        assert AuditRecord.objects.get(action="identity.account_recovered").actor_id == "1"
        told = {event.name: event.payload for event in OutboxEvent.objects.order_by("pk")}
        assert told["identity.account_recovered.v1"] == {"person_id": person_id}
        assert told["identity.session_ended.v1"] == {
            "session_id": session_id,
            "person_id": person_id,
            "reason": "recovered",
        }

    def test_leaves_one_code_valid_of_two_desks(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        first = services.recover_account(person_id=person_id, actor=DESK, now=now)
        second = services.recover_account(person_id=person_id, actor=DESK, now=now)
        with pytest.raises(SignInRefused):
            sign_in(now=now, password=first.code)
        assert sign_in(now=now, password=second.code).token

    def test_refuses_who_has_no_account(self, now: datetime) -> None:
        with pytest.raises(NoAccount):
            services.recover_account(person_id=register(now=now), actor=DESK, now=now)


class TestConstraints:
    def test_allow_one_open_code_per_account(self, now: datetime) -> None:
        person_id, issued = issue(now=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            SealedCode.objects.create(account_id=person_id, code_hash="x", issued_at=now, expires_at=issued.expires_at)

    def test_want_a_code_to_expire(self, now: datetime) -> None:
        issue(now=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            SealedCode.objects.update(expires_at=now)

    @pytest.mark.parametrize(
        "broken",
        [{"password_hash": ""}, {"state": "awaiting_password"}, {"state": "lost"}, {"password_changed_at": None}],
    )
    def test_let_no_account_be_in_use_without_a_password(self, now: datetime, broken: dict[str, object]) -> None:
        make_citizen(now=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            Account.objects.update(**broken)
