"""Django's settings, one module per theme; the environment decides (kapi.config.environment)."""

from kapi.config.settings.base import *
from kapi.config.settings.certificates import *
from kapi.config.settings.database import *
from kapi.config.settings.languages import *
from kapi.config.settings.logs import *
from kapi.config.settings.mandates import *
from kapi.config.settings.openid import *
from kapi.config.settings.pages import *
from kapi.config.settings.population import *
from kapi.config.settings.security import *
from kapi.config.settings.serving import *
from kapi.config.settings.work import *
