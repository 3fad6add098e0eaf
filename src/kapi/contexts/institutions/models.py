"""Tables."""

from django.db import models
from django.db.models import F, Q

from kapi.contexts.institutions.values import InstitutionKind, ProposalKind, ProposalState, Role
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
