"""A session visits a client: under which name, since when, and with which `sid`."""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Q, QuerySet
from django.db.models.functions import Greatest

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.models import LogoutDelivery, PrincipalSubject, Subject, Visit
from kapi.contexts.openid.rules.principals import principal_of
from kapi.contexts.openid.values.clients import ClientRecord
from kapi.foundation.chains import Updating
from kapi.foundation.statements import Change, Question, Slot
from kapi.kernel.actors import Actor


def _own() -> QuerySet[Visit]:
    """Return the visit of a session to a client, made for its person themselves: most are."""
    return Visit.objects.filter(session_id=Slot("session_id"), client_id=Slot("client_id"), principal_id=None)


_TOLD = Q(logoutdelivery__confirmed_at__isnull=False) | Q(logoutdelivery__given_up_at__isnull=False)
_OWN_VISIT = Question(lambda: _own().select_related("logoutdelivery"))
_COME_AGAIN = Change(lambda: Visit.objects.filter(pk=Slot("visit_id"), last_at__lt=Slot("now")), last_at=Slot("now"))
UNDER_WAY = Exists(_own().exclude(_TOLD))
"""That there is such a visit, and the client was not told that it is over."""
COMING_AGAIN = Updating(_own, last_at=Greatest("last_at", Slot("now")))
"""It goes on."""


def note_visit(*, client: ClientRecord, session: SignedIn, actor: Actor, now: datetime) -> Visit:
    """Return the visit of a session to a client, begun if it is the first time, and write down that it came again."""
    visit, is_new = _former_visit(client, session), False
    if visit is None:
        visit, is_new = Visit.objects.select_related("logoutdelivery").get_or_create(
            session_id=session.session_id,
            client_id=client.id,
            principal_id=principal_of(session),
            defaults={
                "person_id": session.person_id,
                **_subjects(session, client.sector),
                "sid": secrets.token_urlsafe(16),
                "first_at": now,
                "last_at": now,
            },
        )
    if not is_new:
        _COME_AGAIN.make(visit_id=visit.pk, now=now)
        _begin_anew(visit)
    return visit


def _former_visit(client: ClientRecord, session: SignedIn) -> Visit | None:
    """Return the visit of this session to the client, if it was there before for itself: most are."""
    if session.acting_for is not None:
        return None
    return _OWN_VISIT.first(session_id=session.session_id, client_id=client.id)


def _begin_anew(visit: Visit) -> None:
    """Give a visit another `sid` where the client was told that this one is over: it was closed and opened again.

    The end of the session will then be told as well. A notice that is on its way ends this visit too.
    """
    told: LogoutDelivery | None = getattr(visit, "logoutdelivery", None)
    if told is None or (told.confirmed_at is None and told.given_up_at is None):
        return
    with transaction.atomic():
        LogoutDelivery.objects.filter(pk=told.pk).delete()
        visit.sid = secrets.token_urlsafe(16)
        Visit.objects.filter(pk=visit.pk).update(sid=visit.sid)


def _subjects(session: SignedIn, sector: str) -> dict[str, str]:
    """Return the names under which a visit goes: whose it is, and who acts if that is somebody else."""
    own = _subject(session.person_id, sector)
    if session.acting_for is None:
        return {"subject": own}
    principal, _ = PrincipalSubject.objects.get_or_create(
        principal_id=session.acting_for.legal_person_id,
        sector=sector,
        defaults={"name": secrets.token_urlsafe(24)},
    )
    return {"subject": principal.name, "agent_subject": own}


def _subject(person_id: int, sector: str) -> str:
    """Return the name under which the sector knows the person, made at the first visit."""
    subject, _ = Subject.objects.get_or_create(
        person_id=person_id, sector=sector, defaults={"name": secrets.token_urlsafe(24)}
    )
    return subject.name
