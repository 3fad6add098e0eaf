"""Signing in, and proving once more that it is oneself: an identity number and a secret.

The secret is the password, or a sealed code in its place.

Nothing of what is said, and nothing of how long it takes, depends on whether a number is anybody's. Each try that the
counters let through costs one Argon2 hash and the same statements, whether the number is unknown, has no account, has
one, or has spent its budget. Tries that an origin or a device has used up are answered at once; these counters know
nothing of accounts either. `docs/guides/identity.md` tells the whole design.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db import transaction

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import (
    AnotherPerson,
    NoPasswordYet,
    SealedCodeSpent,
    SecondStepNeeded,
    SignInRefused,
    TooManyAttempts,
)
from kapi.contexts.identity.models import Account, KnownDevice, SealedCode, Session
from kapi.contexts.identity.rules import budgets, codes
from kapi.contexts.identity.rules.visitors import describe_visitor, readable_device
from kapi.contexts.identity.selectors.pressure import are_lists_tried, has_been_at
from kapi.contexts.identity.services import pressure
from kapi.contexts.identity.services.entrance import PLACE, Arrival, begin_session, renew_session
from kapi.contexts.identity.services.held_off import hold_off
from kapi.contexts.identity.services.history import note_in_history
from kapi.contexts.identity.services.second_step import begin_second_step
from kapi.contexts.identity.services.sessions import end_sessions_of, own_open_session
from kapi.contexts.identity.values import (
    AccountState,
    EndReason,
    HistoryKind,
    Method,
    PersonId,
    Proof,
    Proofing,
    SessionId,
    StartedSession,
    Visitor,
)
from kapi.foundation import keys
from kapi.foundation.limits.services import refund, spend
from kapi.foundation.limits.values import Budget, Decision
from kapi.foundation.passwords import hash_password, is_outdated, password_matches, unusable_password
from kapi.foundation.statements import Question, Slot
from kapi.kernel.actors import Actor
from kapi.kernel.identifiers import IdentityNumber
from kapi.kernel.networks import network_of, origin_of

_CODE = Question(lambda: SealedCode.objects.filter(account_id=Slot("account_id"), closed_at=None).order_by("pk")[:1])
_DEVICE = Question(
    lambda: KnownDevice.objects.filter(account_id=Slot("account_id"), token_hash=Slot("token_hash")).values_list(
        "pk", flat=True
    )
)
_Share = tuple[str, tuple[Budget, ...]]  # a counter's key, and what may be spent of it


@dataclass(frozen=True)
class _Asker:
    """Who knocks: the number they name, where they come from, the device they come on."""

    number: IdentityNumber
    origin: str
    place: str
    device_token: str
    visitor: Visitor


@dataclass(frozen=True)
class _Door:
    """What a number leads to. For a number that leads nowhere it looks the same and opens to nothing."""

    account_id: int  # 0: none
    state: AccountState
    proofing: Proofing
    password_hash: str
    code: SealedCode | None
    device_id: int | None
    is_known_place: bool

    @property
    def person_id(self) -> PersonId | None:
        return PersonId(self.account_id) if self.account_id else None

    @property
    def awaits_code(self) -> bool:
        return self.state is AccountState.AWAITING_PASSWORD

    def opens_to(self, secret: str) -> bool:
        """Hash the secret once and compare it with the one secret that counts at present."""
        if self.awaits_code:
            encoded = self.code.code_hash if self.code else unusable_password()
            return password_matches(codes.read_code(secret), encoded)
        return password_matches(secret, self.password_hash)


@dataclass(frozen=True)
class _Passage:
    """What the counters decided: may a right secret enter, what is anyone told who does not, what was spent."""

    may_enter: bool
    wait: timedelta | None
    spent: tuple[_Share, ...]


def sign_in_with_password(
    *,
    identity_number: IdentityNumber,
    password: str,
    address: str,
    device_token: str | None,
    user_agent: str,
    actor: Actor,
    now: datetime,
) -> StartedSession:
    """Start a session for whoever knows the number's password, or holds the sealed code that stands in for it.

    `device_token` is the cookie that an earlier sign-in on this browser returned; it is replaced by the one returned
    now. A session begun with a sealed code has `must_change_password`. Runs its own transactions and must not be
    called inside one, for a refusal has to leave its counts and its line in the history.

    :raises SignInRefused: if number and secret do not belong together.
    :raises SignInHeldOff: the same while lists of passwords are tried (`pressure`); also if they do, but the device and
        the network are new to the account. It goes on by a code (`held_off`).
    :raises SecondStepNeeded: if they do, and a code is asked for besides (`second_step`).
    :raises TooManyAttempts: if too many wrong tries came before.
    :raises SealedCodeSpent: if the secret is the account's sealed code, but used already or expired.
    """
    asker = _asker(identity_number, address, device_token, user_agent)
    door, passage = _prove(asker, password, _guard_of, actor, now)
    # Made outside the transaction below, for hashing is slow on purpose.
    outcome = _enter(asker, door, _rehashed(door, password), actor, now)
    _give_back(passage, now)
    if door.device_id is None and isinstance(outcome, StartedSession):
        pressure.note_entered(number=asker.number, actor=actor, now=now)
    return _opened(outcome)


def reauthenticate(
    *,
    session_id: SessionId,
    identity_number: IdentityNumber,
    password: str,
    address: str,
    device_token: str | None,
    user_agent: str,
    actor: Actor,
    now: datetime,
) -> StartedSession:
    """Let whoever is signed in prove once more that it is them; the same session goes on, as fresh as a new one.

    The session keeps its id, so every institution that it has visited stays signed in. It gets a new token, a new
    `authenticated_at` and its full time again. The same tries are counted as at `sign_in_with_password`, and the same
    is said of them; that the secret was right but another person's is told only to who knew it. Call it outside a
    transaction.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises SignInRefused: if number and secret do not belong together.
    :raises SecondStepNeeded: if they do, and a code is asked for besides (`second_step`).
    :raises TooManyAttempts: if too many wrong tries came before.
    :raises AnotherPerson: if they do, but belong to somebody else; nothing has changed.
    :raises NoPasswordYet: if the secret is a sealed code, which opens a session but renews none.
    """
    present = own_open_session(session_id=session_id, actor=actor, now=now)
    asker = _asker(identity_number, address, device_token, user_agent)
    door, passage = _prove(asker, password, _no_guard, actor, now)
    _give_back(passage, now)
    if door.person_id != present.person_id:
        raise AnotherPerson
    if door.awaits_code:
        raise NoPasswordYet
    return _opened(_renew(asker, door, _rehashed(door, password), session_id=session_id, actor=actor, now=now))


def _asker(number: IdentityNumber, address: str, device_token: str | None, user_agent: str) -> _Asker:
    return _Asker(
        number=number,
        origin=origin_of(address),
        place=network_of(address),
        device_token=readable_device(device_token),
        visitor=describe_visitor(address=address, user_agent=user_agent),
    )


@dataclass(frozen=True)
class _Guard:
    """Whether lists of passwords are tried at present, and whether a right password is enough here all the same."""

    is_up: bool
    lets_pass: bool


def _guard_of(door: _Door, place: str, now: datetime) -> _Guard:
    """Ask the same of every number that comes on an unknown device; a known one is asked nothing."""
    if door.device_id is not None or not are_lists_tried(now=now):
        return _Guard(is_up=False, lets_pass=True)
    was_here = has_been_at(account_id=door.account_id, network=place)
    return _Guard(is_up=True, lets_pass=was_here or door.is_known_place or door.awaits_code)


def _no_guard(_door: _Door, _place: str, _now: datetime) -> _Guard:
    return _Guard(is_up=False, lets_pass=True)


def _prove(
    asker: _Asker, password: str, guard_of: Callable[[_Door, str, datetime], _Guard], actor: Actor, now: datetime
) -> tuple[_Door, _Passage]:
    """Count the try, hear it, and return the door that it opens."""
    door = _find_door(asker)
    passage = _pass_counters(asker, door, actor, now)
    guard = guard_of(door, asker.place, now)
    is_right = door.opens_to(password)
    if not (is_right and guard.lets_pass):
        if passage.wait is not None:
            raise TooManyAttempts(passage.wait)
        _note(door, HistoryKind.HELD_OFF if is_right else HistoryKind.WRONG_SECRET, asker, actor, now)
        if door.device_id is None:
            pressure.note_failed(number=asker.number, actor=actor, now=now)
        if not guard.is_up:
            raise SignInRefused
        whose = door.account_id if is_right else None
        raise hold_off(account_id=whose, password_hash=door.password_hash, actor=actor, now=now)
    if not passage.may_enter:
        raise TooManyAttempts(passage.wait or timedelta(0))
    return door, passage


def _rehashed(door: _Door, password: str) -> str:
    """Return the hash to keep: the present one, or one of today's strength; this is the moment we know the password."""
    is_due = not door.awaits_code and is_outdated(door.password_hash)
    return hash_password(password) if is_due else door.password_hash


