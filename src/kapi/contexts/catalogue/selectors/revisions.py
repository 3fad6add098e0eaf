"""What the people who write and approve services see."""

from collections.abc import Iterable

from django.db.models import Prefetch, QuerySet

from kapi.contexts.catalogue.models import Service, ServiceRevision
from kapi.contexts.catalogue.rules.content import from_document
from kapi.contexts.catalogue.rules.states import OPEN
from kapi.contexts.catalogue.values import (
    Link,
    RevisionId,
    RevisionState,
    RevisionView,
    ServiceOverview,
    ServiceStatus,
)
from kapi.kernel.langstring import LangString


def find_revision(revision_id: int) -> RevisionView | None:
    """Return one revision, or None."""
    row = ServiceRevision.objects.select_related("service").filter(pk=revision_id).first()
    return _view(row) if row else None


def revisions_of(*, service_code: str) -> list[RevisionView]:
    """Return all revisions of a service, the newest first."""
    rows = ServiceRevision.objects.select_related("service").filter(service__code=service_code).order_by("-number")
    return [_view(row) for row in rows]


def revisions_in_review(*, institution_codes: Iterable[str] | None) -> list[RevisionView]:
    """Return the revisions that wait for approval at these institutions (None: everywhere), the oldest first."""
    rows = ServiceRevision.objects.select_related("service").filter(state=RevisionState.IN_REVIEW)
    if institution_codes is not None:
        rows = rows.filter(service__institution__in=list(institution_codes))
    return [_view(row) for row in rows.order_by("pk")]


def count_rejected(*, institution_codes: Iterable[str] | None) -> int:
    """Count the revisions at these institutions (None: everywhere) that were sent back to their authors. One query."""
    rows = ServiceRevision.objects.filter(state=RevisionState.REJECTED)
    if institution_codes is not None:
        rows = rows.filter(service__institution__in=list(institution_codes))
    return rows.count()


def overview_of(
    *, institution_codes: Iterable[str] | None, language: str, start: int = 0, limit: int = 50
) -> tuple[list[ServiceOverview], int]:
    """Return a stretch of the services of these institutions (None: all) by title, and how many there are in all."""
    rows: QuerySet[Service] = Service.objects.select_related("institution").order_by("sort_tr", "pk")
    if institution_codes is not None:
        rows = rows.filter(institution__in=list(institution_codes))
    open_ones = Prefetch("revisions", ServiceRevision.objects.filter(state__in=OPEN).only("service_id", "state"))
    found = rows[start : start + limit].prefetch_related(open_ones)
    return [_overview(row, language) for row in found], rows.count()


def _overview(row: Service, language: str) -> ServiceOverview:
    being_written = next(iter(row.revisions.all()), None)
    return ServiceOverview(
        code=row.code,
        title=LangString.read(row.title).text(language),
        institution=Link(row.institution.code, LangString.read(row.institution.name).text(language)),
        status=ServiceStatus(row.status),
        open_revision=RevisionId(being_written.pk) if being_written else None,
        open_state=RevisionState(being_written.state) if being_written else None,
    )


def _view(row: ServiceRevision) -> RevisionView:
    return RevisionView(
        id=RevisionId(row.pk),
        service_code=row.service.code,
        institution_code=row.service.institution_id,
        number=row.number,
        state=RevisionState(row.state),
        content=from_document(row.content),
        content_sha256=row.content_sha256,
        version=row.version,
        author_id=row.author_id,
        contributors=tuple(row.contributors),
        approver_id=row.approver_id,
        drafted_at=row.drafted_at,
        published_at=row.published_at,
        note=row.note,
    )
