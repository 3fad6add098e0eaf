"""OpenID Connect: who we are to the institutions' programs."""

from kapi.config.environment import ENVIRONMENT
from kapi.config.settings.pages import API_URL, LOGIN_URL
from kapi.contexts.openid.values.settings import OpenidSettings

OPENID = OpenidSettings(
    issuer=LOGIN_URL, api=API_URL, demo=ENVIRONMENT.demo, certificates=bool(ENVIRONMENT.client_certificate_header)
)
