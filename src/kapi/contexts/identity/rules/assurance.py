"""What may be said of a session, from what it has recorded: the ladder of assurance.

Every proof that a person gives is kept with its moment. What tokens say (`acr`, `amr`, `auth_time`) is worked out from
one choice among these proofs, so that the three are never about different ones, and none says more than the proofs do.
`docs/guides/identity.md` shows the ladder as a table.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from itertools import combinations
from operator import itemgetter
from typing import Any, Final

from kapi.contexts.identity.values import (
    PHISHING_RESISTANT,
    Assurance,
    AssuranceLevel,
    AuthenticatorId,
    AuthenticatorKind,
    Method,
    Proof,
    Proofing,
)


class Factor(StrEnum):
    """What a proof shows."""

    KNOWLEDGE = "knowledge"
    POSSESSION = "possession"
    USER_VERIFICATION = "user_verification"  # a PIN, finger or face that the authenticator itself has checked


@dataclass(frozen=True)
class Strength:
    """What a method shows, what it is called in `amr` (RFC 8176), and whether a false page could be handed it.

    `is_on_certified_device`: its issuer vouches that the key cannot leave a certified device, which asks for a PIN.
    `identifies`: its issuer has established face to face whose it is, however the account was handed out.
    """

    factors: frozenset[Factor]
    amr: tuple[str, ...]
    is_phishing_resistant: bool = False
    is_on_certified_device: bool = False
    identifies: bool = False


_HELD_AND_OPENED: Final = frozenset({Factor.POSSESSION, Factor.USER_VERIFICATION})
# A passkey does not reach HIGH: without attestation nobody knows where it keeps its key, which for the same reason is
# called neither `hwk` nor `swk`. A certificate does, but what its holder signs can be relayed: a false page may fetch a
# statement from us, have it signed, and send it in. So none of them is called phishing-resistant.
STRENGTHS: Final[Mapping[Method, Strength]] = {
    Method.PASSWORD: Strength(frozenset({Factor.KNOWLEDGE}), ("pwd",)),
    Method.SEALED_CODE: Strength(frozenset({Factor.POSSESSION}), ("otp",)),
    Method.TOTP: Strength(frozenset({Factor.POSSESSION}), ("otp",)),
    Method.RECOVERY_CODE: Strength(frozenset({Factor.POSSESSION}), ("otp",)),
    Method.SMS_CODE: Strength(frozenset({Factor.POSSESSION}), ("otp", "sms")),
    # NIST SP 800-63B-4, 3.1.3.1: e-mail may be opened with one more password, read on its way, or led elsewhere. So a
    # code sent there keeps a thief out who has the password alone, but nothing is said of it.
    Method.EMAIL_CODE: Strength(frozenset(), ()),
    Method.PASSKEY: Strength(_HELD_AND_OPENED, ("pop", "user"), is_phishing_resistant=True),
    Method.QUALIFIED_CERTIFICATE: Strength(
        _HELD_AND_OPENED, ("hwk", "pin"), is_on_certified_device=True, identifies=True
    ),
    Method.IDENTITY_CARD: Strength(
        _HELD_AND_OPENED, ("hwk", "pin", "sc"), is_on_certified_device=True, identifies=True
    ),
    Method.MOBILE_SIGNATURE: Strength(
        _HELD_AND_OPENED, ("hwk", "mca", "pin"), is_on_certified_device=True, identifies=True
    ),
}
METHOD_OF: Final[Mapping[AuthenticatorKind, Method]] = {
    AuthenticatorKind.PASSKEY: Method.PASSKEY,
    AuthenticatorKind.TOTP: Method.TOTP,
    AuthenticatorKind.RECOVERY_CODES: Method.RECOVERY_CODE,
    AuthenticatorKind.SMS: Method.SMS_CODE,
    AuthenticatorKind.EMAIL: Method.EMAIL_CODE,
}
# How far up the ladder an account can be, by how it was handed out.
CEILINGS: Final[Mapping[Proofing, AssuranceLevel]] = {
    Proofing.DESK: AssuranceLevel.HIGH,
    Proofing.OPERATOR: AssuranceLevel.SUBSTANTIAL,
}
LADDER: Final = tuple(AssuranceLevel)

_MOST_AT_ONCE: Final = 2  # there are two kinds of factors besides verification: a third proof adds no rung
_KEPT: Final = 16
_KNOWN: Final = frozenset(Method)
_ACRS: Final = (*reversed(LADDER), PHISHING_RESISTANT)
_PROVED_AT: Final = itemgetter(0)


def assess(proofs: Sequence[Proof], proofing: Proofing) -> tuple[Assurance, ...]:
    """Return every `acr` that the proofs bear out, the strongest first, each with the freshest proofs that do.

    Proofs that show no factor bear out nothing.
    """
    telling = [proof for proof in proofs if STRENGTHS[proof.method].factors]
    choices = [
        (min(proof.at for proof in chosen), _worth(tuple(proof.method for proof in chosen), proofing))
        for chosen in _choices(telling)
    ]
    found = []
    for acr in _ACRS:
        good = [(proved_at, worth) for proved_at, worth in choices if acr in worth.acrs]
        if good:
            # Of equally fresh ones the first: it has fewer proofs.
            proved_at, worth = max(good, key=_PROVED_AT)
            found.append(Assurance(acr=acr, amr=worth.amr, proved_at=proved_at))
    return tuple(found)


def reachable(methods: Iterable[Method], proofing: Proofing) -> frozenset[str]:
    """Return every `acr` that somebody who proves themselves in all these ways can reach."""
    moment = datetime.min.replace(tzinfo=UTC)
    proofs = tuple(Proof(method=method, at=moment) for method in sorted(set(methods)))
    return frozenset(assurance.acr for assurance in assess(proofs, proofing))


def with_proof(proofs: Sequence[Proof], proof: Proof) -> tuple[Proof, ...]:
    """Add a proof; an older one by the same method and authenticator is of no use any more."""
    kept = [old for old in proofs if (old.method, old.authenticator_id) != (proof.method, proof.authenticator_id)]
    return (*kept[-_KEPT:], proof)


def write_evidence(proofs: Iterable[Proof]) -> list[dict[str, object]]:
    """Return the form in which a session keeps its proofs."""
    return [_written(proof) for proof in proofs]


def evidence_columns(*, proofs: Sequence[Proof], proofing: Proofing) -> dict[str, Any]:
    """Return the columns of a session that hold its evidence, and what the former release reads of it."""
    strongest = assess(proofs, proofing)[0]
    return {
        "evidence": write_evidence(proofs),
        "acr": strongest.acr,
        "amr": " ".join(strongest.amr),
        "authenticated_at": strongest.proved_at,
    }


def read_evidence(evidence: Iterable[Mapping[str, object]]) -> tuple[Proof, ...]:
    """Read what `write_evidence` wrote. A method that only a later release knows proves nothing to this one."""
    return tuple(_read(row) for row in evidence if row["method"] in _KNOWN)


def former_evidence(*, amr: str, authenticated_at: datetime) -> tuple[Proof, ...]:
    """Return the proof of a session that the former release has begun: it knew password and sealed code only."""
    method = Method.PASSWORD if amr == "pwd" else Method.SEALED_CODE
    return (Proof(method=method, at=authenticated_at),)


@dataclass(frozen=True)
class _Worth:
    """What proofs by some methods, taken together, bear out, and what they are called in `amr`."""

    acrs: frozenset[str]
    amr: tuple[str, ...]


@cache
def _worth(methods: tuple[Method, ...], proofing: Proofing) -> _Worth:
    strengths = [STRENGTHS[method] for method in methods]
    factors = frozenset[Factor]().union(*(strength.factors for strength in strengths))
    words = {word for strength in strengths for word in strength.amr}
    is_multiple = len(factors) > 1
    is_high = any(strength.is_on_certified_device and len(strength.factors) > 1 for strength in strengths)
    level = AssuranceLevel.HIGH if is_high else AssuranceLevel.SUBSTANTIAL if is_multiple else AssuranceLevel.LOW
    identifies = any(strength.identifies for strength in strengths)
    ceiling = AssuranceLevel.HIGH if identifies else CEILINGS[proofing]
    rung = min(LADDER.index(level), LADDER.index(ceiling))
    resists_phishing = any(strength.is_phishing_resistant for strength in strengths)
    return _Worth(
        acrs=frozenset({*LADDER[: rung + 1], *([PHISHING_RESISTANT] if resists_phishing else [])}),
        amr=tuple(sorted(words | ({"mfa"} if is_multiple else set()))),
    )


def _choices(proofs: Sequence[Proof]) -> Iterator[tuple[Proof, ...]]:
    for count in range(1, _MOST_AT_ONCE + 1):
        yield from combinations(proofs, count)


def _written(proof: Proof) -> dict[str, object]:
    kept: dict[str, object] = {
        "method": proof.method.value,
        "at": proof.at.isoformat(),
        "authenticator_id": proof.authenticator_id,
    }
    return kept | ({"held_since": proof.held_since.isoformat()} if proof.held_since else {})


def _read(row: Mapping[str, object]) -> Proof:
    authenticator_id, held_since = row.get("authenticator_id"), row.get("held_since")
    return Proof(
        method=Method(str(row["method"])),
        at=datetime.fromisoformat(str(row["at"])),
        authenticator_id=AuthenticatorId(authenticator_id) if isinstance(authenticator_id, int) else None,
        held_since=datetime.fromisoformat(held_since) if isinstance(held_since, str) else None,
    )
