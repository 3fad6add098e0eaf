"""What the log may hold."""

import logging

import pytest

from kapi.config.settings.logs import Line


def line(message: str, *args: object, error: Exception | None = None) -> str:
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 1, message, args, (type(error), error, None) if error else None
    )
    return Line("%(asctime)s %(levelname)s %(name)s %(message)s").format(record)


class TestLine:
    @pytest.mark.parametrize("path", ["/hizmet/10000000146x/", "/ara?q=10000000146", "10000000146", "a10000000146b"])
    def test_hides_an_identity_number_that_somebody_typed_into_an_address(self, path: str) -> None:
        told = line("Not Found: %s", path)
        assert "10000000146" not in told
        assert "[...]" in told

    def test_hides_one_in_a_traceback(self) -> None:
        assert "10000000146" not in line("failed", error=ValueError("no row for 10000000146"))

    def test_leaves_times_and_other_numbers(self) -> None:
        told = line("sealed up to row 123456789012 in 1234 ms")
        assert "row 123456789012 in 1234 ms" in told
        assert told[:2] == "20"
