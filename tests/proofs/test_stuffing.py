"""Stolen pairs of numbers and passwords, tried from thousands of addresses: few open anything, people still get in.

KAPI_STUFFING_PAIRS makes it smaller. Figures and method: docs/security.md.
"""

import os
import random
import statistics
import time
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from kapi.contexts.identity.errors import CodeRefused, SignInHeldOff, SignInRefused
from kapi.contexts.identity.models import Account
from kapi.contexts.identity.rules import pressure as rules
from kapi.contexts.identity.services import pressure
from kapi.contexts.identity.services.held_off import hold_off
from kapi.kernel.actors import NOBODY
from tests import held_off, people
from tests.proofs.stuffing import Day, Outcome, Town, run
from tests.sent_codes import add_contact

pytestmark = [pytest.mark.proof, pytest.mark.django_db(transaction=True)]
PAIRS = int(os.environ.get("KAPI_STUFFING_PAIRS", "100000"))
MOST_TAKEN_OVER = 0.0001
LEAST_IN = 0.999
CONTACT_SHARES = (0.0, 0.5, 0.8, 0.95)
SAMPLES = 200
MOST_GAP_S = 0.005


@pytest.fixture
def _cheap_hashes(settings: Settings) -> None:
    """Verdicts do not hang on how long a hash takes; with real ones a run would take an hour of hashing alone."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "kapi.foundation.passwords.Argon2idHasher",
    ]


def show(title: str, day: Day, outcome: Outcome, seconds: float) -> None:
    """Print the lines of docs/security.md."""
    shares = [
        (share, *(outcome.share_in(contacts=share, also_later=later) for later in (False, True)))
        for share in CONTACT_SHARES
    ]
    lines = [
        f"{title}: {outcome.tried} pairs, {outcome.right_pairs} right, {day.addresses} addresses, {seconds:.0f} s",
        f"  taken over {outcome.taken_over} of {day.accounts}; alarm after {outcome.alarm_after} pairs",
        f"  pairs held off {outcome.held_off}; codes asked for {outcome.asked}, messages sent {outcome.messages}",
        *(
            f"  if {share:.0%} have a contact: people in at once {at_once:.4%}, in the same day {at_all:.4%}"
            for share, at_once, at_all in shares
        ),
        *(f"    {how}, {what}: {count}" for (how, what), count in sorted(outcome.people.items())),
    ]
    print("\n".join(lines))  # noqa: T201 - read by who runs the proof


def day_of(pairs: int, lasts: timedelta) -> Day:
    return Day(accounts=pairs, genuine=pairs // 5, addresses=max(2_000, pairs // 20), lasts=lasts)


@pytest.mark.usefixtures("_cheap_hashes")
class TestStolenPairs:
    @pytest.mark.parametrize("hours", [24, 2])
    def test_open_next_to_nothing_and_keep_nobody_out(self, now: datetime, hours: int) -> None:
        day, began = day_of(PAIRS, timedelta(hours=hours)), time.monotonic()
        outcome = run(Town(day, now), now)
        show(f"in {hours} h", day, outcome, time.monotonic() - began)
        # What comes in before the alarm is a number of pairs, not a share of them: less of a list is no worse for it.
        assert outcome.taken_over <= MOST_TAKEN_OVER * max(day.accounts, 100_000)
        assert outcome.share_in(contacts=day.with_contact, also_later=False) >= LEAST_IN
        for share in CONTACT_SHARES:
            assert outcome.share_in(contacts=share, also_later=True) >= LEAST_IN
        # Asking for everybody has a message sent to each owner of a right pair who has a telephone, and to nobody else.
        assert 0 < outcome.messages <= outcome.right_pairs

    def test_would_open_many_if_numbers_and_origins_were_counted_alone(
        self, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The proof sees what the watch over the whole gateway is for."""
        monkeypatch.setattr(rules, "WATCHES", ())
        day, began = day_of(PAIRS // 20, timedelta(hours=24)), time.monotonic()
        outcome = run(Town(day, now), now)
        show("without the watch", day, outcome, time.monotonic() - began)
        assert outcome.taken_over == outcome.right_pairs > 10 * MOST_TAKEN_OVER * day.accounts


class TestTime:
    @pytest.mark.parametrize("watched", [False, True])
    def test_of_a_refusal_tells_nothing(self, now: datetime, watched: bool) -> None:
        """The processor's time at the 95th percentile, which other work on the machine does not change."""
        known, other = people.make_numbers(2)
        for number in (known, other):
            people.make_citizen(now=now, number=number)
        cases = {
            "nobody's number": (people.NOBODYS_NUMBER, "wrong"),
            "a number in use": (known, "wrong"),
        }
        if watched:
            cases["a right password, held off"] = (other, people.PASSWORD)
        taken: dict[str, list[float]] = {name: [] for name in cases}
        for sample in range(SAMPLES):
            at = now + timedelta(days=31 * (sample + 1))
            if watched:
                for number in people.make_numbers(rules.WATCHES[0].least_failed):
                    pressure.note_failed(number=number, actor=NOBODY, now=at)
            for name in random.Random(sample).sample(list(cases), len(cases)):
                number, password = cases[name]
                began = time.process_time()
                with pytest.raises(SignInHeldOff if watched else SignInRefused):
                    people.sign_in(now=at, number=number, password=password, address="198.51.100.7")
                taken[name].append(time.process_time() - began)
        assert gap_of(taken) < MOST_GAP_S

    def test_of_a_refused_code_tells_nothing(self, now: datetime) -> None:
        """Whether the password was right, and a code is on its way, or nothing was right at all."""
        person_id = people.make_citizen(now=now)
        add_contact(people.sign_in(now=now).signed_in, now=now)
        owner = Account.objects.get(pk=person_id)
        taken: dict[str, list[float]] = {"a right password, a code waits": [], "nothing was right": []}
        for sample in range(SAMPLES):
            at = now + timedelta(days=31 * (sample + 1))
            for name in random.Random(sample).sample(list(taken), len(taken)):
                account_id = person_id if "waits" in name else None
                token = hold_off(account_id=account_id, password_hash=owner.password_hash, actor=NOBODY, now=at).token
                code = held_off.ask_and_send(token, now=at)
                assert bool(code) is (account_id is not None)
                began = time.process_time()
                with pytest.raises(CodeRefused):
                    held_off.go_on(token, "000000" if code != "000000" else "111111", now=at)
                taken[name].append(time.process_time() - began)
        assert gap_of(taken) < MOST_GAP_S


def gap_of(taken: dict[str, list[float]]) -> float:
    """Print how long the cases took, and return how far their 95th percentiles lie apart, in seconds."""
    p95 = {name: statistics.quantiles(times, n=20)[18] for name, times in taken.items()}
    for name, times in taken.items():
        print(f"{name}: median {statistics.median(times) * 1e3:.1f}, p95 {p95[name] * 1e3:.1f} ms")  # noqa: T201
    return max(p95.values()) - min(p95.values())
