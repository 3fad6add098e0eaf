"""What is known about an authorization request at the moment in which it is looked at."""

from collections.abc import Sequence
from datetime import datetime

from kapi.contexts.identity.selectors import attainable_acrs, provable_acrs
from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.models import PendingAuthorization
from kapi.contexts.openid.rules.approvals import Given, agreed_scopes, terms_of
from kapi.contexts.openid.rules.interaction import Situation
from kapi.contexts.openid.rules.principals import principal_of
from kapi.contexts.openid.rules.redirects import is_loopback
from kapi.contexts.openid.selectors.authorization import scopes_agreed_to
from kapi.contexts.openid.selectors.principals import standing_of, subject_in, subjects_within_reach
from kapi.contexts.openid.values.authorization import AuthorizationRequest
from kapi.contexts.openid.values.clients import ClientRecord, Profile, Scope


def situation_of(
    request: AuthorizationRequest,
    client: ClientRecord,
    session: SignedIn | None,
    *,
    pending: PendingAuthorization | None,
    is_allowed: bool,
    answers: Sequence[Given] | None = None,
    now: datetime,
) -> Situation:
    """Return what is known; `is_allowed`: the person has said yes to this very request, which is `pending`.

    `answers` is what whom the session acts for has answered this client, if that was read before.
    """
    subject = subject_in(session, client.sector) if session and request.subject else ""
    is_other = session is not None and request.subject not in ("", subject)
    return Situation(
        request=request,
        began_at=pending.created_at if pending else now,
        session=session,
        subject=subject,
        within_reach=subjects_within_reach(session, client.sector, now) if session and is_other else frozenset(),
        reaches=session is None or standing_of(session, client, now) is not None,
        has_chosen=pending is not None and pending.chosen_at is not None,
        agreed=_agreed(request, client, session, answers),
        reachable=_reachable(request, session),
        attainable=_attainable(request, session),
        has_waived=pending is not None and pending.waived_at is not None,
        is_allowed=is_allowed,
        now=now,
    )


def _agreed(
    request: AuthorizationRequest, client: ClientRecord, session: SignedIn | None, answers: Sequence[Given] | None
) -> tuple[Scope, ...] | None:
    """Return what an answer that is remembered gives; there is none for an address that any app on a device may have.

    RFC 8252, 8.6: the person is asked each time, for nothing else tells that app from another.
    """
    if session is None or (is_loopback(request.redirect_uri) and client.profile is Profile.NATIVE):
        return None
    if answers is not None:
        return agreed_scopes(terms_of(client, request.scopes), answers)
    return scopes_agreed_to(session.person_id, client, request.scopes, principal_of(session))


def _reachable(request: AuthorizationRequest, session: SignedIn | None) -> frozenset[str]:
    """Return what the person could prove; asked for only where they have not proved what the client wants."""
    if session is None or not request.wanted_acrs or session.find_assurance(request.wanted_acrs):
        return frozenset()
    return provable_acrs(person_id=session.person_id)


def _attainable(request: AuthorizationRequest, session: SignedIn | None) -> frozenset[str]:
    """Return what the person could prove once they have added something; asked for only where the client insists."""
    essential = request.claims.essential_acrs
    if session is None or not essential or session.find_assurance(essential):
        return frozenset()
    return attainable_acrs(person_id=session.person_id)
