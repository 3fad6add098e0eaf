"""What only real processes show: no secret in the output at DEBUG, no code redeemed twice over two processes."""

import base64
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests

from tests.commands.test_work import wait_for
from tests.contexts.openid.openid_in_tests import VERIFIER
from tests.contracts.served_gateway import CLIENT, ServedGateway
from tests.installation import make_installation
from tests.proofs.code_races import ONE_SUCCESS, PROCESSES, RacingInstitution


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedGateway]:
    """One gateway for all of these tests."""
    with make_installation(tmp_path_factory.mktemp("gateway")) as installation:
        yield ServedGateway(installation, processes=PROCESSES, KAPI_LOG_LEVEL="DEBUG")


class TestACodeRedeemedManyTimesAtOnce:
    def test_succeeds_once_and_the_replay_revokes_what_the_first_got(self, gateway: ServedGateway) -> None:
        institution = RacingInstitution(gateway)
        races = [institution.race() for _ in range(2)]
        institution.close()
        assert [race.answers for race in races] == [ONE_SUCCESS] * 2
        assert not any(race.winner_lives for race in races)


class TestASuspendedClient:
    """Nothing about clients is kept in a process: the next request is refused, in whichever it arrives."""

    def test_is_refused_by_all_processes_at_once_until_it_is_resumed(self, gateway: ServedGateway) -> None:
        def try_everything() -> set[int]:
            forms = [gateway.token_form("a") for _ in range(8)]
            sent = [
                requests.post(f"{gateway.issuer}/oidc/{path}", data=form, timeout=30)
                for form in forms
                for path in ("token", "par")
            ]
            return {answer.status_code for answer in (*sent, gateway.userinfo(token))}

        form = gateway.token_form(gateway.get_code())
        token = requests.post(f"{gateway.issuer}/oidc/token", data=form, timeout=30).json()["access_token"]
        assert gateway.userinfo(token).status_code == 200
        gateway.installation.kapi("client", "suspend", CLIENT, "--reason", "leaked")
        assert try_everything() == {401}
        gateway.installation.kapi("client", "resume", CLIENT)
        tokens = requests.post(f"{gateway.issuer}/oidc/token", data=gateway.token_form(gateway.get_code()), timeout=30)
        assert tokens.status_code == 200


class TestATooLargeForm:
    """What a refused form leaves unread is neither taken for another request nor in the way of one."""

    HIDDEN = b"GET /saglik HTTP/1.1\r\nHost: localhost\r\n\r\n"

    @pytest.mark.parametrize(("path", "status"), [("/oidc/token", 413), ("/oidc/par", 413), ("/oidc/jwks", 405)])
    def test_is_answered_once_and_the_connection_goes_on(self, gateway: ServedGateway, path: str, status: int) -> None:
        server = urlsplit(gateway.issuer)
        connection = HTTPConnection(server.hostname or "", server.port, timeout=60)
        connection.connect()
        first_socket = connection.sock
        body = self.HIDDEN + b"a" * 2_000_000
        connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        try:
            refused = connection.getresponse()
            refused.read()
            connection.request("GET", "/oidc/jwks")
            answer = connection.getresponse()
            assert (refused.status, answer.status) == (status, 200)
            assert b'"keys"' in answer.read()
            assert connection.sock is first_socket
        finally:
            connection.close()


class TestTheServersOutput:
    def test_holds_no_secret_whatever_goes_well_or_wrong(self, gateway: ServedGateway) -> None:
        endpoint, secrets = f"{gateway.issuer}/oidc/token", {gateway.session_token, VERIFIER, "10000000146", "Yılmaz"}

        def send(form: dict[str, str], **headers: str) -> requests.Response:
            secrets.update(form[name] for name in ("code", "client_assertion", "client_secret") if name in form)
            return requests.post(endpoint, data=form, headers=headers, timeout=30)

        code = gateway.get_code()
        tokens = send(gateway.token_form(code)).json()
        secrets |= {tokens["access_token"], tokens["id_token"]}
        assert gateway.userinfo(tokens["access_token"]).json()["identity_number"] == "10000000146"

        password = "a-secret-in-basic-" + "x" * 20
        secrets.add(password)
        basic = base64.b64encode(f"{CLIENT}:{password}".encode()).decode()
        refused = [
            send(gateway.token_form(code)),
            send(gateway.token_form(gateway.get_code(), code_verifier="w" * 43)),
            send(gateway.token_form(gateway.get_code(), redirect_uri="https://rp.example/")),
            send(gateway.token_form(gateway.get_code(), client_assertion="a-broken.assertion-" + "y" * 20)),
            send({"grant_type": "authorization_code", "code": code, "client_secret": "a-secret-in-a-form"}),
            send({"grant_type": "authorization_code", "code": code}, Authorization=f"Basic {basic}"),
            gateway.userinfo(tokens["access_token"]),
            gateway.userinfo(tokens["id_token"]),
            requests.post(endpoint, json=gateway.token_form(code), timeout=30),
        ]
        assert {answer.status_code for answer in refused} == {400, 401}
        # What is logged comes through a pipe, one line after the other: once this is there, the rest is.
        requests.put(f"{gateway.issuer}/oidc/jwks", timeout=30)
        wait_for(lambda: "(PUT): /oidc/jwks" in "".join(gateway.output), 60)
        output = "".join(gateway.output)
        assert "/oidc/token" in output, "the log is not at DEBUG, or nothing was heard"
        assert [secret for secret in secrets if secret in output] == []
