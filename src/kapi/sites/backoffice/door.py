"""Who may come in: every page asks here, "may this actor?", before it does anything.

A role alone opens nothing: the session must have been proved by a passkey that was vouched for, lately enough.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import wraps
from typing import Concatenate, Final, ParamSpec, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from kapi.contexts.identity.selectors import staff_proof_of
from kapi.contexts.identity.values import SignedIn
from kapi.contexts.institutions import selectors as institutions
from kapi.contexts.institutions.values import (
    EVERYWHERE,
    EmergencyState,
    EmergencyView,
    InstitutionView,
    Permission,
)
from kapi.kernel.actors import Actor, ActorKind
from kapi.sites.backoffice.proofs import proof_page
from kapi.sites.ui.session import require_sign_in, signed_in

P = ParamSpec("P")

PROOF_LASTS: Final = timedelta(hours=12)
"""So long a passkey's proof opens the work pages: a working day, and never longer than a session."""

FRESH_PROOF_LASTS: Final = timedelta(minutes=15)
"""So long it lets somebody do what gives away rights or accounts, or decides about them."""

_READING: Final = ("GET", "HEAD")


@dataclass(frozen=True)
class Staff:
    """A member of staff: who they are, and what they may do where."""

    person: SignedIn
    held: frozenset[tuple[str, Permission]]
    emergencies: tuple[EmergencyView, ...] = ()

    @property
    def emergency(self) -> EmergencyView | None:
        """The emergency under which this person acts now; all they do meanwhile is marked with it."""
        mine = (view for view in self.emergencies if view.asked_by == self.person_id)
        return next((view for view in mine if view.state is EmergencyState.IN_FORCE), None)

    @property
    def person_id(self) -> int:
        """The person."""
        return int(self.person.person_id)

    def may_somewhere(self, *permissions: Permission) -> bool:
        """Say whether one of the permissions is held at any institution."""
        return any(granted in permissions for _, granted in self.held)

    def may_everywhere(self, permission: Permission) -> bool:
        """Say whether the permission reaches every institution."""
        return (EVERYWHERE, permission) in self.held

    def reach(self, *permissions: Permission) -> list[str] | None:
        """Return the institutions at and below which one of the permissions is held; None: everywhere."""
        codes = {code for code, granted in self.held if granted in permissions}
        return None if EVERYWHERE in codes else sorted(codes)

    def may_at(self, place: InstitutionView, *permissions: Permission) -> bool:
        """Say whether one of the permissions is held at an institution or above it."""
        reach = self.reach(*permissions)
        return reach is None or not {place.code, *(line.code for line in place.ancestors)}.isdisjoint(reach)

    def actor(self, institution_code: str = "") -> Actor:
        """The person as one who acts in the service of an institution."""
        emergency = str(self.emergency.id) if self.emergency else ""
        return Actor(ActorKind.STAFF, str(self.person_id), institution_code, emergency)


def for_staff(
    *permissions: Permission, is_sensitive: bool = False
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], HttpResponseBase]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]
]:
    """Let in who holds one of the permissions somewhere (none named: any at all); the rest see the 403 page.

    Who holds it sees how to prove themselves by passkey if they have not today; where it `is_sensitive`, forms want a
    proof of the last quarter of an hour. Nothing of these pages is kept by a browser or a proxy.
    """

    def guard(
        view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            staff = _find(request)
            if not staff.held or (permissions and not staff.may_somewhere(*permissions)):
                raise PermissionDenied
            wants_fresh = is_sensitive and request.method not in _READING
            unproved = _unproved(request, staff, FRESH_PROOF_LASTS if wants_fresh else PROOF_LASTS)
            return unproved or view(request, *args, **kwargs)

        return never_cache(require_sign_in(guarded))

    return guard


def staff_of(request: HttpRequest) -> Staff:
    """Return who is at work, behind `for_staff`; asked once per request."""
    return _find(request)


def institution_for(request: HttpRequest, code: str, *permissions: Permission) -> InstitutionView:
    """Return an institution at which the member of staff holds one of the permissions.

    :raises Http404: if there is no such institution.
    :raises PermissionDenied: if the permission does not reach there.
    """
    view = institutions.find_institution(code, language=get_language() or "")
    if view is None:
        raise Http404
    if not _find(request).may_at(view, *permissions):
        raise PermissionDenied
    return view


def _with_emergencies(staff: Staff) -> Staff:
    """Add the emergencies under way, which operators see, and the rights of one's own. Others are asked nothing."""
    if not staff.may_everywhere(Permission.BREAK_GLASS):
        return staff
    seen = replace(staff, emergencies=tuple(institutions.emergencies_under_way(now=timezone.now())))
    return replace(seen, held=seen.held | institutions.emergency_permissions()) if seen.emergency else seen


def _unproved(request: HttpRequest, staff: Staff, lasts: timedelta) -> HttpResponseBase | None:
    """Return the page that asks for a passkey, or None where it was shown lately enough."""
    if settings.STAFF_BY_PASSWORD:
        return None
    now = timezone.now()
    proof = staff_proof_of(signed_in=staff.person, now=now)
    if proof.proved_at is not None and now - proof.proved_at <= lasts:
        return None
    return proof_page(request, proof)


def _find(request: HttpRequest) -> Staff:
    known = getattr(request, "_kapi_staff", None)
    if known is None:
        person = cast("SignedIn", signed_in(request))
        known = _with_emergencies(Staff(person, institutions.permissions_of(person_id=int(person.person_id))))
        request._kapi_staff = known  # type: ignore[attr-defined]
        # The frame of the page need not ask again.
        request._kapi_is_at_work = bool(known.held)  # type: ignore[attr-defined]
    return cast("Staff", known)
