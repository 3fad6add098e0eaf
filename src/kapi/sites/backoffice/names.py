"""Words of the institutions and catalogue contexts as the work pages say them."""

from collections.abc import Iterable
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kapi.contexts.catalogue.values import RevisionState, ServiceStatus
from kapi.contexts.identity.selectors import names_of
from kapi.contexts.institutions.values import InstitutionKind, ProposalKind, Role

ROLES: Final[dict[Role, Promise]] = {
    Role.OPERATOR: gettext_lazy("Operator"),
    Role.OPERATOR_APPROVER: gettext_lazy("Operator (approves)"),
    Role.AUDITOR: gettext_lazy("Auditor"),
    Role.INSTITUTION_ADMINISTRATOR: gettext_lazy("Institution administrator"),
    Role.SERVICE_EDITOR: gettext_lazy("Service editor"),
    Role.SERVICE_APPROVER: gettext_lazy("Service approver"),
    Role.CLIENT_MANAGER: gettext_lazy("Client manager"),
    Role.DESK_OFFICER: gettext_lazy("Desk officer"),
    Role.SUPPORT_OFFICER: gettext_lazy("Help desk officer"),
}

KINDS: Final[dict[InstitutionKind, Promise]] = {
    InstitutionKind.MINISTRY: gettext_lazy("Ministry"),
    InstitutionKind.AGENCY: gettext_lazy("Agency"),
    InstitutionKind.MUNICIPALITY: gettext_lazy("Municipality"),
    InstitutionKind.UNIVERSITY: gettext_lazy("University"),
    InstitutionKind.SOCIAL_SECURITY: gettext_lazy("Social security body"),
    InstitutionKind.JUDICIARY: gettext_lazy("Judicial body"),
    InstitutionKind.PROFESSIONAL_BODY: gettext_lazy("Professional body"),
    InstitutionKind.GOVERNORATE: gettext_lazy("Governorate"),
    InstitutionKind.COMPANY: gettext_lazy("Public company"),
    InstitutionKind.UNIT: gettext_lazy("Unit"),
}

STATES: Final[dict[RevisionState, Promise]] = {
    RevisionState.DRAFT: pgettext_lazy("revision", "Draft"),
    RevisionState.IN_REVIEW: pgettext_lazy("revision", "Waits for approval"),
    RevisionState.REJECTED: pgettext_lazy("revision", "Sent back"),
    RevisionState.PUBLISHED: pgettext_lazy("revision", "Published"),
    RevisionState.SUPERSEDED: pgettext_lazy("revision", "Replaced by a later one"),
    RevisionState.RETIRED: pgettext_lazy("revision", "No longer offered"),
}

STATE_COLOURS: Final[dict[str, str]] = {
    RevisionState.DRAFT: "govuk-tag--grey",
    RevisionState.IN_REVIEW: "govuk-tag--yellow",
    RevisionState.REJECTED: "govuk-tag--red",
    RevisionState.PUBLISHED: "govuk-tag--green",
    ServiceStatus.ACTIVE: "govuk-tag--green",
}

STATUSES: Final[dict[ServiceStatus, Promise]] = {
    ServiceStatus.IN_PREPARATION: pgettext_lazy("service", "In preparation"),
    ServiceStatus.ACTIVE: pgettext_lazy("service", "On offer"),
    ServiceStatus.RETIRED: pgettext_lazy("service", "No longer offered"),
}

DEEDS: Final[dict[ProposalKind, Promise]] = {
    ProposalKind.ADD_INSTITUTION: gettext_lazy("Add an institution"),
    ProposalKind.GRANT_ROLE: gettext_lazy("Give a role"),
}


def people_named(person_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of members of staff, by id; a person who is gone is named by the id alone. One query."""
    asked = set(person_ids)
    found = names_of(person_ids=asked)
    return {person_id: found.get(person_id) or _("Person %(id)s") % {"id": person_id} for person_id in asked}
