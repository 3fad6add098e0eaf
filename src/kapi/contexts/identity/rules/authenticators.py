"""Who may change what they prove themselves with, and how it may be called."""

import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta

from kapi.contexts.identity.errors import NameRefused, ProveAgain, StrongerProofNeeded
from kapi.contexts.identity.values import ACR_VALUES, NAMED_BY_KIND, AuthenticatorKind, SignedIn

MOST = 20
LONGEST_NAME = 60
# Long enough to find the telephone and to name a passkey; too short for who finds a computer unlocked after lunch.
RECENT = timedelta(minutes=10)


def proved_lately(signed_in: SignedIn, now: datetime) -> None:
    """Only who has proved themselves a moment ago changes how they do.

    :raises ProveAgain: if it is longer ago, or the session may do nothing but choose a password.
    """
    latest = max(proof.at for proof in signed_in.proofs)
    if signed_in.must_change_password or now - latest > RECENT:
        raise ProveAgain


def session_is_as_strong_as_the_person(signed_in: SignedIn, reachable: Collection[str], now: datetime) -> None:
    """Whoever knows the password alone neither takes away a passkey nor adds one beside it.

    The strongest that the person can be must have been proved, and lately.

    :raises StrongerProofNeeded: if the session is weaker than that.
    :raises ProveAgain: if it was proved too long ago.
    """
    needed = next(acr for acr in ACR_VALUES if acr in reachable)
    assurance = signed_in.find_assurance((needed,))
    if assurance is None:
        raise StrongerProofNeeded(needed)
    if now - assurance.proved_at > RECENT:
        raise ProveAgain


def name_at_first(name: str | None, kind: AuthenticatorKind) -> str:
    """Return under which name an authenticator is kept when it is added: none, if nobody gave one and its kind will do.

    :raises NameRefused: if it cannot be called so.
    """
    return "" if name is None and kind in NAMED_BY_KIND else clean_name(name or "")


def clean_name(name: str) -> str:
    """Return the name that a person gives, with blanks set right.

    :raises NameRefused: if nothing is left, it has more than `LONGEST_NAME` characters, or some that are not shown.
    """
    cleaned = " ".join(unicodedata.normalize("NFC", name).split())
    if not cleaned or len(cleaned) > LONGEST_NAME or any(unicodedata.category(sign)[0] == "C" for sign in cleaned):
        raise NameRefused
    return cleaned
