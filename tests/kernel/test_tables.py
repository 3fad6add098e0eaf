"""Reading CSV files that people hand in."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.kernel.tables import FileRefused, Row, RowFault, read_csv


def faults(data: bytes) -> list[tuple[int, str, str]]:
    with pytest.raises(FileRefused) as refusal:
        read_csv(data, columns=["code", "title"])
    assert all(fault.remedy for fault in refusal.value.faults)
    return [(fault.row, fault.column, fault.problem) for fault in refusal.value.faults]


class TestReadCsv:
    def test_gives_cells_by_column_whatever_their_order(self) -> None:
        rows = read_csv('\ufefftitle,code\r\n" Öğrenci, belge ",a\r\n'.encode(), columns=["code", "title"])
        assert rows == [Row(2, {"title": "Öğrenci, belge", "code": "a"})]

    def test_leaves_out_empty_rows_and_keeps_the_numbers(self) -> None:
        rows = read_csv(b"code,title\n,\n\nb,c\n", columns=["code", "title"])
        assert [(row.number, row.cells["code"]) for row in rows] == [(4, "b")]

    def test_does_without_columns_that_are_optional(self) -> None:
        rows = [
            read_csv(data, columns=["code", "title"], optional=["title"])[0].cells
            for data in (b"code\na\n", b"code,title\na,b\n")
        ]
        assert rows == [{"code": "a", "title": ""}, {"code": "a", "title": "b"}]

    def test_names_the_row_that_is_not_utf_8(self) -> None:
        assert faults(b"code,title\na,b\nc,\xff\n") == [(3, "", "not UTF-8")]

    def test_names_missing_unknown_and_repeated_columns(self) -> None:
        assert faults(b"code,code,name\n") == [
            (1, "code", "column twice"),
            (1, "name", "unknown column"),
            (1, "title", "column is missing"),
        ]

    def test_names_every_row_with_another_number_of_cells(self) -> None:
        assert [fault[0] for fault in faults(b"code,title\na\nb,c\nd,e,f\n")] == [2, 4]

    def test_names_a_quote_out_of_place(self) -> None:
        assert faults(b'code,title\na,"b"c\n')[0][0] == 2

    @given(st.binary(max_size=200))
    def test_reads_or_refuses_whatever_the_bytes(self, data: bytes) -> None:
        with contextlib.suppress(FileRefused):
            assert all(set(row.cells) == {"code"} for row in read_csv(data, columns=["code"]))


class TestRow:
    def test_splits_lists_and_keeps_places(self) -> None:
        row = Row(2, {"a": "x | |y", "b": "", "c": "|"})
        assert (row.items("a"), row.items("b"), row.items("c")) == (["x", "", "y"], [], [])

    def test_names_its_faults(self) -> None:
        assert Row(7, {}).fault("a", "missing", "write it") == RowFault(7, "a", "missing", "write it")
