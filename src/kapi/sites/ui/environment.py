"""The Jinja environment of all pages."""

from collections.abc import MutableMapping
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined, Template
from markupsafe import Markup

from kapi.foundation.settled import worked_out_once
from kapi.sites.ui import words
from kapi.sites.ui.components import combine, localised, unindented
from kapi.sites.ui.links import page_url

COMPONENTS = "govuk_frontend_jinja"
_MOST_TEXTS = 5_000


class _OneForAll(Environment):
    """All templates have the same globals, and that is seen at once.

    Jinja would give each template a mapping of its own around them, and compare the names in two of these for every
    import on a page.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template."""
        return super().make_globals(d) if d else self.globals


class PageEnvironment(_OneForAll):
    """Pages refuse unknown names; the components, whose options are all optional, read them as empty."""

    components: Environment | None = None

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - Jinja names it
    ) -> Template:
        """Load a template; components come from their own, lenient environment."""
        if self.components is not None and isinstance(name, str) and name.startswith(f"{COMPONENTS}/"):
            return self.components.get_template(name, parent, globals)
        return super().get_template(name, parent, globals)


def build(**options: Any) -> PageEnvironment:
    """Build the environment: our templates, govuk-frontend's macros under our own overrides, texts, links."""
    options |= {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    pages = PageEnvironment(**options | {"undefined": StrictUndefined})
    components = _OneForAll(**options | {"undefined": ChainableUndefined})
    pages.components = components
    upstream = PackageLoader("govuk_frontend_jinja")
    own = pages.loader
    components.loader = ChoiceLoader(
        [*([own] if own is not None else []), PrefixLoader({COMPONENTS: upstream, "upstream": upstream})]
    )
    for environment in (pages, components):
        environment.policies["ext.i18n.trimmed"] = True  # as `kapi messages` extracts them
        environment.newstyle_gettext = True  # type: ignore[attr-defined]
    pages.globals.update({"_": _gettext, "gettext": _gettext, "ngettext": _ngettext})
    pages.globals.update(
        static=worked_out_once(most=_MOST_TEXTS)(static),
        url=reverse,
        page_url=page_url,
        lang_attribute=words.lang_attribute,
    )
    pages.filters.update(
        date=words.date, moment=words.moment, clock=words.clock, number=words.number, local=words.local, said=words.said
    )
    components.filters.update(combine=combine, indent=unindented)
    pages.globals.update(localised=localised)
    # One dictionary for both: otherwise every import of a component would build its module anew.
    components.globals = pages.globals
    return pages


def _gettext(message: str, /, **values: object) -> Markup:
    """Translate as Jinja's own extension does (a text is HTML and a format, values are escaped), in one step of three:
    a page has up to a hundred texts.
    """
    language = translation.get_language()
    return _format(message, language) % values if values else _text(message, language)


@worked_out_once(most=_MOST_TEXTS)
def _format(message: str, _language: str | None) -> Markup:
    return Markup(translation.gettext(message))  # noqa: S704 - texts are ours


@worked_out_once(most=_MOST_TEXTS)
def _text(message: str, language: str | None) -> Markup:
    """Return a text that takes no values: a sign that stands twice in its format is meant once."""
    return _format(message, language) % {}


def _ngettext(singular: str, plural: str, number: int, /, **values: object) -> Markup:
    return Markup(translation.ngettext(singular, plural, number)) % {"num": number, **values}  # noqa: S704 - texts are ours
