"""Two deeds at one account at the same moment, where the database lets them run side by side."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

import pytest
from django.db import connection, transaction

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.models import Authenticator, KnownDevice, SupportCode
from kapi.contexts.identity.values import AuthenticatorId, AuthenticatorKind, PersonId, StartedSession
from kapi.kernel.actors import NOBODY
from tests.passkeys import SoftPasskey
from tests.people import FIREFOX, make_citizen, sign_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite writes one transaction at a time"),
]
T = TypeVar("T")
BROWSER = "the secret of a browser"
AT_ONCE = 4


def beside(deed: Callable[[], T]) -> Callable[[], T]:
    """Let a thread give its connection back."""

    def done() -> T:
        try:
            return deed()
        finally:
            connection.close()

    return done


def all_at_once(deed: Callable[[], T]) -> list[T]:
    """Do a deed in several threads that begin together; what one of them raises is raised."""
    barrier = threading.Barrier(AT_ONCE)

    def done() -> T:
        barrier.wait(60)
        return deed()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [future.result() for future in [pool.submit(beside(done)) for _ in range(AT_ONCE)]]


def until_waiting(threads: int, *, or_done: Future[None] | None = None) -> None:
    """Wait until so many connections wait for a lock, or the other deed is done."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (or_done is not None and or_done.done()):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees what it saw first
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0] >= threads:
                return
        time.sleep(0.02)
    assert or_done is not None
    assert or_done.done()


def add_passkey(started: StartedSession, passkey: SoftPasskey, now: datetime) -> AuthenticatorId:
    session = started.signed_in
    options = selectors.options_for_new_passkey(session_id=session.session_id, browser=BROWSER, now=now)
    return services.add_passkey(
        session_id=session.session_id,
        response=passkey.create(options),
        name="Telefonum",
        browser=BROWSER,
        actor=session.actor,
        now=now,
    )


def show(response: str, device_token: str | None, now: datetime) -> StartedSession:
    return services.sign_in_with_passkey(
        response=response,
        browser=BROWSER,
        address="192.0.2.10",
        device_token=device_token,
        user_agent=FIREFOX,
        actor=NOBODY,
        now=now,
    )


class TestRemoveAuthenticator:
    def test_ends_the_session_that_is_being_opened_with_it(self, now: datetime) -> None:
        make_citizen(now=now)
        started, passkey = sign_in(now=now), SoftPasskey()
        authenticator_id = add_passkey(started, passkey, now)
        first, second = (
            passkey.get(selectors.options_for_passkey_proof(browser=BROWSER, now=now), count=count) for count in (0, 0)
        )
        owner = show(first, None, now)
        with ThreadPoolExecutor(2) as pool:
            with transaction.atomic():
                # Holds up whoever comes in on this device, after all that is asked of them.
                list(KnownDevice.objects.select_for_update().order_by("pk"))
                coming = pool.submit(beside(lambda: show(second, owner.device_token, now)))
                until_waiting(1)
                removing = pool.submit(
                    beside(
                        lambda: services.remove_authenticator(
                            session_id=owner.signed_in.session_id,
                            authenticator_id=authenticator_id,
                            actor=owner.signed_in.actor,
                            now=now,
                        )
                    )
                )
                until_waiting(2, or_done=removing)
            removing.result(60)
            come = coming.result(60)
        assert selectors.find_session(token=come.token, now=now) is None


class TestMakeSupportCode:
    def test_leaves_one_however_many_are_made_at_once(self, now: datetime) -> None:
        make_citizen(now=now)
        session = sign_in(now=now).signed_in
        shown = all_at_once(
            lambda: services.make_support_code(session_id=session.session_id, actor=session.actor, now=now).code
        )
        assert len(set(shown)) == AT_ONCE
        assert SupportCode.objects.filter(person_id=session.person_id).count() == 1


class TestMakeRecoveryCodes:
    def test_leaves_one_list_however_many_are_made_at_once(self, now: datetime) -> None:
        make_citizen(now=now)
        started, passkey = sign_in(now=now), SoftPasskey()
        add_passkey(started, passkey, now)
        session = show(
            passkey.get(selectors.options_for_passkey_proof(browser=BROWSER, now=now), count=0), None, now
        ).signed_in
        made = all_at_once(
            lambda: services.make_recovery_codes(session_id=session.session_id, actor=session.actor, now=now).codes
        )
        assert len(set(made)) == AT_ONCE
        assert lists_of(session.person_id) == 1


def lists_of(person_id: PersonId) -> int:
    return Authenticator.objects.filter(person_id=person_id, kind=AuthenticatorKind.RECOVERY_CODES).count()
