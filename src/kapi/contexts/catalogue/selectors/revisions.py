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
from kapi.contexts.institutions.selectors import at_or_below
from kapi.kernel.langstring import LangString


def find_revision(revision_id: int) -> RevisionView | None:
    """Return one revision, or None."""
    row = ServiceRevision.objects.select_related("service").filter(pk=revision_id).first()
    return _view(row) if row else None


def revisions_of(*, service_code: str) -> list[RevisionView]:
    """Return all revisions of a service, the newest first."""
    rows = ServiceRevision.objects.select_related("service").filter(service__code=service_code).order_by("-number")
    return [_view(row) for row in rows]


def revisions_in_review(*, within: Iterable[str] | None) -> list[RevisionView]:
    """Return the revisions that wait for approval at and below these institutions (None: everywhere), oldest first."""
    rows = ServiceRevision.objects.select_related("service").filter(state=RevisionState.IN_REVIEW)
    if within is not None:
        rows = rows.filter(at_or_below(within, column="service__institution"))
    return [_view(row) for row in rows.order_by("pk")]


def count_rejected(*, within: Iterable[str] | None) -> int:
    """Count the revisions at and below these institutions (None: everywhere) that were sent back to their authors."""
    rows = ServiceRevision.objects.filter(state=RevisionState.REJECTED)
    if within is not None:
        rows = rows.filter(at_or_below(within, column="service__institution"))
    return rows.count()


def overview_of(
    *, within: Iterable[str] | None, language: str, start: int = 0, limit: int = 50
) -> tuple[list[ServiceOverview], int]:
    """Return a stretch of the services at and below these institutions (None: all) by title, and how many in all."""
    rows: QuerySet[Service] = Service.objects.select_related("institution").order_by("sort_tr", "pk")
    if within is not None:
        rows = rows.filter(at_or_below(within))
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
