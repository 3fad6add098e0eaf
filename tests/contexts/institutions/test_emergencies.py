"""Emergency rights: two operators, an hour, a reason, and a third line under it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.institutions import selectors, services
from kapi.contexts.institutions.errors import (
    DecidedByAsker,
    EmergencyAskedTooOften,
    EmergencyNotFound,
    EmergencyNotOpen,
    EmergencyUnderWay,
    NeedsStaff,
    OutlastsEmergency,
    ReasonMissing,
    SeenByAsker,
)
from kapi.contexts.institutions.models import Emergency, Membership, Proposal
from kapi.contexts.institutions.rules import EMERGENCY_ANSWER_WITHIN, EMERGENCY_LASTS
from kapi.contexts.institutions.values import (
    EmergencyId,
    EmergencyState,
    InstitutionDetails,
    InstitutionKind,
    Permission,
    Role,
)
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.models import OutboxEvent
from kapi.kernel.actors import Actor, ActorKind, system
from kapi.kernel.identifiers import InstitutionCode
from kapi.kernel.langstring import LangString
from tests.contexts.institutions.institutions_in_tests import add_top, give_role

pytestmark = pytest.mark.django_db
ASKER, SECOND, THIRD = (Actor(ActorKind.STAFF, str(number)) for number in (801, 802, 803))
REASON = "Yanlış bir hizmet yayında ve onay sorumlusu yok."
GATEWAY = "10000000"
MOMENT = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _operators(now: datetime) -> None:
    add_top(GATEWAY, "Kapı İşletmesi", now=now)
    give_role(801, GATEWAY, Role.OPERATOR, now=now)
    give_role(802, GATEWAY, Role.OPERATOR_APPROVER, now=now)


def ask(now: datetime, actor: Actor = ASKER) -> EmergencyId:
    return services.ask_for_emergency(reason=REASON, actor=actor, now=now)


def left(actor: Actor, now: datetime) -> int:
    return selectors.count_emergencies_to_review(person_id=int(actor.id), now=now)


def state(emergency_id: EmergencyId, now: datetime) -> EmergencyState:
    view = selectors.find_emergency(emergency_id, now=now)
    assert view is not None
    return view.state


class TestAskForEmergency:
    def test_waits_for_another_operator(self, now: datetime) -> None:
        asked = ask(now)
        assert state(asked, now) is EmergencyState.ASKED
        assert state(asked, now + EMERGENCY_ANSWER_WITHIN) is EmergencyState.LAPSED
        assert OutboxEvent.objects.filter(name="institutions.emergency_asked.v1").exists()

    def test_keeps_the_reason_out_of_trail_and_events(self, now: datetime) -> None:
        ask(now)
        kept = [*AuditRecord.objects.values_list("details", flat=True), *OutboxEvent.objects.values_list("payload")]
        assert REASON not in str(kept)

    @pytest.mark.parametrize("reason", ["", "   ", "kısa", " a" * 9, "x" * 501])
    def test_wants_a_reason(self, now: datetime, reason: str) -> None:
        with pytest.raises(ReasonMissing):
            services.ask_for_emergency(reason=reason, actor=ASKER, now=now)

    def test_is_asked_once_at_a_time(self, now: datetime) -> None:
        asked = ask(now)
        with pytest.raises(EmergencyUnderWay):
            ask(now)
        ask(now, SECOND)
        services.approve_emergency(emergency_id=asked, actor=SECOND, now=now)
        with pytest.raises(EmergencyUnderWay):
            ask(now)
        assert ask(now + EMERGENCY_LASTS)

    def test_is_asked_five_times_a_day_and_what_nobody_hears_does_not_count(self, now: datetime) -> None:
        ask(now)
        for _again in range(6):
            with pytest.raises(EmergencyUnderWay):
                ask(now)
        for nth in range(1, 5):
            ask(now + nth * EMERGENCY_ANSWER_WITHIN)
        later = now + 5 * EMERGENCY_ANSWER_WITHIN
        with pytest.raises(EmergencyAskedTooOften):
            ask(later)
        assert OutboxEvent.objects.filter(name="institutions.emergency_asked.v1").count() == 5
        assert ask(later, SECOND)
        assert ask(now + timedelta(days=1))

    def test_is_for_people(self, now: datetime) -> None:
        with pytest.raises(NeedsStaff):
            ask(now, system("test"))


class TestApproveEmergency:
    def test_grants_an_hour(self, now: datetime) -> None:
        asked = ask(now)
        assert services.approve_emergency(emergency_id=asked, actor=SECOND, now=now) == now + EMERGENCY_LASTS
        assert state(asked, now + EMERGENCY_LASTS - MOMENT) is EmergencyState.IN_FORCE
        assert state(asked, now + EMERGENCY_LASTS) is EmergencyState.OVER
        (event,) = OutboxEvent.objects.filter(name="institutions.emergency_opened.v1")
        assert event.payload == {"emergency_id": asked, "asked_by": 801, "approved_by": 802}

    def test_is_not_for_who_asks(self, now: datetime) -> None:
        asked = ask(now)
        with pytest.raises(DecidedByAsker):
            services.approve_emergency(emergency_id=asked, actor=ASKER, now=now)
        with pytest.raises(DecidedByAsker):
            services.refuse_emergency(emergency_id=asked, actor=ASKER, now=now)

    @pytest.mark.parametrize("first", [services.approve_emergency, services.refuse_emergency])
    def test_happens_once(self, now: datetime, first: Any) -> None:
        asked = ask(now)
        first(emergency_id=asked, actor=SECOND, now=now)
        for deed in (services.approve_emergency, services.refuse_emergency):
            with pytest.raises(EmergencyNotOpen):
                deed(emergency_id=asked, actor=THIRD, now=now)

    def test_comes_in_time(self, now: datetime) -> None:
        asked = ask(now)
        with pytest.raises(EmergencyNotOpen):
            services.approve_emergency(emergency_id=asked, actor=SECOND, now=now + EMERGENCY_ANSWER_WITHIN)

    def test_is_for_operators_that_are_still_in_office(self, now: datetime) -> None:
        asked = ask(now)
        for member in selectors.memberships_of(person_id=801, language="tr"):
            services.revoke_role(membership_id=member.id, actor=SECOND, now=now)
        with pytest.raises(EmergencyNotOpen):
            services.approve_emergency(emergency_id=asked, actor=SECOND, now=now)

    def test_wants_one_that_is_there(self, now: datetime) -> None:
        with pytest.raises(EmergencyNotFound):
            services.approve_emergency(emergency_id=4711, actor=SECOND, now=now)


class TestEndEmergency:
    def test_is_for_any_operator_and_happens_once(self, now: datetime) -> None:
        asked = ask(now)
        with pytest.raises(EmergencyNotOpen):
            services.end_emergency(emergency_id=asked, actor=SECOND, now=now)
        services.approve_emergency(emergency_id=asked, actor=SECOND, now=now)
        services.end_emergency(emergency_id=asked, actor=ASKER, now=now + MOMENT)
        assert state(asked, now + MOMENT) is EmergencyState.OVER
        with pytest.raises(EmergencyNotOpen):
            services.end_emergency(emergency_id=asked, actor=SECOND, now=now + MOMENT)


class TestReviewEmergency:
    def test_signs_what_is_over(self, now: datetime) -> None:
        asked, over = ask(now), now + EMERGENCY_LASTS
        services.approve_emergency(emergency_id=asked, actor=SECOND, now=now)
        with pytest.raises(EmergencyNotOpen):
            services.review_emergency(emergency_id=asked, actor=THIRD, now=now)
        assert (left(SECOND, over), left(ASKER, over), left(SECOND, now)) == (1, 0, 0)
        with pytest.raises(SeenByAsker):
            services.review_emergency(emergency_id=asked, actor=ASKER, now=over)
        services.review_emergency(emergency_id=asked, actor=THIRD, now=over)
        assert left(SECOND, over) == 0
        with pytest.raises(EmergencyNotOpen):
            services.review_emergency(emergency_id=asked, actor=SECOND, now=over)


class TestConstraints:
    @pytest.mark.parametrize(
        "change",
        [
            {"decided_by": 801},
            {"decision": "approved"},
            {"late": True},
            {"ends_at": None},
            {"over": True},
            {"seen_by": 801},
            {"reason": ""},
            {"decided_at": None},
            {"seen_at": True},
        ],
    )
    def test_say_so_whatever_a_service_does(self, now: datetime, change: dict[str, Any]) -> None:
        granted = {"decision": "approved", "decided_by": 802, "decided_at": now, "ends_at": now + EMERGENCY_LASTS}
        asked = Emergency.objects.filter(pk=ask(now))
        wrong: dict[str, Any] = granted | change
        if wrong.pop("late", False):
            wrong["decided_at"] = now + EMERGENCY_ANSWER_WITHIN
        if wrong.pop("over", False):
            wrong["ended_at"] = now + EMERGENCY_LASTS + MOMENT
        if change == {"decision": "approved"}:
            wrong = change
        if "seen_by" in change or "seen_at" in change:
            wrong["seen_at"] = now
        with pytest.raises(IntegrityError), transaction.atomic():
            asked.update(**wrong)
        asked.update(**granted)


class TestCountEmergenciesToReview:
    def test_asks_one_query_however_many_there_are(
        self, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for nth in range(4):
            asked = ask(now + nth * EMERGENCY_LASTS)
            services.approve_emergency(emergency_id=asked, actor=SECOND, now=now + nth * EMERGENCY_LASTS)
        with django_assert_num_queries(1) as asked_for:
            assert left(SECOND, now + timedelta(days=1)) == 4
        assert "COUNT" in asked_for.captured_queries[0]["sql"]


class TestRightsUnderAnEmergency:
    """Whoever acts under one changes nothing about rights that the hour would not end, whatever roles they hold."""

    HURRIED = Actor(ActorKind.STAFF, "801", GATEWAY, emergency="1")

    def test_are_given_to_nobody(self, now: datetime) -> None:
        common: dict[str, Any] = {"person_id": 805, "institution_code": GATEWAY, "actor": self.HURRIED, "now": now}
        with pytest.raises(OutlastsEmergency):
            services.grant_role(role=Role.SERVICE_APPROVER, **common)
        with pytest.raises(OutlastsEmergency):
            services.propose_role(role=Role.OPERATOR_APPROVER, **common)
        assert not Membership.objects.filter(person_id=805).exists()
        assert not Proposal.objects.filter(state="open").exists()

    def test_are_not_given_by_deciding_either(self, now: datetime) -> None:
        proposal = services.propose_role(
            person_id=805, institution_code=GATEWAY, role=Role.DESK_OFFICER, actor=SECOND, now=now
        )
        with pytest.raises(OutlastsEmergency):
            services.accept_proposal(proposal_id=proposal, actor=self.HURRIED, now=now)
        assert Proposal.objects.get(pk=proposal).state == "open"
        services.reject_proposal(proposal_id=proposal, actor=self.HURRIED, now=now)

    def test_come_to_no_new_institution_either(self, now: datetime) -> None:
        details = InstitutionDetails(name=LangString("Yeni Kurum"), kind=InstitutionKind.MINISTRY)
        code = InstitutionCode.parse("24309999")
        with pytest.raises(OutlastsEmergency):
            services.propose_institution(code=code, details=details, actor=self.HURRIED, now=now)
        proposal = services.propose_institution(code=code, details=details, actor=SECOND, now=now)
        with pytest.raises(OutlastsEmergency):
            services.accept_proposal(proposal_id=proposal, actor=self.HURRIED, now=now)
        assert selectors.find_institution("24309999") is None
        services.reject_proposal(proposal_id=proposal, actor=self.HURRIED, now=now)

    def test_stay_with_who_could_end_it(self, now: datetime) -> None:
        for person in (801, 802):
            (member,) = selectors.memberships_of(person_id=person, language="tr")
            with pytest.raises(OutlastsEmergency):
                services.revoke_role(membership_id=member.id, actor=self.HURRIED, now=now)
        assert len(selectors.operators_in_office()) == 2

    def test_can_be_taken_from_an_institutions_staff(self, now: datetime) -> None:
        give_role(805, GATEWAY, Role.SERVICE_EDITOR, now=now)
        (member,) = selectors.memberships_of(person_id=805, language="tr")
        services.revoke_role(membership_id=member.id, actor=self.HURRIED, now=now)
        assert not selectors.has_role(person_id=805)


class TestEmergencyPermissions:
    def test_open_nobodys_account_and_no_further_emergency(self) -> None:
        granted = {permission for _where, permission in selectors.emergency_permissions()}
        assert set(Permission) - granted == {
            Permission.ISSUE_ACCOUNTS,
            Permission.RECOVER_ACCOUNTS,
            Permission.ASSIST_CITIZENS,
            Permission.BREAK_GLASS,
        }
