"""Pages: templates, static files, brand, and where each site lives."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kapi.config.environment import ENVIRONMENT
from kapi.contexts.identity.values import PasskeySettings

BASE_DIR = Path(__file__).resolve().parents[4]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "kapi.sites.ui.environment.build",
            "extensions": ["jinja2.ext.i18n", "jinja2.ext.do"],
            "context_processors": ["kapi.sites.ui.frame.context", "kapi.sites.backoffice.notices.context"],
        },
    },
]

STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.data_dir.resolve() / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MANIFEST_STRICT = True

GATEWAY_URL = ENVIRONMENT.gateway_url
LOGIN_URL = ENVIRONMENT.login_url or GATEWAY_URL
API_URL = ENVIRONMENT.api_url or GATEWAY_URL
BACKOFFICE_URL = ENVIRONMENT.backoffice_url or GATEWAY_URL
# Where sites have host names of their own, each host answers for its sites only. Sites that share a host share one
# entry, and whichever module it names lists the addresses of all of them.
_URLCONFS = {GATEWAY_URL: "gateway", LOGIN_URL: "login", API_URL: "api", BACKOFFICE_URL: "backoffice"}
URLCONF_BY_HOST = (
    {urlsplit(origin).netloc: f"kapi.config.urls.{name}" for origin, name in _URLCONFS.items()}
    if len(_URLCONFS) > 1
    else {}
)
_LOGIN_HOST = urlsplit(LOGIN_URL)
PASSKEYS = PasskeySettings(rp_id=_LOGIN_HOST.hostname or "", origin=f"{_LOGIN_HOST.scheme}://{_LOGIN_HOST.netloc}")
BRAND_NAME = ENVIRONMENT.brand_name
BRAND_COLOR = ENVIRONMENT.brand_color
BRAND_MARK = ENVIRONMENT.brand_mark
CONTACT_EMAIL = ENVIRONMENT.contact_email
PRIVACY_CONTACT = ENVIRONMENT.privacy_contact
PRIVACY_LEGAL_BASIS = ENVIRONMENT.privacy_legal_basis
OPERATOR_NAME = ENVIRONMENT.operator_name or BRAND_NAME
