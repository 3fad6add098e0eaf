"""Keys, cookies, hosts, and what the outside may reach."""

from ipaddress import ip_network
from urllib.parse import urlsplit

from kapi.config.environment import ENVIRONMENT
from kapi.config.sealed import SEALED_COLUMNS as _SEALED_COLUMNS
from kapi.config.settings.pages import API_URL, BACKOFFICE_URL, GATEWAY_URL, LOGIN_URL

_PUBLIC_KEY = "known-to-everyone-who-read-the-source-code-never-for-real-people"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _secret_key() -> str:
    key = ENVIRONMENT.secret_key.get_secret_value()
    # Building assets, the tests and the demo need no secret; `kapi serve` and `kapi work` ask SECRET_KEY_IS_PUBLIC.
    if not key and urlsplit(GATEWAY_URL).hostname in _LOOPBACK:
        return _PUBLIC_KEY
    if len(key) < 32:
        raise SystemExit(
            "KAPI_SECRET_KEY: set at least 32 random characters, for example from `openssl rand -base64 48`."
        )
    return key


SECRET_KEY = _secret_key()
SECRET_KEY_IS_PUBLIC = SECRET_KEY == _PUBLIC_KEY
SEALED_COLUMNS = _SEALED_COLUMNS
SECRET_KEY_FALLBACKS = [key.get_secret_value() for key in ENVIRONMENT.secret_key_fallbacks]

_ORIGINS = {GATEWAY_URL, LOGIN_URL, API_URL, BACKOFFICE_URL}
ALLOWED_HOSTS = sorted({urlsplit(origin).hostname or "" for origin in _ORIGINS})
CSRF_TRUSTED_ORIGINS = sorted(_ORIGINS)
TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies
CLIENT_CERTIFICATE_HEADER = ENVIRONMENT.client_certificate_header
CLIENT_CERTIFICATE_VERDICT = ENVIRONMENT.client_certificate_verdict
CLIENT_CERTIFICATE_PROXIES = tuple(ip_network(network) for network in ENVIRONMENT.client_certificate_proxies)
ALLOW_PRIVATE_ADDRESSES = ENVIRONMENT.allow_private_addresses

STAFF_BY_PASSWORD = ENVIRONMENT.staff_by_password

_HTTPS = GATEWAY_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 63_072_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
# Not "no-referrer": with it browsers send `Origin: null` on our own forms, which the CSRF check must refuse.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# `__Host-` binds a cookie to one host; sites with host names of their own must share theirs instead.
_PREFIX = "__Host-" if _HTTPS and not ENVIRONMENT.cookie_domain else ""
SESSION_COOKIE_NAME = f"{_PREFIX}kapi_session{ENVIRONMENT.cookie_suffix}"
DEVICE_COOKIE_NAME = f"{_PREFIX}kapi_device{ENVIRONMENT.cookie_suffix}"
BROWSER_COOKIE_NAME = f"{_PREFIX}kapi_browser{ENVIRONMENT.cookie_suffix}"
BEGUN_COOKIE_NAME = f"{_PREFIX}kapi_begun{ENVIRONMENT.cookie_suffix}"
ENDED_COOKIE_NAME = f"{_PREFIX}kapi_ended{ENVIRONMENT.cookie_suffix}"
CSRF_COOKIE_NAME = f"{_PREFIX}kapi_csrf{ENVIRONMENT.cookie_suffix}"
COOKIE_DOMAIN = ENVIRONMENT.cookie_domain or None
COOKIE_SECURE = _HTTPS
CSRF_COOKIE_DOMAIN = COOKIE_DOMAIN
CSRF_COOKIE_SECURE = _HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "kapi.sites.ui.errors.csrf_failure"

PASSWORD_HASHERS = ["kapi.foundation.passwords.Argon2idHasher"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 5
FILE_UPLOAD_HANDLERS = ["kapi.sites.ui.uploads.OnlySmallFiles"]
