"""Why a client is suspended, in words."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kapi.contexts.openid.values.clients import ClientRecord, SuspensionReason
from kapi.kernel.errors import DomainError
from kapi.sites.ui.words import moment

_REASONS: Final[dict[SuspensionReason, Promise]] = {
    SuspensionReason.LEAKED: gettext_lazy("Its keys or its secret may be in wrong hands"),
    SuspensionReason.MISUSE: gettext_lazy("It does what it is not there for"),
    SuspensionReason.FAULT: gettext_lazy("It is broken and does harm"),
    SuspensionReason.ASKED: gettext_lazy("The institution asks for it"),
}


class ReasonMissing(DomainError):
    """Nobody suspends a client without saying why."""

    code = "reason_missing"


def reasons() -> list[dict[str, str]]:
    """Return the reasons, as a form offers them."""
    return [{"value": reason.value, "text": str(words)} for reason, words in _REASONS.items()]


def read_reason(typed: str) -> SuspensionReason:
    """Return the reason that was chosen.

    :raises ReasonMissing: if none was.
    """
    if typed not in list(SuspensionReason):
        raise ReasonMissing
    return SuspensionReason(typed)


def state_of(record: ClientRecord) -> str:
    """Say whether a client is live, and if it is suspended since when and why."""
    if record.suspension is None:
        return _("Live") if record.is_open else _("Closed")
    return _("Suspended since %(moment)s: %(reason)s") % {
        "moment": moment(record.suspension.at),
        "reason": _REASONS[record.suspension.reason],
    }
