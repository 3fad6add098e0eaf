"""One-time codes of apps."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from kapi.contexts.identity.rules import totp

NOW = datetime(2026, 11, 22, 9, 0, 5, tzinfo=UTC)
# RFC 6238, appendix B: the ASCII secret 12345678901234567890, of eight digits the last six.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


class TestCodes:
    @pytest.mark.parametrize(
        ("second", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
    )
    def test_are_those_of_the_standard(self, second: int, code: str) -> None:
        assert totp.code_at(RFC_SECRET, datetime.fromtimestamp(second, UTC)) == code

    @pytest.mark.parametrize(("steps", "is_good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
    def test_may_be_one_step_early_or_late(self, steps: int, is_good: bool) -> None:
        code = totp.code_at(RFC_SECRET, NOW + steps * totp.STEP)
        expected = int(NOW.timestamp()) // 30 + steps if is_good else None
        assert totp.step_of(RFC_SECRET, code, NOW) == expected

    @pytest.mark.parametrize("typed", ["287082", " 287 082 ", "287-082", "287\u00a0082\n"])
    def test_are_read_as_they_are_pasted(self, typed: str) -> None:
        assert totp.read_code(typed) == "287082"

    @pytest.mark.parametrize("typed", ["", "28708", "2870821", "28708a", "٢٨٧٠٨٢", "²87082", "2" * 5000])
    def test_are_nothing_else(self, typed: str) -> None:
        assert totp.read_code(typed) == ""
        assert totp.step_of(RFC_SECRET, totp.read_code(typed), NOW) is None


class TestSecrets:
    def test_have_160_bits_and_never_repeat(self) -> None:
        made = {totp.make_secret() for _ in range(50)}
        assert len(made) == 50
        assert {len(secret) for secret in made} == {32}

    def test_stand_in_the_link_that_apps_read(self) -> None:
        link = urlsplit(totp.setup_link(RFC_SECRET, account="Deniz Yılmaz", brand="Kapı"))
        assert (link.scheme, link.netloc) == ("otpauth", "totp")
        assert unquote(link.path) == "/Kapı:Deniz Yılmaz"
        # Apps take six digits, thirty seconds and SHA-1 where nothing else is said.
        assert parse_qs(link.query) == {"secret": [RFC_SECRET], "issuer": ["Kapı"]}

    def test_give_other_codes_at_other_times(self) -> None:
        codes = {totp.code_at(RFC_SECRET, NOW + timedelta(seconds=30 * number)) for number in range(20)}
        assert len(codes) >= 19
