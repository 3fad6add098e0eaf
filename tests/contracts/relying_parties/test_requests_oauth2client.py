"""`requests_oauth2client` (PyPI, by Guillaume Pujol) signs a citizen in and out, unpatched, and is told of it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlencode

import pytest
import requests
from django.utils import timezone
from jwskate import Jwk, JwkSet, SignedJwt
from requests_oauth2client import IdToken, OAuth2Client, PrivateKeyJwt, RepeatedDPoPNonce

from kapi.contexts.openid.values.clients import Profile
from kapi.foundation.outbox.services import deliver_due
from kapi.jobs import send_logout_notices
from tests.contracts.relying_parties.conftest import AFTERWARDS, CALLBACK, Citizen, Register


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """The library's connections, closed with the test: it never does that itself."""
    with requests.Session() as session:
        yield session


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
    @pytest.mark.parametrize("profile", [Profile.BASELINE, Profile.FAPI])
    def test_signs_a_citizen_in_and_out_and_hears_of_it(
        self,
        *,
        citizen: Citizen,
        register: Register,
        issuer: str,
        back_channel: tuple[str, list[str]],
        session: requests.Session,
        profile: Profile,
    ) -> None:
        address, heard = back_channel
        is_fapi = profile is Profile.FAPI
        key = Jwk.generate(alg="ES256").with_kid_thumbprint()
        client_id = register(
            {"keys": [key.public_jwk().to_dict()]},
            client_id="requests",
            profile=profile,
            backchannel_logout_uri=address,
        ).id
        party = OAuth2Client.from_discovery_endpoint(
            issuer=issuer,
            auth=PrivateKeyJwt(client_id, key, aud=issuer),
            redirect_uri=CALLBACK,
            id_token_signed_response_alg="ES256",
            dpop_bound_access_tokens=is_fapi,
            session=session,
            testing=True,  # plain http, on this machine
        )
        asked = party.authorization_request(scope="openid profile", prompt="consent", ui_locales="en", dpop=is_fapi)
        sent = party.pushed_authorization_request(asked) if is_fapi else asked
        answer = asked.validate_callback(citizen.go(str(sent.uri)))
        # The library's own check of the ID token loses the key of a DPoP token (1.8): there we do it with its parts.
        tokens = party.authorization_code(answer, validate=not is_fapi)
        assert tokens.token_type == ("DPoP" if is_fapi else "Bearer")
        assert isinstance(tokens.id_token, IdToken)
        claims = tokens.id_token.claims
        keys = JwkSet(session.get(f"{issuer}/oidc/jwks", timeout=60).json())
        assert tokens.id_token.verify_signature(keys, alg="ES256")
        assert (claims["iss"], claims["aud"], claims["nonce"]) == (issuer, client_id, asked.nonce)
        person = party.userinfo(tokens)
        assert person["sub"] == claims["sub"]
        assert person["family_name"] == "Yılmaz"
        assert "identity_number" not in person

        metadata = session.get(f"{issuer}/.well-known/openid-configuration", timeout=60).json()
        query = urlencode({"id_token_hint": str(tokens.id_token), "post_logout_redirect_uri": AFTERWARDS})
        assert citizen.go(f"{metadata['end_session_endpoint']}?{query}") == AFTERWARDS

        deliver_due(limit=100, now=timezone.now())
        for _ in range(20):
            if send_logout_notices.run(now=timezone.now()):
                break
        (token,) = heard
        signed = SignedJwt(token)
        assert signed.verify_signature(keys, alg="ES256")
        assert (signed.headers["typ"], signed.audiences) == ("logout+jwt", [client_id])
        assert signed.claims["sid"] == claims["sid"]
        with pytest.raises((requests.HTTPError, RepeatedDPoPNonce)) as refused:  # its word for a second 401
            party.userinfo(tokens)
        with cast("Any", refused.value).response as response:  # the library leaves a second 401 unread and open
            assert response.status_code == 401
            assert "revoked" in response.headers["WWW-Authenticate"]
