"""The rights model, as tables."""

import pytest

from kapi.contexts.institutions.rules import (
    PERMISSIONS_OF_ROLE,
    REACH_EVERYWHERE,
    TAKE_TWO_PEOPLE,
    codes_on,
    permissions_granted,
    range_of_subtree,
)
from kapi.contexts.institutions.values import EVERYWHERE, Permission, Role


class TestPermissionsOfRole:
    def test_every_role_may_something(self) -> None:
        assert set(PERMISSIONS_OF_ROLE) == set(Role)
        assert all(PERMISSIONS_OF_ROLE.values())

    def test_every_permission_belongs_to_some_role(self) -> None:
        assert frozenset().union(*PERMISSIONS_OF_ROLE.values()) == frozenset(Permission)

    @pytest.mark.parametrize(
        ("writes", "decides"),
        [
            (Permission.EDIT_SERVICES, Permission.PUBLISH_SERVICES),
            (Permission.MANAGE_MEMBERS, Permission.DECIDE_PROPOSALS),
            (Permission.MANAGE_CLIENTS, Permission.APPROVE_CLIENTS),
        ],
    )
    def test_no_role_both_writes_and_decides(self, writes: Permission, decides: Permission) -> None:
        assert not [role for role, granted in PERMISSIONS_OF_ROLE.items() if {writes, decides} <= granted]

    def test_who_can_hand_out_rights_or_accounts_is_appointed_by_two_people(self) -> None:
        powerful = {Permission.MANAGE_MEMBERS, Permission.DECIDE_PROPOSALS, Permission.ISSUE_ACCOUNTS}
        assert {role for role, granted in PERMISSIONS_OF_ROLE.items() if powerful & granted} <= TAKE_TWO_PEOPLE
        assert REACH_EVERYWHERE <= TAKE_TWO_PEOPLE


class TestPermissionsGranted:
    def test_an_editor_reaches_the_institution(self) -> None:
        assert ("10000001", Permission.EDIT_SERVICES) in permissions_granted(Role.SERVICE_EDITOR, "10000001")

    def test_an_operator_reaches_everywhere(self) -> None:
        assert {code for code, _ in permissions_granted(Role.OPERATOR, "10000001")} == {EVERYWHERE}


class TestRangeOfSubtree:
    @pytest.mark.parametrize("other", ["10000001", "1000000110000002", "100000019999999999999999"])
    def test_holds_the_root_and_what_is_below(self, other: str) -> None:
        first, last = range_of_subtree("10000001")
        assert first <= other <= last

    @pytest.mark.parametrize("other", ["10000000", "1000000099999999", "10000002", "1000000210000001", "00000000"])
    def test_leaves_out_neighbours(self, other: str) -> None:
        first, last = range_of_subtree("10000001")
        assert not first <= other <= last

    def test_works_at_the_last_code_there_is(self) -> None:
        first, last = range_of_subtree("99999999")
        assert first <= "9999999999999999" <= last


class TestCodesOn:
    def test_begins_at_the_root(self) -> None:
        assert codes_on("100000011000000210000003") == ["10000001", "10000002", "10000003"]
