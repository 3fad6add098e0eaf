"""Pages: templates, static files, brand, and where each site lives."""

from pathlib import Path
from typing import Any

from kapi.config.environment import ENVIRONMENT

BASE_DIR = Path(__file__).resolve().parents[4]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {
            "environment": "kapi.sites.ui.environment.build",
            "extensions": ["jinja2.ext.i18n", "jinja2.ext.do"],
            "context_processors": ["kapi.sites.ui.frame.context"],
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
BRAND_NAME = ENVIRONMENT.brand_name
BRAND_COLOR = ENVIRONMENT.brand_color
BRAND_MARK = ENVIRONMENT.brand_mark
CONTACT_EMAIL = ENVIRONMENT.contact_email
OPERATOR_NAME = ENVIRONMENT.operator_name or BRAND_NAME
