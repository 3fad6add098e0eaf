"""Which supplier of mobile signatures is in use: settings name it."""

from django.conf import settings
from django.utils.module_loading import import_string

from kapi.contexts.identity.errors import SignerUnavailable
from kapi.contexts.identity.providers.base import MobileSigner


def get_signer() -> MobileSigner:
    """Return the supplier that settings name.

    :raises SignerUnavailable: if they name none.
    """
    if not settings.MOBILE_SIGNER:
        raise SignerUnavailable
    signer: MobileSigner = import_string(settings.MOBILE_SIGNER)()
    return signer
