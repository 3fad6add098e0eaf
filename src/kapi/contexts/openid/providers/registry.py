"""Which store holds a key, and which makes new ones: settings name them."""

from functools import cache

from django.utils.module_loading import import_string

from kapi.contexts.openid.providers.base import KeyStore
from kapi.foundation.settled import settings


def present_name() -> str:
    """Return the name of the store that makes new keys: a short word of the settings, or the path of a class."""
    name: str = settings.KEY_STORE
    return name


def get_store(name: str) -> KeyStore:
    """Return the store of that name, as it is written beside each key. Former ones sign on for their own keys."""
    return _made(settings.KEY_STORES.get(name, name))


@cache
def _made(path: str) -> KeyStore:
    store: KeyStore = import_string(path)()
    return store
