"""Where one says "this was not me", and of what."""

from typing import Final

from kapi.contexts.identity.values import MisuseAbout
from kapi.sites.ui.links import page_url

# The word in the address -> of what.
ABOUT: Final = {
    "giris": MisuseAbout.HISTORY,
    "oturum": MisuseAbout.SESSION,
    "cihaz": MisuseAbout.DEVICE,
    "paylasim": MisuseAbout.SHARING,
}


def report_url(word: str, subject_id: int) -> str:
    """Return the address of the page that asks about a line (`giris`), session, device or sharing: ids only."""
    return page_url("login", "misuse", word=word, subject_id=subject_id)
