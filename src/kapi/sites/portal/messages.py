"""What the forms have in common in which people write to us."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from kapi.foundation.limits.services import count
from kapi.foundation.limits.values import Decision
from kapi.kernel.networks import origin_of
from kapi.sites.ui.address import address_of
from kapi.sites.ui.forms import Form

MOST_PER_HOUR: Final = 30
MOST_CHARACTERS: Final = 2000
MOST_CHARACTERS_OF_CONTACT: Final = 200
_LONGEST_ADDRESS: Final = 2000


def count_message(request: HttpRequest) -> Decision:
    """Count one message from this address: a household or an office may send many, a machine may not.

    All whose address is not known may together send as many as a hundred addresses.
    """
    origin = origin_of(address_of(request))
    most = MOST_PER_HOUR if origin else 100 * MOST_PER_HOUR
    return count(key=f"portal.message:{origin}", limit=most, window=timedelta(hours=1), now=timezone.now())


def mistakes_in(form: Form) -> dict[str, str]:
    """Say in words what is to be mended in which field of a message."""
    found = {}
    if not form.values["text"].strip():
        found["text"] = _("Write what you want to tell us")
    for name, value in form.values.items():
        most = MOST_CHARACTERS_OF_CONTACT if name == "contact" else MOST_CHARACTERS
        if len(value) > most:
            found[name] = _("Shorten the text to %(most)s characters or fewer") % {"most": most}
    return found


def page_before(request: HttpRequest) -> str:
    """Return the path of our page that led here (`sayfa`, else what the browser says), or nothing."""
    return path_of(request.GET.get("sayfa", "") or request.headers.get("Referer", ""))


def path_of(address: str) -> str:
    """Return the path of an address, without its query; nothing if it is not an address of ours."""
    try:
        path = urlsplit(address[:_LONGEST_ADDRESS]).path
    except ValueError:
        return ""
    return path if path.startswith("/") and path.isprintable() else ""
