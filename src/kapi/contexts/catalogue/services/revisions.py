"""A service is drafted, submitted, approved by another person and published; later changed the same way, or retired."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from kapi.contexts.catalogue.errors import (
    ApprovedByAuthor,
    CatalogueNeedsStaff,
    ContentIncomplete,
    RevisionChanged,
    RevisionNotAllowed,
    RevisionNotFound,
    RevisionOpen,
    ServiceExists,
    ServiceNotFound,
    ServiceRetired,
)
from kapi.contexts.catalogue.models import Category, LegalResource, LifeEvent, LifeEventStep, Service, ServiceRevision
from kapi.contexts.catalogue.rules.content import content_sha256, faults_of, from_document, is_code, to_document
from kapi.contexts.catalogue.rules.listing import columns_of
from kapi.contexts.catalogue.rules.states import DISCARDABLE, OPEN, may_move
from kapi.contexts.catalogue.services.search_index import _index_service
from kapi.contexts.catalogue.values import (
    Fault,
    RevisionId,
    RevisionState,
    ServiceContent,
    ServiceStatus,
)
from kapi.contexts.institutions.errors import InstitutionNotFound
from kapi.contexts.institutions.models import Institution
from kapi.foundation.audit.services import record
from kapi.kernel.actors import Actor, ActorKind
from kapi.kernel.errors import InvalidValue


def draft_service(
    *, code: str, institution_code: str, content: ServiceContent, actor: Actor, now: datetime
) -> RevisionId:
    """Begin a service that was never offered before, with its first draft. Nothing of it is public.

    :raises InvalidValue: if the code is not made of ASCII words joined by hyphens, or the Turkish title is missing.
    :raises ServiceExists: if the code is, or ever was, another service's.
    :raises InstitutionNotFound: if no institution has this code.
    :raises CatalogueNeedsStaff: if the actor is not a member of staff.
    """
    if not is_code(code):
        raise InvalidValue("code", "form")
    author_id = _person(actor)
    with transaction.atomic():
        if not Institution.objects.filter(pk=institution_code).exists():
            raise InstitutionNotFound
        service = Service(
            code=code, institution_id=institution_code, status=ServiceStatus.IN_PREPARATION, **columns_of(content)
        )
        try:
            with transaction.atomic():
                service.save(force_insert=True)
        except IntegrityError:
            raise ServiceExists from None
        return _insert_draft(service, content, author_id, actor, now)


def draft_revision(*, service_code: str, content: ServiceContent, actor: Actor, now: datetime) -> RevisionId:
    """Begin a new revision of a service. What is public stays as it is.

    :raises ServiceNotFound: if there is no such service.
    :raises ServiceRetired: if it is no longer offered.
    :raises RevisionOpen: if another revision is being written or waits for approval.
    :raises InvalidValue: if the Turkish title is missing.
    :raises CatalogueNeedsStaff: if the actor is not a member of staff.
    """
    author_id = _person(actor)
    with transaction.atomic():
        service = Service.objects.select_for_update(of=("self",)).filter(code=service_code).first()
        if service is None:
            raise ServiceNotFound
        if service.status == ServiceStatus.RETIRED:
            raise ServiceRetired
        if service.revisions.filter(state__in=OPEN).exists():
            raise RevisionOpen
        return _insert_draft(service, content, author_id, actor, now)


def change_draft(*, revision_id: int, version: int, content: ServiceContent, actor: Actor, now: datetime) -> int:
    """Replace what a draft (or a rejected revision, which becomes a draft again) says; return its new version.

    `version` is the one that the changed content was based on.

    :raises RevisionNotFound: if there is no such revision.
    :raises RevisionChanged: if it has another version by now.
    :raises RevisionNotAllowed: if it waits for approval or was published.
    :raises InvalidValue: if the Turkish title is missing.
    :raises CatalogueNeedsStaff: if the actor is not a member of staff.
    """
    author_id = _person(actor)
    with transaction.atomic():
        _, revision = _locked(revision_id)
        if revision.version != version:
            raise RevisionChanged
        if revision.state == RevisionState.REJECTED:
            _move(revision, RevisionState.DRAFT)
        elif revision.state != RevisionState.DRAFT:
            raise RevisionNotAllowed
        _write(revision, content)
        revision.version += 1
        revision.author_id = author_id
        revision.contributors = sorted({*revision.contributors, author_id})
        revision.save()
        _audit("catalogue.draft_changed", revision, actor, now)
        return revision.version


def submit(*, revision_id: int, version: int, actor: Actor, now: datetime) -> None:
    """Ask for the approval of a draft as it stands at `version`.

    :raises RevisionNotFound: if there is no such revision.
    :raises RevisionChanged: if it has another version by now.
    :raises RevisionNotAllowed: if it is not a draft.
    :raises ContentIncomplete: with everything that keeps it from being published.
    """
    with transaction.atomic():
        _, revision = _locked(revision_id)
        if revision.version != version:
            raise RevisionChanged
        _move(revision, RevisionState.IN_REVIEW)
        content = from_document(revision.content)
        faults = [*faults_of(content), *_faults_of_links(content)]
        if faults:
            raise ContentIncomplete(faults)
        revision.save()
        _audit("catalogue.revision_submitted", revision, actor, now)


def approve_and_publish(*, revision_id: int, version: int, actor: Actor, now: datetime) -> None:
    """Publish what another person wrote, as it stands at `version`. The revision before it is superseded.

    :raises RevisionNotFound: if there is no such revision.
    :raises RevisionChanged: if it has another version by now.
    :raises RevisionNotAllowed: if it was not submitted.
    :raises ApprovedByAuthor: if the actor wrote any part of it.
    :raises CatalogueNeedsStaff: if the actor is not a member of staff.
    """
    approver_id = _person(actor)
    with transaction.atomic():
        service, revision = _locked(revision_id)
        if revision.version != version:
            raise RevisionChanged
        if approver_id in {revision.author_id, *revision.contributors}:
            raise ApprovedByAuthor
        _move(revision, RevisionState.PUBLISHED)
        service.revisions.filter(state=RevisionState.PUBLISHED).update(state=RevisionState.SUPERSEDED)
        revision.approver_id, revision.published_at = approver_id, now
        revision.save()
        content = from_document(revision.content)
        for column, value in columns_of(content).items():
            setattr(service, column, value)
        service.status, service.current = ServiceStatus.ACTIVE, revision
        service.save()
        _connect(service, content)
        _index_service(service=service, content=content)
        _audit("catalogue.revision_published", revision, actor, now)


def reject(*, revision_id: int, note: str, actor: Actor, now: datetime) -> None:
    """Send a submitted revision back to those who wrote it, with a note (at most 500 characters) that says why.

    :raises RevisionNotFound: if there is no such revision.
    :raises RevisionNotAllowed: if it was not submitted.
    :raises InvalidValue: if the note is empty or too long.
    """
    if not 0 < len(note.strip()) <= 500:
        raise InvalidValue("note", "length")
    with transaction.atomic():
        _, revision = _locked(revision_id)
        _move(revision, RevisionState.REJECTED)
        revision.note = note.strip()
        revision.save()
        _audit("catalogue.revision_rejected", revision, actor, now)


def discard_draft(*, revision_id: int, version: int, actor: Actor, now: datetime) -> bool:
    """Throw away a draft, or a revision that was sent back, as it stands at `version`. What is public stays.

    Nothing of it is kept but the line in the audit trail. A service that was never offered goes with its only draft,
    and its code is free again: tell whether it went.

    :raises RevisionNotFound: if there is no such revision.
    :raises RevisionChanged: if it has another version by now.
    :raises RevisionNotAllowed: if it waits for approval or was published.
    """
    with transaction.atomic():
        service, revision = _locked(revision_id)
        if revision.version != version:
            raise RevisionChanged
        if revision.state not in DISCARDABLE:
            raise RevisionNotAllowed
        _audit("catalogue.draft_discarded", revision, actor, now)
        revision.delete()
        if service.status != ServiceStatus.IN_PREPARATION or service.revisions.exists():
            return False
        LifeEventStep.objects.filter(service=service).update(service=None)  # it led nowhere yet
        service.delete()
    return True


def retire(*, service_code: str, actor: Actor, now: datetime) -> None:
    """Offer a service no longer: it leaves all lists and the search; its revisions and its code stay taken.

    :raises ServiceNotFound: if there is no such service, or it was never offered.
    :raises ServiceRetired: if it is retired already.
    :raises RevisionOpen: if a revision is being written or waits for approval.
    """
    with transaction.atomic():
        service = Service.objects.select_for_update(of=("self",)).filter(code=service_code).first()
        if service is None or service.status == ServiceStatus.IN_PREPARATION:
            raise ServiceNotFound
        if service.status == ServiceStatus.RETIRED:
            raise ServiceRetired
        if service.revisions.filter(state__in=OPEN).exists():
            raise RevisionOpen
        service.revisions.filter(state=RevisionState.PUBLISHED).update(state=RevisionState.RETIRED)
        service.status = ServiceStatus.RETIRED
        service.save(update_fields=["status"])
        _index_service(service=service, content=None)
        record(
            action="catalogue.service_retired",
            subject_kind="service",
            subject_id=service.code,
            actor=actor,
            now=now,
            details={"institution": service.institution_id},
        )


def _insert_draft(service: Service, content: ServiceContent, author_id: int, actor: Actor, now: datetime) -> RevisionId:
    last = service.revisions.aggregate(last=Max("number"))["last"] or 0
    revision = ServiceRevision(
        service=service,
        number=last + 1,
        state=RevisionState.DRAFT,
        author_id=author_id,
        contributors=[author_id],
        drafted_at=now,
    )
    _write(revision, content)
    revision.save(force_insert=True)
    _audit("catalogue.revision_drafted", revision, actor, now)
    return RevisionId(revision.pk)


def _write(revision: ServiceRevision, content: ServiceContent) -> None:
    if not content.title.tr:
        raise InvalidValue("title_tr", "missing")
    revision.content = to_document(content)
    revision.content_sha256 = content_sha256(revision.content)


def _locked(revision_id: int) -> tuple[Service, ServiceRevision]:
    service_id = ServiceRevision.objects.filter(pk=revision_id).values_list("service_id", flat=True).first()
    if service_id is None:
        raise RevisionNotFound
    service = Service.objects.select_for_update(of=("self",)).get(pk=service_id)
    revision = ServiceRevision.objects.select_for_update(of=("self",)).select_related("service").get(pk=revision_id)
    return service, revision


def _move(revision: ServiceRevision, target: RevisionState) -> None:
    if not may_move(RevisionState(revision.state), target):
        raise RevisionNotAllowed
    revision.state = target


def _faults_of_links(content: ServiceContent) -> list[Fault]:
    known_events = set(LifeEvent.objects.filter(pk__in=content.life_events).values_list("pk", flat=True))
    known_categories = set(Category.objects.filter(pk__in=content.categories).values_list("pk", flat=True))
    faults = []
    if set(content.life_events) - known_events:
        faults.append(Fault("life_events", "unknown", "choose life events from the list"))
    if set(content.categories) - known_categories:
        faults.append(Fault("categories", "unknown", "choose categories from the list"))
    return faults


def _connect(service: Service, content: ServiceContent) -> None:
    service.categories.set(Category.objects.filter(pk__in=content.categories))
    service.life_events.set(LifeEvent.objects.filter(pk__in=content.life_events))
    service.legal_resources.set(
        LegalResource.objects.get_or_create(type=law.type, number=law.number, article=law.article, title=law.title)[0]
        for law in content.legal_basis
    )


def _person(actor: Actor) -> int:
    if actor.kind is not ActorKind.STAFF:
        raise CatalogueNeedsStaff
    return int(actor.id)


def _audit(action: str, revision: ServiceRevision, actor: Actor, now: datetime) -> None:
    record(
        action=action,
        subject_kind="service",
        subject_id=revision.service.code,
        actor=actor,
        now=now,
        details={"revision": revision.number, "content_sha256": revision.content_sha256},
    )
