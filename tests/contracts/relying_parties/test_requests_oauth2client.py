"""`requests_oauth2client` (PyPI, by Guillaume Pujol) signs a citizen in and out, unpatched, and is told of it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode

import pytest
import requests
from django.utils import timezone
from jwskate import Jwk, JwkSet, SignedJwt
from requests_oauth2client import IdToken, OAuth2Client, PrivateKeyJwt

from kapi.foundation.outbox.services import deliver_due
from kapi.jobs import send_logout_notices
from tests.contracts.relying_parties.conftest import AFTERWARDS, CALLBACK, Citizen, Register


@pytest.fixture
def back_channel() -> Iterator[tuple[str, list[str]]]:
    """The address where the relying party is told, and the logout tokens that came."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            heard.extend(parse_qs(body)["logout_token"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/logout", heard
    server.shutdown()
    thread.join()
    server.server_close()


class TestRequestsOauth2client:
    def test_signs_a_citizen_in_and_out_and_hears_of_it(
        self, citizen: Citizen, register: Register, issuer: str, back_channel: tuple[str, list[str]]
    ) -> None:
        address, heard = back_channel
        key = Jwk.generate(alg="ES256").with_kid_thumbprint()
        client_id = register(
            {"keys": [key.public_jwk().to_dict()]}, client_id="requests", backchannel_logout_uri=address
        ).id
        party = OAuth2Client.from_discovery_endpoint(
            issuer=issuer,
            auth=PrivateKeyJwt(client_id, key),
            redirect_uri=CALLBACK,
            id_token_signed_response_alg="ES256",
            testing=True,  # plain http, on this machine
        )
        asked = party.authorization_request(scope="openid profile", prompt="consent", ui_locales="en")
        answer = asked.validate_callback(citizen.go(str(asked.uri)))
        tokens = party.authorization_code(answer, validate=True)
        assert isinstance(tokens.id_token, IdToken)
        claims = tokens.id_token.claims
        person = party.userinfo(tokens)
        assert person["sub"] == claims["sub"]
        assert person["family_name"] == "Yılmaz"
        assert "identity_number" not in person

        metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
        query = urlencode({"id_token_hint": str(tokens.id_token), "post_logout_redirect_uri": AFTERWARDS})
        assert citizen.go(f"{metadata['end_session_endpoint']}?{query}") == AFTERWARDS

        deliver_due(limit=100, now=timezone.now())
        for _ in range(20):
            if send_logout_notices.run(now=timezone.now()):
                break
        (token,) = heard
        keys = JwkSet(requests.get(f"{issuer}/oidc/jwks", timeout=10).json())
        signed = SignedJwt(token)
        assert signed.verify_signature(keys, alg="ES256")
        assert (signed.headers["typ"], signed.audiences) == ("logout+jwt", [client_id])
        assert signed.claims["sid"] == claims["sid"]
        assert (
            requests.get(
                f"{issuer}/oidc/userinfo", headers={"Authorization": f"Bearer {tokens.access_token}"}, timeout=10
            ).status_code
            == 401
        )
