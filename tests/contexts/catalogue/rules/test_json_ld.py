"""What we export, we read; what has another form is refused with words."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.catalogue.rules.cpsv_ap import describe, prefixes
from kapi.contexts.catalogue.rules.json_ld import looks_like_json, read_json_ld
from kapi.contexts.catalogue.rules.rdf import to_json_ld
from kapi.contexts.catalogue.rules.rows import ServiceRow
from kapi.contexts.catalogue.values import Channel, ChannelType, ServiceContent
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE
from tests.contracts.test_cpsv_ap import BASE, facts


def exported(content: ServiceContent = STUDENT_CERTIFICATE) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(to_json_ld(describe(facts(content), BASE), prefixes(BASE)))
    return document


def faults(document: object) -> list[tuple[int, str, str]]:
    _, found = read_json_ld(json.dumps(document).encode())
    assert all(fault.remedy for fault in found)
    return [(fault.row, fault.column, fault.problem) for fault in found]


class TestReadJsonLd:
    def test_reads_what_was_exported(self) -> None:
        rows, found = read_json_ld(json.dumps(exported()).encode())
        assert found == []
        assert rows == [ServiceRow(1, "ogrenci-belgesi", "10000001", STUDENT_CERTIFICATE)]

    @pytest.mark.parametrize(
        ("address", "address_en"),
        [
            ("https://u.example/belge", ""),
            ("https://u.example/belge", "https://u.example/en/belge"),
            ("https://u.example/both", "https://u.example/both"),
        ],
    )
    def test_reads_the_pages_of_a_channel_as_they_were_exported(self, address: str, address_en: str) -> None:
        channels = (Channel(ChannelType.WEB, address, address_en=address_en), Channel(ChannelType.PHONE, "182"))
        content = replace(STUDENT_CERTIFICATE, channels=channels)
        rows, _ = read_json_ld(json.dumps(exported(content)).encode())
        assert rows[0].content.channels == channels

    def test_takes_a_page_whose_language_is_not_said_for_a_turkish_one(self) -> None:
        document = exported()
        document["@graph"] = [node for node in document["@graph"] if "foaf:Document" not in node["@type"]]
        channel = next(node for node in document["@graph"] if "cv:Channel" in node["@type"])
        channel["foaf:page"] = channel["foaf:page"][:1]
        rows, _ = read_json_ld(json.dumps(document).encode())
        assert rows[0].content.channels[0] == Channel(ChannelType.WEB, "https://example.edu/ogrenci-belgesi")

    def test_reads_several_documents_in_a_list(self) -> None:
        second = json.loads(json.dumps(exported()).replace("ogrenci-belgesi", "baska-belge"))
        rows, _ = read_json_ld(json.dumps([exported(), second]).encode())
        assert [(row.number, row.code) for row in rows] == [(1, "ogrenci-belgesi"), (2, "baska-belge")]

    @pytest.mark.parametrize(
        ("name", "value", "problem"),
        [
            ("dct:identifier", [{"@value": "Öğrenci Belgesi"}], "not a code"),
            ("cv:hasCompetentAuthority", [], "not a code"),
            ("kapi:assurance", [{"@id": "https://elsewhere/x"}], "unknown"),
            ("kapi:maturity", [{"@value": "many"}], "not a number"),
            ("cv:hasChannel", [{"@id": "https://elsewhere/x"}], "points to nothing in the file"),
        ],
    )
    def test_names_the_property_that_is_wrong(self, name: str, value: object, problem: str) -> None:
        document = exported()
        document["@graph"][0][name] = value
        assert (1, name, problem) in faults(document)

    def test_asks_for_what_must_be_said(self) -> None:
        document = exported()
        del document["@graph"][0]["dct:abstract"]
        assert faults(document) == [(1, "summary_tr", "missing")]

    @pytest.mark.parametrize("data", [b"{", b"\xff{", b"[" * 100_000])
    def test_refuses_what_is_not_json(self, data: bytes) -> None:
        assert [fault.problem for fault in read_json_ld(data)[1]] == ["not JSON"]

    @pytest.mark.parametrize("document", [{}, [], [1], {"@graph": 7}, {"@graph": [{"@type": "x"}]}, {"@graph": [None]}])
    def test_refuses_a_file_without_services(self, document: object) -> None:
        assert faults(document) == [(1, "", "no service in it")]

    @given(st.data())
    def test_reads_or_refuses_whatever_stands_in_a_service(self, data: st.DataObject) -> None:
        anything = st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["@id", "@value", "@language", "@type"]), inner, max_size=3)
            ),
            max_leaves=6,
        )
        document = exported()
        for node in document["@graph"]:
            for name in data.draw(st.lists(st.sampled_from(sorted(node)), max_size=2)):
                node[name] = data.draw(anything)
        rows, found = read_json_ld(json.dumps(document).encode())
        assert rows or found


class TestLooksLikeJson:
    @pytest.mark.parametrize(
        ("data", "json_like"),
        [(b' \n{"a":1}', True), (b"\xef\xbb\xbf[]", True), (b"code,title\n", False), (b"", False)],
    )
    def test_tells_json_from_csv(self, data: bytes, json_like: bool) -> None:
        assert looks_like_json(data) is json_like
