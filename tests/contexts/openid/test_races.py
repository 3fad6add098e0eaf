"""One-time things under 16 threads at once, over a database of their own: one success each."""

import json
from collections import Counter
from typing import Any

import pytest

from tests.installation import Installation, make_installation

LINES = """
import json, threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, UTC
from urllib.parse import urlencode
from django.conf import settings
from django.db import connection
from kapi.contexts.openid.rules.dpop import read_proof
from kapi.contexts.openid.services.dpop import use_up_proof
from kapi.contexts.openid.models import Client, Sharing
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.edevlet import redeem_edevlet_code, start_edevlet_authorization
from kapi.contexts.openid.values.authorization import Decision
from kapi.contexts.openid.values.clients import Profile
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.kernel.errors import DomainError
from tests import people
from tests.contexts.openid import openid_in_tests as openid

now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
key = openid.new_key()
scopes = (*openid.SCOPES, openid.OFFLINE)
client_id = openid.add_client(now=now, keys=[key], client_id="belediye", scopes=scopes).id
Client.objects.filter(pk=client_id).update(api_scopes="clients.read")
people.make_citizen(now=now)
session = people.sign_in(now=now).signed_in
openid.get_code(client_id, session, now=now)

def race(deed):
    barrier = threading.Barrier(16)
    def run(number):
        barrier.wait()
        try:
            return deed(number)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(run, range(16)))

def arrive(uri):
    return "code" if "code=" in openid.arrive(client_id, uri, session, now=now).url else "no code"

def use(proof):
    use_up_proof(proof=proof, actor=openid.ACTOR, now=now)
    return "used"

def get_token(shown):
    openid.get_machine_token(client_id, key, now=now, client_assertion=shown)
    return "token"

def go_on(token):
    given = openid.refresh(client_id, key, token, now=now).access_token
    return openid.userinfo(given, now=now)["name"]

def redeem(code):
    holder = openid.new_key()
    openid.redeem(client_id, key, code, now=now, proof=openid.make_proof(holder, "/oidc/token", now=now))
    return "tokens"

def share(token, proof):
    openid.userinfo(token, now=now, scheme="DPoP", proof=proof)
    return "answered"

def redeem_at_edevlet(form):
    redeem_edevlet_code(request=TokenRequest(form), actor=openid.ACTOR, now=now)
    return "token"

edevlet = openid.add_client(now=now, client_id="edevlet", profile=Profile.EDEVLET)
asked = {"client_id": edevlet.id, "redirect_uri": openid.REDIRECT_URI, "response_type": "code", "state": "s1"}
step = start_edevlet_authorization(
    encoded=urlencode(asked | {"scope": "Kimlik-Dogrula;Ad-Soyad"}).encode(), browser=openid.BROWSER, session=session,
    actor=session.actor, now=now,
)
agreed = decide(
    request_id=step.request_id, browser=openid.BROWSER, session=session, decision=Decision.ALLOW, actor=session.actor,
    now=now,
)
brought = {"grant_type": "authorization_code", "client_id": edevlet.id, "client_secret": edevlet.secret}
brought |= {"redirect_uri": openid.REDIRECT_URI, "code": openid.answer_of(agreed)["code"]}

code = openid.get_code(client_id, session, now=now, scope=openid.OFFLINE_SCOPE)
refresh_token = openid.redeem(client_id, key, code, now=now).refresh_token
waiting = openid.get_code(client_id, session, now=now, scope=openid.OFFLINE_SCOPE)
uri = openid.push(client_id, key, now=now).request_uri
at_token = openid.make_proof(key, "/oidc/token", now=now)
bound = openid.refresh(client_id, key, refresh_token, now=now, proof=at_token).access_token
proofs = [openid.make_proof(key, "/oidc/userinfo", now=now, access_token=bound) for _ in range(17)]
proof = read_proof(openid.make_proof(key, "/oidc/token", now=now), access_token=None, settings=settings.OPENID, now=now)
shown = openid.assertion(client_id, key, now=now)
print(json.dumps({
    "request_uri": race(lambda number: arrive(uri)),
    "proof": race(lambda number: use(proof)),
    "first userinfo": [*race(lambda number: share(bound, proofs[number])), Sharing.objects.count()],
    "userinfo": race(lambda number: share(bound, proofs[16])),
    "assertion": race(lambda number: get_token(shown)),
    "code": race(lambda number: redeem(waiting)),
    "edevlet": race(lambda number: redeem_at_edevlet(urlencode(brought).encode())),
    "refresh": race(lambda number: go_on(refresh_token)),
}))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What the threads were told in each race."""
    with make_installation(tmp_path_factory.mktemp("races")) as made:
        made.kapi("migrate")
        return read_races(made)


def read_races(made: Installation) -> dict[str, list[Any]]:
    """Run every race once."""
    return dict(json.loads(made.python(LINES)))


class TestOneOf16:
    def test_gets_the_code_for_a_pushed_request(self, answers: dict[str, list[Any]]) -> None:
        counted = Counter(answers["request_uri"])
        assert counted["code"] == 1
        assert set(counted) <= {"code", "request_gone", "invalid_request_uri"}

    def test_uses_a_dpop_proof(self, answers: dict[str, list[Any]]) -> None:
        assert Counter(answers["proof"]) == {"used": 1, "invalid_dpop_proof": 15}

    def test_is_answered_by_userinfo_for_one_proof(self, answers: dict[str, list[Any]]) -> None:
        assert Counter(answers["userinfo"]) == {"answered": 1, "invalid_dpop_proof": 15}

    def test_gets_a_token_with_one_assertion(self, answers: dict[str, list[Any]]) -> None:
        assert Counter(answers["assertion"]) == {"token": 1, "invalid_client": 15}

    def test_redeems_a_code_with_assertions_and_proofs_of_their_own(self, answers: dict[str, list[Any]]) -> None:
        assert Counter(answers["code"]) == {"tokens": 1, "invalid_grant": 15}

    def test_redeems_a_code_of_a_program_written_for_edevlet(self, answers: dict[str, list[Any]]) -> None:
        assert Counter(answers["edevlet"]) == {"token": 1, "invalid_grant": 15}


class TestAllOf16:
    def test_are_answered_with_proofs_of_their_own_and_one_sharing_is_written_down(
        self, answers: dict[str, list[Any]]
    ) -> None:
        assert answers["first userinfo"] == [*["answered"] * 16, 1]

    def test_go_on_with_one_refresh_token(self, answers: dict[str, list[Any]]) -> None:
        """Nobody loses: a client whose threads refresh at once keeps what it has."""
        assert answers["refresh"] == ["Deniz Yılmaz"] * 16
