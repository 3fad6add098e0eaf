"""Questions about the supplier of mobile signatures."""

from django.conf import settings

from kapi.contexts.identity.errors import SignerUnavailable
from kapi.contexts.identity.providers.registry import get_signer


def is_signer_answering() -> bool | None:
    """Ask the supplier whether it can be reached; None where settings name none.

    It is called now, which takes at most five seconds. Call it outside every transaction.
    """
    if not settings.MOBILE_SIGNER:
        return None
    try:
        get_signer().check()
    except SignerUnavailable:
        return False
    return True
