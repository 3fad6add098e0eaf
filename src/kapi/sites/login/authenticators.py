"""`/hesabim/giris-yontemleri/`: what one can sign in with besides the password; adding, naming, removing."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    AuthenticatorNotFound,
    NameRefused,
    PasskeyRefused,
    ProveAgain,
    SessionOver,
    StillCoolingOff,
    StrongerProofNeeded,
    TooManyAuthenticators,
)
from kapi.contexts.identity.selectors.cooling_off import cooling_off_of
from kapi.contexts.identity.values import AuthenticatorId, AuthenticatorView, SignedIn
from kapi.sites.login import cookies
from kapi.sites.login.authenticator_words import kind_of, name_of
from kapi.sites.login.destinations import AGAIN, PARAMETER, destination_of
from kapi.sites.login.mistakes import NONE_MADE, Mistake, Mistakes
from kapi.sites.login.passkeys import refusal_words
from kapi.sites.login.people import person_of
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import require_sign_in, sign_in_url

_DONE = "tamam"
_DEEDS = frozenset({"eklendi", "uygulama", "ad", "kaldirildi", "sonra"})


@dataclass(frozen=True)
class AuthenticatorRow:
    """One way to sign in as the page shows it."""

    id: int
    name: str
    kind: str
    added_at: datetime
    last_used_at: datetime | None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
def authenticators(request: HttpRequest) -> HttpResponse:
    """List them, and take a new passkey: the fields `passkey` (as the browser made it) and `name`."""
    if request.method != "POST":
        return _page(request)
    person = person_of(request)
    try:
        services.add_passkey(
            session_id=person.session_id,
            response=request.POST.get("passkey", ""),
            name=request.POST.get("name", ""),
            browser=cookies.browser_token(request),
            actor=person.actor,
            now=timezone.now(),
        )
    except (ProveAgain, StrongerProofNeeded, SessionOver):
        return HttpResponseRedirect(page_url("login", "authenticators", query=_onward(request)))
    except (NameRefused, PasskeyRefused, TooManyAuthenticators) as refusal:
        return _page(request, Mistakes([_mistake_of(refusal)]), typed_name=request.POST.get("name", ""))
    onward = destination_of(request).url
    return HttpResponseRedirect(onward) if onward else _back("eklendi")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
def rename(request: HttpRequest, authenticator_id: int) -> HttpResponse:
    """Call one otherwise: the field `name`."""
    person, view = person_of(request), _view(person_of(request), authenticator_id)
    found, typed = NONE_MADE, name_of(view)
    if request.method == "POST":
        typed = request.POST.get("name", "")
        try:
            services.rename_authenticator(
                session_id=person.session_id,
                authenticator_id=view.authenticator_id,
                name=typed,
                actor=person.actor,
                now=timezone.now(),
            )
        except NameRefused as refusal:
            found = Mistakes([_mistake_of(refusal)])
        except (AuthenticatorNotFound, SessionOver):
            return _back("")
        else:
            return _back("ad")
    context = {"row": _row(view), "name": typed, "mistakes": found}
    return render(request, "login/rename_authenticator.html", context, status=422 if found else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
def remove(request: HttpRequest, authenticator_id: int) -> HttpResponseBase:
    """Ask whether one is to be removed, and remove it; only to who has just proved that it is them."""
    person, view = person_of(request), _view(person_of(request), authenticator_id)
    now = timezone.now()
    try:
        if request.method == "POST":
            services.remove_authenticator(
                session_id=person.session_id, authenticator_id=view.authenticator_id, actor=person.actor, now=now
            )
            return _back("kaldirildi")
        services.check_may_change(session_id=person.session_id, actor=person.actor, now=now)
        services.check_cooling_off(session_id=person.session_id, added_at=view.added_at, actor=person.actor, now=now)
    except (ProveAgain, StrongerProofNeeded):
        return HttpResponseRedirect(_proof_url(request.path))
    except StillCoolingOff:
        return _back("sonra")  # the list says until when
    except (AuthenticatorNotFound, SessionOver):
        return _back("")
    return render(request, "login/remove_authenticator.html", {"row": _row(view)})


def _page(request: HttpRequest, found: Mistakes = NONE_MADE, *, typed_name: str = "") -> HttpResponse:
    person, now = person_of(request), timezone.now()
    missing = _missing(person, now)
    if missing == "session":
        return HttpResponseRedirect(sign_in_url(request))
    views = selectors.authenticators_of(person_id=person.person_id)
    done = request.GET.get(_DONE, "")
    context = {
        "rows": tuple(_row(view) for view in views),
        "missing": missing,
        "proof_url": _proof_url(page_url("login", "authenticators", query=_onward(request))),
        "here": page_url("login", "authenticators", query=_onward(request)),
        "onward": destination_of(request).url,
        "mistakes": found,
        "name": typed_name,
        "done": done if done in _DEEDS else "",
        "cooling_off": cooling_off_of(person_id=person.person_id, now=now),
        "passkeys_are_possible": settings.PASSKEYS.is_possible,
        "certificates_are_possible": settings.CERTIFICATES.are_possible,
        "mobile_signatures_are_possible": bool(settings.MOBILE_SIGNER) and settings.CERTIFICATES.vouch_for_telephones,
    }
    return render(request, "login/authenticators.html", context, status=422 if found else 200)


def _onward(request: HttpRequest) -> dict[str, str]:
    """Return where an institution waits for a stronger way to sign in, so that no step on the way loses it."""
    url = destination_of(request).url
    return {PARAMETER: url} if url else {}


def _missing(person: SignedIn, now: datetime) -> str:
    """Say what the person has to do before they may change anything: nothing, `again`, `stronger` or `session`."""
    try:
        services.check_may_change(session_id=person.session_id, actor=person.actor, now=now)
    except ProveAgain:
        return "again"
    except StrongerProofNeeded:
        return "stronger"
    except SessionOver:
        return "session"
    return ""


def _mistake_of(refusal: NameRefused | PasskeyRefused | TooManyAuthenticators) -> Mistake:
    if isinstance(refusal, PasskeyRefused):
        return Mistake("passkey", refusal_words(refusal.fault))
    if isinstance(refusal, TooManyAuthenticators):
        return Mistake("passkey", _("You have as many ways to sign in as one account can have. Remove one first."))
    return Mistake("name", _("Give it a name of 1 to 60 letters, digits or signs."))


def _view(person: SignedIn, authenticator_id: int) -> AuthenticatorView:
    views = selectors.authenticators_of(person_id=person.person_id)
    found = next((view for view in views if view.authenticator_id == AuthenticatorId(authenticator_id)), None)
    if found is None:
        raise Http404
    return found


def _row(view: AuthenticatorView) -> AuthenticatorRow:
    return AuthenticatorRow(view.authenticator_id, name_of(view), kind_of(view), view.added_at, view.last_used_at)


def _proof_url(url: str) -> str:
    return page_url("login", "sign_in", query={PARAMETER: url, AGAIN: "1"})


def _back(done: str) -> HttpResponse:
    return HttpResponseRedirect(page_url("login", "authenticators", query={_DONE: done} if done else None))
