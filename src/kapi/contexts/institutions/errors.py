"""The refusals."""

from kapi.kernel.errors import DomainError


class InstitutionNotFound(DomainError):
    """No institution has this code."""

    code = "institution_not_found"


class InstitutionExists(DomainError):
    """The code is taken; codes never change their owner."""

    code = "institution_exists"


class InstitutionChangedMeanwhile(DomainError):
    """Somebody changed what is told about the institution since the actor last saw it."""

    code = "institution_changed_meanwhile"


class InstitutionTreeTooDeep(DomainError):
    """The tree would grow deeper than 16 levels."""

    code = "institution_tree_too_deep"


class NeedsTwoPeople(DomainError):
    """Law or money asks for a second person: propose it."""

    code = "needs_two_people"


class NeedsStaff(DomainError):
    """Only a member of staff can do this; the gateway itself cannot."""

    code = "needs_staff"


class RoleHeld(DomainError):
    """The person has this role there already."""

    code = "role_held"


class MembershipNotFound(DomainError):
    """No such membership, or it has ended."""

    code = "membership_not_found"


class ProposalNotFound(DomainError):
    """No such proposal."""

    code = "proposal_not_found"


class ProposalNotOpen(DomainError):
    """Somebody has decided already."""

    code = "proposal_not_open"


class DecidedByProposer(DomainError):
    """Who proposes does not decide."""

    code = "decided_by_proposer"


class DecidedByBeneficiary(DomainError):
    """Nobody decides about a role of their own."""

    code = "decided_by_beneficiary"


class NotTheProposer(DomainError):
    """Only who proposed may withdraw."""

    code = "not_the_proposer"


class EmergencyNotFound(DomainError):
    """No such emergency."""

    code = "emergency_not_found"


class EmergencyNotOpen(DomainError):
    """It is not at the point where this could be done with it (any more)."""

    code = "emergency_not_open"


class EmergencyUnderWay(DomainError):
    """The person has asked already, or has emergency rights now."""

    code = "emergency_under_way"


class DecidedByAsker(DomainError):
    """Who asks for emergency rights does not grant them."""

    code = "decided_by_asker"


class SeenByAsker(DomainError):
    """Who had emergency rights does not review what was done with them."""

    code = "seen_by_asker"


class EmergencyAskedTooOften(DomainError):
    """The person has asked for emergency rights five times within a day; everybody was told each time."""

    code = "emergency_asked_too_often"


class OutlastsEmergency(DomainError):
    """Rights over people, and what a proposal gives, outlast an emergency's hour, so nobody gives them under one."""

    code = "outlasts_emergency"


class ReasonMissing(DomainError):
    """Emergency rights need a reason, of 20 to 500 characters."""

    code = "reason_missing"


class OperatorsAppointed(DomainError):
    """An operator and an approver are in office; from now on roles take two people."""

    code = "operators_appointed"


class AuthorIsApprover(DomainError):
    """Author and approver must be two people."""

    code = "author_is_approver"
