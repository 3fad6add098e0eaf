"""People for tests, made through the same services that desks and citizens use."""

from dataclasses import replace
from datetime import datetime, timedelta

from kapi.contexts.identity import services
from kapi.contexts.identity.models import Authenticator, Session
from kapi.contexts.identity.rules.assurance import read_evidence, write_evidence
from kapi.contexts.identity.rules.passkeys import StoredPasskey
from kapi.contexts.identity.selectors import AUTHENTICATOR
from kapi.contexts.identity.values import (
    AuthenticatorId,
    AuthenticatorKind,
    BirthDate,
    EndReason,
    IssuedCode,
    Method,
    PersonId,
    Proof,
    SessionId,
    StartedSession,
    Voucher,
)
from kapi.foundation import keys
from kapi.kernel.actors import NOBODY, Actor, ActorKind
from kapi.kernel.identifiers import IdentityNumber
from tests.passkeys import SoftPasskey

NUMBER = IdentityNumber.parse("10000000146")
OTHER_NUMBER = IdentityNumber.parse("17291716060")
NOBODYS_NUMBER = IdentityNumber.parse("99000000042")
PASSWORD = "Kapi-Demo-2026!"
DESK = Actor(ActorKind.STAFF, "1", "24301234")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def make_numbers(count: int) -> list[IdentityNumber]:
    """Make so many different identity numbers that check."""
    numbers = []
    for body in range(500_000_001, 500_000_001 + count):
        digits = [int(digit) for digit in str(body)]
        digits.append((7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10)
        digits.append(sum(digits) % 10)
        numbers.append(IdentityNumber.parse("".join(map(str, digits))))
    return numbers


def register(
    *,
    now: datetime,
    number: IdentityNumber = NUMBER,
    given_names: str = "Deniz",
    family_name: str | None = "Yılmaz",
    birth: BirthDate = BirthDate(year=1990, month=5, day=17),  # noqa: B008 - a frozen value
) -> PersonId:
    """Register a person at a desk."""
    return services.register_person(
        identity_number=number, given_names=given_names, family_name=family_name, birth=birth, actor=DESK, now=now
    )


def issue(*, now: datetime, number: IdentityNumber = NUMBER) -> tuple[PersonId, IssuedCode]:
    """Register a person and issue an account."""
    person_id = register(now=now, number=number)
    return person_id, services.issue_account(person_id=person_id, actor=DESK, now=now)


def sign_in(
    *,
    now: datetime,
    number: IdentityNumber = NUMBER,
    password: str = PASSWORD,
    address: str = "192.0.2.10",
    device_token: str | None = None,
    user_agent: str = FIREFOX,
) -> StartedSession:
    """Sign in."""
    return services.sign_in_with_password(
        identity_number=number,
        password=password,
        address=address,
        device_token=device_token,
        user_agent=user_agent,
        actor=NOBODY,
        now=now,
    )


def make_citizen(*, now: datetime, number: IdentityNumber = NUMBER, password: str = PASSWORD) -> PersonId:
    """Make a person with an account in use, who is signed in nowhere."""
    person_id, issued = issue(now=now, number=number)
    started = sign_in(now=now, number=number, password=issued.code, address="203.0.113.1")
    renewed = services.choose_first_password(
        session_id=started.signed_in.session_id, new_password=password, actor=started.signed_in.actor, now=now
    )
    services.end_session(
        session_id=renewed.signed_in.session_id, reason=EndReason.SIGNED_OUT, actor=renewed.signed_in.actor, now=now
    )
    return person_id


def prove_with_passkey(session: SessionId, *, now: datetime) -> None:
    """Let a session have been proved with a passkey that was vouched for, without the ceremony."""
    row = Session.objects.get(pk=session)
    stored = StoredPasskey(SoftPasskey().credential(), owner=b"")
    passkey, _is_new = Authenticator.objects.get_or_create(
        person_id=row.person_id,
        kind=AuthenticatorKind.PASSKEY,
        vouched_by=Voucher.DESK,
        defaults={"name": "x", "secret_sealed": keys.seal(stored.to_text(), purpose=AUTHENTICATOR), "added_at": now},
    )
    proof = Proof(method=Method.PASSKEY, at=now, authenticator_id=AuthenticatorId(passkey.pk))
    Session.objects.filter(pk=session).update(evidence=write_evidence([*read_evidence(row.evidence), proof]))


def make_proofs_older(*, by: timedelta) -> None:
    """Let it be so much longer ago that everybody who is signed in has proved that it is them."""
    for row in Session.objects.order_by("pk"):
        proofs = [replace(proof, at=proof.at - by) for proof in read_evidence(row.evidence)]
        Session.objects.filter(pk=row.pk).update(evidence=write_evidence(proofs))
