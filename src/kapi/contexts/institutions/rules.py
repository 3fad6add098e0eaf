"""Who may what, and which deeds take two people."""

import hashlib
import json
from dataclasses import asdict
from datetime import datetime, timedelta

from kapi.contexts.institutions.values import (
    EVERYWHERE,
    EmergencyDecision,
    EmergencyState,
    InstitutionDetails,
    Permission,
    Role,
)
from kapi.foundation.limits.values import Budget

CODE_DIGITS = 8
MOST_LEVELS = 16

PERMISSIONS_OF_ROLE: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset(
        {
            Permission.MANAGE_INSTITUTIONS,
            Permission.MANAGE_MEMBERS,
            Permission.MANAGE_CLIENTS,
            Permission.READ_AUDIT,
            Permission.READ_FEEDBACK,
            Permission.BREAK_GLASS,
        }
    ),
    Role.OPERATOR_APPROVER: frozenset(
        {
            Permission.DECIDE_PROPOSALS,
            Permission.APPROVE_CLIENTS,
            Permission.READ_AUDIT,
            Permission.BREAK_GLASS,
        }
    ),
    Role.AUDITOR: frozenset({Permission.READ_AUDIT}),
    Role.INSTITUTION_ADMINISTRATOR: frozenset(
        {Permission.MANAGE_INSTITUTIONS, Permission.MANAGE_MEMBERS, Permission.READ_FEEDBACK}
    ),
    Role.SERVICE_EDITOR: frozenset({Permission.EDIT_SERVICES, Permission.READ_FEEDBACK}),
    Role.SERVICE_APPROVER: frozenset({Permission.PUBLISH_SERVICES, Permission.READ_FEEDBACK}),
    Role.CLIENT_MANAGER: frozenset({Permission.MANAGE_CLIENTS}),
    Role.DESK_OFFICER: frozenset({Permission.ISSUE_ACCOUNTS, Permission.RECOVER_ACCOUNTS}),
    Role.SUPPORT_OFFICER: frozenset({Permission.ASSIST_CITIZENS}),
}

REACH_EVERYWHERE = frozenset({Role.OPERATOR, Role.OPERATOR_APPROVER, Role.AUDITOR})
"""Roles that are held at the operating institution and reach all others. The rest reach their institution and below."""

TAKE_TWO_PEOPLE = frozenset(
    {
        Role.OPERATOR,
        Role.OPERATOR_APPROVER,
        Role.AUDITOR,
        Role.INSTITUTION_ADMINISTRATOR,
        Role.DESK_OFFICER,
        Role.SUPPORT_OFFICER,
    }
)
"""Roles through which other people's rights, accounts or deeds come into somebody's hands."""

EMERGENCY_PERMISSIONS = frozenset(Permission) - {
    Permission.ISSUE_ACCOUNTS,
    Permission.RECOVER_ACCOUNTS,
    Permission.ASSIST_CITIZENS,
    Permission.BREAK_GLASS,
}
"""What emergency rights open, everywhere: not people's accounts, and not further emergencies.

Of managing members only the ending of ordinary roles: the services refuse who acts under an emergency to give a role,
to open an enrolment or to end one of the gateway's own roles, also where a role of their own would allow it.
"""

EMERGENCY_ANSWER_WITHIN = timedelta(minutes=30)
EMERGENCY_LASTS = timedelta(minutes=60)
EMERGENCY_ASKINGS = (Budget(5, timedelta(days=1)),)
"""How often one operator may ask: all the others are told each time, and must go on listening."""
LEAST_REASON, MOST_REASON = 20, 500


def emergency_state(
    *, decision: str, answer_until: datetime, ends_at: datetime | None, ended_at: datetime | None, now: datetime
) -> EmergencyState:
    """Return where an emergency stands; its time runs out by itself."""
    if decision == EmergencyDecision.REFUSED:
        return EmergencyState.REFUSED
    if ends_at is None:
        return EmergencyState.ASKED if now < answer_until else EmergencyState.LAPSED
    return EmergencyState.IN_FORCE if ended_at is None and now < ends_at else EmergencyState.OVER


def permissions_granted(role: Role, institution_code: str) -> frozenset[tuple[str, Permission]]:
    """Return what `role` at an institution lets one do, and where (`EVERYWHERE`, or there and below)."""
    reach = EVERYWHERE if role in REACH_EVERYWHERE else institution_code
    return frozenset((reach, permission) for permission in PERMISSIONS_OF_ROLE[role])


def digest_of(details: InstitutionDetails) -> str:
    """Return what tells one state of an institution's details from another: 64 hex digits."""
    return hashlib.sha256(json.dumps(asdict(details), sort_keys=True).encode()).hexdigest()


def path_below(parent_path: str, code: str) -> str:
    """Return the path of an institution: the codes from the root down to itself, 8 digits each, without separators.

    Digits sort alike in every collation, so a subtree is one range of an ordinary index on both databases.
    """
    return parent_path + code


def range_of_subtree(path: str) -> tuple[str, str]:
    """Return the first and the last path that can lie in the subtree whose root has `path`, both included."""
    return path, path.ljust(CODE_DIGITS * MOST_LEVELS, "9")


def codes_on(path: str) -> list[str]:
    """Return the codes on a path, the root's first."""
    return [path[start : start + CODE_DIGITS] for start in range(0, len(path), CODE_DIGITS)]
