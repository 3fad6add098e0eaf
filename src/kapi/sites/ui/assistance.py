"""What happens at an account and while somebody is helped with it, in the words of both who help and who are helped."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kapi.contexts.identity.values import AssistanceDeedView, DeedKind, HistoryKind, Lane

_SIGNED_IN = frozenset({HistoryKind.SIGNED_IN, HistoryKind.CODE_USED})
_PROVED = frozenset({HistoryKind.REAUTHENTICATED, HistoryKind.STEPPED_UP})
_WRONG = frozenset({HistoryKind.WRONG_SECRET, HistoryKind.WRONG_CODE, HistoryKind.PASSKEY_REFUSED})


def event_words(kind: HistoryKind) -> str:
    """Say roughly what happened at an account's door: as much as it takes to help, and no more."""
    if kind in _SIGNED_IN:
        return _("Signed in")
    if kind in _PROVED:
        return _("Proved once more who they are")
    if kind in _WRONG:
        return _("A try that failed")
    if kind is HistoryKind.LIMITED:
        return _("Too many tries that failed")
    return _("Something was changed at the account")


def lane_words(lane: Lane) -> str:
    """Name the tries that are counted together."""
    return {
        Lane.PASSWORD: _("Password when signing in"),
        Lane.SECOND_STEP: _("One-time code, of the app or sent"),
        Lane.PRESENT_PASSWORD: _("Present password, to change it"),
    }[lane]


def deed_words(deed: AssistanceDeedView) -> str:
    """Say what was looked at or done."""
    if deed.kind is DeedKind.SESSIONS_ENDED:
        count = int(deed.detail)
        return ngettext("Ended %(n)s session", "Ended %(n)s sessions", count) % {"n": count}
    if deed.kind is DeedKind.LANE_RELEASED:
        return _("Let tries be heard again: %(lane)s") % {"lane": lane_words(Lane(deed.detail))}
    return {
        DeedKind.LOOKED: _(
            "Looked at the account: its state, kinds of ways to sign in, last events, number of sessions"
        ),
        DeedKind.REMOVAL_SUGGESTED: _("Suggested to remove a way to sign in"),
        DeedKind.POINTED_TO_DESK: _("Said that only a desk can help"),
    }[deed.kind]
