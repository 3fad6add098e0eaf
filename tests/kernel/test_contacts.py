"""Telephone numbers and e-mail addresses."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.kernel.contacts import EmailAddress, MobileNumber
from kapi.kernel.errors import InvalidValue


class TestMobileNumber:
    @pytest.mark.parametrize(
        "typed",
        [
            "5311234567",
            "05311234567",
            "905311234567",
            "+905311234567",
            "00905311234567",
            " 0531 123 45 67 ",
            "+90 (531) 123-45-67",
            "0531.123.45.67",
            "\u202a0531 123 45 67\u202c",
            "0\u00a0531\u00a0123\u00a045\u00a067",
        ],
    )
    def test_is_read_in_every_form_that_people_write(self, typed: str) -> None:
        number = MobileNumber.parse(typed)
        assert (number.digits, number.shown) == ("905311234567", "0531 123 45 67")

    @pytest.mark.parametrize(
        ("typed", "reason"),
        [
            ("", "length"),
            (" - ", "length"),
            ("0531 123 45 6", "length"),
            ("0531 123 45 678", "length"),
            ("0531 123 45 six", "digits"),
            ("٠٥٣١١٢٣٤٥٦٧", "digits"),
            ("0312 123 45 67", "mobile"),
            ("+44 7700 900123", "mobile"),
            ("0049 5311234567", "mobile"),
            ("++90 531 123 45 67", "digits"),
        ],
    )
    def test_is_nothing_else(self, typed: str, reason: str) -> None:
        with pytest.raises(InvalidValue) as refused:
            MobileNumber.parse(typed)
        assert refused.value.reason == reason

    @given(national=st.integers(5_000_000_000, 5_999_999_999))
    def test_is_read_again_as_it_is_shown(self, national: int) -> None:
        number = MobileNumber.parse(str(national))
        assert MobileNumber.parse(number.shown) == MobileNumber.parse(number.text) == number

    @given(text=st.text())
    def test_breaks_at_no_text(self, text: str) -> None:
        with suppress(InvalidValue):
            assert len(MobileNumber.parse(text).digits) == 12

    def test_does_not_show_itself(self) -> None:
        number = MobileNumber.parse("0531 123 45 67")
        assert "531" not in f"{number} {number!r} {number.masked}"
        assert number.masked.endswith("67")
        assert number.block == "9053112"


class TestEmailAddress:
    @pytest.mark.parametrize(
        ("typed", "text"),
        [
            ("deniz@example.org", "deniz@example.org"),
            ("  Deniz.Yilmaz+kapi@EXAMPLE.ORG ", "Deniz.Yilmaz+kapi@example.org"),
            ("deniz@şirket.example", "deniz@xn--irket-idb.example"),
            ("DENIZ@BILGI.EXAMPLE", "DENIZ@bilgi.example"),
        ],
    )
    def test_keeps_who_and_makes_the_domain_plain(self, typed: str, text: str) -> None:
        assert EmailAddress.parse(typed).text == text

    @pytest.mark.parametrize(
        ("typed", "reason"),
        [
            ("", "length"),
            ("a" * 65 + "@example.org", "length"),
            ("a@" + "b" * 60 + (".c" + "d" * 60) * 4 + ".example", "length"),
            ("deniz", "form"),
            ("deniz@", "form"),
            ("@example.org", "form"),
            ("deniz@example", "form"),
            ("deniz@192.0.2.1", "form"),
            ("de niz@example.org", "form"),
            ("deniz@exa mple.org", "form"),
            ("deniz..y@example.org", "form"),
            ("deniz@example..org", "form"),
            ("deniz@-example.org", "form"),
            ("deniz@example.org\r\nBcc: a@example.org", "form"),
            ("a@b@example.org", "form"),
            ("<deniz@example.org>", "form"),
            ("dénïz@example.org", "form"),
        ],
    )
    def test_is_nothing_else(self, typed: str, reason: str) -> None:
        with pytest.raises(InvalidValue) as refused:
            EmailAddress.parse(typed)
        assert refused.value.reason == reason

    @given(text=st.text() | st.text().map(lambda domain: f"a@{domain}"))
    def test_breaks_at_no_text(self, text: str) -> None:
        try:
            address = EmailAddress.parse(text)
        except InvalidValue:
            return
        assert address.text.isascii()
        assert not set(address.text) & set(" \r\n\t<>,;\x00")
        assert EmailAddress.parse(address.text) == address

    def test_does_not_show_itself(self) -> None:
        address = EmailAddress.parse("deniz@example.org")
        assert "deniz" not in f"{address} {address!r} {address.masked}"
        assert address.masked == "d***@example.org"
