"""A day on which somebody tries a list of stolen passwords, through the services themselves, by a simulated clock.

What is assumed of the people stands in `Day`; `docs/security.md` says why, and what comes of it.
"""

import gc
import logging
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import CodeRefused, SecondStepNeeded, SignInHeldOff, SignInRefused, TooManyAttempts
from kapi.contexts.identity.models import Account, Authenticator, Contact, KnownDevice, Person, Session
from kapi.contexts.identity.rules import budgets
from kapi.contexts.identity.services.entrance import PLACE
from kapi.contexts.identity.values import AccountState, AuthenticatorKind, ContactKind, EndReason
from kapi.foundation import keys
from kapi.kernel.contacts import MobileNumber
from kapi.kernel.identifiers import IdentityNumber
from kapi.kernel.networks import network_of
from tests import authenticator_apps as apps
from tests import held_off, people

PASSWORD, WRONG = "uc kuru yaprak dustu 7", "baska bir sitede calinan 3"
SECRET = "JBSWY3DPEHPK3PXP" * 2
PLACES = 2  # networks in which each person has signed in before: at home and at work
_BATCH = 2_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Day:
    """How many of what, and what is assumed of people."""

    accounts: int = 100_000
    genuine: int = 20_000  # sign-ins of their owners in the same time
    addresses: int = 5_000  # of the attacker; a tenth of them in networks where people live
    lasts: timedelta = timedelta(hours=24)
    right: float = 0.005  # of the pairs
    networks: int = 4_000  # where people live
    known_device: float = 0.90  # of genuine sign-ins
    known_place: float = 0.075  # on a new device, from one of the networks where they have signed in before
    with_second_step: float = 0.60  # of those who come on a new device in a new network
    with_contact: float = 0.95  # of all; what less of them would mean is worked out of the same day
    asks_in_vain: float = 0.02  # of the attacker's wrong pairs for which a code is asked; of the right ones it is each
    mistyped: float = 0.08  # of genuine sign-ins, once before the right one
    comes_back: float = 0.95  # of those who are held off: the same day, from a device of theirs, as the page says


@dataclass
class Outcome:
    """What came of it. `people`: by how they came and what became of them."""

    tried: int = 0
    right_pairs: int = 0
    taken_over: int = 0
    held_off: int = 0
    alarm_after: int | None = None  # so many pairs had been tried
    asked: int = 0  # codes that the attacker has asked for
    messages: int = 0  # that went to the owners of right pairs by that
    people: Counter[tuple[str, str]] = field(default_factory=Counter)
    # Of those without a second step who were held off: by how much luck they have a contact (as `luck_of`), whether
    # a code to it let them in, and whether they come back, if they have to.
    held_off_people: list[tuple[float, bool, bool]] = field(default_factory=list)

    def share_in(self, *, contacts: float, also_later: bool) -> float:
        """Return which share of the genuine sign-ins succeeded, at once or at all, if so many have a contact."""
        good = sum(count for (_, what), count in self.people.items() if what == "in")
        for luck, by_code, comes_back in self.held_off_people:
            good += (by_code and luck < contacts) or (also_later and comes_back)
        return good / self.people.total()


