"""Who may ask as at the e-Devlet gateway."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from joserfc.jwk import ECKey

from kapi.contexts.openid.errors import ClientNotAcceptable
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.selectors.clients import digest_of, get_client
from kapi.contexts.openid.services.client_changes import change_client
from kapi.contexts.openid.services.clients import move_client, replace_keys
from kapi.contexts.openid.values.clients import ApiScope, ClientTerms, Profile, Scope, ScopeUse
from tests.contexts.openid.openid_in_tests import ACTOR, NAME, REDIRECT_URI, SCOPES, add_client, key_set

pytestmark = pytest.mark.django_db


def refusal(now: datetime, **more: object) -> tuple[str, str]:
    """Return field and reason of the refusal to register such a client."""
    with pytest.raises(ClientNotAcceptable) as raised:
        add_client(now=now, profile=Profile.EDEVLET, **more)  # type: ignore[arg-type]
    return raised.value.field, raised.value.reason


class TestRegistering:
    def test_is_an_exception_with_an_end_and_a_secret_of_which_a_hash_is_kept(self, now: datetime) -> None:
        registered = add_client(now=now, client_id="eski", profile=Profile.EDEVLET)
        client = get_client(client_id="eski")
        assert client.exception_ends_at == now + timedelta(days=180)
        assert registered.secret is not None
        assert len(registered.secret) == 43
        assert (len(client.secret_hash), registered.secret in str(Client.objects.values().get())) == (64, False)

    def test_needs_the_number_and_nothing_beyond_the_name(self, now: datetime) -> None:
        assert refusal(now, scopes=SCOPES[:2]) == ("scope", "edevlet")
        birthdate = ScopeUse(Scope.BIRTHDATE, NAME)
        assert refusal(now, scopes=(*SCOPES, birthdate)) == ("scope", "edevlet")
        assert refusal(now, api_scopes=[ApiScope.CLIENTS_READ]) == ("api_scope", "profile")

    def test_is_by_a_secret_alone(self, now: datetime, key: ECKey) -> None:
        assert refusal(now, keys=[key]) == ("profile", "edevlet")
        add_client(now=now, client_id="eski", profile=Profile.EDEVLET)
        with pytest.raises(ClientNotAcceptable):
            replace_keys(client_id="eski", jwks=key_set(key), actor=ACTOR, now=now)

    def test_is_held_by_the_database(self, now: datetime) -> None:
        add_client(now=now, client_id="eski", profile=Profile.EDEVLET)
        for change in ({"exception_ends_at": None}, {"api_scopes": "clients.read"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Client.objects.update(**change)


class TestChanging:
    def test_gives_it_no_more_than_such_a_client_may_have(self, now: datetime) -> None:
        add_client(now=now, client_id="eski", profile=Profile.EDEVLET)
        seen = digest_of(get_client(client_id="eski"))
        terms = ClientTerms(name=NAME, redirect_uris=(REDIRECT_URI,), scopes=SCOPES[:2])
        with pytest.raises(ClientNotAcceptable):
            change_client(client_id="eski", terms=terms, seen=seen, actor=ACTOR, now=now)


class TestMoving:
    def test_goes_to_baseline_and_back_but_only_with_what_such_a_client_may_have(self, now: datetime) -> None:
        add_client(now=now, client_id="eski", profile=Profile.EDEVLET)
        move_client(client_id="eski", profile=Profile.BASELINE, actor=ACTOR, now=now)
        move_client(
            client_id="eski", profile=Profile.EDEVLET, exception_until=now + timedelta(days=9), actor=ACTOR, now=now
        )
        assert get_client(client_id="eski").exception_ends_at == now + timedelta(days=9)
        add_client(now=now, client_id="az", scopes=SCOPES[:2])
        with pytest.raises(ClientNotAcceptable):
            move_client(client_id="az", profile=Profile.EDEVLET, actor=ACTOR, now=now)