def _give_back(passage: _Passage, now: datetime) -> None:
    for key, spent in passage.spent:
        refund(key=key, budgets=spent, now=now)


def _find_door(asker: _Asker) -> _Door:
    """Ask the same three questions of every number."""
    digests = keys.digests(asker.number.digits, purpose=selectors.NUMBER)
    account = _account_under(len(digests)).first(**{f"digest{place}": digest for place, digest in enumerate(digests)})
    account_id = account.pk if account else 0
    places = keys.digests(asker.place, purpose=PLACE)
    return _Door(
        account_id=account_id,
        state=AccountState(account.state) if account else AccountState.ACTIVE,
        proofing=Proofing(account.proofing) if account else Proofing.DESK,
        # A closed account has none either, and costs as much.
        password_hash=(account.password_hash if account else "") or unusable_password(),
        code=_CODE.first(account_id=account_id),
        device_id=_DEVICE.first(account_id=account_id, token_hash=keys.token_hash(asker.device_token)),
        # Who comes from nowhere that could be read has not been there before: it would be everybody's place.
        is_known_place=bool(asker.place)
        and KnownDevice.objects.filter(account_id=account_id, place_digest__in=places).exists(),
    )


@cache
def _account_under(keys_known: int) -> Question[Account]:
    """Return the question for an account by its number's digests under so many keys."""
    slots = [Slot(f"digest{place}") for place in range(keys_known)]
    return Question(lambda: Account.objects.filter(person__number_digest__in=slots).order_by("pk")[:1])


