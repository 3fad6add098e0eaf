"""No number, password, code or token is in any log at DEBUG, in any error, or readable in any table."""

import logging
from datetime import datetime

import pytest
from django.apps import apps

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import PasswordRefused, SignInRefused, TooManyAttempts, WrongPassword
from kapi.kernel.errors import DomainError
from tests.people import DESK, NUMBER, PASSWORD, issue, sign_in

pytestmark = pytest.mark.django_db
WRONG, NEW = "a-wrong-secret-that-was-typed", "üç kuru yaprak düştü"


@pytest.fixture
def said_and_secret(now: datetime, caplog: pytest.LogCaptureFixture) -> tuple[str, list[str]]:
    """Go through everything an account can go through; return what was logged and said, and all secrets."""
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    person_id, issued = issue(now=now)
    started = sign_in(now=now, password=issued.code)
    actor, session_id = started.signed_in.actor, started.signed_in.session_id
    with pytest.raises(PasswordRefused) as refused:
        services.choose_first_password(session_id=session_id, new_password=f"x{WRONG}" * 9, actor=actor, now=now)
    _keep(said, refused.value)
    first = services.choose_first_password(session_id=session_id, new_password=PASSWORD, actor=actor, now=now)
    with pytest.raises(WrongPassword) as wrong:
        services.change_password(session_id=session_id, current_password=WRONG, new_password=NEW, actor=actor, now=now)
    _keep(said, wrong.value)
    changed = services.change_password(
        session_id=session_id, current_password=PASSWORD, new_password=NEW, actor=actor, now=now
    )
    for _ in range(7):
        with pytest.raises((SignInRefused, TooManyAttempts)) as refusal:
            sign_in(now=now, password=WRONG)
        _keep(said, refusal.value)
    recovered = services.recover_account(person_id=person_id, actor=DESK, now=now)
    last = sign_in(now=now, password=recovered.code, address="203.0.113.7", device_token=started.device_token)
    shown = (issued, started, first, changed, recovered, last, selectors.get_person_record(person_id=person_id))
    said += [f"{value!r} {value}" for value in shown]
    secrets = [NUMBER.digits, PASSWORD, WRONG, NEW, started.token, started.device_token, first.token, changed.token]
    secrets += [last.token, last.device_token]
    for code in (issued.code, recovered.code):
        secrets += [code, code.replace("-", "")]
    return caplog.text + "\n".join(said), secrets


def _keep(said: list[str], error: DomainError) -> None:
    said.append(f"{error!r} {error} {vars(error)}")


class TestSecrets:
    def test_are_never_logged_or_said(self, said_and_secret: tuple[str, list[str]]) -> None:
        said, secrets = said_and_secret
        assert "SignedIn" in said
        assert [secret for secret in secrets if secret in said] == []

    def test_stand_readable_in_no_table(self, said_and_secret: tuple[str, list[str]]) -> None:
        _, secrets = said_and_secret
        tables = {
            model._meta.label: " ".join(
                str(bytes(value) if isinstance(value, memoryview) else value)
                for row in model._default_manager.values()
                for value in row.values()
            )
            for model in apps.get_models()
        }
        assert "Yılmaz" in tables["identity.Person"]
        assert [(label, secret) for label, text in tables.items() for secret in secrets if secret in text] == []
