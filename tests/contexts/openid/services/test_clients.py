"""Clients are registered only as they may be."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import JSONField, Value
from pytest_django import Settings

from kapi.contexts.openid.errors import ClientNotAcceptable, ClientNotFound, ClientOutlastsEmergency
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.selectors.clients import digest_of, find_client, find_waiting_change, get_client, list_clients
from kapi.contexts.openid.services.client_changes import accept_change, change_client, reject_change
from kapi.contexts.openid.services.clients import (
    approve_client,
    close_client,
    move_client,
    register_client,
    reopen_client,
    replace_keys,
    replace_secret,
    request_client,
)
from kapi.contexts.openid.services.suspension import resume_client, suspend_client
from kapi.contexts.openid.values.clients import (
    AuthMethod,
    Basis,
    ChangeState,
    Profile,
    Scope,
    ScopeUse,
    SuspensionReason,
)
from kapi.contexts.openid.values.settings import OpenidSettings
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.keys import token_hash
from kapi.kernel.actors import Actor, ActorKind
from tests.contexts.openid.openid_in_tests import ACTOR, NAME, REDIRECT_URI, SCOPES, add_client, key_set, new_key

pytestmark = pytest.mark.django_db


class TestRegisterClient:
    def test_keeps_what_was_said(self, now: datetime) -> None:
        registered = add_client(now=now, keys=[new_key()], client_id="belediye")
        assert (registered.id, registered.secret) == ("belediye", None)
        client = get_client(client_id="belediye")
        assert client.name == NAME
        assert client.auth_method is AuthMethod.PRIVATE_KEY_JWT
        assert tuple(client.scopes.values()) == SCOPES
        assert client.scopes[Scope.IDENTITY_NUMBER].basis is Basis.LAW
        assert client.scopes[Scope.PROFILE].basis is Basis.CONSENT
        assert AuditRecord.objects.get(action="openid.client_registered").subject_id == "belediye"

    def test_gives_a_client_without_keys_a_secret_of_256_bits_and_keeps_only_its_hash(self, now: datetime) -> None:
        registered = add_client(now=now)
        assert registered.secret is not None
        assert len(registered.secret) == 43
        client = get_client(client_id=registered.id)
        assert client.secret_hash == token_hash(registered.secret)
        assert client.secret_ends_at == now + timedelta(days=30)

    def test_gives_each_client_a_sector_of_its_own_unless_told(self, now: datetime) -> None:
        assert get_client(client_id=add_client(now=now, client_id="a").id).sector == "a"
        assert get_client(client_id=add_client(now=now, client_id="b", sector="s").id).sector == "s"

    def test_puts_no_client_into_a_sector_that_it_does_not_name(self, now: datetime) -> None:
        add_client(now=now, client_id="a", sector="saglik")
        with pytest.raises(ClientNotAcceptable) as refusal:
            add_client(now=now, client_id="saglik")
        assert (refusal.value.field, refusal.value.reason) == ("client_id", "sector")
        assert get_client(client_id=add_client(now=now, client_id="saglik", sector="saglik").id).sector == "saglik"

    def test_keeps_an_institutions_sector_for_its_own_clients(self, now: datetime) -> None:
        for client_id, sector, field in (("24301234", "", "client_id"), ("b", "24301234", "sector")):
            with pytest.raises(ClientNotAcceptable) as refusal:
                add_client(now=now, client_id=client_id, sector=sector)
            assert (refusal.value.field, refusal.value.reason) == (field, "institution")

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"redirect_uris": []}, "redirect_uri"),
            ({"redirect_uris": ["https://rp.example/geri"] * 21}, "redirect_uri"),
            ({"redirect_uris": ["http://rp.example/geri"]}, "redirect_uri"),
            ({"redirect_uris": ["https://rp.example/geri#a"]}, "redirect_uri"),
            ({"redirect_uris": ["https://rp.example/geri#"]}, "redirect_uri"),
            ({"redirect_uris": ["https://a@rp.example/geri"]}, "redirect_uri"),
            ({"redirect_uris": ["https://rp.example/*"]}, None),  # a star means a star
            ({"redirect_uris": ["https:///geri"]}, "redirect_uri"),
            ({"redirect_uris": ["/geri"]}, "redirect_uri"),
            ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uri"),
            ({"redirect_uris": ["https://rp.example/ geri"]}, "redirect_uri"),
            ({"redirect_uris": ["https://rp.example/\tgeri"]}, "redirect_uri"),
            ({"redirect_uris": ["https://örnek.example/geri"]}, "redirect_uri"),
            ({"redirect_uris": ["https://rp.example:a/"]}, "redirect_uri"),
            ({"redirect_uris": ["https://rp.example/" + "a" * 2048]}, "redirect_uri"),
            ({"backchannel_logout_uri": "http://rp.example/"}, "backchannel_logout_uri"),
            ({"client_id": "a b"}, "client_id"),
            ({"client_id": "a" * 65}, "client_id"),
            ({"scopes": [ScopeUse(Scope.PROFILE)]}, "scope"),
            ({"scopes": [ScopeUse(Scope.OPENID), ScopeUse(Scope.OPENID)]}, "scope"),
            ({"institution_code": "99999999"}, "institution"),
            ({"profile": Profile.CONFORMANCE}, "profile"),
            ({"jwks_uri": "http://rp.example/jwks"}, "jwks_uri"),
        ],
    )
    def test_names_what_is_wrong(self, now: datetime, wrong: dict[str, Any], field: str | None) -> None:
        if field is None:
            add_client(now=now, **wrong)
            assert len(list_clients()) == 1
            return
        with pytest.raises(ClientNotAcceptable) as refusal:
            add_client(now=now, **wrong)
        assert refusal.value.field == field
        assert list_clients() == []

    def test_allows_http_on_this_machine_only_where_the_gateway_does_so_itself(
        self, now: datetime, settings: Settings
    ) -> None:
        uris = ["http://localhost:8001/geri", "http://127.0.0.1:8001/geri", "http://[::1]:8001/geri"]
        assert get_client(client_id=add_client(now=now, redirect_uris=uris).id).redirect_uris == tuple(uris)
        settings.OPENID = OpenidSettings(issuer="https://kapi.example")
        with pytest.raises(ClientNotAcceptable):
            add_client(now=now, redirect_uris=uris)

    def test_knows_the_conformance_profile_in_demo_mode(self, now: datetime, settings: Settings) -> None:
        settings.OPENID = OpenidSettings(issuer="http://localhost:8000", demo=True)
        registered = add_client(now=now, profile=Profile.CONFORMANCE)
        assert get_client(client_id=registered.id).profile is Profile.CONFORMANCE

    def test_does_not_give_an_id_twice(self, now: datetime) -> None:
        add_client(now=now, client_id="a")
        with pytest.raises(ClientNotAcceptable, match="registered already"):
            add_client(now=now, client_id="a")

    def test_refuses_a_secret_that_never_ends_or_has_ended(self, now: datetime) -> None:
        for until in (None, now):
            with pytest.raises(ClientNotAcceptable, match="ends"):
                register_client(
                    name=NAME,
                    redirect_uris=[REDIRECT_URI],
                    scopes=SCOPES,
                    profile=Profile.BASELINE,
                    secret_until=until,
                    actor=ACTOR,
                    now=now,
                )

    def test_leaves_no_room_in_the_table_for_a_client_with_two_proofs_or_none(self, now: datetime) -> None:
        add_client(now=now, client_id="a")
        wrongs: list[dict[str, Any]] = [
            {"jwks": {}},
            {"jwks": Value(None, JSONField())},  # a JSON text, which is not nothing
            {"secret_hash": ""},
            {"secret_ends_at": None},
            {"jwks_uri": "x"},
        ]
        for wrong in wrongs:
            with pytest.raises(IntegrityError), transaction.atomic():
                Client.objects.filter(pk="a").update(**wrong)


class TestProfiles:
    def test_follow_fapi_unless_told(self, now: datetime) -> None:
        registered = register_client(
            name=NAME, redirect_uris=[REDIRECT_URI], scopes=SCOPES, jwks=key_set(new_key()), actor=ACTOR, now=now
        )
        client = get_client(client_id=registered.id)
        assert (client.profile, client.exception_ends_at) == (Profile.FAPI, None)

    def test_fapi_needs_keys_in_the_service_and_in_the_table(self, now: datetime) -> None:
        with pytest.raises(ClientNotAcceptable, match="needs keys"):
            add_client(now=now, profile=Profile.FAPI)
        add_client(now=now, client_id="a")
        with pytest.raises(IntegrityError), transaction.atomic():
            Client.objects.filter(pk="a").update(profile="fapi", exception_ends_at=None)

    def test_baseline_ends_on_a_day(self, now: datetime) -> None:
        add_client(now=now, client_id="usual")
        until = now + timedelta(days=10)
        add_client(now=now, client_id="told", exception_until=until)
        assert get_client(client_id="usual").exception_ends_at == now + timedelta(days=180)
        assert get_client(client_id="told").exception_ends_at == until
        assert [client.id for client in list_clients(profile=Profile.BASELINE)] == ["told", "usual"]
        assert list_clients(profile=Profile.FAPI) == []

    @pytest.mark.parametrize("profile", [Profile.FAPI, Profile.BASELINE])
    def test_an_end_is_to_come_and_an_exceptions(self, now: datetime, profile: Profile) -> None:
        until = now + timedelta(days=1) if profile is Profile.FAPI else now
        with pytest.raises(ClientNotAcceptable) as refusal:
            add_client(now=now, profile=profile, keys=[new_key()], exception_until=until)
        assert refusal.value.field == "exception_until"

    def test_can_be_changed_for_a_client_that_has_keys(self, now: datetime) -> None:
        client_id = add_client(now=now, keys=[new_key()]).id
        move_client(client_id=client_id, profile=Profile.FAPI, actor=ACTOR, now=now)
        client = get_client(client_id=client_id)
        assert (client.profile, client.exception_ends_at) == (Profile.FAPI, None)
        move_client(client_id=client_id, profile=Profile.BASELINE, actor=ACTOR, now=now)
        assert get_client(client_id=client_id).exception_ends_at == now + timedelta(days=180)
        moves = AuditRecord.objects.filter(action="openid.client_moved").order_by("pk")
        assert [move.details["profile"] for move in moves] == ["fapi", "baseline"]

    def test_cannot_be_fapi_for_a_client_with_a_secret(self, now: datetime) -> None:
        client_id = add_client(now=now).id
        with pytest.raises(ClientNotAcceptable, match="needs keys"):
            move_client(client_id=client_id, profile=Profile.FAPI, actor=ACTOR, now=now)
        with pytest.raises(ClientNotFound):
            move_client(client_id="nobody", profile=Profile.BASELINE, actor=ACTOR, now=now)


class TestCloseClient:
    def test_closes_and_opens_again_and_writes_it_down_once(self, now: datetime) -> None:
        client_id = add_client(now=now).id
        for _ in range(2):
            close_client(client_id=client_id, actor=ACTOR, now=now)
        assert not get_client(client_id=client_id).is_open
        reopen_client(client_id=client_id, actor=ACTOR, now=now)
        assert get_client(client_id=client_id).is_open
        actions = AuditRecord.objects.filter(subject_id=client_id).order_by("pk").values_list("action", flat=True)
        assert list(actions) == ["openid.client_registered", "openid.client_closed", "openid.client_reopened"]

    def test_knows_who_is_not_there(self, now: datetime) -> None:
        assert find_client(client_id="a") is None
        for ask in (close_client, reopen_client):
            with pytest.raises(ClientNotFound):
                ask(client_id="a", actor=ACTOR, now=now)


class TestUnderAnEmergency:
    """Whoever acts under one stops clients, and gives none anything that its hour would not end."""

    HURRIED = Actor(ActorKind.STAFF, "801", emergency="1")

    def test_clients_get_nothing(self, now: datetime) -> None:
        registered = add_client(now=now, client_id="belediye")
        record = get_client(client_id="belediye")
        seen, wider = digest_of(record), replace(record.terms, redirect_uris=("https://another.example/geri",))
        change_client(client_id="belediye", terms=wider, seen=seen, actor=ACTOR, now=now)
        waiting = find_waiting_change(client_id="belediye")
        assert waiting is not None
        add_client(now=now, client_id="kapali")
        close_client(client_id="kapali", actor=ACTOR, now=now)
        add_client(now=now, client_id="durmus")
        suspend_client(client_id="durmus", reason=SuspensionReason.ASKED, actor=self.HURRIED, now=now)
        common: dict[str, Any] = {"actor": self.HURRIED, "now": now}
        asked: dict[str, Any] = {"name": NAME, "institution_code": "", "redirect_uris": [REDIRECT_URI]}
        deeds: list[Callable[[], object]] = [
            lambda: request_client(**asked, scopes=SCOPES, jwks=key_set(new_key()), **common),
            lambda: approve_client(client_id="kapali", seen=seen, **common),
            lambda: reopen_client(client_id="kapali", **common),
            lambda: resume_client(client_id="durmus", **common),
            lambda: accept_change(change_id=waiting.id, **common),
            lambda: replace_keys(client_id="belediye", jwks=key_set(new_key()), **common),
            lambda: replace_secret(client_id="belediye", **common),
            lambda: move_client(client_id="belediye", profile=Profile.BASELINE, **common),
        ]
        for deed in deeds:
            with pytest.raises(ClientOutlastsEmergency):
                deed()
        after = get_client(client_id="belediye")
        assert (after.terms, token_hash(str(registered.secret))) == (record.terms, after.secret_hash)
        assert [get_client(client_id=name).is_open for name in ("kapali", "durmus")] == [False, False]
        reject_change(change_id=waiting.id, **common)
        with pytest.raises(ClientOutlastsEmergency):
            change_client(client_id="belediye", terms=wider, seen=seen, **common)

    def test_clients_lose_what_they_need_not_have(self, now: datetime) -> None:
        add_client(now=now, client_id="belediye")
        record = get_client(client_id="belediye")
        less = replace(record.terms, scopes=record.terms.scopes[:1])
        seen = digest_of(record)
        state = change_client(client_id="belediye", terms=less, seen=seen, actor=self.HURRIED, now=now)
        assert state is ChangeState.APPLIED
        close_client(client_id="belediye", actor=self.HURRIED, now=now)
        assert not get_client(client_id="belediye").is_open
