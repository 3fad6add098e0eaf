"""Which population register tells of deaths, names and guardians."""

from kapi.config.environment import ENVIRONMENT
from kapi.config.settings.pages import BASE_DIR

DUMMY_POPULATION_REGISTER = BASE_DIR / "demo" / "data"
_REGISTERS = {"": "", "dummy": "kapi.contexts.identity.providers.population.dummy.DummyPopulationRegister"}
# The demo has the sample register without being told.
POPULATION_REGISTER = _REGISTERS[ENVIRONMENT.population_register or ("dummy" if ENVIRONMENT.demo else "")]
