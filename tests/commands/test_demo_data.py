"""What the demo loads into a database that an older demo has filled."""

from datetime import datetime

import pytest
from pytest_django import Settings

from kapi.commands import demo_data
from kapi.commands.demo_people import MUNICIPALITY
from kapi.contexts.openid.selectors.clients import find_waiting_change, get_client
from kapi.contexts.openid.values.clients import Scope, ScopeUse
from kapi.contexts.openid.values.settings import OpenidSettings
from kapi.kernel.langstring import LangString
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.contexts.openid.openid_in_tests import ISSUER, add_client, new_key

PLACE = demo_data.Place("Demoşehir Belediyesi", "municipality", "http://localhost:8001", "belediye")


@pytest.mark.django_db
class TestClients:
    def test_of_an_older_demo_may_ask_for_what_they_ask_for_today(self, now: datetime, settings: Settings) -> None:
        settings.OPENID = OpenidSettings(issuer=ISSUER, demo=True)
        add_top(MUNICIPALITY, "Demoşehir Belediyesi", now=now)
        former = (ScopeUse(Scope.OPENID), ScopeUse(Scope.PROFILE, LangString("Size hitap etmek")))
        add_client(now=now, keys=[new_key()], client_id=PLACE.client_id, scopes=former, institution_code=MUNICIPALITY)
        for _twice in range(2):
            demo_data._ensure_client(PLACE, now)
            assert set(get_client(client_id=PLACE.client_id).scopes) == {Scope.OPENID, Scope.PROFILE, Scope.COMPANY}
            assert find_waiting_change(client_id=PLACE.client_id) is None
