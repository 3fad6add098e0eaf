"""The help desk: nothing without agreement, nothing after its end, and nobody else's session, ever."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    AssistanceOver,
    AuthenticatorNotFound,
    OwnAssistance,
    SignInRefused,
    SupportCodeRefused,
    TooManyAttempts,
)
from kapi.contexts.identity.models import Assistance, HistoryRow, Session, SupportCode
from kapi.contexts.identity.rules import assistance as rules
from kapi.contexts.identity.rules import budgets, sent_codes
from kapi.contexts.identity.selectors.assistance import assistances_of
from kapi.contexts.identity.services.authenticators import keep_authenticator
from kapi.contexts.identity.values import (
    AssistanceEnd,
    AssistanceId,
    AssistanceState,
    AssistedAccount,
    AuthenticatorId,
    AuthenticatorKind,
    DeedKind,
    EndReason,
    HistoryKind,
    Lane,
    SessionId,
    SignedIn,
)
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.limits.services import spend
from kapi.foundation.outbox.models import OutboxEvent
from kapi.kernel.actors import Actor, ActorKind
from tests import people

pytestmark = pytest.mark.django_db
HELPER, HERE = Actor(ActorKind.STAFF, "4711", "24301234"), SessionId(900)


@dataclass
class Help:
    """An assisted session, from both sides."""

    owner: SignedIn
    id: AssistanceId
    now: datetime

    def agree(self) -> "Help":
        services.agree_to_assistance(
            assistance_id=self.id, session_id=self.owner.session_id, actor=self.owner.actor, now=self.now
        )
        return self

    def look(self, after: timedelta = timedelta(0)) -> AssistedAccount:
        return services.look_at_account(assistance_id=self.id, session_id=HERE, actor=HELPER, now=self.now + after)

    def view(self, after: timedelta = timedelta(0)) -> tuple[AssistanceState, AssistanceEnd | None]:
        view = assistances_of(person_id=self.owner.person_id, now=self.now + after)[0]
        return view.state, view.end_reason


@pytest.fixture
def owner(now: datetime) -> SignedIn:
    """A citizen who is signed in."""
    people.make_citizen(now=now)
    return people.sign_in(now=now).signed_in


def make_code(owner: SignedIn, now: datetime) -> str:
    return services.make_support_code(session_id=owner.session_id, actor=owner.actor, now=now).code


def ask(code: str, now: datetime, actor: Actor = HELPER) -> AssistanceId:
    return services.ask_to_assist(code=code, session_id=HERE, actor=actor, now=now)


@pytest.fixture
def asked(owner: SignedIn, now: datetime) -> Help:
    """Help that was asked for and not answered yet."""
    return Help(owner, ask(make_code(owner, now), now), now)


class TestSupportCode:
    def test_is_good_once(self, owner: SignedIn, now: datetime) -> None:
        code = make_code(owner, now)
        assert ask(f" {code.replace('-', ' ').casefold()} ", now)
        with pytest.raises(SupportCodeRefused):
            ask(code, now)

    def test_is_good_for_five_minutes(self, owner: SignedIn, now: datetime) -> None:
        code = make_code(owner, now)
        with pytest.raises(SupportCodeRefused):
            ask(code, now + rules.CODE_VALID_FOR)

    def test_is_void_when_another_was_made(self, owner: SignedIn, now: datetime) -> None:
        former, code = make_code(owner, now), make_code(owner, now)
        with pytest.raises(SupportCodeRefused):
            ask(former, now)
        assert ask(code, now)

    def test_is_kept_nowhere(self, owner: SignedIn, now: datetime) -> None:
        code = rules.read_support_code(make_code(owner, now))
        assert code not in str(SupportCode.objects.values().get())

    @pytest.mark.parametrize("typed", ["", "ABCD", "0000-0000", "x" * 5_000, "İIıi-ŞşĞğ"])
    def test_is_not_anything_else(self, now: datetime, typed: str) -> None:
        with pytest.raises(SupportCodeRefused):
            ask(typed, now)

    def test_is_not_guessed(self, now: datetime) -> None:
        for _try in range(budgets.SUPPORT_CODE_TRIES[0].limit):
            with pytest.raises(SupportCodeRefused):
                ask("AAAA-AAAA", now)
        with pytest.raises(TooManyAttempts):
            ask("AAAA-AAAA", now)

    def test_is_not_for_oneself(self, owner: SignedIn, now: datetime) -> None:
        code = make_code(owner, now)
        with pytest.raises(OwnAssistance):
            ask(code, now, Actor(ActorKind.STAFF, str(owner.person_id), "24301234"))
        assert ask(code, now)

    def test_is_not_made_without_end(self, owner: SignedIn, now: datetime) -> None:
        for _code in range(budgets.SUPPORT_CODES[0].limit):
            make_code(owner, now)
        with pytest.raises(TooManyAttempts):
            make_code(owner, now)


class TestAgreement:
    def test_shows_nothing_before_it_is_given(self, asked: Help) -> None:
        with pytest.raises(AssistanceOver):
            asked.look()

    def test_shows_how_the_account_stands_and_who_looked(self, asked: Help, now: datetime) -> None:
        account = asked.agree().look()
        assert (account.open_sessions, account.authenticators, account.full_lanes) == (1, (), ())
        assert [deed.kind for deed in account.deeds] == [DeedKind.LOOKED]
        assert len(asked.look().deeds) == 1
        actions = list(
            AuditRecord.objects.filter(subject_kind="assistance").order_by("pk").values_list("action", flat=True)
        )
        assert actions == ["identity.assistance_asked", "identity.assistance_agreed", "identity.assistance_looked"]
        line = selectors.sign_in_history(person_id=asked.owner.person_id).entries[0]
        assert (line.kind, line.staff_id, line.institution_code) == (HistoryKind.ASSISTANCE_AGREED, 4711, "24301234")
        assert OutboxEvent.objects.filter(name="identity.assistance_agreed.v1").exists()

    def test_shows_no_number_name_address_or_device(self, asked: Help) -> None:
        account = asked.agree().look()
        shown = str([getattr(account, field.name) for field in fields(AssistedAccount)])
        record = selectors.get_person_record(person_id=asked.owner.person_id)
        for secret in (record.identity_number.digits, record.given_names, "192.0.2", "Firefox"):
            assert secret not in shown

    def test_is_the_owners_and_comes_in_time(self, asked: Help, now: datetime) -> None:
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        stranger = people.sign_in(now=now, number=people.OTHER_NUMBER).signed_in
        for who, after in ((stranger, timedelta(0)), (asked.owner, rules.ANSWER_WITHIN)):
            with pytest.raises(AssistanceOver):
                services.agree_to_assistance(
                    assistance_id=asked.id, session_id=who.session_id, actor=who.actor, now=now + after
                )
        assert asked.view(rules.ANSWER_WITHIN) == (AssistanceState.ENDED, AssistanceEnd.BY_TIME)

    def test_is_for_this_member_of_staff_in_this_session(self, asked: Help, now: datetime) -> None:
        asked.agree()
        for actor, session in ((Actor(ActorKind.STAFF, "4712"), HERE), (HELPER, SessionId(901))):
            with pytest.raises(AssistanceOver):
                services.look_at_account(assistance_id=asked.id, session_id=session, actor=actor, now=now)

    def test_ends_by_itself(self, asked: Help) -> None:
        asked.agree().look(rules.LASTS - timedelta(seconds=1))
        with pytest.raises(AssistanceOver):
            asked.look(rules.LASTS)
        assert asked.view(rules.LASTS) == (AssistanceState.ENDED, AssistanceEnd.BY_TIME)

    @pytest.mark.parametrize(
        ("agreed", "by_owner", "reason"),
        [
            (False, True, AssistanceEnd.DECLINED),
            (False, False, AssistanceEnd.BY_STAFF),
            (True, True, AssistanceEnd.BY_CITIZEN),
            (True, False, AssistanceEnd.BY_STAFF),
        ],
    )
    def test_ends_when_either_of_both_wants(
        self, asked: Help, now: datetime, agreed: bool, by_owner: bool, reason: AssistanceEnd
    ) -> None:
        if agreed:
            asked.agree()
        for _again in range(2):
            services.end_assistance(assistance_id=asked.id, actor=asked.owner.actor if by_owner else HELPER, now=now)
        assert asked.view() == (AssistanceState.ENDED, reason)
        with pytest.raises(AssistanceOver):
            asked.look()

    def test_is_not_ended_by_others(self, asked: Help, now: datetime) -> None:
        for actor in (Actor(ActorKind.STAFF, "4712"), Actor(ActorKind.PERSON, "4711")):
            with pytest.raises(AssistanceOver):
                services.end_assistance(assistance_id=asked.id, actor=actor, now=now)

    def test_ends_when_its_owner_signs_out(self, asked: Help, now: datetime) -> None:
        asked.agree()
        services.end_session(
            session_id=asked.owner.session_id, reason=EndReason.SIGNED_OUT, actor=asked.owner.actor, now=now
        )
        with pytest.raises(AssistanceOver):
            asked.look()

    def test_gives_way_to_another(self, asked: Help, now: datetime) -> None:
        asked.agree()
        ask(make_code(asked.owner, now), now, Actor(ActorKind.STAFF, "4712", "24301234"))
        with pytest.raises(AssistanceOver):
            asked.look()
        assert Assistance.objects.get(pk=asked.id).end_reason == AssistanceEnd.REPLACED

    def test_is_in_time_by_the_databases_own_rules(self, asked: Help, now: datetime) -> None:
        row = Assistance.objects.filter(pk=asked.id)
        late = {"agreed_at": now + rules.ANSWER_WITHIN, "agreed_session_id": 1, "ends_at": now + timedelta(hours=1)}
        changes: list[dict[str, Any]] = [late, {"agreed_at": now}, {"ended_at": now}, {"agreed_session_id": 1}]
        for change in [*changes, {"staff_id": asked.owner.person_id}]:
            with pytest.raises(IntegrityError), transaction.atomic():
                row.update(**change)


class TestDeeds:
    def test_end_all_sessions_but_the_one_in_which_it_was_agreed(self, asked: Help, now: datetime) -> None:
        people.sign_in(now=now)
        asked.agree()
        assert services.end_sessions_in_assistance(assistance_id=asked.id, session_id=HERE, actor=HELPER, now=now) == 1
        left = selectors.sessions_of(person_id=asked.owner.person_id, now=now)
        assert [view.session_id for view in left] == [asked.owner.session_id]

    def test_release_a_full_lane_once(self, asked: Help, now: datetime) -> None:
        for place in range(budgets.NUMBER[0].limit):
            with pytest.raises(SignInRefused):
                people.sign_in(now=now, password="wrong", address=f"198.51.{place}.1")
        asked.agree()
        assert asked.look().full_lanes == (Lane.PASSWORD,)
        release: dict[str, Any] = {
            "assistance_id": asked.id,
            "session_id": HERE,
            "lane": Lane.PASSWORD,
            "actor": HELPER,
            "now": now,
        }
        services.release_lane(**release)
        assert asked.look().full_lanes == ()
        assert people.sign_in(now=now, address="198.51.200.1").token
        with pytest.raises(TooManyAttempts):
            services.release_lane(**release)

    @pytest.mark.parametrize("what", ["totp", "sent"])
    def test_release_the_lane_of_either_kind_of_one_time_code(self, asked: Help, now: datetime, what: str) -> None:
        key = f"second-step:{what}:account:{asked.owner.person_id}"
        for _try in range(budgets.SECOND_STEP_ACCOUNT[0].limit):
            assert spend(key=key, budgets=budgets.SECOND_STEP_ACCOUNT, now=now).allowed
        assert asked.agree().look().full_lanes == (Lane.SECOND_STEP,)
        services.release_lane(assistance_id=asked.id, session_id=HERE, lane=Lane.SECOND_STEP, actor=HELPER, now=now)
        assert spend(key=key, budgets=budgets.SECOND_STEP_ACCOUNT, now=now).allowed

    def test_release_what_somebody_used_up_where_a_sign_in_is_held_off(self, asked: Help, now: datetime) -> None:
        person_id = asked.owner.person_id
        shares = (
            (sent_codes.tries_at_held_off(person_id), budgets.HELD_OFF_TRIES),
            (sent_codes.lane_of_held_off(person_id), budgets.HELD_OFF_CODES),
        )
        asked.agree()
        for key, budget in shares:
            for _try in range(budget[0].limit):
                assert spend(key=key, budgets=budget, now=now).allowed
            assert asked.look().full_lanes == (Lane.SECOND_STEP,)
        services.release_lane(assistance_id=asked.id, session_id=HERE, lane=Lane.SECOND_STEP, actor=HELPER, now=now)
        assert asked.look().full_lanes == ()
        assert all(spend(key=key, budgets=budget, now=now).allowed for key, budget in shares)

    def test_only_suggest_to_remove_an_authenticator(self, asked: Help, now: datetime) -> None:
        owner = asked.owner
        added = keep_authenticator(
            session_id=owner.session_id, kind=AuthenticatorKind.PASSKEY, name="Ayşe'nin telefonu", secret="x",
            actor=owner.actor, now=now,
        )  # fmt: skip
        asked.agree()
        assert "Ayşe" not in str(asked.look())
        services.suggest_removal(assistance_id=asked.id, session_id=HERE, authenticator_id=added, actor=HELPER, now=now)
        assert len(selectors.authenticators_of(person_id=owner.person_id)) == 1
        with pytest.raises(AuthenticatorNotFound):
            services.suggest_removal(
                assistance_id=asked.id, session_id=HERE, authenticator_id=AuthenticatorId(0), actor=HELPER, now=now
            )

    def test_are_refused_without_agreement(self, asked: Help, now: datetime) -> None:
        common: dict[str, Any] = {"assistance_id": asked.id, "session_id": HERE, "actor": HELPER, "now": now}
        for deed in (
            lambda: services.end_sessions_in_assistance(**common),
            lambda: services.suggest_removal(authenticator_id=AuthenticatorId(1), **common),
            lambda: services.release_lane(lane=Lane.PASSWORD, **common),
            lambda: services.point_to_desk(**common),
        ):
            with pytest.raises(AssistanceOver):
                deed()

    def test_stay_for_the_owner_to_read_when_the_history_is_forgotten(self, asked: Help, now: datetime) -> None:
        asked.agree().look()
        services.point_to_desk(assistance_id=asked.id, session_id=HERE, actor=HELPER, now=now)
        later = now + timedelta(days=5_000)
        services.forget_old_traces(limit=1_000, actor=HELPER, now=later)
        assert not HistoryRow.objects.exists()
        (view,) = assistances_of(person_id=asked.owner.person_id, now=later)
        assert (view.staff_id, view.institution_code) == (4711, "24301234")
        assert [deed.kind for deed in view.deeds] == [DeedKind.LOOKED, DeedKind.POINTED_TO_DESK]

    def test_are_read_page_by_page(
        self, owner: SignedIn, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        made = [ask(make_code(owner, now), now) for _help in range(5)]
        with django_assert_num_queries(2):
            newest = assistances_of(person_id=owner.person_id, limit=3, now=now)
        older = assistances_of(person_id=owner.person_id, older_than=made[2], limit=3, now=now)
        assert [view.assistance_id for view in (*newest, *older)] == made[::-1]

    def test_never_make_renew_or_strengthen_a_session(self, asked: Help, now: datetime) -> None:
        before = list(Session.objects.order_by("pk").values())
        asked.agree().look()
        common: dict[str, Any] = {"assistance_id": asked.id, "session_id": HERE, "actor": HELPER, "now": now}
        services.end_sessions_in_assistance(**common)
        services.release_lane(lane=Lane.SECOND_STEP, **common)
        services.point_to_desk(**common)
        services.end_assistance(assistance_id=asked.id, actor=HELPER, now=now)
        assert list(Session.objects.order_by("pk").values()) == before
