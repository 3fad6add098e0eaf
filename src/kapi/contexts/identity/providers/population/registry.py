"""Which population register is in use: settings name it."""

from django.conf import settings
from django.utils.module_loading import import_string

from kapi.contexts.identity.errors import NoPopulationRegister
from kapi.contexts.identity.providers.population.base import PopulationRegister


def get_population_register() -> PopulationRegister:
    """Return the register that settings name.

    :raises NoPopulationRegister: if they name none.
    """
    if not settings.POPULATION_REGISTER:
        raise NoPopulationRegister
    register: PopulationRegister = import_string(settings.POPULATION_REGISTER)()
    return register
