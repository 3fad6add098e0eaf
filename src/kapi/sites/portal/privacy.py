"""The privacy notice: what is processed, why, how long. Periods come from the code that keeps them."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue.services.voices import KEEP_UNANSWERED, KEEP_VOICES
from kapi.contexts.identity.services.history import KEEP_DEVICE, KEEP_HISTORY, KEEP_NOBODYS_HISTORY
from kapi.sites.ui.public import public_page

# The longest span in which uses of an address or a number are counted (foundation.limits).
LONGEST_COUNT_DAYS: Final = 7


@dataclass(frozen=True)
class Processing:
    """One thing that is done with personal data."""

    what: str
    why: str
    how_long: str


@dataclass(frozen=True)
class Cookie:
    """A cookie and what it is for."""

    name: str
    why: str


@require_safe
@public_page
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the notice."""
    values = {
        "operator": settings.OPERATOR_NAME,
        "contact": settings.PRIVACY_CONTACT,
        "legal_basis": settings.PRIVACY_LEGAL_BASIS,
        "processing": _processing(),
        "cookies": _cookies(),
    }
    return render(request, "portal/privacy.html", values)


def _processing() -> tuple[Processing, ...]:
    days = _("%(days)s days")
    return (
        Processing(
            what=_("Your identity number, name and date of birth"),
            why=_("To know that it is you who signs in, and to tell an institution who you are when you agree to it."),
            how_long=_("As long as you have an account."),
        ),
        Processing(
            what=_("Your password"),
            why=_("To let in you and nobody else. Only a check value is kept, from which it cannot be worked out."),
            how_long=_("Until you choose another one."),
        ),
        Processing(
            what=_("Your sessions and sign-in history"),
            why=_(
                "So that you can see who signed in as you. We keep the time, the name of the browser and system, and "
                "the network without the exact address."
            ),
            how_long=days % {"days": KEEP_HISTORY.days},
        ),
        Processing(
            what=_("Tries to sign in with a number that has no account"),
            why=_("To notice attacks."),
            how_long=days % {"days": KEEP_NOBODYS_HISTORY.days},
        ),
        Processing(
            what=_("The devices you sign in on"),
            why=_("So that strangers who know your number cannot shut you out by trying passwords."),
            how_long=_("%(days)s days after you last used the device") % {"days": KEEP_DEVICE.days},
        ),
        Processing(
            what=_("The services that you put on your own page"),
            why=_("So that you find them again. When you added one is not kept."),
            how_long=_("Until you remove them, or as long as you have an account."),
        ),
        Processing(
            what=_("What was shared with which institution, when and why"),
            why=_("So that you can look it up. Only the kind of data is kept here, not the data themselves."),
            how_long=_("As long as you have an account."),
        ),
        Processing(
            what=_("Searches that found nothing"),
            why=_(
                "So that institutions learn which words people use. Who searched is not kept, and long numbers are "
                "removed first."
            ),
            how_long=_("%(days)s days after somebody last searched for it") % {"days": KEEP_UNANSWERED.days},
        ),
        Processing(
            what=_("Feedback and reports of barriers"),
            why=_(
                "To mend these pages. Who wrote is not kept, and long numbers are removed first; if you want an answer "
                "to a report, the address or number you gave for it is kept."
            ),
            how_long=days % {"days": KEEP_VOICES.days},
        ),
        Processing(
            what=_("How often something was tried from your network address or with your number"),
            why=_(
                "To notice attacks and floods of requests. Address and number are turned into check values, which are "
                "forgotten when the counting is over."
            ),
            how_long=_("Up to %(days)s days") % {"days": LONGEST_COUNT_DAYS},
        ),
    )


def _cookies() -> tuple[Cookie, ...]:
    return (
        Cookie(settings.SESSION_COOKIE_NAME, _("keeps you signed in until the session ends")),
        Cookie(settings.DEVICE_COOKIE_NAME, _("remembers that you have signed in on this device before")),
        Cookie(settings.BROWSER_COOKIE_NAME, _("finds your way back to the institution while you sign in")),
        Cookie(
            settings.BEGUN_COOKIE_NAME, _("lets this browser enter the second code for ten minutes after the password")
        ),
        Cookie(
            settings.ENDED_COOKIE_NAME,
            _("shows, for a short while, which institutions were told that your session has ended"),
        ),
        Cookie(settings.CSRF_COOKIE_NAME, _("makes sure that a form was sent from our own page")),
    )
