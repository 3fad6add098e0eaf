"""What a service's facts are called on a page: times, fees, laws, kinds."""

from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_decimal, get_currency_precision
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from kapi.contexts.catalogue.values import (
    ChannelType,
    CostView,
    Duration,
    LegalResource,
    ServiceKind,
)

KINDS = {
    ServiceKind.INFORMATION: pgettext_lazy("kind of service", "Information"),
    ServiceKind.ENQUIRY: pgettext_lazy("kind of service", "Enquiry"),
    ServiceKind.APPLICATION: pgettext_lazy("kind of service", "Application"),
    ServiceKind.PAYMENT: pgettext_lazy("kind of service", "Payment"),
    ServiceKind.DOCUMENT: pgettext_lazy("kind of service", "Document"),
}
CHANNELS = {
    ChannelType.WEB: gettext_lazy("Online"),
    ChannelType.MOBILE: gettext_lazy("In an app"),
    ChannelType.COUNTER: gettext_lazy("At a counter"),
    ChannelType.PHONE: gettext_lazy("By telephone"),
    ChannelType.POST: gettext_lazy("By post"),
}
LEGAL_TYPES = {
    "law": pgettext_lazy("kind of rule", "Law"),
    "decree": pgettext_lazy("kind of rule", "Decree"),
    "regulation": pgettext_lazy("kind of rule", "Regulation"),
    "circular": pgettext_lazy("kind of rule", "Circular"),
    "communique": pgettext_lazy("kind of rule", "Communiqué"),
}


def duration(time: Duration) -> str:
    """Say how long something takes: "At once", "3 working days", "1 month and 5 days"."""
    if time.at_once:
        return _("At once")
    days = (
        ngettext("%(n)s working day", "%(n)s working days", time.days)
        if time.working_days
        else ngettext("%(n)s day", "%(n)s days", time.days)
    )
    parts = (
        (time.years, ngettext("%(n)s year", "%(n)s years", time.years)),
        (time.months, ngettext("%(n)s month", "%(n)s months", time.months)),
        (time.days, days),
        (time.hours, ngettext("%(n)s hour", "%(n)s hours", time.hours)),
        (time.minutes, ngettext("%(n)s minute", "%(n)s minutes", time.minutes)),
    )
    return " ".join(text % {"n": number} for number, text in parts if number)


def cost(fee: CostView) -> str:
    """Say what something costs: "Free", "1.234,56 TL"."""
    if not fee.amount_minor:
        return _("Free")
    return _amount(fee.amount_minor, fee.currency, get_language() or "tr")


@lru_cache(maxsize=2_000)
def _amount(amount_minor: int, currency: str, language: str) -> str:
    digits = get_currency_precision(currency)
    amount = Decimal(amount_minor).scaleb(-digits)
    written = format_decimal(amount, format=f"#,##0.{'0' * digits}", locale=language)
    return f"{written} {'TL' if currency == 'TRY' else currency}"


def legal_resource(law: LegalResource) -> str:
    """Name a law as far as it is known: "6183 sayılı Kanun: Amme Alacaklarının ..., madde 3"."""
    kind = str(LEGAL_TYPES.get(law.type, law.type))
    numbered = _("%(kind)s No %(number)s") % {"kind": kind, "number": law.number} if law.number else ""
    name = ": ".join(part for part in (numbered or ("" if law.title else kind), law.title) if part)
    article = _("article %(article)s") % {"article": law.article} if law.article else ""
    return ", ".join(part for part in (name, article) if part)
