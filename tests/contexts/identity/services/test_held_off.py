"""Going on by a code while lists of passwords are tried: by whoever knows the password and has the contact.

Nobody else learns anything.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import CodeRefused, SecondStepOver, TooManyCodes
from kapi.contexts.identity.models import Contact, HeldOffSignIn, SentCode, Session
from kapi.contexts.identity.rules import budgets
from kapi.contexts.identity.rules.sessions import HELD_OFF_VALID_FOR
from kapi.contexts.identity.selectors import sign_in_history
from kapi.contexts.identity.services.cooling_off import begin_cooling_off
from kapi.contexts.identity.values import (
    AssuranceLevel,
    ContactKind,
    HistoryKind,
    Method,
    MisuseAbout,
    MisuseExtent,
    MisuseSubject,
    PersonId,
    StartedSession,
)
from kapi.foundation.limits.values import Budget
from kapi.foundation.mailbox.selectors import latest_messages
from kapi.foundation.outbox.models import OutboxEvent
from kapi.kernel.actors import system
from tests import authenticator_apps as apps
from tests import people
from tests.contexts.identity.test_enumeration import shape_of
from tests.held_off import ask, ask_and_send, be_held_off, go_on, send, try_lists
from tests.sent_codes import EMAIL, PHONE, add_contact, add_step, code_of, hand_over, remove_contact

pytestmark = pytest.mark.django_db
HOME = "192.0.2.10"
SHORT = timedelta(seconds=30)
DAY = timedelta(days=1)


@pytest.fixture
def owner(now: datetime) -> StartedSession:
    """Somebody who signed in at home two days ago, and added a telephone and an e-mail address; now lists are tried."""
    people.make_citizen(now=now - 2 * DAY)
    started = people.sign_in(now=now - 2 * DAY, address=HOME)
    add_contact(started.signed_in, PHONE, now=now - 2 * DAY)
    add_contact(started.signed_in, EMAIL, now=now - 2 * DAY + SHORT)
    try_lists(now)
    return started


def signed_in_anew(now: datetime) -> StartedSession:
    return people.sign_in(now=now, address=HOME)


class TestFinishHeldOff:
    @pytest.mark.parametrize(
        ("kind", "worth"),
        [
            (ContactKind.PHONE, (AssuranceLevel.SUBSTANTIAL, ("mfa", "otp", "pwd", "sms"), Method.SMS_CODE)),
            (ContactKind.EMAIL, (AssuranceLevel.LOW, ("pwd",), Method.EMAIL_CODE)),
        ],
    )
    def test_is_worth_what_password_and_code_are_worth_elsewhere(
        self,
        owner: StartedSession,
        now: datetime,
        kind: ContactKind,
        worth: tuple[str, tuple[str, ...], Method],
    ) -> None:
        acr, amr, method = worth
        token = be_held_off(now=now)
        code = ask_and_send(token, kind, now=now)
        signed_in = go_on(token, f"{code[:3]} {code[3:]}", now=now + SHORT).signed_in
        assert (signed_in.acr, signed_in.amr) == (acr, amr)
        assert [proof.method for proof in signed_in.proofs] == [Method.PASSWORD, method]
        assert signed_in.proofs[0].at == now
        entries = sign_in_history(person_id=signed_in.person_id).entries[:2]
        assert [entry.kind for entry in entries] == [HistoryKind.SIGNED_IN, HistoryKind.HELD_OFF]

    def test_makes_the_device_known(self, owner: StartedSession, now: datetime) -> None:
        token = be_held_off(now=now)
        started = go_on(token, ask_and_send(token, now=now), now=now)
        assert people.sign_in(now=now, address="203.0.113.77", device_token=started.device_token).token

    def test_takes_a_code_once(self, owner: StartedSession, now: datetime) -> None:
        token = be_held_off(now=now)
        code = ask_and_send(token, now=now)
        go_on(token, code, now=now)
        sessions = Session.objects.count()
        with pytest.raises(SecondStepOver):
            go_on(token, code, now=now)
        other = be_held_off(now=now, address="198.51.101.7")
        with pytest.raises(CodeRefused):
            go_on(other, code, now=now)
        assert Session.objects.count() == sessions

    def test_takes_the_last_code_for_three_minutes(self, owner: StartedSession, now: datetime) -> None:
        token = be_held_off(now=now)
        first = ask_and_send(token, now=now)
        last = ask_and_send(token, now=now + SHORT)
        assert first != last  # but once in a million runs
        for code, at in ((first, now + SHORT), (last, now + SHORT + timedelta(minutes=3))):
            with pytest.raises(CodeRefused):
                go_on(token, code, now=at)
        assert go_on(token, last, now=now + timedelta(minutes=3)).token

    def test_is_over_after_ten_minutes_or_five_codes(self, owner: StartedSession, now: datetime) -> None:
        token = be_held_off(now=now)
        with pytest.raises(SecondStepOver):
            go_on(token, "000000", now=now + HELD_OFF_VALID_FOR)
        code = ask_and_send(token, now=now)
        wrong = "000000" if code != "000000" else "111111"
        for _ in range(budgets.HELD_OFF_MOST_TRIES):
            with pytest.raises(CodeRefused):
                go_on(token, wrong, now=now)
        with pytest.raises(SecondStepOver):
            go_on(token, code, now=now)
        assert selectors.find_held_off(token=token, now=now) is None

    def test_goes_by_the_second_step_of_who_has_one_and_by_nothing_weaker(
        self, owner: StartedSession, now: datetime
    ) -> None:
        app = apps.add_app(signed_in_anew(now - SHORT).signed_in, now=now - SHORT)
        printed = apps.print_codes(signed_in_with(app, now), now=now)
        token, other = be_held_off(now=now), be_held_off(now=now, address="198.51.101.7")
        for kind in ContactKind:
            assert ask_and_send(token, kind, now=now + (SHORT if kind is ContactKind.EMAIL else timedelta())) == ""
        later = now + timedelta(minutes=2)
        assert go_on(token, app.code(later), now=later).signed_in.acr == AssuranceLevel.SUBSTANTIAL
        assert go_on(other, printed[0], now=later).signed_in.amr == ("mfa", "otp", "pwd")

    def test_sends_a_code_to_the_contact_that_is_the_second_step(self, owner: StartedSession, now: datetime) -> None:
        signed_in = signed_in_anew(now - SHORT).signed_in
        phone = selectors.contacts_of(person_id=signed_in.person_id)[0].contact_id
        step = add_step(signed_in, phone, now=now - SHORT)
        token = be_held_off(now=now)
        assert ask_and_send(token, ContactKind.EMAIL, now=now) == ""
        proofs = go_on(token, ask_and_send(token, now=now + SHORT), now=now + SHORT).signed_in.proofs
        assert proofs[1].authenticator_id == step

    def test_does_not_take_a_code_to_a_contact_that_was_removed_since(
        self, owner: StartedSession, now: datetime
    ) -> None:
        signed_in = signed_in_anew(now).signed_in
        token = be_held_off(now=now)
        code = ask_and_send(token, now=now)
        phone = selectors.contacts_of(person_id=signed_in.person_id)[0].contact_id
        remove_contact(signed_in, phone, now=now)
        with pytest.raises(CodeRefused):
            go_on(token, code, now=now)

    def test_does_not_outlive_the_password(self, owner: StartedSession, now: datetime) -> None:
        signed_in = signed_in_anew(now).signed_in
        token = be_held_off(now=now)
        code = ask_and_send(token, now=now)
        services.change_password(
            session_id=signed_in.session_id,
            current_password=people.PASSWORD,
            new_password="yedi sarı minder, beş kaşık",
            actor=signed_in.actor,
            now=now,
        )
        with pytest.raises(CodeRefused):
            go_on(token, code, now=now)

    def test_is_void_once_the_owner_says_that_it_was_not_them(self, owner: StartedSession, now: datetime) -> None:
        stranger = people.sign_in(now=now - SHORT, address=HOME).signed_in
        signed_in = signed_in_anew(now).signed_in
        token = be_held_off(now=now)
        code = ask_and_send(token, now=now)
        services.report_misuse(
            session_id=signed_in.session_id,
            subject=MisuseSubject(about=MisuseAbout.SESSION, id=stranger.session_id),
            extent=MisuseExtent.THOSE,
            actor=signed_in.actor,
            now=now,
        )
        with pytest.raises(CodeRefused):
            go_on(token, code, now=now)

    def test_hears_ten_codes_a_day_at_one_account_and_says_nothing_of_it(
        self, owner: StartedSession, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "HELD_OFF_TRIES", (Budget(3, DAY), Budget(9, 7 * DAY)))
        token = be_held_off(now=now)
        for _ in range(3):
            with pytest.raises(CodeRefused):
                go_on(token, "000000", now=now)
        other = be_held_off(now=now, address="198.51.101.7")
        code = ask_and_send(other, now=now)
        with pytest.raises(CodeRefused):
            go_on(other, code, now=now)
        later = now + DAY + SHORT
        try_lists(later)
        third = be_held_off(now=later)
        assert go_on(third, ask_and_send(third, now=later), now=later).token

    def test_hears_a_printed_code_however_many_others_were_tried(
        self, owner: StartedSession, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "HELD_OFF_TRIES", (Budget(2, DAY), Budget(9, 7 * DAY)))
        signed_in = signed_in_anew(now - 2 * SHORT).signed_in
        apps.add_app(signed_in, now=now - 2 * SHORT)
        codes = apps.print_codes(signed_in, now=now - 2 * SHORT)
        thief = be_held_off(now=now)
        for code in ("000000", "000000", "XXXX-XXXX-XXXX"):
            with pytest.raises(CodeRefused):
                go_on(thief, code, now=now)
        token = be_held_off(now=now, address="198.51.101.7")
        assert go_on(token, codes[0], now=now).signed_in.acr == AssuranceLevel.SUBSTANTIAL

    def test_does_not_count_what_may_be_a_printed_code_against_the_others(
        self, owner: StartedSession, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "HELD_OFF_TRIES", (Budget(1, DAY), Budget(9, 7 * DAY)))
        thief = be_held_off(now=now)
        for _ in range(3):
            with pytest.raises(CodeRefused):
                go_on(thief, "XXXX-XXXX-XXXX", now=now)
        token = be_held_off(now=now, address="198.51.101.7")
        assert go_on(token, ask_and_send(token, now=now), now=now).token


def signed_in_with(app: apps.App, now: datetime) -> Any:
    """Sign in at home with an app whose code of this half minute is used up."""
    later = now + timedelta(minutes=1)
    return apps.finish(apps.begin(now=later, address=HOME), app.code(later), now=later).signed_in


class TestSendHeldOffCode:
    def test_sends_one_for_each_asking(self, owner: StartedSession, now: datetime) -> None:
        token = be_held_off(now=now)
        assert ask_and_send(token, now=now) == send(token, now=now) != ""
        assert SentCode.objects.filter(held_off__isnull=False).count() == 1

    def test_sends_nothing_for_a_wrong_password_or_nobodys_number(self, owner: StartedSession, now: datetime) -> None:
        for tried in ({"password": "wrong"}, {"number": people.NOBODYS_NUMBER}):
            assert ask_and_send(be_held_off(now=now, **tried), now=now) == ""
        assert not SentCode.objects.filter(held_off__isnull=False).exists()

    def test_sends_nothing_to_a_contact_that_was_added_within_a_day(self, owner: StartedSession, now: datetime) -> None:
        Contact.objects.update(verified_at=now - DAY + timedelta(seconds=1))
        assert ask_and_send(be_held_off(now=now), now=now) == ""

    def test_sends_nothing_to_a_contact_that_was_added_after_a_recovery_which_is_not_over(
        self, owner: StartedSession, now: datetime
    ) -> None:
        person_id = owner.signed_in.person_id
        recover(person_id, now - timedelta(hours=40))
        Contact.objects.filter(kind=ContactKind.PHONE).update(verified_at=now - timedelta(hours=39))
        recover(person_id, now - timedelta(hours=17))  # prolongs the first
        assert ask_and_send(be_held_off(now=now), now=now) == ""
        token = be_held_off(now=now)
        assert ask_and_send(token, ContactKind.EMAIL, now=now)  # was there before

    def test_sends_no_more_than_a_few_to_one_person_whoever_asks(
        self, owner: StartedSession, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "HELD_OFF_CODES", (Budget(2, DAY),))
        sent = [
            ask_and_send(be_held_off(now=now, address=address), now=now, address=address)
            for address in ("198.51.101.7", "198.51.102.7", "198.51.103.7")
        ]
        assert [bool(code) for code in sent] == [True, True, False]

    def test_tells_the_owner_what_is_tried_and_what_to_do(
        self, owner: StartedSession, now: datetime, settings: Any
    ) -> None:
        settings.DEMO = True
        ask_and_send(be_held_off(now=now), now=now)
        hand_over(now=now)
        [message] = [message for message in latest_messages(to=PHONE.text) if "yeni bir cihaz" in message.body]
        for words in ("somebody knows your password", "şifrenizi başkası biliyor", "/bu-ben-degildim/"):
            assert words in message.body


def recover(person_id: PersonId, at: datetime) -> None:
    """Let a desk have handed the account back at some time, without its other consequences."""
    begin_cooling_off(person_id=person_id, actor=system("test"), now=at)


class TestWhatIsTold:
    """Of a right password, a wrong one, and a number that is nobody's, everything must be the same."""

    TRIES: tuple[dict[str, Any], ...] = (
        {},
        {"number": people.OTHER_NUMBER},
        {"password": "wrong"},
        {"number": people.NOBODYS_NUMBER},
    )

    @pytest.fixture
    def tokens(self, owner: StartedSession, now: datetime) -> list[str]:
        """What was held off: right with contacts, right with an app, wrong, nobody's."""
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        careful = people.sign_in(now=now, number=people.OTHER_NUMBER, address="203.0.113.9").signed_in
        apps.add_app(careful, now=now)
        return [be_held_off(now=now, address=f"198.51.{place}.7", **tried) for place, tried in enumerate(self.TRIES)]

    def test_by_asking_for_a_code_and_by_wrong_ones(self, tokens: list[str], now: datetime) -> None:
        def shapes_of(deed: Callable[[str, str], object]) -> list[Any]:
            found = []
            for place, token in enumerate(tokens):
                with CaptureQueriesContext(connection) as queries:
                    try:
                        said: object = deed(token, f"198.51.{place}.7")
                    except (CodeRefused, TooManyCodes, SecondStepOver) as refusal:
                        said = (type(refusal), vars(refusal))
                found.append((said, shapes_in(queries)))
            return found

        deeds: list[Callable[[str, str], object]] = [
            lambda token, _address: selectors.find_held_off(token=token, now=now),
            lambda token, address: ask(token, now=now, address=address),
            lambda token, address: ask(token, now=now, address=address),  # too soon
            lambda token, _address: selectors.find_held_off(token=token, now=now),
            *[lambda token, address: go_on(token, "12345", now=now, address=address)] * 2,
            *[lambda token, address: go_on(token, "XXXX-XXXX-XXXX", now=now, address=address)] * 2,
        ]
        for deed in deeds:
            shapes = shapes_of(deed)
            assert shapes == [shapes[0]] * len(tokens)
        for token in tokens:
            send(token, now=now)
        wrong = wrong_for_all()
        for _ in range(2):  # the last one that is heard, and one that is not
            shapes = shapes_of(lambda token, address: go_on(token, wrong, now=now, address=address))
            assert shapes == [shapes[0]] * len(tokens)
        assert shapes[0][0][0] is SecondStepOver

    def test_by_a_full_share_of_codes_at_the_account(
        self, tokens: list[str], now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "HELD_OFF_TRIES", (Budget(1, DAY), Budget(1, 7 * DAY)))
        for _ in range(3):
            shapes = []
            for place, token in enumerate(tokens):
                with CaptureQueriesContext(connection) as queries, pytest.raises(CodeRefused):
                    go_on(token, "000000", now=now, address=f"198.51.{place}.7")
                shapes.append(shapes_in(queries))
            assert shapes == [shapes[0]] * len(tokens)

    def test_by_the_owner_who_disowns_it(self, tokens: list[str], owner: StartedSession, now: datetime) -> None:
        HeldOffSignIn.objects.update(account=None)
        assert all(selectors.find_held_off(token=token, now=now) for token in tokens)

    def test_announces_every_asking_alike(self, tokens: list[str], now: datetime) -> None:
        for place, token in enumerate(tokens):
            ask(token, now=now, address=f"198.51.{place}.7")
        events = OutboxEvent.objects.filter(name="identity.held_off_code_asked.v1")
        assert [list(event.payload) for event in events.order_by("pk")] == [["held_off_id"]] * len(tokens)

    def test_limits_what_one_asks_and_what_a_network_asks(
        self, tokens: list[str], now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for later in (0, 20, 40):
            ask(tokens[3], now=now + timedelta(seconds=later))
        with pytest.raises(TooManyCodes):
            ask(tokens[3], now=now + timedelta(seconds=60))
        monkeypatch.setattr(budgets, "CODES_FROM_NETWORK", (Budget(1, timedelta(minutes=7)),))
        ask(tokens[1], now=now)
        with pytest.raises(TooManyCodes):
            ask(tokens[2], now=now)


def shapes_in(queries: CaptureQueriesContext) -> list[str]:
    """Return the statements without their values and the running numbers of savepoints."""
    return [re.sub(r'"s\d+_x\d+"', "?", shape_of(query["sql"])) for query in queries]


def wrong_for_all() -> str:
    """Return six digits that are no code that waits."""
    good = {code_of(pk) for pk in SentCode.objects.filter(closed_at=None).values_list("pk", flat=True)}
    return next(code for code in (f"{number:06d}" for number in range(100)) if code not in good)


class TestRow:
    def test_ends_later_and_asks_for_a_kind(self, now: datetime) -> None:
        columns: dict[str, Any] = {"token_hash": "x", "password_mark": "x", "tried_at": now, "expires_at": now + SHORT}
        for wrong in ({"expires_at": now}, {"asked_at": now}, {"code_to": "phone"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                HeldOffSignIn.objects.create(**columns | wrong)

    def test_is_forgotten_when_it_is_over(self, now: datetime) -> None:
        HeldOffSignIn.objects.create(token_hash="x", password_mark="x", tried_at=now, expires_at=now + SHORT)
        actor = system("test")
        assert services.forget_old_traces(limit=10, actor=actor, now=now + SHORT) == 0
        assert services.forget_old_traces(limit=10, actor=actor, now=now + 2 * SHORT) == 1
