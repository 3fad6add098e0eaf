"""How little is kept of where a request comes from."""

import pytest

from kapi.contexts.identity.rules.visitors import describe_visitor


class TestDescribeVisitor:
    @pytest.mark.parametrize(
        ("user_agent", "browser", "system"),
        [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"),
            ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/149.0 Safari/537.36 Edg/149.0",
             "Edge", "Windows"),
            ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
             "Samsung Internet", "Android"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1",
             "Safari", "iOS"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/149.0 Safari/537.36",
             "Chrome", "macOS"),
            ("curl/8.0", "", ""),
            ("", "", ""),
        ],
    )  # fmt: skip
    def test_keeps_families_only(self, user_agent: str, browser: str, system: str) -> None:
        found = describe_visitor(address="192.0.2.77", user_agent=user_agent)
        assert (found.browser, found.system) == (browser, system)
