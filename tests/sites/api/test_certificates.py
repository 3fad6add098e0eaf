"""Tokens bound to the certificate of a connection (RFC 8705), which a proxy of ours passes on in a header."""

import base64
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import Client
from django.utils import timezone

from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.values.clients import ApiScope, Profile
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.contexts.openid.openid_in_tests import add_client, assertion, make_proof, new_key

pytestmark = pytest.mark.django_db
PATH, CODE, HEADER = "/api/v1/client", "24301234", "X-Client-Certificate"
KEY, HOLDER = new_key(), new_key("holder")


def make_certificate() -> x509.Certificate:
    """Make one that nobody vouches for, as RFC 8705, 2.2 has them."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=program")
    begins = datetime(2026, 1, 1)  # noqa: DTZ001 - X.509 has no zones
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(begins)
    return made.not_valid_after(begins + timedelta(days=3650)).sign(key, hashes.SHA256())


def passed_on(certificate: x509.Certificate) -> dict[str, str]:
    """Return the header as nginx writes it ($ssl_client_escaped_cert)."""
    return {HEADER: quote(certificate.public_bytes(Encoding.PEM).decode())}


MINE, OTHER = make_certificate(), make_certificate()


@pytest.fixture
def program(now: datetime) -> str:
    """An institution's program under FAPI 2.0."""
    add_top(CODE, "Örnek Belediyesi", now=now)
    own = [ApiScope.CLIENTS_READ]
    more: dict[str, Any] = {"institution_code": CODE, "api_scopes": own, "profile": Profile.FAPI}
    return add_client(now=timezone.now(), keys=[KEY], client_id="program", **more).id


@pytest.fixture
def _proxy(settings: Any) -> None:
    """A proxy of ours on this machine passes certificates on."""
    settings.CLIENT_CERTIFICATE_HEADER = HEADER
    settings.CLIENT_CERTIFICATE_PROXIES = (ip_network("127.0.0.0/8"),)


def ask(client: Client, program: str, **headers: str) -> Any:
    """Ask for a token, with what the proxy adds."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(program, KEY, now=timezone.now()),
    }
    return client.post(
        "/oidc/token", urlencode(form), content_type="application/x-www-form-urlencoded", headers=headers
    )


@pytest.mark.usefixtures("_proxy")
class TestBoundToken:
    def test_names_the_certificate_and_is_good_with_it(self, client: Client, program: str) -> None:
        given = ask(client, program, **passed_on(MINE)).json()
        thumbprint = base64.urlsafe_b64encode(MINE.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
        assert given["token_type"] == "Bearer"
        assert read_own(given["access_token"], typ="at+jwt")["cnf"] == {"x5t#S256": thumbprint}
        bearer = {"Authorization": f"Bearer {given['access_token']}"}
        assert client.get(PATH, headers=bearer | passed_on(MINE)).status_code == 200

    @pytest.mark.parametrize("sent", [passed_on(OTHER), {}, {HEADER: "nonsense"}, {HEADER: "%00" * 9000}])
    def test_is_good_with_no_other_and_without_none(self, client: Client, program: str, sent: dict[str, str]) -> None:
        token = ask(client, program, **passed_on(MINE)).json()["access_token"]
        answer = client.get(PATH, headers={"Authorization": f"Bearer {token}"} | sent)
        assert answer.status_code == 401
        assert "another certificate" in answer.json()["detail"]

    def test_is_told_of_as_what_it_is(self, client: Client, program: str) -> None:
        token = ask(client, program, **passed_on(MINE)).json()["access_token"]
        form = {
            "token": token,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion(program, KEY, now=timezone.now()),
        }
        told = client.post("/oidc/introspect", urlencode(form), content_type="application/x-www-form-urlencoded").json()
        assert (told["active"], told["token_type"], list(told["cnf"])) == (True, "Bearer", ["x5t#S256"])

    def test_is_bound_to_the_key_where_a_proof_comes_too(self, client: Client, program: str) -> None:
        shown = make_proof(HOLDER, "/oidc/token", now=timezone.now()).header
        given = ask(client, program, DPoP=shown, **passed_on(MINE)).json()
        assert read_own(given["access_token"], typ="at+jwt")["cnf"] == {"jkt": HOLDER.thumbprint()}

    def test_is_not_given_without_certificate_and_proof(self, client: Client, program: str) -> None:
        assert ask(client, program).json()["error"] == "invalid_dpop_proof"


class TestHeader:
    def test_is_believed_from_our_proxies_alone(self, client: Client, program: str, settings: Any) -> None:
        settings.CLIENT_CERTIFICATE_HEADER = HEADER
        settings.CLIENT_CERTIFICATE_PROXIES = (ip_network("192.0.2.0/24"),)
        assert ask(client, program, **passed_on(MINE)).json()["error"] == "invalid_dpop_proof"

    def test_is_nothing_unless_it_was_named(self, client: Client, program: str) -> None:
        assert ask(client, program, **passed_on(MINE)).json()["error"] == "invalid_dpop_proof"
