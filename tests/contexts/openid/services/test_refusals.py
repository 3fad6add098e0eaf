"""What clients were refused, for those who write them."""

import base64
import logging
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.models import Client, RefusedRequest
from kapi.contexts.openid.rules import limits
from kapi.contexts.openid.services import refusals
from kapi.contexts.openid.services.pruning import prune
from kapi.contexts.openid.services.refusals import note_refusal
from kapi.contexts.openid.values.clients import AuthMethod, Profile
from kapi.contexts.openid.values.refusals import NO_FAULTS, Endpoint
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import NOBODY
from tests.contexts.openid.openid_in_tests import ACTOR, add_client, assertion, get_code, redeem

pytestmark = pytest.mark.django_db


def note(
    now: datetime,
    *,
    code: str = "invalid_grant",
    client_id: str = "belediye",
    is_proved: bool = True,
    address: str = "192.0.2.1",
    authorization: str = "",
    **form: str,
) -> None:
    """Write a refusal down."""
    request = TokenRequest(urlencode(form).encode(), authorization, address=address)
    note_refusal(
        endpoint=Endpoint.TOKEN,
        request=request,
        client_id=client_id,
        is_proved=is_proved,
        code=code,
        description="the code is too old",
        actor=NOBODY,
        now=now,
    )


def told() -> list[tuple[str, str, str]]:
    """Return whose, where and what is written down."""
    rows = RefusedRequest.objects.order_by("pk").values_list("client_id", "endpoint", "code")
    return [(client, place, code) for client, place, code in rows]


class TestNoteRefusal:
    def test_writes_down_what_the_client_was_told(self, client_id: str, now: datetime) -> None:
        note(now)
        row = RefusedRequest.objects.get()
        assert (row.client_id, row.endpoint, row.code) == (client_id, "token", "invalid_grant")
        assert (row.description, row.at) == ("the code is too old", now)

    def test_finds_the_client_wherever_a_request_names_it(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        token = redeem(client_id, key, get_code(client_id, session, now=now), now=now).access_token
        basic = base64.b64encode(b"belediye:wrong").decode()
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        request_of: list[dict[str, Any]] = [
            {"client_id": "", "clientId": client_id},
            {"client_id": "", "authorization": f"Bearer {token}"},
            {"client_id": "", "authorization": f"DPoP {token}"},
            {"client_id": "", "authorization": f"Basic {basic}"},
            {
                "client_id": "",
                "client_assertion": assertion(client_id, key, now=now),
                "client_assertion_type": kind,
            },
        ]
        for named in request_of:
            note(now, **named)
        note_refusal(
            endpoint=Endpoint.PUSH,
            request=TokenRequest(b"client_id=belediye"),
            client_id="",
            code="invalid_scope",
            description="",
            actor=NOBODY,
            now=now,
        )
        assert [client for client, *_ in told()] == [client_id] * 6

    def test_writes_nothing_where_no_client_can_be_told(self, client_id: str, now: datetime) -> None:
        requests: list[dict[str, Any]] = [
            {"authorization": "Basic " + base64.b64encode(b"a%00b:x").decode()},
            {"authorization": "Basic x"},
            {"authorization": "Bearer a.b.c"},
            {"authorization": "DPoP a b"},
            {"clientId": "kimse"},
            {"clientId": "\0"},
            {"clientId": "ş" * 10},
            {"client_assertion": "a.b.c", "client_assertion_type": "x"},
        ]
        for shown in requests:
            note(now, client_id="", **shown)
        assert told() == []

    def test_writes_down_no_step_that_everybody_takes_and_nothing_that_people_do(
        self, client_id: str, now: datetime
    ) -> None:
        for code in NO_FAULTS:
            note(now, code=code)
        assert told() == []

    def test_keeps_the_latest_of_each_client(
        self, client_id: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(refusals, "MOST_OF_CLIENT", 3)
        add_client(now=now, client_id="baska")
        note(now, client_id="baska")
        for number in range(5):
            note(now, code=f"code_{number}")
        assert [code for _, _, code in told()] == ["invalid_grant", "code_2", "code_3", "code_4"]

    def test_lets_nobody_fill_it_from_one_place(
        self, client_id: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "NOTES_FROM_ORIGIN", (Budget(2, timedelta(minutes=5)),))
        for _ in range(4):
            note(now, is_proved=False)
        note(now, is_proved=False, address="192.0.2.2")
        note(now, is_proved=False, address="")
        assert len(told()) == 4

    def test_writes_down_no_more_of_one_client_than_fits(
        self, client_id: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "NOTES_OF_CLIENT", (Budget(2, timedelta(minutes=5)),))
        for number in range(4):
            note(now, address=f"192.0.2.{number}")
        assert len(told()) == 2

    def test_costs_one_question_once_there_is_no_room(
        self, client_id: str, now: datetime, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: object
    ) -> None:
        monkeypatch.setattr(limits, "NOTES_FROM_ORIGIN", (Budget(1, timedelta(minutes=5)),))
        note(now, is_proved=False)
        with django_assert_num_queries(1):  # type: ignore[operator]
            note(now, is_proved=False)

    def test_gives_strangers_a_list_of_their_own_that_takes_nothing_from_the_clients(
        self, client_id: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(refusals, "MOST_OF_STRANGERS", 3)
        monkeypatch.setattr(limits, "NOTES_OF_STRANGERS", (Budget(5, timedelta(minutes=5)),))
        monkeypatch.setattr(limits, "NOTES_OF_CLIENT", (Budget(2, timedelta(minutes=5)),))
        note(now, code="invalid_scope")
        for number in range(9):
            note(now, client_id="", code="invalid_client", address=f"192.0.{number}.1", clientId=client_id)
        note(now, code="invalid_grant")
        assert [code for _, _, code in told()] == ["invalid_scope", *["invalid_client"] * 3, "invalid_grant"]
        proved = RefusedRequest.objects.order_by("pk").values_list("is_proved", flat=True)
        assert list(proved) == [True, False, False, False, True]

    def test_believes_a_good_token_of_ours_and_nothing_else(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        token = redeem(client_id, key, get_code(client_id, session, now=now), now=now).access_token
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        shown = assertion(client_id, key, now=now)
        note(now, client_id="", authorization=f"Bearer {token}")
        note(now + timedelta(seconds=299), client_id="", authorization=f"DPoP {token}", clientId="kimse")
        note(now + timedelta(seconds=300), client_id="", authorization=f"Bearer {token}")
        note(now, client_id="", clientId=client_id)
        note(now, client_id="", client_assertion=shown, client_assertion_type=kind)
        Client.objects.filter(pk=client_id).update(
            profile=Profile.NATIVE, auth_method=AuthMethod.NONE, jwks=None, exception_ends_at=None
        )
        note(now, client_id="", authorization=f"Bearer {token}")  # of an app on everybody's device
        proved = RefusedRequest.objects.order_by("pk").values_list("is_proved", flat=True)
        assert list(proved) == [True, True, False, False, False, False]
        assert {client for client, *_ in told()} == {client_id}

    def test_changes_nothing_where_it_cannot_be_written(
        self, client_id: str, now: datetime, caplog: pytest.LogCaptureFixture
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE openid_refusedrequest")
        with caplog.at_level(logging.WARNING):
            note(now)
        assert "could not be written down" in caplog.text
        assert client_id not in caplog.text


class TestPrune:
    def test_forgets_after_a_week(self, client_id: str, now: datetime) -> None:
        note(now - timedelta(days=7, seconds=1))
        note(now - timedelta(days=6))
        prune(limit=10, actor=ACTOR, now=now)
        assert len(told()) == 1
