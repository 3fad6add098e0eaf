"""The Jinja environment of all pages."""

from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined


def build(**options: Any) -> Environment:
    """Build the environment: our templates, govuk-frontend's macros, texts, links."""
    environment = Environment(**options | {"undefined": StrictUndefined, "autoescape": True})  # noqa: S701 - it is on
    environment.globals.update(static=static, url=reverse, brand_name=settings.BRAND_NAME)
    environment.install_gettext_callables(translation.gettext, translation.ngettext, newstyle=True)  # type: ignore[attr-defined]
    own = environment.loader
    components = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    environment.loader = ChoiceLoader([own, components] if own is not None else [components])
    return environment
