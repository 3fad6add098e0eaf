"""Every fault of a row, by column."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.catalogue.rules.rows import SERVICE_COLUMNS, read_service_row
from kapi.contexts.catalogue.values import Channel, ChannelType, Cost, LegalResource, Output, OutputType
from kapi.kernel.langstring import LangString
from kapi.kernel.tables import Row, read_csv

GOOD = dict.fromkeys(SERVICE_COLUMNS, "") | {
    "code": "ogrenci-belgesi",
    "institution_code": "10000001",
    "title_tr": "Öğrenci Belgesi",
    "summary_tr": "Belgenizi alın.",
    "description_tr": "Açıklama.",
    "kind": "document",
    "maturity": "4",
    "assurance": "substantial",
    "working_days": "no",
    "channel_web": "{university}/belge",
    "channel_web_en": "{university}/en/belge",
    "channel_counter_tr": "A blok",
    "channel_counter_en": "Block A",
    "channel_phone": "+90 312 000 00 00",
}


def services_csv(*rows: dict[str, str]) -> bytes:
    """Return a services.csv with these rows, each laid over a good one."""
    text = io.StringIO()
    writer = csv.DictWriter(text, SERVICE_COLUMNS)
    writer.writeheader()
    writer.writerows(GOOD | row for row in rows)
    return text.getvalue().encode()


def read(**cells: str) -> tuple[object, list[tuple[str, str]]]:
    entry, faults = read_service_row(
        read_csv(services_csv(cells), columns=SERVICE_COLUMNS)[0], places={"university": "https://u.example"}
    )
    assert all(fault.row == 2 and fault.remedy for fault in faults)
    return entry and entry.content, [(fault.column, fault.problem) for fault in faults]


class TestReadServiceRow:
    def test_reads_every_cell(self) -> None:
        entry, faults = read_service_row(
            Row(
                5,
                GOOD
                | {
                    "audience": "7000000",
                    "cost_amount": "125.5",
                    "cost_currency": "TRY",
                    "cost_condition_tr": "Islak imzalı",
                    "evidence_tr": "Kimlik|Dilekçe",
                    "evidence_en": "Identity card|Letter",
                    "requirements_tr": "Kayıtlı olmak",
                    "output_tr": "Belge",
                    "output_type": "document",
                    "legal_basis": "Kanun;2547;44;Yükseköğretim; Kanunu|;5490",
                    "synonyms": "okuyor belgesi|okuyor belgesi| ",
                },
            ),
            places={"university": "https://u.example"},
        )
        assert faults == []
        assert entry is not None
        content = entry.content
        assert (entry.number, entry.code, entry.institution_code) == (5, "ogrenci-belgesi", "10000001")
        assert content.audience == 7_000_000
        assert content.costs == (Cost(12_550, "TRY", LangString("Islak imzalı")),)
        assert content.evidence == (LangString("Kimlik", "Identity card"), LangString("Dilekçe", "Letter"))
        assert content.requirements == (LangString("Kayıtlı olmak"),)
        assert content.outputs == (Output(LangString("Belge"), OutputType.DOCUMENT),)
        assert content.legal_basis == (
            LegalResource("Kanun", "2547", "44", "Yükseköğretim; Kanunu"),
            LegalResource("", "5490", "", ""),
        )
        assert content.synonyms == ("okuyor belgesi",)
        assert content.channels == (
            Channel(ChannelType.WEB, "https://u.example/belge", address_en="https://u.example/en/belge"),
            Channel(ChannelType.COUNTER, place=LangString("A blok", "Block A")),
            Channel(ChannelType.PHONE, "+90 312 000 00 00"),
        )

    def test_leaves_the_cost_unstated_where_the_cell_is_empty(self) -> None:
        content, _ = read(cost_amount="")
        assert content.costs == ()  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("cells", "faults"),
        [
            ({"code": "Öğrenci"}, [("code", "not a code")]),
            ({"institution_code": "1"}, [("institution_code", "not a code")]),
            ({"kind": "club"}, [("kind", "unknown")]),
            ({"assurance": ""}, [("assurance", "unknown")]),
            ({"working_days": "evet"}, [("working_days", "unknown")]),
            ({"output_tr": "Belge", "output_type": "paper"}, [("output_type", "unknown")]),
            ({"maturity": "çok"}, [("maturity", "not a number")]),
            ({"maturity": "9"}, [("maturity", "out of range")]),
            ({"audience": "1.5"}, [("audience", "not a number")]),
            ({"cost_amount": "12,50"}, [("cost_amount", "not an amount")]),
            ({"cost_amount": "12", "cost_currency": "lira"}, [("cost_currency", "not understood")]),
            ({"evidence_tr": "a|b", "evidence_en": "a"}, [("evidence_en", "1 items beside 2")]),
            ({"legal_basis": ";;;"}, [("legal_basis", "not understood")]),
            ({"title_tr": "", "summary_tr": ""}, [("title_tr", "missing"), ("summary_tr", "missing")]),
            ({"processing_time": "3 gün"}, [("processing_time", "not understood")]),
            ({"channel_web": "{unknown}/x"}, [("channel_web", "not understood")]),
            ({"channel_web": ""}, [("channel_web", "not understood")]),
            ({"channel_web_en": "/en/x"}, [("channel_web_en", "not understood")]),
            (
                {"channel_counter_tr": "", "channel_counter_en": "", "channel_phone": ""},
                [("no_other_channel_reason_tr", "missing")],
            ),
        ],
    )
    def test_names_the_column_and_what_is_wrong(self, cells: dict[str, str], faults: list[tuple[str, str]]) -> None:
        assert read(**cells) == (None, faults)

    @given(st.dictionaries(st.sampled_from(SERVICE_COLUMNS), st.text(max_size=20)))
    def test_reads_or_refuses_whatever_the_cells(self, cells: dict[str, str]) -> None:
        entry, faults = read_service_row(Row(2, GOOD | cells), places={})
        assert (entry is None) == bool(faults)
