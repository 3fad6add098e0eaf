"""What a content must say, and its form as a document."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.catalogue.rules.content import (
    content_sha256,
    faults_of,
    from_document,
    is_code,
    is_web_address,
    read_duration,
    to_document,
)
from kapi.contexts.catalogue.values import (
    Channel,
    ChannelType,
    Cost,
    Duration,
    LegalResource,
    ServiceContent,
)
from kapi.kernel.langstring import NO_TEXT, LangString
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE

WEB = Channel(ChannelType.WEB, "https://a.example/")
PHONE = Channel(ChannelType.PHONE, "182")
texts = st.text(max_size=20)
langstrings = st.builds(LangString, texts, texts)


class TestFaultsOf:
    def test_finds_none_in_a_complete_content(self) -> None:
        assert faults_of(STUDENT_CERTIFICATE) == []

    @pytest.mark.parametrize(
        ("change", "field", "reason"),
        [
            ({"title": LangString("", "Student")}, "title_tr", "missing"),
            ({"title": LangString("a" * 161)}, "title_tr", "too_long"),
            ({"summary": NO_TEXT}, "summary_tr", "missing"),
            ({"description": NO_TEXT}, "description_tr", "missing"),
            ({"requirements": (LangString("", "a"),)}, "requirements_tr", "missing"),
            ({"evidence": (LangString("a"),) * 61}, "evidence_tr", "too_many"),
            ({"maturity": 0}, "maturity", "range"),
            ({"maturity": 6}, "maturity", "range"),
            ({"audience": -1}, "audience", "range"),
            ({"processing_time": "3 gün"}, "processing_time", "form"),
            ({"costs": (Cost(-1, "TRY"),)}, "cost_amount", "range"),
            ({"costs": (Cost(1, "tl"),)}, "cost_currency", "form"),
            ({"legal_basis": (LegalResource(),)}, "legal_basis", "missing"),
            ({"sign_language_url": "javascript:alert(1)"}, "sign_language_url", "form"),
            ({"easy_read_url": "//x"}, "easy_read_url", "form"),
            ({"channels": ()}, "channel_web", "missing"),
            ({"channels": (WEB,)}, "no_other_channel_reason_tr", "missing"),
            ({"channels": (WEB, Channel(ChannelType.PHONE, "ara beni"))}, "channel_phone", "form"),
            ({"channels": (WEB, Channel(ChannelType.COUNTER))}, "channel_counter_tr", "missing"),
            ({"channels": (replace(WEB, address_en="en/"), PHONE)}, "channel_web_en", "form"),
            ({"channels": (WEB, replace(PHONE, address_en=WEB.address))}, "channel_phone_address_en", "form"),
            (
                {"channels": (Channel(ChannelType.WEB, "{x}/a"), Channel(ChannelType.PHONE, "182"))},
                "channel_web",
                "form",
            ),
        ],
    )
    def test_names_the_field_and_the_reason(self, change: dict[str, object], field: str, reason: str) -> None:
        content = replace(STUDENT_CERTIFICATE, **change)  # type: ignore[arg-type]
        assert [(fault.field, fault.reason) for fault in faults_of(content)] == [(field, reason)]
        assert all(fault.remedy for fault in faults_of(content))

    def test_lets_a_service_be_online_only_with_a_reason(self) -> None:
        content = replace(
            STUDENT_CERTIFICATE, channels=(WEB,), no_other_channel_reason=LangString("Yalnız veri tabanı")
        )
        assert faults_of(content) == []


class TestToDocument:
    def test_says_nothing_of_an_english_page_that_is_not_there(self) -> None:
        content = ServiceContent(title=LangString("A"), channels=(WEB,))
        assert to_document(content)["channels"] == [{"type": "web", "address": WEB.address, "place": {}}]

    def test_comes_back_as_it_went_in(self) -> None:
        assert from_document(to_document(STUDENT_CERTIFICATE)) == STUDENT_CERTIFICATE

    @given(
        st.builds(
            ServiceContent,
            title=langstrings,
            requirements=st.lists(langstrings).map(tuple),
            costs=st.lists(st.builds(Cost, st.integers(0), texts, langstrings)).map(tuple),
            legal_basis=st.lists(st.builds(LegalResource, texts, texts, texts, texts)).map(tuple),
            channels=st.lists(st.builds(Channel, st.sampled_from(ChannelType), texts, langstrings)).map(tuple),
            synonyms=st.lists(texts).map(tuple),
            audience=st.none() | st.integers(0, 10**9),
        )
    )
    def test_comes_back_whatever_it_says(self, content: ServiceContent) -> None:
        assert from_document(to_document(content)) == content


class TestContentSha256:
    def test_depends_on_what_is_said_and_not_on_the_order_of_keys(self) -> None:
        document = to_document(STUDENT_CERTIFICATE)
        assert content_sha256(document) == content_sha256(dict(reversed(document.items())))
        assert content_sha256(document) != content_sha256(document | {"maturity": 5})


class TestReadDuration:
    @pytest.mark.parametrize(
        ("text", "duration"),
        [
            ("PT0S", Duration()),
            ("P3D", Duration(days=3)),
            ("P1M", Duration(months=1)),
            ("P1Y2M3DT4H5M", Duration(1, 2, 3, 4, 5)),
            ("PT15M", Duration(minutes=15)),
        ],
    )
    def test_reads_the_parts(self, text: str, duration: Duration) -> None:
        assert read_duration(text, working_days=False) == duration

    @pytest.mark.parametrize("text", ["", "P", "PT", "3D", "P1W", "P-1D", "PT5S", "p3d", "P1DT", "P3D\n", "P٣D"])
    def test_refuses_other_forms(self, text: str) -> None:
        assert read_duration(text, working_days=False) is None

    def test_knows_what_happens_at_once(self) -> None:
        at_once = read_duration("PT0S", working_days=False)
        assert at_once is not None
        assert at_once.at_once


class TestIsCode:
    @pytest.mark.parametrize("code", ["ogrenci-belgesi", "a", "5393", "a" * 80])
    def test_accepts_words_joined_by_hyphens(self, code: str) -> None:
        assert is_code(code)

    @pytest.mark.parametrize("code", ["", "Öğrenci", "a--b", "-a", "a-", "a b", "a/b", "a" * 81, "a\n"])
    def test_refuses_the_rest(self, code: str) -> None:
        assert not is_code(code)


class TestIsWebAddress:
    @given(st.text())
    def test_never_fails(self, text: str) -> None:
        assert is_web_address(text) in (True, False)

    @pytest.mark.parametrize(
        "text",
        ["", "x", "javascript:alert(1)", "https://", "https://[", "https://a b", "{municipality}/x", 'https://a"'],
    )
    def test_refuses_what_is_none(self, text: str) -> None:
        assert not is_web_address(text)
