"""What our overrides of govuk-frontend's macros need beside Jinja's own filters."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from jinja2 import Undefined

UPSTREAM_LANGUAGE = "en"


def localised(params: Mapping[str, Any], **texts: Any) -> Mapping[str, Any]:
    """Give options their texts in the page's language where the page gave none; in English upstream has its own."""
    if translation.get_language() == UPSTREAM_LANGUAGE:
        return params
    return combine(texts, params)


def combine(params: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Add options to others, the later before the earlier; options without a value do not count."""
    given = {name: value for name, value in more.items() if not isinstance(value, Undefined)}
    return {**(params or {}), **given}


def unindented(html: str, *_width: object) -> str:
    """Leave HTML as it is: upstream's `indent` would also move the text inside a textarea."""
    return html
