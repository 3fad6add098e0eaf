"""Signing in with an identity number and a secret: the password, or a sealed code in its place.

Nothing of what is said, and nothing of how long it takes, depends on whether a number is anybody's. Each try that the
counters let through costs one Argon2 hash and the same statements, whether the number is unknown, has no account, has
one, or has spent its budget. Tries that an origin or a device has used up are answered at once; these counters know
nothing of accounts either. `docs/guides/identity.md` tells the whole design.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import SealedCodeSpent, SignInRefused, TooManyAttempts
from kapi.contexts.identity.events import SessionStarted
from kapi.contexts.identity.models import Account, KnownDevice, SealedCode, Session
from kapi.contexts.identity.rules import budgets, codes
from kapi.contexts.identity.rules import sessions as session_rules
from kapi.contexts.identity.rules.visitors import describe_visitor, network_of, origin_of
from kapi.contexts.identity.services.history import note_in_history
from kapi.contexts.identity.services.sessions import end_sessions_of
from kapi.contexts.identity.values import (
    AccountState,
    AssuranceLevel,
    EndReason,
    HistoryKind,
    PersonId,
    SessionId,
    StartedSession,
    Visitor,
)
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.foundation.limits.services import refund, spend
from kapi.foundation.limits.values import Budget
from kapi.foundation.outbox.services import publish
from kapi.foundation.passwords import hash_password, is_outdated, password_matches, unusable_password
from kapi.kernel.actors import Actor
from kapi.kernel.identifiers import IdentityNumber

_LONGEST_TOKEN = 200


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
    spent: tuple[tuple[str, tuple[Budget, ...]], ...]


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
    :raises TooManyAttempts: if too many wrong tries came before.
    :raises SealedCodeSpent: if the secret is the account's sealed code, but used already or expired.
    """
    asker = _Asker(
        number=identity_number,
        origin=origin_of(address),
        place=network_of(address),
        device_token=_readable(device_token),
        visitor=describe_visitor(address=address, user_agent=user_agent),
    )
    door = _find_door(asker)
    passage = _pass_counters(asker, door, actor, now)
    if not door.opens_to(password):
        if passage.wait is None:
            _note(door, HistoryKind.WRONG_SECRET, asker, actor, now)
            raise SignInRefused
        raise TooManyAttempts(passage.wait)
    if not passage.may_enter:
        raise TooManyAttempts(passage.wait or timedelta(0))
    # Made outside the transaction below, for hashing is slow on purpose.
    renewed = (
        hash_password(password) if not door.awaits_code and is_outdated(door.password_hash) else door.password_hash
    )
    started = _enter(asker, door, renewed, actor, now)
    for key, spent in passage.spent:
        refund(key=key, budgets=spent, now=now)
    return started


def _find_door(asker: _Asker) -> _Door:
    """Ask the same three questions of every number."""
    digests = keys.digests(asker.number.digits, purpose=selectors.NUMBER)
    account = Account.objects.filter(person__number_digest__in=digests).order_by("pk").first()
    account_id = account.pk if account else 0
    code = SealedCode.objects.filter(account_id=account_id, closed_at=None).order_by("pk").first()
    devices = KnownDevice.objects.filter(account_id=account_id)
    token_hash, place_digest = keys.token_hash(asker.device_token), _place_digest(asker)
    known = list(devices.filter(token_hash=token_hash).values_list("pk", flat=True))
    return _Door(
        account_id=account_id,
        state=AccountState(account.state) if account else AccountState.ACTIVE,
        password_hash=account.password_hash if account else unusable_password(),
        code=code,
        device_id=known[0] if known else None,
        is_known_place=devices.filter(place_digest=place_digest).exists(),
    )


def _pass_counters(asker: _Asker, door: _Door, actor: Actor, now: datetime) -> _Passage:
    """Count the try in its lane before it is heard, so that parallel tries cannot slip through together.

    :raises TooManyAttempts: if the device, the origin, or the origin at this number has used up its tries.
    """
    number = asker.number.digits
    if door.device_id is not None:
        lane = ((f"sign-in:device:{door.device_id}", budgets.DEVICE),)
        _spend_all(lane, asker, door, actor, now)
        return _Passage(may_enter=True, wait=None, spent=lane)
    shares = (
        (f"sign-in:origin:{asker.origin}", budgets.ORIGIN),
        (f"sign-in:origin-number:{asker.origin}:{number}", budgets.ORIGIN_AND_NUMBER),
    )
    _spend_all(shares, asker, door, actor, now)
    lane = ((f"sign-in:number:{number}", budgets.NUMBER),)
    shared = spend(key=lane[0][0], budgets=budgets.NUMBER, now=now)
    if shared.allowed:
        return _Passage(may_enter=True, wait=None, spent=shares + lane)
    if shared.count == shared.limit + 1:
        _note(door, HistoryKind.LIMITED, asker, actor, now)
    # Everyone is told to wait now, right or wrong. Still heard are the holder of a sealed code, which nobody can
    # guess, and who comes from a network of the owner's. The place is counted for every number: it takes as long.
    at_place = spend(key=f"sign-in:place-number:{asker.place}:{number}", budgets=budgets.PLACE, now=now)
    may_enter = door.awaits_code or (door.is_known_place and at_place.allowed)
    return _Passage(may_enter=may_enter, wait=shared.retry_after, spent=shares)