def _pass_counters(asker: _Asker, door: _Door, actor: Actor, now: datetime) -> _Passage:
    """Count the try in its lane before it is heard, so that parallel tries cannot slip through together.

    :raises TooManyAttempts: if the device or the origin has used up its tries, or the origin at this number and the
        network around it.
    """
    number = asker.number.digits
    if door.device_id is not None:
        lane = ((f"sign-in:device:{door.device_id}", budgets.DEVICE),)
        _spend(lane[0], asker, door, actor, now)
        return _Passage(may_enter=True, wait=None, spent=lane)
    origin: _Share = (f"sign-in:origin:{asker.origin}", budgets.at(asker.origin, budgets.ORIGIN))
    whole = spend(key=origin[0], budgets=origin[1], now=now)
    if not whole.allowed:
        raise TooManyAttempts(whole.retry_after)
    own: _Share = (f"sign-in:origin-number:{asker.origin}:{number}", budgets.ORIGIN_AND_NUMBER)
    everyones: _Share = (f"sign-in:number:{number}", budgets.NUMBER)
    spent: tuple[_Share, ...] = (origin,)
    # Nowhere is no origin of its own at a number.
    for share in (own, everyones) if asker.origin else (everyones,):
        decision = spend(key=share[0], budgets=share[1], now=now)
        if not decision.allowed:
            return _pass_by_place(asker, door, decision, spent, is_own=share is own, actor=actor, now=now)
        spent = (*spent, share)
    return _Passage(may_enter=True, wait=None, spent=spent)


def _pass_by_place(
    asker: _Asker,
    door: _Door,
    refused: Decision,
    spent: tuple[_Share, ...],
    *,
    is_own: bool,
    actor: Actor,
    now: datetime,
) -> _Passage:
    """Tell everyone to wait, right or wrong; still heard is who may be the owner all the same.

    That is the holder of a sealed code, which nobody can guess, and who comes from a network of the owner's. The place
    is counted, and the secret compared, for every number: it takes as long. Only who has used up the origin's share and
    the place's as well is answered at once; both counters know nothing of accounts.

    :raises TooManyAttempts: if so.
    """
    if refused.count == refused.limit + 1:
        _note(door, HistoryKind.LIMITED, asker, actor, now)
    place: _Share = (f"sign-in:place-number:{asker.place}:{asker.number.digits}", budgets.PLACE)
    at_place = spend(key=place[0], budgets=place[1], now=now)
    if is_own and not at_place.allowed:
        raise TooManyAttempts(refused.retry_after)
    may_enter = door.awaits_code or (door.is_known_place and at_place.allowed)
    return _Passage(may_enter, refused.retry_after, (*spent, place) if at_place.allowed else spent)


