"""The tree, and who may what in it."""

import importlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.institutions import selectors, services
from kapi.contexts.institutions.errors import InstitutionNotFound
from kapi.contexts.institutions.models import Institution
from kapi.contexts.institutions.rules import range_of_subtree
from kapi.contexts.institutions.values import Permission, Role
from kapi.kernel.langstring import LangString
from tests.contexts.institutions.institutions_in_tests import OPERATOR, add_top, add_unit, give_role, grow_tree

pytestmark = pytest.mark.django_db

filling = importlib.import_module("kapi.contexts.institutions.migrations.0003_fill_sort_keys")


@pytest.fixture
def tree(now: datetime) -> None:
    """Interior > Population > Çankaya; Health."""
    add_top("10000001", "İçişleri Bakanlığı", name_en="Ministry of Interior", now=now)
    add_unit("10000002", "10000001", "Nüfus İşleri", now=now)
    add_unit("10000003", "10000002", "Çankaya Nüfus", now=now)
    add_unit("10000005", "10000001", "Ilgaz Birimi", now=now)
    add_unit("10000006", "10000001", "Çevre Birimi", now=now)
    add_top("10000004", "Sağlık Bakanlığı", now=now)


@pytest.mark.usefixtures("tree")
class TestFindInstitution:
    def test_names_those_above_from_the_root(self) -> None:
        view = selectors.find_institution("10000003", language="en")
        assert view is not None
        assert [(line.code, line.name, line.name.language) for line in view.ancestors] == [
            ("10000001", "Ministry of Interior", "en"),
            ("10000002", "Nüfus İşleri", "tr"),
        ]

    def test_takes_two_queries(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            selectors.find_institution("10000003", language="tr")
        assert len(queries) == 2

    def test_finds_nothing_under_an_unknown_code(self) -> None:
        assert selectors.find_institution("99999999") is None
        with pytest.raises(InstitutionNotFound):
            selectors.get_institution("99999999")


def subtree(*codes: str) -> list[str]:
    rows = Institution.objects.filter(selectors.at_or_below(codes, column="pk"))
    return list(rows.order_by("path").values_list("pk", flat=True))


@pytest.mark.usefixtures("tree")
class TestTree:
    def test_subtree_holds_the_root_and_all_below(self) -> None:
        assert subtree("10000001") == ["10000001", "10000002", "10000003", "10000005", "10000006"]
        assert subtree("10000004") == ["10000004"]
        assert subtree("10000004", "10000005") == ["10000005", "10000004"]
        assert subtree("99999999") == subtree() == []

    def test_ancestors_begin_at_the_root(self) -> None:
        assert selectors.ancestor_codes("10000003") == ["10000001", "10000002", "10000003"]
        assert selectors.ancestor_codes("99999999") == []

    def test_children_stand_in_turkish_order(self) -> None:
        names = [line.name for line in selectors.children_of("10000001", language="tr").lines]
        assert names == ["Çevre Birimi", "Ilgaz Birimi", "Nüfus İşleri"]

    def test_children_come_in_stretches_and_are_counted(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for start, limit, queries, names in (
            (0, 2, 2, ["Çevre Birimi", "Ilgaz Birimi"]),
            (2, 2, 1, ["Nüfus İşleri"]),
            (0, 3, 2, ["Çevre Birimi", "Ilgaz Birimi", "Nüfus İşleri"]),
            (4, 2, 2, []),
            (0, None, 1, ["Çevre Birimi", "Ilgaz Birimi", "Nüfus İşleri"]),
        ):
            with django_assert_num_queries(queries):
                below = selectors.children_of("10000001", language="tr", start=start, limit=limit)
            assert ([line.name for line in below.lines], below.total) == (names, 3)
        with django_assert_num_queries(1):
            assert selectors.children_of("10000003", language="tr", limit=5).total == 0

    def test_children_stand_in_the_order_of_their_english_names_in_english(self, now: datetime) -> None:
        add_unit("10000007", "10000001", "Zabıta", name_en="Constabulary", now=now)
        names = [line.name for line in selectors.children_of("10000001", language="en").lines]
        assert names == ["Constabulary", "Çevre Birimi", "Ilgaz Birimi", "Nüfus İşleri"]

    def test_children_are_sorted_by_an_index(self) -> None:
        for language in ("tr", "en"):
            with CaptureQueriesContext(connection) as queries:
                selectors.children_of("10000001", language=language, limit=2)
            plan = plan_of(queries[0]["sql"])
            assert f"institution_below_{language}" in plan, plan
            assert "Sort" not in plan
            assert "TEMP B-TREE" not in plan

    def test_top_institutions_stand_in_turkish_order(self) -> None:
        assert [line.code for line in selectors.top_institutions(language="tr")] == ["10000001", "10000004"]


def plan_of(sql: str) -> str:
    """Return how the database goes about a question, with PostgreSQL told that the table is not as small as it is."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for way in ("seqscan", "sort", "incremental_sort", "bitmapscan"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
        return "\n".join(str(row) for row in cursor.fetchall())


@pytest.mark.usefixtures("tree")
class TestSortKeys:
    def test_follow_a_change_of_the_name(self, now: datetime) -> None:
        before = selectors.details_of("10000002")
        assert before is not None
        services.change_institution(
            code="10000002",
            details=replace(before, name=LangString("Asayiş", "")),
            seen=selectors.digest_of(before),
            actor=OPERATOR,
            now=now,
        )
        assert selectors.children_of("10000001", language="tr").lines[0].name == "Asayiş"

    def test_are_filled_for_institutions_that_had_none(self, now: datetime) -> None:
        add_unit("10000008", "10000001", "Âdet, 2. Şube (İĞÜ) & Û", name_en="Öther", now=now)
        written = list(Institution.objects.order_by("pk").values_list("sort_tr", "sort_en"))
        Institution.objects.update(sort_tr="", sort_en="")
        for _ in range(2):
            filling.fill(apps, None)
            assert list(Institution.objects.order_by("pk").values_list("sort_tr", "sort_en")) == written


@pytest.mark.usefixtures("tree")
class TestSearchInstitutions:
    @pytest.mark.parametrize("query", ["icisleri", "İÇİŞLERİ", "interior", "bakanlik icisleri"[9:], "10000001"])
    def test_finds_by_name_in_either_language_or_by_code(self, query: str) -> None:
        found = selectors.search_institutions(query=query, limit=5, language="tr")
        assert [line.code for line in found] == ["10000001"]

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite reads the whole table")
    def test_finds_names_by_trigram(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            selectors.search_institutions(query="icisleri", limit=5, language="tr")
        with connection.cursor() as cursor:
            for way in ("seqscan", "indexscan"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            cursor.execute(f"EXPLAIN {queries[0]['sql']}")
            assert "institution_name_trigrams" in str(cursor.fetchall())

    def test_finds_nothing_for_nothing(self) -> None:
        assert selectors.search_institutions(query="  ?", limit=5, language="tr") == []


@pytest.mark.usefixtures("tree")
class TestMay:
    def test_a_role_reaches_what_is_below(self, now: datetime) -> None:
        give_role(7, "10000002", Role.SERVICE_EDITOR, now=now)
        may = [
            selectors.may(person_id=7, permission=Permission.EDIT_SERVICES, institution_code=code)
            for code in ("10000001", "10000002", "10000003", "10000004")
        ]
        assert may == [False, True, True, False]

    def test_an_operator_may_everywhere_and_in_the_gateway_itself(self, now: datetime) -> None:
        give_role(7, "10000004", Role.OPERATOR, now=now)
        assert selectors.may(person_id=7, permission=Permission.MANAGE_CLIENTS, institution_code="10000001")
        assert selectors.may(person_id=7, permission=Permission.READ_AUDIT)
        assert selectors.institutions_where(person_id=7, permission=Permission.READ_AUDIT) is None

    def test_an_administrator_may_nothing_in_the_gateway_itself(self, now: datetime) -> None:
        give_role(7, "10000001", Role.INSTITUTION_ADMINISTRATOR, now=now)
        assert not selectors.may(person_id=7, permission=Permission.MANAGE_MEMBERS)
        assert selectors.may_somewhere(person_id=7, permission=Permission.MANAGE_MEMBERS)
        assert selectors.institutions_where(person_id=7, permission=Permission.MANAGE_MEMBERS) == ["10000001"]

    def test_a_stranger_may_nothing(self) -> None:
        assert selectors.permissions_of(person_id=7) == frozenset()
        assert not selectors.may(person_id=7, permission=Permission.EDIT_SERVICES, institution_code="10000001")


@pytest.mark.usefixtures("tree")
class TestMembersOf:
    def test_lists_who_holds_what(self, now: datetime) -> None:
        give_role(8, "10000002", Role.SERVICE_APPROVER, now=now)
        give_role(7, "10000002", Role.SERVICE_EDITOR, now=now)
        found = selectors.members_of(institution_code="10000002", language="tr")
        assert [(member.person_id, member.role) for member in found] == [
            (8, Role.SERVICE_APPROVER),
            (7, Role.SERVICE_EDITOR),
        ]


class TestAtScale:
    def test_a_large_subtree_is_never_spelt_out(self, now: datetime) -> None:
        grow_tree(9_000, now)
        for root, size in (("20000419", 21), ("20000019", 421), ("20000001", 1_421)):
            with CaptureQueriesContext(connection) as queries:
                condition = selectors.at_or_below([root], column="pk")
            assert len(queries) == 2
            assert max(len(str(query["sql"])) for query in queries) < 1_000
            rows = Institution.objects.filter(condition)
            assert rows.count() == size, root
            assert len(str(rows.query)) < 5_000

    def test_a_subtree_is_a_range_of_an_index(self, now: datetime) -> None:
        grow_tree(5_000, now)
        plan = Institution.objects.filter(path__range=range_of_subtree("20000019")).explain()
        assert "SCAN" not in plan.replace("Bitmap Heap Scan", "").replace("Index Scan", "").upper().split(), plan
        assert "Seq Scan" not in plan

    @pytest.mark.proof
    def test_two_hundred_thousand_nodes_are_no_more_work_than_nine_thousand(self, now: datetime) -> None:
        work: list[dict[str, float]] = []
        for stand, size, leaf, top in ((0, 9_000, "20008999", "20000449"), (9_000, 200_000, "20159999", "20007999")):
            grow_tree(size, now, beyond=stand)
            give_role(7, leaf, Role.SERVICE_EDITOR, now=now)
            assert len(selectors.ancestor_codes(leaf)) == 4
            assert len(subtree(top)) == 21
            questions: dict[str, Callable[[], object]] = {
                "ancestors": partial(selectors.ancestor_codes, leaf),
                "subtree of 21": partial(subtree, top),
                "page": partial(selectors.find_institution, leaf),
                "may": partial(selectors.may, person_id=7, permission=Permission.EDIT_SERVICES, institution_code=leaf),
            }
            work.append({name: work_of(ask) for name, ask in questions.items()})
        few, many = work
        assert all(0 < many[name] < 2 * few[name] + A_FEW_BLOCKS for name in few), work


# PostgreSQL: a larger index has a level more, for each statement.
A_FEW_BLOCKS = 8


def work_of(ask: Callable[[], object]) -> float:
    """Return what a question makes the database do: on SQLite its steps, on PostgreSQL the blocks that it looks at."""
    if connection.vendor == "sqlite":
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        connection.connection.set_progress_handler(count, 1)
        try:
            ask()
        finally:
            connection.connection.set_progress_handler(None, 1)
        return steps
    with CaptureQueriesContext(connection) as queries:
        ask()
    with connection.cursor() as cursor:
        blocks = 0
        for query in queries:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query['sql']}")
            [[[told]]] = cursor.fetchall()
            blocks += told["Plan"]["Shared Hit Blocks"] + told["Plan"]["Shared Read Blocks"]
        return blocks