def _spend_all(
    shares: tuple[tuple[str, tuple[Budget, ...]], ...], asker: _Asker, door: _Door, actor: Actor, now: datetime
) -> None:
    for key, allowance in shares:
        decision = spend(key=key, budgets=allowance, now=now)
        if decision.allowed:
            continue
        if allowance is not budgets.ORIGIN and decision.count == decision.limit + 1:
            _note(door, HistoryKind.LIMITED, asker, actor, now)
        raise TooManyAttempts(decision.retry_after)


def _enter(asker: _Asker, door: _Door, password_hash: str, actor: Actor, now: datetime) -> StartedSession:
    """Use up the code if it was one, recognise the device, start the session."""
    token, device_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    person_id = PersonId(door.account_id)
    with transaction.atomic():
        account = Account.objects.select_for_update(of=("self",)).get(pk=door.account_id)
        if (account.state, account.password_hash) != (door.state, "" if door.awaits_code else door.password_hash):
            raise SignInRefused  # changed or recovered since it was compared
        if door.code is not None and door.awaits_code:
            _consume_code(door.code, door.device_id, person_id, actor, now)
        if password_hash != door.password_hash:
            Account.objects.filter(pk=account.pk).update(password_hash=password_hash)
        device_id = _recognise_device(asker, door, device_token, now)
        if door.code is not None and door.awaits_code:
            SealedCode.objects.filter(pk=door.code.pk).update(used_on_id=device_id)
        session_id = _open_session(asker, door, token, device_id, now)
        kind = HistoryKind.CODE_USED if door.awaits_code else HistoryKind.SIGNED_IN
        note_in_history(
            person_id=person_id, session_id=session_id, kind=kind, visitor=asker.visitor, actor=actor, now=now
        )
        record(
            action="identity.session_started",
            subject_kind="session",
            subject_id=str(session_id),
            actor=actor,
            now=now,
            details={"person_id": person_id, "kind": kind},
        )
        publish(SessionStarted(session_id=session_id, person_id=person_id), now=now)
        signed_in = selectors.get_session(session_id=session_id, now=now)
    return StartedSession(token=token, device_token=device_token, signed_in=signed_in)


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


def _recognise_device(asker: _Asker, door: _Door, device_token: str, now: datetime) -> int:
    """Remember the device under a new token, for all accounts it stands for; a copy of the old one is worthless."""
    token_hash = keys.token_hash(device_token)
    seen = {"last_seen_at": now, "place_digest": _place_digest(asker)}
    if asker.device_token:
        KnownDevice.objects.filter(token_hash=keys.token_hash(asker.device_token)).update(token_hash=token_hash)
    device, _is_new = KnownDevice.objects.update_or_create(
        account_id=door.account_id, token_hash=token_hash, defaults=seen, create_defaults={**seen, "first_seen_at": now}
    )
    return device.pk


def _open_session(asker: _Asker, door: _Door, token: str, device_id: int, now: datetime) -> SessionId:
    row = Session.objects.create(
        person_id=door.account_id,
        device_id=device_id,
        token_hash=keys.token_hash(token),
        acr=AssuranceLevel.LOW,
        amr="otp" if door.awaits_code else "pwd",  # RFC 8176
        started_at=now,
        authenticated_at=now,
        last_seen_at=now,
        ends_at=now + session_rules.LONGEST,
        network=asker.visitor.network,
        browser=asker.visitor.browser,
        system=asker.visitor.system,
    )
    return SessionId(row.pk)


def _note(door: _Door, kind: HistoryKind, asker: _Asker, actor: Actor, now: datetime) -> None:
    note_in_history(person_id=door.person_id, session_id=None, kind=kind, visitor=asker.visitor, actor=actor, now=now)


def _place_digest(asker: _Asker) -> str:
    return keys.digest(asker.place, purpose="sign-in-place")


def _readable(device_token: str | None) -> str:
    """Return the cookie if it can be one of ours, else nothing."""
    if device_token is None or len(device_token) > _LONGEST_TOKEN or not device_token.isascii():
        return ""
    return device_token
