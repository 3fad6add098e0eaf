"""Dates, numbers and two-language texts, in the words of the active language."""

import datetime as dt
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from django.utils import timezone, translation
from markupsafe import Markup

from kapi.kernel.langstring import FIRST_LANGUAGE, LangString, LocalText

_LOCALES: Final = {code: Locale.parse(name) for code, name in (("tr", "tr_TR"), ("en", "en_GB"))}


def date(value: dt.date) -> str:
    """Write a day in full: "22 Kasım 2026". A moment is taken in the gateway's time zone."""
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date()
    return _date(value, _locale())


@lru_cache(maxsize=2_000)
def _date(value: dt.date, locale: Locale) -> str:
    return format_date(value, format="d MMMM y", locale=locale)


def partial_date(year: int | None, month: int | None, day: int | None) -> str:
    """Write as much of a date as is known: "12 Nisan 1985", "Nisan 1985", "1985", or nothing."""
    if not year:
        return ""
    known = "d MMMM y" if month and day else "MMMM y" if month else "y"
    return format_date(dt.date(year, month or 1, day or 1 if month else 1), format=known, locale=_locale())


def moment(value: dt.datetime) -> str:
    """Write a day and the time: "22 Kasım 2026 12.05"; Turkish and English both with a 24-hour clock."""
    return format_datetime(timezone.localtime(value), format="d MMMM y HH:mm", tzinfo=None, locale=_locale())


def clock(value: dt.datetime) -> str:
    """Write the time of day: "14:35"."""
    return timezone.localtime(value).strftime("%H:%M")


def number(value: float) -> str:
    """Write a number: "1.234,5"."""
    return _number(value, _locale())


@lru_cache(maxsize=2_000)
def _number(value: float, locale: Locale) -> str:
    return format_decimal(value, locale=locale)


def local(value: LangString) -> LocalText:
    """Choose the text of the active language, else one in another language that is there."""
    return value.text(_language())


def said(text: LocalText) -> str:
    """Mark a text with its language where that is not the page's (WCAG 3.1.2)."""
    return text if text.language == _language() else Markup('<span lang="{}">{}</span>').format(text.language, text)


def lang_attribute(text: LocalText) -> str:
    """Write ` lang="tr"` for a text that is not in the page's language, for the element that holds it (WCAG 3.1.2)."""
    return "" if text.language == _language() else Markup(' lang="{}"').format(text.language)


def _language() -> str:
    return translation.get_language() or FIRST_LANGUAGE


def _locale() -> Locale:
    return _LOCALES[_language()]
