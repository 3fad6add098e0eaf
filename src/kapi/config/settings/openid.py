"""OpenID Connect: who we are to the institutions' programs."""

from kapi.config.environment import ENVIRONMENT
from kapi.config.settings.pages import API_URL, LOGIN_URL
from kapi.contexts.openid.values.settings import OpenidSettings

# Names of stores of signing keys, as they are written beside each key; any other name is the path of a class.
KEY_STORES = {"software": "kapi.contexts.openid.providers.software.SoftwareKeys"}
KEY_STORE = ENVIRONMENT.key_store
OPENID = OpenidSettings(
    issuer=LOGIN_URL,
    api=API_URL,
    demo=ENVIRONMENT.demo,
    certificates=bool(ENVIRONMENT.client_certificate_header),
    certificates_checked=bool(ENVIRONMENT.client_certificate_verdict),
    mtls=ENVIRONMENT.mtls_url,
)
