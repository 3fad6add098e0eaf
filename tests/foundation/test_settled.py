from django.conf import settings as djangos
from django.test import override_settings
from pytest_django import Settings

from kapi.foundation.settled import settings, worked_out_once


class TestSettings:
    def test_are_djangos(self) -> None:
        assert settings.GATEWAY_URL == djangos.GATEWAY_URL
        assert not hasattr(settings, "NO_SUCH_SETTING")

    def test_follow_a_test_that_changes_them(self) -> None:
        before = settings.BRAND_NAME
        with override_settings(BRAND_NAME="another"):
            assert settings.BRAND_NAME == "another"
            with override_settings(BRAND_NAME="a third"):
                assert settings.BRAND_NAME == "a third"
            assert settings.BRAND_NAME == "another"
        assert before == settings.BRAND_NAME

    def test_follow_the_fixture_of_that_name(self, settings: Settings) -> None:
        from kapi.foundation.settled import settings as settled

        assert settled.TRUSTED_PROXIES == settings.TRUSTED_PROXIES
        settings.TRUSTED_PROXIES = 7
        assert settled.TRUSTED_PROXIES == 7


class TestWorkedOutOnce:
    def test_works_out_once_for_each_argument_until_a_setting_changes(self) -> None:
        asked: list[str] = []

        @worked_out_once(most=2)
        def greeting(name: str) -> str:
            asked.append(name)
            return f"{settings.BRAND_NAME} {name}"

        greeting("a"), greeting("b"), greeting("a")
        assert asked == ["a", "b"]
        with override_settings(BRAND_NAME="another"):
            assert greeting("a") == "another a"
        assert greeting("a") == f"{djangos.BRAND_NAME} a"
        assert asked == ["a", "b", "a", "a"]
