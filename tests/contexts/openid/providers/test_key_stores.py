"""The contract suite of key stores, and the gateway with its keys on another machine."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from joserfc import jwt as jose
from joserfc.jwk import ECKey, KeySet
from pytest_django import Settings

from kapi.contexts.openid.errors import KeyLost, KeyStoreUnavailable
from kapi.contexts.openid.models import SigningKey
from kapi.contexts.openid.providers.base import SEALED_AS, KeyStore
from kapi.contexts.openid.providers.registry import get_store
from kapi.contexts.openid.rules.jwt import read, sign
from kapi.contexts.openid.selectors.keys import StoredKey, are_keys_usable, list_keys, published_keys
from kapi.contexts.openid.services.keys import (
    active_key,
    ensure_keys,
    prune_keys,
    revoke_keys,
    rotate_due_keys,
    rotate_keys,
)
from kapi.contexts.openid.values.keys import KeyState
from kapi.foundation.keys import open_sealed
from tests import people
from tests.contexts.openid.openid_in_tests import ACTOR, add_client, get_code, redeem, userinfo
from tests.contexts.openid.providers.remote_in_tests import PATH, Machine, running_machine


@pytest.fixture
def machine(settings: Settings) -> Iterator[Machine]:
    """Another machine, on which new keys are made from now on."""
    settings.KEY_STORE = PATH
    with running_machine() as running:
        yield running


@pytest.fixture(params=["software", PATH])
def store(request: pytest.FixtureRequest, machine: Machine) -> KeyStore:
    """Each store that keys may be in."""
    return get_store(request.param)


class TestKeyStore:
    def test_signs_what_the_public_half_verifies(self, store: KeyStore) -> None:
        made = store.create()
        assert set(made.public) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert (made.public["kid"], made.public["crv"]) == (made.kid, "P-256")
        signature = store.sign(kid=made.kid, handle=made.handle, message=b"a.b")
        assert len(signature) == 64

        class Key:
            kid = made.kid

            def sign(self, message: bytes) -> bytes:
                return store.sign(kid=made.kid, handle=made.handle, message=message)

        token = sign({"sub": "a"}, typ="JWT", key=Key())
        assert read(token, keys=[ECKey.import_key(made.public)], algorithms=["ES256"]) == {"sub": "a"}

    def test_never_makes_the_same_key_twice(self, store: KeyStore) -> None:
        assert len({store.create().kid for _ in range(5)}) == 5

    def test_gives_a_sealed_handle_that_is_no_public_matter(self, store: KeyStore) -> None:
        made = store.create()
        assert open_sealed(made.handle, purpose=SEALED_AS)
        assert made.handle.hex() not in repr(made)
        assert repr(made.handle) not in repr(made)

    def test_says_for_good_that_a_key_is_lost(self, store: KeyStore, settings: Settings) -> None:
        made = store.create()
        store.destroy(kid=made.kid, handle=made.handle)
        store.destroy(kid=made.kid, handle=made.handle)
        if store is get_store("software"):  # where the handle is the key, it is lost with the secret that sealed it
            settings.SECRET_KEY = "another secret than the one that sealed the key"
        with pytest.raises(KeyLost):
            store.sign(kid=made.kid, handle=made.handle, message=b"a")

    def test_can_be_asked_whether_it_is_there(self, store: KeyStore) -> None:
        store.check()


@pytest.mark.django_db
class TestKeysOnAnotherMachine:
    def test_sign_a_citizen_in_while_no_secret_is_here(self, machine: Machine, key: ECKey, now: datetime) -> None:
        people.make_citizen(now=now)
        client_id, session = add_client(now=now, keys=[key]).id, people.sign_in(now=now).signed_in
        tokens = redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        published = KeySet.import_key_set({"keys": published_keys(now=now)})
        for token in (tokens.id_token, tokens.access_token):
            assert jose.decode(token, published).claims["iss"]
        assert userinfo(tokens.access_token, now=now)
        assert machine.asked.count("sign") == 2
        for row in SigningKey.objects.all():
            assert (row.store, open_sealed(row.private, purpose=SEALED_AS)[:5]) == (PATH, "slot-")
            assert row.private
        assert are_keys_usable()

    def test_refuse_for_a_while_and_in_words_when_it_is_away(self, machine: Machine, key: ECKey, now: datetime) -> None:
        people.make_citizen(now=now)
        client_id, session = add_client(now=now, keys=[key]).id, people.sign_in(now=now).signed_in
        first = active_key(actor=ACTOR, now=now).kid
        machine.is_down = True
        assert not are_keys_usable()
        with pytest.raises(KeyStoreUnavailable) as refusal:
            redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        assert (refusal.value.code, refusal.value.status) == ("server_error", 503)
        assert active_key(actor=ACTOR, now=now).kid == first

    def test_are_withdrawn_while_it_is_away_and_filled_up_when_it_is_back(
        self, machine: Machine, now: datetime
    ) -> None:
        ensure_keys(actor=ACTOR, now=now)
        leaked, upcoming = (kid_in(state) for state in (KeyState.ACTIVE, KeyState.NEXT))
        machine.is_down = True
        in_use = revoke_keys(kids=[leaked], actor=ACTOR, now=now)
        assert in_use is not None
        assert in_use.kid == upcoming
        assert [shown["kid"] for shown in published_keys(now=now)] == [upcoming]
        assert revoke_keys(kids=[upcoming], actor=ACTOR, now=now) is None
        assert published_keys(now=now) == []
        assert not are_keys_usable()
        with pytest.raises(KeyStoreUnavailable):
            active_key(actor=ACTOR, now=now)
        machine.is_down = False
        assert rotate_due_keys(actor=ACTOR, now=now) == 2
        assert prune_keys(actor=ACTOR, now=now) == 2
        assert len(machine.keys) == 2
        assert read_own_signature(active_key(actor=ACTOR, now=now), now)

    def test_take_over_from_those_in_our_rows_one_after_the_other(
        self, machine: Machine, settings: Settings, now: datetime
    ) -> None:
        settings.KEY_STORE = "software"
        ensure_keys(actor=ACTOR, now=now)
        settings.KEY_STORE = PATH
        for days in (1, 2):
            assert read_own_signature(active_key(actor=ACTOR, now=now), now)
            rotate_keys(actor=ACTOR, now=now + timedelta(days=days))
        assert [key.store for key in list_keys()] == ["software", "software", PATH, PATH]
        assert read_own_signature(active_key(actor=ACTOR, now=now), now)

    def test_are_destroyed_there_when_they_are_revoked_and_none_is_left_over(
        self, machine: Machine, now: datetime
    ) -> None:
        ensure_keys(actor=ACTOR, now=now)
        before = set(machine.keys)
        revoke_keys(kids=[active_key(actor=ACTOR, now=now).kid], actor=ACTOR, now=now)
        assert len(before & set(machine.keys)) == 1
        assert len(machine.keys) == 2


def kid_in(state: KeyState) -> str:
    """Return which key is in a state that only one is in."""
    return SigningKey.objects.get(state=state).kid


def read_own_signature(key: StoredKey, now: datetime) -> bool:
    """Tell whether what a key signs verifies with what we publish."""
    public = next(shown for shown in published_keys(now=now) if shown["kid"] == key.kid)
    token = sign({"sub": "a"}, typ="JWT", key=key)
    return read(token, keys=[ECKey.import_key(json.loads(json.dumps(public)))], algorithms=["ES256"]) == {"sub": "a"}
