"""Questions about what people have added to prove themselves with."""

from datetime import datetime

from kapi.contexts.identity.models import Authenticator, Enrolment
from kapi.contexts.identity.rules import recovery, vouching
from kapi.contexts.identity.values import (
    AuthenticatorId,
    AuthenticatorKind,
    AuthenticatorView,
    PersonId,
    SignedIn,
    StaffProof,
)

AUTHENTICATOR = "authenticator"  # the purpose under which secrets of authenticators are sealed


def authenticators_of(*, person_id: PersonId) -> tuple[AuthenticatorView, ...]:
    """List what a person has added to prove themselves with, the first added first. One query, no secrets."""
    rows = Authenticator.objects.filter(person_id=person_id).order_by("added_at", "pk").defer("secret_sealed")
    return tuple(
        AuthenticatorView(
            authenticator_id=AuthenticatorId(row.pk),
            kind=AuthenticatorKind(row.kind),
            name=row.name,
            added_at=row.added_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    )


def staff_proof_of(*, signed_in: SignedIn, now: datetime) -> StaffProof:
    """Return whether somebody may work in this session, and what is missing if not. Two queries at most."""
    passkeys = Authenticator.objects.filter(person_id=signed_in.person_id, kind=AuthenticatorKind.PASSKEY)
    rows = list(passkeys.values_list("pk", "vouched_by").order_by("pk"))
    vouched = {AuthenticatorId(pk) for pk, voucher in rows if voucher}
    proved_at = vouching.staff_proof_at(signed_in.proofs, vouched)
    open_now = Enrolment.objects.filter(person_id=signed_in.person_id, closed_at=None, expires_at__gt=now)
    until = None if proved_at else open_now.values_list("expires_at", flat=True).order_by("pk").first()
    return StaffProof(proved_at=proved_at, has_passkey=bool(rows), has_vouched=bool(vouched), enrolment_until=until)


def recovery_codes_left(*, person_id: PersonId) -> int:
    """Return how many recovery codes of the person's list are unused; 0 without a list."""
    lists = Authenticator.objects.filter(person_id=person_id, kind=AuthenticatorKind.RECOVERY_CODES).order_by("pk")
    return sum(recovery.left(used) for used in lists.values_list("counter", flat=True))
