"""Adding institutions, granting roles, and the two-person rule."""

from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from kapi.contexts.institutions import selectors, services
from kapi.contexts.institutions.errors import (
    DecidedByBeneficiary,
    DecidedByProposer,
    InstitutionChangedMeanwhile,
    InstitutionExists,
    InstitutionNotFound,
    InstitutionTreeTooDeep,
    MembershipNotFound,
    NeedsStaff,
    NeedsTwoPeople,
    NotTheProposer,
    OperatorsAppointed,
    ProposalNotFound,
    ProposalNotOpen,
    RoleHeld,
)
from kapi.contexts.institutions.models import Institution, Membership, Proposal
from kapi.contexts.institutions.values import Permission, ProposalState, Role
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.actors import Actor, ActorKind, system
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import InstitutionCode
from tests.contexts.institutions.institutions_in_tests import (
    APPROVER,
    OPERATOR,
    add_top,
    add_unit,
    give_role,
    seen,
    told,
)

pytestmark = pytest.mark.django_db


def audited() -> list[tuple[str, str, str]]:
    return list(AuditRecord.objects.order_by("pk").values_list("action", "subject_id", "actor_id"))


class TestProposeInstitution:
    def test_adds_nothing_before_another_person_accepts(self, now: datetime) -> None:
        code = InstitutionCode.parse("10000001")
        proposal_id = services.propose_institution(code=code, details=told("İçişleri"), actor=OPERATOR, now=now)
        assert selectors.find_institution("10000001") is None
        services.accept_proposal(proposal_id=proposal_id, actor=APPROVER, now=now)
        assert selectors.get_institution("10000001").name == "İçişleri"
        assert audited() == [
            ("institutions.proposal_opened", str(proposal_id), "901"),
            ("institutions.proposal_accepted", str(proposal_id), "902"),
            ("institutions.institution_added", "10000001", "902"),
        ]

    def test_refuses_a_code_that_is_taken(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        with pytest.raises(InstitutionExists):
            services.propose_institution(
                code=InstitutionCode.parse("10000001"), details=told("Başka"), actor=OPERATOR, now=now
            )

    def test_refuses_a_name_without_turkish(self, now: datetime) -> None:
        with pytest.raises(InvalidValue):
            services.propose_institution(
                code=InstitutionCode.parse("10000001"), details=told("", "Interior"), actor=OPERATOR, now=now
            )

    def test_is_for_staff(self, now: datetime) -> None:
        with pytest.raises(NeedsStaff):
            services.propose_institution(
                code=InstitutionCode.parse("10000001"), details=told("A"), actor=system("job:x"), now=now
            )


class TestAddUnit:
    def test_puts_it_below_its_parent(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        add_unit("10000002", "10000001", "Nüfus", now=now)
        assert Institution.objects.get(pk="10000002").path == "1000000110000002"

    def test_refuses_an_unknown_parent(self, now: datetime) -> None:
        with pytest.raises(InstitutionNotFound):
            add_unit("10000002", "10000001", "Nüfus", now=now)

    def test_refuses_a_code_that_is_taken(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        add_unit("10000002", "10000001", "Nüfus", now=now)
        with pytest.raises(InstitutionExists):
            add_unit("10000002", "10000001", "Nüfus", now=now)

    def test_refuses_a_seventeenth_level(self, now: datetime) -> None:
        add_top("10000001", "Kök", now=now)
        for level in range(2, 17):
            add_unit(f"{10000000 + level}", f"{10000000 + level - 1}", f"Düzey {level}", now=now)
        with pytest.raises(InstitutionTreeTooDeep):
            add_unit("10000017", "10000016", "Düzey 17", now=now)


class TestChangeInstitution:
    def test_keeps_the_code_and_the_place(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        add_unit("10000002", "10000001", "Nüfus", now=now)
        services.change_institution(
            code="10000002", details=told("Nüfus İşleri"), seen=seen("10000002"), actor=OPERATOR, now=now
        )
        view = selectors.get_institution("10000002")
        assert (view.name, view.parent_code) == ("Nüfus İşleri", "10000001")
        assert audited()[-1] == ("institutions.institution_changed", "10000002", "901")

    def test_refuses_an_unknown_code(self, now: datetime) -> None:
        with pytest.raises(InstitutionNotFound):
            services.change_institution(code="10000002", details=told("Nüfus"), seen="", actor=OPERATOR, now=now)

    def test_takes_nothing_back_that_somebody_else_wrote_meanwhile(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        before = seen("10000001")
        services.change_institution(code="10000001", details=told("Birinci"), seen=before, actor=OPERATOR, now=now)
        with pytest.raises(InstitutionChangedMeanwhile):
            services.change_institution(code="10000001", details=told("İkinci"), seen=before, actor=APPROVER, now=now)
        assert selectors.get_institution("10000001").name == "Birinci"


class TestGrantRole:
    def test_lets_a_person_in(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        services.grant_role(person_id=7, institution_code="10000001", role=Role.SERVICE_EDITOR, actor=OPERATOR, now=now)
        assert selectors.may(person_id=7, permission=Permission.EDIT_SERVICES, institution_code="10000001")
        assert audited()[-1] == ("institutions.role_granted", "10000001", "901")

    def test_refuses_alone_what_takes_two_people(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        with pytest.raises(NeedsTwoPeople):
            services.grant_role(
                person_id=7, institution_code="10000001", role=Role.DESK_OFFICER, actor=OPERATOR, now=now
            )
        assert not Membership.objects.exists()

    def test_refuses_a_role_that_is_held(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        give_role(7, "10000001", Role.SERVICE_EDITOR, now=now)
        with pytest.raises(RoleHeld):
            services.grant_role(
                person_id=7, institution_code="10000001", role=Role.SERVICE_EDITOR, actor=OPERATOR, now=now
            )

    def test_refuses_an_unknown_institution(self, now: datetime) -> None:
        with pytest.raises(InstitutionNotFound):
            services.grant_role(
                person_id=7, institution_code="10000001", role=Role.SERVICE_EDITOR, actor=OPERATOR, now=now
            )


class TestRevokeRole:
    def test_takes_the_permission_away_at_once(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        give_role(7, "10000001", Role.SERVICE_EDITOR, now=now)
        (held,) = selectors.memberships_of(person_id=7, language="tr")
        services.revoke_role(membership_id=held.id, actor=OPERATOR, now=now)
        assert selectors.permissions_of(person_id=7) == frozenset()
        assert audited()[-1] == ("institutions.role_revoked", "10000001", "901")

    def test_refuses_to_end_it_twice(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        give_role(7, "10000001", Role.SERVICE_EDITOR, now=now)
        (held,) = selectors.memberships_of(person_id=7, language="tr")
        services.revoke_role(membership_id=held.id, actor=OPERATOR, now=now)
        with pytest.raises(MembershipNotFound):
            services.revoke_role(membership_id=held.id, actor=OPERATOR, now=now)

    def test_lets_the_role_be_granted_again(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        give_role(7, "10000001", Role.SERVICE_EDITOR, now=now)
        (held,) = selectors.memberships_of(person_id=7, language="tr")
        services.revoke_role(membership_id=held.id, actor=OPERATOR, now=now)
        give_role(7, "10000001", Role.SERVICE_EDITOR, now=now)
        assert len(selectors.memberships_of(person_id=7, language="tr")) == 1


class TestAddOperatingInstitution:
    def add(self, code: str, now: datetime) -> None:
        services.add_operating_institution(
            code=InstitutionCode.parse(code), details=told("Kapı"), actor=system("command:person"), now=now
        )

    def test_needs_nobody_in_office(self, now: datetime) -> None:
        self.add("90000020", now)
        assert selectors.get_institution("90000020").parent_code is None
        assert audited() == [("institutions.institution_added", "90000020", "command:person")]

    def test_ends_once_two_people_are_in_office(self, now: datetime) -> None:
        self.add("90000020", now)
        for person_id, role in ((7, Role.OPERATOR), (8, Role.OPERATOR_APPROVER)):
            services.appoint_operator(
                person_id=person_id, institution_code="90000020", role=role, actor=system("command:person"), now=now
            )
        with pytest.raises(OperatorsAppointed):
            self.add("90000021", now)

    def test_refuses_a_code_that_is_taken(self, now: datetime) -> None:
        self.add("90000020", now)
        with pytest.raises(InstitutionExists):
            self.add("90000020", now)


class TestAppointOperator:
    def appoint(self, person_id: int, role: Role, now: datetime) -> None:
        services.appoint_operator(
            person_id=person_id, institution_code="10000000", role=role, actor=system("command:person"), now=now
        )

    def test_ends_once_two_people_hold_the_two_offices(self, now: datetime) -> None:
        add_top("10000000", "İşletici", now=now)
        self.appoint(7, Role.OPERATOR, now)
        self.appoint(8, Role.OPERATOR_APPROVER, now)
        with pytest.raises(OperatorsAppointed):
            self.appoint(9, Role.OPERATOR, now)

    def test_one_person_in_both_offices_does_not_end_it(self, now: datetime) -> None:
        add_top("10000000", "İşletici", now=now)
        self.appoint(7, Role.OPERATOR, now)
        self.appoint(7, Role.OPERATOR_APPROVER, now)
        self.appoint(8, Role.OPERATOR_APPROVER, now)

    def test_gives_no_other_role(self, now: datetime) -> None:
        add_top("10000000", "İşletici", now=now)
        with pytest.raises(NeedsTwoPeople):
            self.appoint(7, Role.DESK_OFFICER, now)


class TestAcceptProposal:
    @pytest.fixture
    def proposal_id(self, now: datetime) -> int:
        add_top("10000001", "İçişleri", now=now)
        return services.propose_role(
            person_id=7, institution_code="10000001", role=Role.DESK_OFFICER, actor=OPERATOR, now=now
        )

    def test_grants_the_role(self, proposal_id: int, now: datetime) -> None:
        services.accept_proposal(proposal_id=proposal_id, actor=APPROVER, now=now)
        assert selectors.may_somewhere(person_id=7, permission=Permission.ISSUE_ACCOUNTS)
        assert selectors.find_proposal(proposal_id).state is ProposalState.ACCEPTED  # type: ignore[union-attr]

    def test_refuses_the_proposer(self, proposal_id: int, now: datetime) -> None:
        with pytest.raises(DecidedByProposer):
            services.accept_proposal(proposal_id=proposal_id, actor=OPERATOR, now=now)
        assert selectors.permissions_of(person_id=7) == frozenset()

    def test_refuses_who_would_get_the_role(self, proposal_id: int, now: datetime) -> None:
        with pytest.raises(DecidedByBeneficiary):
            services.accept_proposal(proposal_id=proposal_id, actor=Actor(ActorKind.STAFF, "7"), now=now)

    def test_refuses_a_second_decision(self, proposal_id: int, now: datetime) -> None:
        services.reject_proposal(proposal_id=proposal_id, actor=APPROVER, now=now)
        with pytest.raises(ProposalNotOpen):
            services.accept_proposal(proposal_id=proposal_id, actor=APPROVER, now=now)

    def test_stays_open_when_the_deed_is_refused(self, proposal_id: int, now: datetime) -> None:
        other_id = services.propose_role(
            person_id=7, institution_code="10000001", role=Role.DESK_OFFICER, actor=OPERATOR, now=now
        )
        services.accept_proposal(proposal_id=other_id, actor=APPROVER, now=now)
        with pytest.raises(RoleHeld):
            services.accept_proposal(proposal_id=proposal_id, actor=APPROVER, now=now)
        assert [proposal.id for proposal in selectors.open_proposals()] == [proposal_id]

    def test_refuses_an_unknown_one(self, now: datetime) -> None:
        with pytest.raises(ProposalNotFound):
            services.accept_proposal(proposal_id=1, actor=APPROVER, now=now)

    def test_the_database_itself_refuses_a_proposer_who_decides(self, proposal_id: int, now: datetime) -> None:
        row = Proposal.objects.filter(pk=proposal_id)
        with pytest.raises(IntegrityError, match="proposal_decided_by_another"), transaction.atomic():
            row.update(state=ProposalState.ACCEPTED, decided_by=int(OPERATOR.id), decided_at=now)

    def test_the_database_itself_refuses_a_decision_by_nobody(self, proposal_id: int) -> None:
        with pytest.raises(IntegrityError, match="proposal_decided_by_somebody"), transaction.atomic():
            Proposal.objects.filter(pk=proposal_id).update(state=ProposalState.ACCEPTED)


class TestWithdrawProposal:
    def test_is_for_the_proposer(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        proposal_id = services.propose_role(
            person_id=7, institution_code="10000001", role=Role.DESK_OFFICER, actor=OPERATOR, now=now
        )
        with pytest.raises(NotTheProposer):
            services.withdraw_proposal(proposal_id=proposal_id, actor=APPROVER, now=now)
        services.withdraw_proposal(proposal_id=proposal_id, actor=OPERATOR, now=now)
        assert selectors.open_proposals() == []
        with pytest.raises(ProposalNotOpen):
            services.withdraw_proposal(proposal_id=proposal_id, actor=OPERATOR, now=now)


class TestConstraints:
    @pytest.mark.parametrize(
        ("columns", "name"),
        [
            ({"code": "1000000x", "path": "1000000x"}, "institution_code_is_8_digits"),
            ({"code": "10000009", "path": "10000008"}, "institution_path_ends_with_code"),
            ({"code": "10000009", "path": "10000009", "kind": "club"}, "institution_kind_known"),
            ({"code": "10000009", "path": "10000009", "parent_id": "10000009"}, "institution_not_its_own_parent"),
        ],
    )
    def test_refuse_a_broken_institution(self, columns: dict[str, str], name: str, now: datetime) -> None:
        row = Institution(**({"name": {"tr": "A"}, "name_folded": "a", "kind": "unit", "added_at": now} | columns))
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            row.save(force_insert=True)

    def test_refuse_an_unknown_role(self, now: datetime) -> None:
        add_top("10000001", "İçişleri", now=now)
        with pytest.raises(IntegrityError, match="membership_role_known"), transaction.atomic():
            Membership.objects.create(person_id=1, institution_id="10000001", role="king", granted_at=now)