def _spend(share: _Share, asker: _Asker, door: _Door, actor: Actor, now: datetime) -> None:
    decision = spend(key=share[0], budgets=share[1], now=now)
    if decision.allowed:
        return
    if decision.count == decision.limit + 1:
        _note(door, HistoryKind.LIMITED, asker, actor, now)
    raise TooManyAttempts(decision.retry_after)


def _enter(
    asker: _Asker, door: _Door, password_hash: str, actor: Actor, now: datetime
) -> StartedSession | SecondStepNeeded:
    """Use up the code if it was one, and start the session, or begin a second step. Say which; raise it later.

    What is raised inside the transaction would undo it.
    """
    person_id = PersonId(door.account_id)
    with transaction.atomic():
        account = _hold_account(door, password_hash)
        if door.code is None or not door.awaits_code:
            return begin_second_step(account=account, session_id=None, actor=actor, now=now) or begin_session(
                arrival=_arrival(asker, door, now), kind=HistoryKind.SIGNED_IN, actor=actor, now=now
            )
        _consume_code(door.code, door.device_id, person_id, actor, now)
        started = begin_session(arrival=_arrival(asker, door, now), kind=HistoryKind.CODE_USED, actor=actor, now=now)
        device = Session.objects.filter(pk=started.signed_in.session_id).values("device")
        SealedCode.objects.filter(pk=door.code.pk).update(used_on=device)
    return started


def _renew(
    asker: _Asker, door: _Door, password_hash: str, *, session_id: SessionId, actor: Actor, now: datetime
) -> StartedSession | SecondStepNeeded:
    with transaction.atomic():
        account = _hold_account(door, password_hash)
        return begin_second_step(account=account, session_id=session_id, actor=actor, now=now) or renew_session(
            session_id=session_id, arrival=_arrival(asker, door, now), actor=actor, now=now
        )


def _opened(outcome: StartedSession | SecondStepNeeded) -> StartedSession:
    if isinstance(outcome, SecondStepNeeded):
        raise outcome
    return outcome


def _arrival(asker: _Asker, door: _Door, now: datetime) -> Arrival:
    return Arrival(
        person_id=PersonId(door.account_id),
        proofing=door.proofing,
        proofs=(Proof(method=Method.SEALED_CODE if door.awaits_code else Method.PASSWORD, at=now),),
        device_token=asker.device_token,
        place=asker.place,
        visitor=asker.visitor,
    )


def _hold_account(door: _Door, password_hash: str) -> Account:
    """Lock the account as it was when the secret was compared, keep the stronger hash if there is one, and return it.

    :raises SignInRefused: if the account was changed or recovered since.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=door.account_id)
    if (account.state, account.password_hash) != (door.state, "" if door.awaits_code else door.password_hash):
        raise SignInRefused
    if password_hash != door.password_hash:
        Account.objects.filter(pk=account.pk).update(password_hash=password_hash)
        account.password_hash = password_hash
    return account


def _consume_code(code: SealedCode, device_id: int | None, person_id: PersonId, actor: Actor, now: datetime) -> None:
    """Use the code up in one statement, or let the device that used it come back within its half hour.

    :raises SealedCodeSpent: if it was used elsewhere, or is too old.
    """
    fresh = SealedCode.objects.filter(pk=code.pk, used_at=None, closed_at=None, expires_at__gt=now)
    if fresh.update(used_at=now):
        return
    returning = SealedCode.objects.filter(
        pk=code.pk, used_at__gt=now - codes.MAY_RETURN_FOR, closed_at=None, expires_at__gt=now, used_on=device_id or 0
    )
    if not returning.exists():
        raise SealedCodeSpent
    end_sessions_of(person_id=person_id, but=None, reason=EndReason.REPLACED, actor=actor, now=now)


def _note(door: _Door, kind: HistoryKind, asker: _Asker, actor: Actor, now: datetime) -> None:
    note_in_history(person_id=door.person_id, session_id=None, kind=kind, visitor=asker.visitor, actor=actor, now=now)
