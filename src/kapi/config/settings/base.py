"""What is installed, and in which order a request passes."""

from kapi.config.environment import ENVIRONMENT

DEBUG = ENVIRONMENT.debug
DEMO = ENVIRONMENT.demo
DATA_DIR = ENVIRONMENT.data_dir.resolve()

INSTALLED_APPS = [
    "kapi.foundation.audit",
    "kapi.foundation.outbox",
    "kapi.foundation.limits",
    "kapi.foundation.jobs",
    "kapi.foundation.mailbox",
    "kapi.foundation.resealing",
    "kapi.contexts.identity",
    "kapi.contexts.institutions",
    "kapi.contexts.catalogue",
    "kapi.contexts.mandates",
    "kapi.contexts.openid",
    "kapi.sites.ui",
    "kapi.sites.portal",
    "kapi.sites.login",
    "kapi.sites.backoffice",
    "kapi.sites.demo",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "kapi.sites.ui.programs.ShortWay",
    "kapi.sites.ui.bodies.ReadToTheEnd",
    "kapi.sites.ui.hosts.KnownHosts",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kapi.sites.ui.headers.BrowserRules",
    "kapi.sites.ui.hosts.SiteByHost",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "kapi.sites.ui.errors.PagesInstead",
]

ROOT_URLCONF = "kapi.config.urls.all_sites"
WSGI_APPLICATION = "kapi.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Europe/Istanbul"
