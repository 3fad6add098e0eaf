"""What an owner may disown ("this was not me"), and what they have to do after that."""

from collections.abc import Iterable
from typing import Final

from kapi.contexts.identity.values import AuthenticatorId, HistoryKind, Method, Proof

# Lines by which somebody got in, or showed that they know or hold what opens the account. A try that failed before that
# opened nothing, and what a desk did is asked about at the desk.
REPORTABLE: Final = frozenset(
    {
        HistoryKind.SIGNED_IN,
        HistoryKind.REAUTHENTICATED,
        HistoryKind.STEPPED_UP,
        HistoryKind.CODE_USED,
        HistoryKind.HELD_OFF,
        HistoryKind.WRONG_CODE,
        HistoryKind.RECOVERY_CODE_USED,
        HistoryKind.PASSWORD_CHOSEN,
        HistoryKind.PASSWORD_CHANGED,
        HistoryKind.AUTHENTICATOR_ADDED,
        HistoryKind.AUTHENTICATOR_REMOVED,
        HistoryKind.CONTACT_ADDED,
        HistoryKind.CONTACT_REMOVED,
        HistoryKind.ACTING_FOR,
    }
)
# Lines of somebody who knows the password, whatever the session was proved with.
BY_PASSWORD: Final = frozenset(
    {
        HistoryKind.HELD_OFF,
        HistoryKind.WRONG_CODE,
        HistoryKind.RECOVERY_CODE_USED,
        HistoryKind.PASSWORD_CHOSEN,
        HistoryKind.PASSWORD_CHANGED,
    }
)


def password_was_used(proofs: Iterable[Proof]) -> bool:
    """Tell whether another password is needed: it was shown, or the sealed code that chose it."""
    return any(proof.method in {Method.PASSWORD, Method.SEALED_CODE} for proof in proofs)


def authenticators_used(proofs: Iterable[Proof]) -> frozenset[AuthenticatorId]:
    """Return what was used besides."""
    return frozenset(proof.authenticator_id for proof in proofs if proof.authenticator_id is not None)
