"""What a person can be reached by, and for how long a former contact is told."""

from datetime import timedelta
from typing import Final

from kapi.contexts.identity.values import AuthenticatorKind, ContactId, ContactKind
from kapi.kernel.contacts import ContactAddress, EmailAddress, MobileNumber

MOST: Final = 3  # of each kind: each further one is a further way for a message to reach somebody else
# A thief who puts their own telephone in the place of the owner's must not silence what the owner hears of it.
TELL_FORMER_FOR: Final = timedelta(days=7)


STEP_OF: Final = {ContactKind.PHONE: AuthenticatorKind.SMS, ContactKind.EMAIL: AuthenticatorKind.EMAIL}


def kind_of(address: ContactAddress) -> ContactKind:
    """Return which kind of contact an address is."""
    return ContactKind.PHONE if isinstance(address, MobileNumber) else ContactKind.EMAIL


def read_address(kind: ContactKind, text: str) -> ContactAddress:
    """Read a kept address again."""
    return MobileNumber.parse(text) if kind is ContactKind.PHONE else EmailAddress.parse(text)


def finder_of(contact_id: ContactId) -> str:
    """Return by what the second step is found that sends its codes to a contact; there is one of it."""
    return f"contact:{contact_id}"
