"""GET /api/v1/client over HTTP: tokens, challenges, problems in words."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from kapi.contexts.openid.models import Client as Row
from kapi.contexts.openid.values.clients import ApiScope
from kapi.sites.api.door import MEANINGS
from kapi.sites.api.interface import document
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.contexts.openid.openid_in_tests import add_client, assertion, make_proof, new_key

pytestmark = pytest.mark.django_db
PATH, CODE = "/api/v1/client", "24301234"
KEY, HOLDER = new_key(), new_key("holder")


@pytest.fixture
def program(now: datetime) -> str:
    """An institution's program."""
    add_top(CODE, "Örnek Belediyesi", now=now)
    more: dict[str, Any] = {"institution_code": CODE, "api_scopes": [ApiScope.CLIENTS_READ]}
    return add_client(now=timezone.now(), keys=[KEY], client_id="program", **more).id


def get_token(client: Client, program: str, *, bound: bool = False) -> dict[str, Any]:
    """Ask the token endpoint."""
    now = timezone.now()
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(program, KEY, now=now),
    }
    headers = {"DPoP": make_proof(HOLDER, "/oidc/token", now=now).header} if bound else None
    kind = "application/x-www-form-urlencoded"
    return dict(client.post("/oidc/token", urlencode(form), content_type=kind, headers=headers).json())


class TestGetClient:
    def test_tells_a_program_what_is_known_of_it(self, client: Client, program: str) -> None:
        given = get_token(client, program)
        assert set(given) == {"access_token", "token_type", "expires_in", "scope"}
        answer = client.get(PATH, headers={"Authorization": f"Bearer {given['access_token']}"})
        told = answer.json()
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
        assert (told["client_id"], told["institution"], told["profile"]) == ("program", CODE, "baseline")
        assert (told["scopes"], told["sign_outs_being_told"], told["sign_outs_not_told"]) == (["clients.read"], 0, 0)
        assert told["exception_ends_at"]
        assert told["secret_ends_at"] is None

    def test_takes_a_bound_token_with_a_proof_and_hands_out_the_next_nonce(self, client: Client, program: str) -> None:
        token = get_token(client, program, bound=True)["access_token"]
        shown = make_proof(HOLDER, PATH, now=timezone.now(), access_token=token).header
        answer = client.get(PATH, headers={"Authorization": f"DPoP {token}", "DPoP": shown})
        assert answer.status_code == 200
        assert answer["DPoP-Nonce"]
        again = client.get(PATH, headers={"Authorization": f"DPoP {token}", "DPoP": shown})
        assert again.status_code == 401
        assert 'DPoP algs="' in again["WWW-Authenticate"]
        assert 'error="invalid_dpop_proof"' in again["WWW-Authenticate"]

    def test_asks_for_a_token(self, client: Client) -> None:
        answer = client.get(PATH)
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
        assert answer["WWW-Authenticate"].startswith('Bearer realm="kapi", DPoP algs="')
        assert answer.json()["detail"] == "an access token is expected in the Authorization header, as DPoP or Bearer"

    def test_says_in_words_what_is_wrong_with_one(self, client: Client) -> None:
        answer = client.get(PATH, headers={"Authorization": "Bearer a.b.c"})
        assert answer.status_code == 401
        assert answer.json()["detail"] == "the access token is not one of ours"
        assert 'error="invalid_token"' in answer["WWW-Authenticate"]
        assert answer["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        ("header", "scheme"),
        [
            ("Bearer", "Bearer"),
            ("Bearer a.b.c a.b.c", "Bearer"),
            ("Bearer a.b.c, Bearer a.b.c", "Bearer"),
            ("Basic a3VydW06c2VjcmV0, Bearer a.b.c", "Bearer"),
            ("Bearer a.b.ş", "Bearer"),
            ("DPoP", "DPoP"),
            ("dpop a.b.c, DPoP a.b.c", "DPoP"),
            ("DPoP a.b.c, Basic a3VydW06c2VjcmV0", "DPoP"),
        ],
    )
    def test_calls_a_malformed_header_malformed(self, client: Client, header: str, scheme: str) -> None:
        answer = client.get(PATH, headers={"Authorization": header})
        assert (answer.status_code, answer.json()["status"]) == (400, 400)
        assert answer["WWW-Authenticate"].startswith(f"{scheme} ")
        assert 'error="invalid_request"' in answer["WWW-Authenticate"]

    @pytest.mark.parametrize("header", ["", "Basic a3VydW06c2VjcmV0", "Token a.b.c", "a.b.c"])
    def test_tells_no_error_where_no_token_came(self, client: Client, header: str) -> None:
        answer = client.get(PATH, headers={"Authorization": header})
        assert answer.status_code == 401
        assert "error" not in answer["WWW-Authenticate"]

    def test_takes_a_token_in_one_way_only(self, client: Client, program: str) -> None:
        token = get_token(client, program)["access_token"]
        answer = client.get(f"{PATH}?access_token=a", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 400
        assert 'error="invalid_request"' in answer["WWW-Authenticate"]
        assert client.get(f"{PATH}?access_token=a").status_code == 400

    def test_names_the_scope_that_a_token_lacks(self, client: Client, program: str) -> None:
        token = get_token(client, program)["access_token"]
        Row.objects.filter(pk=program).update(api_scopes="")
        answer = client.get(PATH, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 403
        assert 'error="insufficient_scope"' in answer["WWW-Authenticate"]
        assert 'scope="clients.read"' in answer["WWW-Authenticate"]


class TestDocument:
    def test_says_how_to_get_a_token(self) -> None:
        scheme = document()["components"]["securitySchemes"]["ProgramToken"]
        assert scheme["flows"]["clientCredentials"]["scopes"] == {scope.value: MEANINGS[scope] for scope in ApiScope}
        assert document()["paths"][PATH]["get"]["security"] == [{"ProgramToken": []}]
