"""One code, used by many at once over two processes: one sign-in is finished with it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contexts.identity.test_races import run_races
from tests.installation import Installation, make_installation

PREPARE = """
from datetime import timedelta
from tests import authenticator_apps as apps
from tests import held_off
from tests import sent_codes as sent

later = now + timedelta(seconds=30)
people.make_citizen(now=now)
devices = [people.sign_in(now=now).device_token for _ in range(8)]
signed_in = people.sign_in(now=now).signed_in
app = apps.add_app(signed_in, now=now)
codes = apps.print_codes(signed_in, now=now)
begun = [apps.begin(now=later) for _ in range(17)]
number = numbers[0]
people.make_citizen(now=now, number=number)
by_sms = people.sign_in(now=now, number=number).signed_in
their_devices = [people.sign_in(now=now, number=number).device_token for _ in range(4)]
step = sent.add_step(by_sms, sent.add_contact(by_sms, now=now), now=now)
waiting = apps.begin(now=later, number=number)
sms = sent.code_of(sent.send_second_step_code(waiting, step, now=later, device_token=their_devices[0]))
challenge = sent.begin_contact(by_sms, sent.EMAIL, now=now + timedelta(seconds=11))
contact = {"session": by_sms.session_id, "challenge": challenge, "code": sent.code_of(challenge)}
number = numbers[1]
day = timedelta(days=1)
people.make_citizen(now=now - 2 * day, number=number)
sent.add_contact(people.sign_in(now=now - 2 * day, number=number).signed_in, sent.PHONE, now=now - 2 * day)
held_off.try_lists(later)
held = held_off.be_held_off(now=later, number=number)
held_code = held_off.ask_and_send(held, now=later)
held_things = {"held": held, "held_code": held_code}
sent_things = {"waiting": waiting, "step": step, "sms": sms, "their": their_devices, "contact": contact}
of_app = {"devices": devices, "code": app.code(later), "codes": codes, "begun": begun}
print(json.dumps({**held_things, **sent_things, **of_app}))
"""
# In each race every thread has a lane of its own, so that nothing but the code or the begun sign-in itself stops it.
RACES = """
from datetime import timedelta
from tests import authenticator_apps as apps
from tests import held_off
from tests import sent_codes as sent

later = now + timedelta(seconds=30)
begun, devices, codes = prepared["begun"], prepared["devices"], prepared["codes"]

race("one app code", 8, lambda number: apps.finish(
    begun[number], prepared["code"], now=later, device_token=devices[number]).signed_in.session_id)
race("one recovery code", 8, lambda number: apps.recover(
    begun[8 + number], codes[9], now=later, address=f"198.51.{number}.{here}").signed_in.session_id)
race("one begun sign-in", 8, lambda number: apps.recover(
    begun[16], codes[number], now=later, address=f"198.51.{number}.{here}").signed_in.session_id)
race("one sent code", 8, lambda number: sent.finish_with_sent_code(
    prepared["waiting"], prepared["step"], prepared["sms"], now=later, device_token=prepared["their"][number % 4],
).signed_in.session_id)
race("one code of a held-off sign-in", 8, lambda number: held_off.go_on(
    prepared["held"], prepared["held_code"], now=later).signed_in.session_id)
contact = prepared["contact"]
signed_in = selectors.get_session(session_id=contact["session"], now=later)
race("one contact code", 8, lambda number: sent.confirm_contact(
    signed_in, contact["challenge"], contact["code"], now=later))
print(json.dumps(answers))
"""
OF_SIXTEEN = (
    "one app code",
    "one recovery code",
    "one begun sign-in",
    "one sent code",
    "one code of a held-off sign-in",
)


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of its own."""
    with make_installation(tmp_path_factory.mktemp("code_races")) as made:
        made.kapi("migrate")
        yield made


@pytest.fixture(scope="module")
def answers(raced: Installation) -> dict[str, list[Any]]:
    """What the threads of both processes were told in each race."""
    return run_races(raced, PREPARE, RACES)


class TestCodes:
    @pytest.mark.parametrize("race", OF_SIXTEEN)
    def test_open_one_session_of_sixteen_tries_at_once(self, answers: dict[str, list[Any]], race: str) -> None:
        told = answers[race]
        assert len(told) == 16
        assert len([answer for answer in told if isinstance(answer, int)]) == 1
        refused = Counter(answer for answer in told if isinstance(answer, str))
        assert set(refused) <= {"code_refused", "second_step_over", "too_many_attempts"}
        assert refused.total() == 15

    def test_make_a_contact_theirs_once(self, answers: dict[str, list[Any]]) -> None:
        told = answers["one contact code"]
        assert len([answer for answer in told if isinstance(answer, int)]) == 1
        assert {answer for answer in told if isinstance(answer, str)} <= {"challenge_over", "too_many_attempts"}