class Town:
    """The people, their accounts, devices and networks. They are made as rows, for there are many."""

    def __init__(self, day: Day, now: datetime) -> None:
        self.day, self.numbers = day, people.make_numbers(day.accounts)
        encoded = make_password(PASSWORD)
        for start in range(0, day.accounts, _BATCH):
            self._make(range(start, min(start + _BATCH, day.accounts)), encoded, now)
        self.second_steps: set[int] = set()

    def address(self, who: int, place: int) -> str:
        """Return the address of somebody's home (0) or work (1), each of which they share with others."""
        network = (who + place * (7 * who + 1)) % self.day.networks
        return f"10.{network // 250}.{network % 250}.{who % 250 + 1}"

    def somewhere_known(self, who: int, dice: random.Random) -> str:
        """Return the address of one of the places where they have signed in before."""
        return self.address(who, dice.randrange(PLACES))

    def add_second_step(self, who: int, now: datetime) -> None:
        """Give somebody an app with codes."""
        if who not in self.second_steps:
            self.second_steps.add(who)
            sealed = keys.seal(SECRET, purpose=selectors.AUTHENTICATOR)
            person_id = self.person_id(who)
            Authenticator.objects.create(
                person_id=person_id, kind=AuthenticatorKind.TOTP, name="x", secret_sealed=sealed, added_at=now
            )

    def person_id(self, who: int) -> int:
        """Return their id."""
        digest = keys.digest(self.numbers[who].digits, purpose=selectors.NUMBER)
        return Person.objects.values_list("pk", flat=True).get(number_digest=digest)

    def _make(self, whom: range, encoded: str, now: datetime) -> None:
        made = Person.objects.bulk_create(
            Person(
                number_digest=keys.digest(self.numbers[who].digits, purpose=selectors.NUMBER),
                number_sealed=keys.seal(self.numbers[who].digits, purpose=selectors.NUMBER),
                given_names="Deniz",
                created_at=now,
            )
            for who in whom
        )
        Contact.objects.bulk_create(
            Contact(
                person=person,
                kind=ContactKind.PHONE,
                address_digest=keys.digest(telephone_of(who), purpose=selectors.CONTACT),
                address_sealed=keys.seal(telephone_of(who), purpose=selectors.CONTACT),
                verified_at=now - timedelta(days=30),
            )
            for who, person in zip(whom, made, strict=True)
            if luck_of(who) < self.day.with_contact
        )
        Account.objects.bulk_create(
            Account(
                person=person,
                state=AccountState.ACTIVE,
                password_hash=encoded,
                password_changed_at=now,
                created_at=now,
            )
            for person in made
        )
        devices = KnownDevice.objects.bulk_create(
            KnownDevice(
                account_id=person.pk,
                token_hash=keys.token_hash(device_of(who)),
                place_digest=keys.digest(network_of(self.address(who, _last_place(who))), purpose=PLACE),
                first_seen_at=now,
                last_seen_at=now,
            )
            for who, person in zip(whom, made, strict=True)
        )
        Session.objects.bulk_create(
            Session(
                person_id=device.account_id,
                device=device,
                token_hash=keys.token_hash(f"{who}.{place}"),
                started_at=now,
                authenticated_at=now,
                last_seen_at=now,
                ends_at=now,
                ended_at=now,
                end_reason=EndReason.SIGNED_OUT,
                network=network_of(self.address(who, place)),
            )
            for who, device in zip(whom, devices, strict=True)
            for place in range(PLACES)
        )


def _last_place(who: int) -> int:
    """Return where somebody's device was last: half of them at home, half at work."""
    return who // 2 % PLACES


def luck_of(who: int) -> float:
    """Return a number between 0 and 1 that says whether somebody has a contact: if it is below the share that has."""
    return random.Random(who).random()


def telephone_of(who: int) -> str:
    """Return the number at which somebody is reached."""
    return MobileNumber.parse(f"0530{who:07d}").text


def device_of(who: int) -> str:
    """Return the cookie of somebody's device, as it was before this day."""
    return f"{who:043d}"


def run(town: Town, now: datetime, seed: int = 7) -> Outcome:
    """Let the day pass: pairs and people come mixed, evenly over the time."""
    day, dice, outcome = town.day, random.Random(seed), Outcome()
    attacks = list(range(day.accounts))
    dice.shuffle(attacks)
    visitors = dice.sample(range(day.accounts), min(day.genuine, day.accounts))
    events = [("pair", who) for who in attacks] + [("person", who) for who in visitors]
    dice.shuffle(events)
    addresses = list(_addresses(day, dice))
    gc.freeze()
    for place, (kind, who) in enumerate(events):
        if place % 5_000 == 0:
            _log.info("%d of %d: %d opened, %s", place, len(events), outcome.taken_over, dict(outcome.people))
        at = now + day.lasts * place / len(events)
        if kind == "pair":
            is_right = dice.random() < day.right
            outcome.tried, outcome.right_pairs = outcome.tried + 1, outcome.right_pairs + is_right
            asks = is_right or dice.random() < day.asks_in_vain
            _try_pair(town.numbers[who], dice.choice(addresses), at, outcome, is_right=is_right, asks=asks)
        else:
            _visit(town, who, at, dice, outcome)
    return outcome


