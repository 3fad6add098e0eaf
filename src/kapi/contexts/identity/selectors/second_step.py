"""Questions about sign-ins that wait for their second step."""

from datetime import datetime

from kapi.contexts.identity.models import Authenticator, BegunSignIn, KnownDevice, SentCode
from kapi.contexts.identity.rules import contacts as contact_rules
from kapi.contexts.identity.rules import sent_codes
from kapi.contexts.identity.rules.visitors import readable_device
from kapi.contexts.identity.selectors.contacts import view_of_code
from kapi.contexts.identity.selectors.sessions import LONGEST_TOKEN
from kapi.contexts.identity.values import (
    AuthenticatorId,
    AuthenticatorKind,
    BegunView,
    ContactId,
    PersonId,
    SentCodeView,
    StepByContact,
)
from kapi.foundation import keys
from kapi.kernel.networks import origin_of


def find_begun_sign_in(*, token: str, now: datetime) -> BegunView | None:
    """Return how the sign-in that this browser has begun can be finished, if it still waits."""
    if not token or not token.isascii() or len(token) > LONGEST_TOKEN:
        return None
    begun = BegunSignIn.objects.filter(token_hash=keys.token_hash(token), expires_at__gt=now).first()
    if begun is None:
        return None
    rows = Authenticator.objects.filter(person_id=begun.account_id).values_list("kind", "pk", "name").order_by("pk")
    found = [(AuthenticatorKind(kind), AuthenticatorId(pk), name) for kind, pk, name in rows]
    kinds = {kind for kind, _pk, _name in found}
    step_of = {step: kind for kind, step in contact_rules.STEP_OF.items()}
    return BegunView(
        has_totp=AuthenticatorKind.TOTP in kinds,
        has_recovery_codes=AuthenticatorKind.RECOVERY_CODES in kinds,
        by_contact=tuple(
            StepByContact(authenticator_id=pk, kind=step_of[kind], masked=name)
            for kind, pk, name in found
            if kind in step_of
        ),
    )


def find_second_step_code(
    *, token: str, authenticator_id: AuthenticatorId, address: str, device_token: str | None, now: datetime
) -> SentCodeView | None:
    """Return the code that the sign-in which this browser has begun waits for, if it can still be entered."""
    finder = Authenticator.objects.filter(pk=authenticator_id).values_list("finder", flat=True).order_by("pk").first()
    waiting = SentCode.objects.filter(begun__token_hash=keys.token_hash(token), closed_at=None, expires_at__gt=now)
    row = waiting.order_by("-pk").first()
    if row is None or row.contact_id is None or finder != contact_rules.finder_of(ContactId(row.contact_id)):
        return None
    return view_of_code(row, _lane(PersonId(row.person_id), address, device_token), now)


def _lane(person_id: PersonId, address: str, device_token: str | None) -> str:
    """Return whose share of codes it is that somebody at the second step asks for."""
    token = readable_device(device_token)
    known = KnownDevice.objects.filter(account_id=person_id, token_hash=keys.token_hash(token)).order_by("pk")
    device_id = known.values_list("pk", flat=True).first() if token else None
    if device_id is not None:
        return sent_codes.lane_of_device(device_id)
    return sent_codes.lane_of_origin(origin_of(address), person_id)
