"""What institutions, roles and proposals can be. Together with `rules.py` this is the whole rights model."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from kapi.kernel.langstring import NO_TEXT, LangString, LocalText

ProposalId = NewType("ProposalId", int)
MembershipId = NewType("MembershipId", int)
EmergencyId = NewType("EmergencyId", int)

EVERYWHERE = ""
"""Stands for an institution's code where a permission reaches every institution."""


class InstitutionKind(StrEnum):
    """The kinds of public bodies; a unit is a part of one."""

    MINISTRY = "ministry"
    AGENCY = "agency"
    MUNICIPALITY = "municipality"
    UNIVERSITY = "university"
    SOCIAL_SECURITY = "social_security"
    JUDICIARY = "judiciary"
    PROFESSIONAL_BODY = "professional_body"
    GOVERNORATE = "governorate"
    COMPANY = "company"
    UNIT = "unit"


class Permission(StrEnum):
    """What somebody may do. The door asks for one of these; which role has which is in `rules.py`."""

    MANAGE_INSTITUTIONS = "manage_institutions"  # change names and contacts, add units, propose top-level institutions
    MANAGE_MEMBERS = "manage_members"  # grant roles, or propose those that take two people; revoke
    DECIDE_PROPOSALS = "decide_proposals"  # accept or reject what somebody else proposed
    EDIT_SERVICES = "edit_services"  # draft and submit
    PUBLISH_SERVICES = "publish_services"  # approve what somebody else wrote, reject, retire
    MANAGE_CLIENTS = "manage_clients"  # register and change the programs that sign citizens in
    APPROVE_CLIENTS = "approve_clients"  # let such a program go live
    ISSUE_ACCOUNTS = "issue_accounts"  # hand a citizen a one-time code at the desk
    RECOVER_ACCOUNTS = "recover_accounts"  # give an account back to its owner at the desk
    ASSIST_CITIZENS = "assist_citizens"  # help with an account while its owner agrees and watches
    BREAK_GLASS = "break_glass"  # ask for emergency rights, or grant them to another
    READ_AUDIT = "read_audit"
    READ_FEEDBACK = "read_feedback"


class Role(StrEnum):
    """What somebody is in an institution. The first three belong to the gateway's own people."""

    OPERATOR = "operator"
    OPERATOR_APPROVER = "operator_approver"
    AUDITOR = "auditor"
    INSTITUTION_ADMINISTRATOR = "institution_administrator"
    SERVICE_EDITOR = "service_editor"
    SERVICE_APPROVER = "service_approver"
    CLIENT_MANAGER = "client_manager"
    DESK_OFFICER = "desk_officer"
    SUPPORT_OFFICER = "support_officer"


class ProposalKind(StrEnum):
    """Deeds that take two people."""

    ADD_INSTITUTION = "add_institution"
    GRANT_ROLE = "grant_role"


class ProposalState(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class EmergencyDecision(StrEnum):
    """What a second operator made of it."""

    APPROVED = "approved"
    REFUSED = "refused"


class EmergencyState(StrEnum):
    """Where an emergency stands."""

    ASKED = "asked"
    LAPSED = "lapsed"  # nobody decided in time
    REFUSED = "refused"
    IN_FORCE = "in_force"
    OVER = "over"


@dataclass(frozen=True, kw_only=True)
class EmergencyView:
    """Emergency rights that somebody asked for. People are ids; `until` is the end of what it waits for or lasts."""

    id: EmergencyId
    state: EmergencyState
    reason: str
    asked_by: int
    asked_at: datetime
    decided_by: int | None
    decided_at: datetime | None
    until: datetime
    ended_at: datetime | None
    seen_by: int | None
    seen_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class InstitutionDetails:
    """What is told about an institution besides its place in the tree."""

    name: LangString
    kind: InstitutionKind
    url: str = ""
    phone: str = ""
    address: str = ""
    description: LangString = NO_TEXT


@dataclass(frozen=True)
class InstitutionView:
    """An institution as pages show it, in one language. `ancestors` begin at the root and leave it out itself."""

    code: str
    name: LocalText
    kind: InstitutionKind
    parent_code: str | None
    description: LocalText
    url: str
    phone: str
    address: str
    ancestors: tuple["InstitutionLine", ...]


@dataclass(frozen=True)
class InstitutionLine:
    """An institution in a list or a trail of links."""

    code: str
    name: LocalText
    kind: InstitutionKind


@dataclass(frozen=True)
class InstitutionsBelow:
    """Some of the institutions that stand directly below one, and how many stand there in all."""

    lines: tuple[InstitutionLine, ...]
    total: int


@dataclass(frozen=True)
class MembershipView:
    """Who holds which role where. People are ids; their names are the identity context's."""

    id: MembershipId
    person_id: int
    institution_code: str
    institution_name: LocalText
    role: Role
    granted_at: datetime


@dataclass(frozen=True)
class ProposalView:
    """A proposal with what it would do."""

    id: ProposalId
    kind: ProposalKind
    institution_code: str
    payload: dict[str, str]
    state: ProposalState
    proposed_by: int
    proposed_at: datetime
    decided_by: int | None
    decided_at: datetime | None
