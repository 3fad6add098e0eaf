"""What browsers need to make a passkey and to show one."""

from datetime import datetime
from typing import Any

from django.conf import settings

from kapi.contexts.identity.models import Authenticator
from kapi.contexts.identity.rules.challenges import Use, make_challenge
from kapi.contexts.identity.rules.passkeys import StoredPasskey, creation_options, proof_options
from kapi.contexts.identity.selectors.authenticators import AUTHENTICATOR
from kapi.contexts.identity.selectors.sessions import get_session
from kapi.contexts.identity.values import AuthenticatorKind, PersonId, SessionId
from kapi.foundation import keys


def options_for_new_passkey(*, session_id: SessionId, browser: str, now: datetime) -> dict[str, Any]:
    """Return what a browser needs to make a passkey for whoever is signed in, with a fresh challenge.

    :raises SessionOver: if the session is not under way.
    """
    signed_in = get_session(session_id=session_id, now=now)
    rows = Authenticator.objects.filter(person_id=signed_in.person_id, kind=AuthenticatorKind.PASSKEY).order_by("pk")
    known = [StoredPasskey.from_text(keys.open_sealed(row.secret_sealed, purpose=AUTHENTICATOR)).id for row in rows]
    return creation_options(
        challenge=make_challenge(use=Use.ADD, browser=browser, session_id=session_id, now=now),
        owner=passkey_owner(signed_in.person_id),
        name=signed_in.display_name,
        known=known,
        brand=settings.BRAND_NAME,
        settings=settings.PASSKEYS,
    )


def options_for_passkey_proof(*, browser: str, now: datetime) -> dict[str, Any]:
    """Return what a browser needs to show a passkey of any person, with a fresh challenge. Asks and writes nothing."""
    challenge = make_challenge(use=Use.PROVE, browser=browser, now=now)
    return proof_options(challenge=challenge, settings=settings.PASSKEYS)


def passkey_owner(person_id: PersonId) -> bytes:
    """Return what authenticators call a person (Web Authentication 5.4.3): 32 bytes that say nothing about them."""
    return bytes.fromhex(keys.digest(str(person_id), purpose="passkey-owner"))
