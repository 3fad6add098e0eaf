"""Statements to be signed: what they say, and for whom and how long they are good."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kapi.contexts.identity.errors import CertificateRefused
from kapi.contexts.identity.rules.statements import (
    VALID_FOR,
    Statement,
    document_of,
    ends_at,
    handle_is_ours,
    make_handle,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
STATEMENT = Statement(site="https://giris.kapi.example", brand="Kapı", going_to="Örnek Belediyesi", browser="b")


class TestDocumentOf:
    def test_names_site_place_and_moment_in_two_languages(self) -> None:
        handle = make_handle(STATEMENT, NOW)
        text = document_of(handle, STATEMENT).decode()
        for words in ("https://giris.kapi.example", "Örnek Belediyesi", "2026-11-22T12:00:00+03:00", handle[:43]):
            assert words in text
        assert "oturum açıyorum" in text
        assert "signing in" in text

    def test_is_the_same_each_time_and_ends_lines_as_mail_does(self) -> None:
        handle = make_handle(STATEMENT, NOW)
        document = document_of(handle, STATEMENT)
        assert document == document_of(handle, STATEMENT)
        assert document.count(b"\n") == document.count(b"\r\n") > 10

    def test_no_name_of_an_institution_makes_a_line_of_its_own(self) -> None:
        handle = make_handle(STATEMENT, NOW)
        crooked = replace(STATEMENT, going_to="A\r\nGood until: never")
        assert document_of(handle, crooked).count(b"\n") == document_of(handle, STATEMENT).count(b"\n")

    def test_says_nothing_of_the_browsers_secret(self) -> None:
        secret = replace(STATEMENT, browser="geheim-987")
        assert b"geheim-987" not in document_of(make_handle(secret, NOW), secret)


class TestHandleIsOurs:
    def test_is_good_for_as_long_as_it_says(self) -> None:
        handle = make_handle(STATEMENT, NOW)
        handle_is_ours(handle, STATEMENT, NOW + VALID_FOR - timedelta(seconds=1))
        assert ends_at(handle) == NOW + VALID_FOR
        with pytest.raises(CertificateRefused):
            handle_is_ours(handle, STATEMENT, NOW + VALID_FOR)

    @pytest.mark.parametrize(
        "changes", [{"browser": "c"}, {"browser": ""}, {"going_to": "x"}, {"site": "https://x.example"}, {"brand": "X"}]
    )
    def test_is_good_for_nothing_else(self, changes: dict[str, Any]) -> None:
        handle = make_handle(STATEMENT, NOW)
        with pytest.raises(CertificateRefused):
            handle_is_ours(handle, replace(STATEMENT, **changes), NOW)

    @pytest.mark.parametrize("handle", ["", "x", "a" * 43 + ".1790000000." + "0" * 64, "é" * 10])
    def test_refuses_what_is_none_of_ours(self, handle: str) -> None:
        with pytest.raises(CertificateRefused):
            handle_is_ours(handle, STATEMENT, NOW)

    def test_refuses_one_with_another_moment_or_number(self) -> None:
        handle = make_handle(STATEMENT, NOW)
        nonce, moment, seal = handle.split(".")
        for forged in (f"{nonce}.{int(moment) + 1}.{seal}", f"{nonce[:-1]}A.{moment}.{seal}"):
            if forged != handle:
                with pytest.raises(CertificateRefused):
                    handle_is_ours(forged, STATEMENT, NOW)
