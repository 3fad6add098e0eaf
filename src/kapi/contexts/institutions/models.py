"""Tables."""

from django.db import models
from django.db.models import F, Q

from kapi.contexts.institutions.values import EmergencyDecision, InstitutionKind, ProposalKind, ProposalState, Role
from kapi.kernel.turkish import LONGEST_ALPHABET_KEY


class Institution(models.Model):
    """One node of the tree.

    `path` holds the codes from the root to the node itself, 8 digits each (`rules.path_below`).
    `name` and `description` are langStrings. `name_folded` is the search form of both names; `sort_tr` and
    `sort_en` sort them by the Turkish alphabet in any collation.
    """

    code = models.CharField(max_length=8, primary_key=True)
    name = models.JSONField()
    name_folded = models.CharField(max_length=420)
    sort_tr = models.CharField(max_length=LONGEST_ALPHABET_KEY, default="", db_default="")
    sort_en = models.CharField(max_length=LONGEST_ALPHABET_KEY, default="", db_default="")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in InstitutionKind])
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=128, unique=True)
    url = models.URLField(max_length=300, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    description = models.JSONField(default=dict)
    added_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["parent", "sort_tr", "code"], name="institution_below_tr"),
            models.Index(fields=["parent", "sort_en", "code"], name="institution_below_en"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9]{8}$"), name="institution_code_is_8_digits"),
            models.CheckConstraint(condition=Q(path__endswith=F("code")), name="institution_path_ends_with_code"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in InstitutionKind]), name="institution_kind_known"
            ),
            models.CheckConstraint(condition=~Q(parent=F("code")), name="institution_not_its_own_parent"),
        ]


class Membership(models.Model):
    """A person holds a role at an institution, until it is revoked."""

    person_id = models.BigIntegerField()
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=32, choices=[(role.value, role.value) for role in Role])
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "institution", "role"], condition=Q(revoked_at=None), name="membership_held_once"
            ),
            models.CheckConstraint(condition=Q(role__in=[role.value for role in Role]), name="membership_role_known"),
        ]


class Proposal(models.Model):
    """A deed that takes two people. `payload` holds ids and words of ours; `institution_code` is whom it concerns."""

    kind = models.CharField(max_length=32, choices=[(kind.value, kind.value) for kind in ProposalKind])
    institution_code = models.CharField(max_length=8)
    payload = models.JSONField()
    state = models.CharField(max_length=16, choices=[(state.value, state.value) for state in ProposalState])
    proposed_by = models.BigIntegerField()
    proposed_at = models.DateTimeField()
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("proposed_by")), name="proposal_decided_by_another"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[ProposalState.OPEN.value, ProposalState.WITHDRAWN.value], decided_by=None)
                | Q(state__in=[ProposalState.ACCEPTED.value, ProposalState.REJECTED.value], decided_by__isnull=False),
                name="proposal_decided_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(state=ProposalState.OPEN.value), name="proposal_open")]


class Emergency(models.Model):
    """Emergency rights that an operator asked for, what another made of it, and who has seen what was done.

    What is compared below is said not to be empty beside it: a comparison with nothing is not false, and would pass.
    """

    asked_by = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    asked_at = models.DateTimeField()
    answer_until = models.DateTimeField()
    decision = models.CharField(max_length=16, blank=True)  # EmergencyDecision
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seen_by = models.BigIntegerField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="emergency_has_a_reason"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")), name="emergency_decided_by_another"
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_by=None, decided_at=None, ends_at=None)
                | Q(
                    decision=EmergencyDecision.APPROVED.value,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    ends_at__isnull=False,
                    decided_at__lt=F("answer_until"),
                    ends_at__gt=F("decided_at"),
                )
                | Q(
                    decision=EmergencyDecision.REFUSED.value,
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    decided_at__lt=F("answer_until"),
                    ends_at=None,
                ),
                name="emergency_decided_in_time",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ends_at__isnull=False, ended_at__lte=F("ends_at")),
                name="emergency_never_longer_than_granted",
            ),
            models.CheckConstraint(
                condition=Q(seen_by=None, seen_at=None)
                | Q(decision=EmergencyDecision.APPROVED.value, seen_by__isnull=False, seen_at__isnull=False)
                & ~Q(seen_by=F("asked_by")),
                name="emergency_seen_by_another",
            ),
        ]
        indexes = [
            models.Index(fields=["answer_until"], condition=Q(decision=""), name="emergency_undecided"),
            models.Index(fields=["ends_at"], condition=Q(ended_at=None), name="emergency_in_force"),
        ]
