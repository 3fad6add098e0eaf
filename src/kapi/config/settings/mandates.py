"""Which register says who may act for whom."""

from kapi.config.environment import ENVIRONMENT
from kapi.config.settings.pages import BASE_DIR

DUMMY_REGISTER = BASE_DIR / "demo" / "data"
_REGISTERS = {"": "", "dummy": "kapi.contexts.mandates.providers.dummy.DummyRegister"}
# The demo has the sample register without being told.
REPRESENTATIVES_REGISTER = _REGISTERS[ENVIRONMENT.representatives_register or ("dummy" if ENVIRONMENT.demo else "")]
