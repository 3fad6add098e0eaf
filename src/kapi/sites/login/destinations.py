"""Where to go on after signing in: only addresses of our own, so that nobody is led elsewhere (CWE-601)."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.translation import get_language

from kapi.sites.ui.links import page_url

PARAMETER: Final = "sonra"
LANGUAGE: Final = "dil"
RECOVERY: Final = "kurtarma"  # the second step is done with a recovery code
WAY: Final = "yol"  # the second step is done with a code that is sent there
STATEMENT: Final = "beyan"  # the handle of the statement that the holder of a certificate signs
AGAIN: Final = "yeniden"  # the sign-in page is shown even to one who is signed in
_MOST_CHARACTERS: Final = 2000
_ORIGINS: Final = ("GATEWAY_URL", "LOGIN_URL", "API_URL", "BACKOFFICE_URL")


@dataclass(frozen=True)
class Destination:
    """Where someone was going when they were asked to sign in. `url` is empty when they came to sign in only.

    `is_again`: who is signed in is asked to prove once more that it is them.
    """

    url: str
    is_again: bool = False

    @property
    def sign_in_url(self) -> str:
        """The sign-in page, which leads here afterwards."""
        return self._by_way_of("sign_in", **self._again)

    @property
    def passkey_url(self) -> str:
        """Where a passkey is sent to that leads here afterwards."""
        return self._by_way_of("passkey", **self._again)

    @property
    def second_step_url(self) -> str:
        """The page of the second step, which leads here afterwards."""
        return self._by_way_of("second_step", **self._again)

    @property
    def recovery_code_url(self) -> str:
        """The same for who has no app at hand."""
        return self._by_way_of("second_step", **{RECOVERY: "1"}, **self._again)

    @property
    def held_off_url(self) -> str:
        """Where who is held off goes on by a code, which leads here afterwards."""
        return self._by_way_of("held_off", **self._again)

    def certificate_url(self, handle: str = "") -> str:
        """Return where a certificate is shown that leads here afterwards; `handle` is of the statement, once made."""
        return self._by_way_of("certificate", **self._again, **({STATEMENT: handle} if handle else {}))

    def statement_url(self, handle: str) -> str:
        """Return where the statement is fetched."""
        return self._by_way_of("certificate_statement", **self._again, **{STATEMENT: handle})

    def sent_code_url(self, authenticator_id: int) -> str:
        """The same for a code that is sent."""
        return self._by_way_of("second_step", **{WAY: str(authenticator_id)}, **self._again)

    def mobile_url(self, signature_id: str = "") -> str:
        """Return where a mobile signature is asked for that leads here afterwards, or where one is waited for."""
        if not signature_id:
            return self._by_way_of("mobile_signature", **self._again)
        return page_url("login", "mobile_signature_wait", query=self._query, signature_id=signature_id)

    def mobile_cancel_url(self, signature_id: str) -> str:
        """Return where one says that one waits no longer."""
        return page_url("login", "mobile_signature_cancel", query=self._query, signature_id=signature_id)

    @property
    def extension_url(self) -> str:
        """The page that puts off the end of the session, which leads here afterwards."""
        return self._by_way_of("extension")

    def after_sign_in(self, *, must_change_password: bool) -> str:
        """Return the next address of one who has just signed in."""
        if must_change_password:
            return self._by_way_of("first_password")
        if self.request_id:
            # In the language in which the person has signed in, whichever the institution had asked for.
            return f"{self.url}?{urlencode({LANGUAGE: get_language()})}"
        return self.url or page_url("portal", "my_pages")

    @property
    def request_id(self) -> str:
        """The institution's request that waits there, empty where none does."""
        if not self.url:
            return ""
        try:
            match = resolve(urlsplit(self.url).path, urlconf=settings.ROOT_URLCONF)
        except Resolver404:
            return ""
        return str(match.kwargs["request_id"]) if match.view_name == "oidc:resume" else ""

    @property
    def _again(self) -> dict[str, str]:
        return {AGAIN: "1"} if self.is_again else {}

    @property
    def _query(self) -> dict[str, str]:
        return ({PARAMETER: self.url} if self.url else {}) | self._again

    def _by_way_of(self, page: str, **more: str) -> str:
        return page_url("login", page, query=({PARAMETER: self.url} if self.url else {}) | more)


def destination_of(request: HttpRequest) -> Destination:
    """Read where to go on from the form, or from the address; a strange address counts as none."""
    wanted = request.POST.get(PARAMETER) or request.GET.get(PARAMETER, "")
    return Destination(own_destination(wanted) or "", is_again=AGAIN in request.GET)


def own_destination(wanted: str) -> str | None:
    """Return `wanted` if it is a path here or an address of one of our sites, else None.

    Browsers read `\\` as `/` and leave out tabs and line ends, so an address with any of them is none of ours.
    """
    if not wanted or len(wanted) > _MOST_CHARACTERS or "\\" in wanted:
        return None
    if any(character <= " " or character == "\x7f" for character in wanted):
        return None
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return None
    return wanted if _is_own(parts, wanted) else None


def _is_own(parts: SplitResult, wanted: str) -> bool:
    if parts.scheme or parts.netloc:
        return f"{parts.scheme}://{parts.netloc}" in {getattr(settings, name) for name in _ORIGINS}
    return wanted.startswith("/") and not wanted.startswith("//")
