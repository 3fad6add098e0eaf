"""Verbs: adding institutions, granting roles, and the two-person rule."""

from kapi.contexts.institutions.services.emergencies import (
    approve_emergency,
    ask_for_emergency,
    end_emergency,
    refuse_emergency,
    review_emergency,
)
from kapi.contexts.institutions.services.loading import load_institutions
from kapi.contexts.institutions.services.proposals import (
    accept_proposal,
    propose_institution,
    propose_role,
    reject_proposal,
    withdraw_proposal,
)
from kapi.contexts.institutions.services.roles import (
    add_operating_institution,
    appoint_operator,
    grant_role,
    revoke_role,
)
from kapi.contexts.institutions.services.tree import add_unit, change_institution

__all__ = [
    "accept_proposal",
    "add_operating_institution",
    "add_unit",
    "appoint_operator",
    "approve_emergency",
    "ask_for_emergency",
    "change_institution",
    "end_emergency",
    "grant_role",
    "load_institutions",
    "propose_institution",
    "propose_role",
    "refuse_emergency",
    "reject_proposal",
    "review_emergency",
    "revoke_role",
    "withdraw_proposal",
]
