"""Which register is in use: settings name it."""

from django.conf import settings
from django.utils.module_loading import import_string

from kapi.contexts.mandates.errors import NoRegister
from kapi.contexts.mandates.providers.base import Register


def get_register() -> Register:
    """Return the register that settings name.

    :raises NoRegister: if they name none.
    """
    if not settings.REPRESENTATIVES_REGISTER:
        raise NoRegister
    register: Register = import_string(settings.REPRESENTATIVES_REGISTER)()
    return register