def _addresses(day: Day, dice: random.Random) -> Iterator[str]:
    for number in range(day.addresses):
        if number % 10 == 0:  # somebody's machine at home, that is not theirs alone any more
            place = dice.randrange(day.networks)
            yield f"10.{place // 250}.{place % 250}.251"
        else:
            yield f"{100 + number // 2_500}.{number // 250 % 250}.{number % 250}.7"


def _try_pair(
    number: IdentityNumber, address: str, at: datetime, outcome: Outcome, *, is_right: bool, asks: bool
) -> None:
    password = PASSWORD if is_right else WRONG
    try:
        people.sign_in(now=at, number=number, password=password, address=address, user_agent="")
    except SignInHeldOff as held:
        outcome.held_off += 1
        outcome.alarm_after = outcome.alarm_after or outcome.tried
        if asks:
            _guess(held.token, address, at, outcome)
    except (SignInRefused, TooManyAttempts, SecondStepNeeded):
        pass
    else:
        outcome.taken_over += 1


def _guess(token: str, address: str, at: datetime, outcome: Outcome) -> None:
    """Ask for a code, and try as many as are heard: the list's owner does not have the telephone."""
    outcome.asked += 1
    outcome.messages += bool(held_off.ask_and_send(token, now=at, address=address))
    for code in range(budgets.HELD_OFF_MOST_TRIES):
        try:
            held_off.go_on(token, f"{code:06d}", now=at, address=address)
        except CodeRefused:
            continue
        outcome.taken_over += 1
        return


def _visit(town: Town, who: int, at: datetime, dice: random.Random, outcome: Outcome) -> None:
    day, number, drawn = town.day, town.numbers[who], dice.random()
    address, device, how = town.somewhere_known(who, dice), None, "new device, known network"
    if drawn < day.known_device:
        device, how = device_of(who), "known device"
        address = address if dice.random() < 0.6 else _somewhere(dice)
    elif drawn > day.known_device + day.known_place:
        address, how = _somewhere(dice), "new device, new network"
        if dice.random() < day.with_second_step:
            town.add_second_step(who, at)
            how += ", second step"
    if dice.random() < day.mistyped:
        _knock(number, WRONG, address, device, at)
    what = _knock(number, PASSWORD, address, device, at, has_app=who in town.second_steps)
    if what != "in":
        comes_back = dice.random() < day.comes_back
        if what != "in by a code" and comes_back:
            later = _knock(number, PASSWORD, town.somewhere_known(who, dice), device_of(who), at + timedelta(hours=2))
            what = "in later" if later == "in" else later
            comes_back = later == "in"
        outcome.held_off_people.append((luck_of(who), what == "in by a code", comes_back))
    outcome.people[how, what] += 1


def _knock(
    number: IdentityNumber, password: str, address: str, device: str | None, at: datetime, *, has_app: bool = False
) -> str:
    try:
        people.sign_in(now=at, number=number, password=password, address=address, device_token=device, user_agent="")
    except SecondStepNeeded as needed:
        apps.finish(needed.token, apps.App(SECRET).code(at), now=at, address=address, device_token=device)
        return "in"
    except SignInHeldOff as held:
        return "held off" if password == WRONG else _go_on(held.token, address, at, has_app=has_app)
    except TooManyAttempts:
        return "told to wait"
    except SignInRefused:
        return "refused"
    return "in"


def _go_on(token: str, address: str, at: datetime, *, has_app: bool) -> str:
    code = apps.App(SECRET).code(at) if has_app else held_off.ask_and_send(token, now=at, address=address)
    if not code:
        return "held off"
    held_off.go_on(token, code, now=at, address=address)
    return "in" if has_app else "in by a code"


def _somewhere(dice: random.Random) -> str:
    return f"{dice.randrange(20, 90)}.{dice.randrange(250)}.{dice.randrange(250)}.9"
