"""The refusals."""

from collections.abc import Sequence

from kapi.contexts.catalogue.values import Fault
from kapi.kernel.errors import DomainError


class ServiceNotFound(DomainError):
    """No service has this code, or it is not public."""

    code = "service_not_found"


class ServiceExists(DomainError):
    """The code is taken; codes are never used again."""

    code = "service_exists"


class ServiceRetired(DomainError):
    """The service is no longer offered."""

    code = "service_retired"


class RevisionNotFound(DomainError):
    """No such revision."""

    code = "revision_not_found"


class RevisionOpen(DomainError):
    """A revision of this service is being written or waits for approval already."""

    code = "revision_open"


class RevisionChanged(DomainError):
    """Somebody else changed it in the meantime: look again."""

    code = "revision_changed"


class RevisionNotAllowed(DomainError):
    """A revision in this state cannot go there."""

    code = "revision_not_allowed"


class ApprovedByAuthor(DomainError):
    """Who wrote any part of a revision does not approve it."""

    code = "approved_by_author"


class CatalogueNeedsStaff(DomainError):
    """Only a member of staff can do this; the gateway itself cannot."""

    code = "catalogue_needs_staff"


class ContentIncomplete(DomainError):
    """What a revision says is not enough, or contradicts itself."""

    code = "content_incomplete"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.field}: {fault.reason}" for fault in faults))


class BarrierNotFound(DomainError):
    """No such report of a barrier is kept."""

    code = "barrier_not_found"


class TooManyFavourites(DomainError):
    """As many services as a page of one's own can hold are there already."""

    code = "too_many_favourites"


class SamePerson(DomainError):
    """Author and approver must be two people."""

    code = "same_person"
