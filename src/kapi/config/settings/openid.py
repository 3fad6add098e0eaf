"""OpenID Connect: who we are to the institutions' programs."""

from kapi.config.environment import ENVIRONMENT
from kapi.config.settings.pages import API_URL, LOGIN_URL
from kapi.contexts.openid.values import edevlet
from kapi.contexts.openid.values.settings import OpenidSettings

# Names of stores of signing keys, as they are written beside each key; any other name is the path of a class.
KEY_STORES = {"software": "kapi.contexts.openid.providers.software.SoftwareKeys"}
KEY_STORE = ENVIRONMENT.key_store
# What programs ask, and where they send browsers, most of which are sent on at once (kapi.sites.ui.programs).
PROGRAM_ADDRESSES = frozenset(
    {
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/oidc/jwks",
        "/oidc/par",
        "/oidc/authorize",
        "/oidc/token",
        "/oidc/introspect",
        "/oidc/revoke",
        "/oidc/userinfo",
        edevlet.TOKEN,
        edevlet.PERSON,
    }
)
OPENID = OpenidSettings(
    issuer=LOGIN_URL,
    api=API_URL,
    demo=ENVIRONMENT.demo,
    certificates=bool(ENVIRONMENT.client_certificate_header),
    certificates_checked=bool(ENVIRONMENT.client_certificate_verdict),
    mtls=ENVIRONMENT.mtls_url,
)
