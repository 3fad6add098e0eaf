"""A client proves itself by a certificate of its connection (RFC 8705, 2.1), which a proxy of ours has checked."""

from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.utils import timezone

from kapi.contexts.openid.errors import ClientNotAcceptable
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.rules.certificates import names_in, read_name
from kapi.contexts.openid.selectors.discovery import discovery_document
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.clients import register_client, replace_keys
from kapi.contexts.openid.values.clients import ApiScope, AuthMethod, Profile
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.contexts.openid.openid_in_tests import ACTOR, NAME, key_set, new_key

pytestmark = pytest.mark.django_db
CODE, PROGRAM = "24301234", "san_dns:program.kurum.example"
HEADER, VERDICT = "X-Client-Certificate", "X-Client-Verdict"


def make_certificate(*names: x509.GeneralName, subject: str = "CN=program,O=Kurum") -> x509.Certificate:
    """Make a certificate with other names in it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string(subject)
    begins = datetime(2026, 1, 1)  # noqa: DTZ001 - X.509 has no zones
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(begins)
    made = made.not_valid_after(datetime(2036, 1, 1))  # noqa: DTZ001
    if names:
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(key, hashes.SHA256())


MINE = make_certificate(x509.DNSName("Program.kurum.example"))
OTHER = make_certificate(x509.DNSName("baska.kurum.example"))


def passed_on(certificate: x509.Certificate, verdict: str = "SUCCESS") -> dict[str, str]:
    """Return the headers as nginx writes them."""
    return {HEADER: quote(certificate.public_bytes(Encoding.PEM).decode()), VERDICT: verdict}


@pytest.fixture
def _proxy(settings: Any) -> None:
    """A proxy of ours on this machine checks certificates and passes them on."""
    settings.CLIENT_CERTIFICATE_HEADER, settings.CLIENT_CERTIFICATE_VERDICT = HEADER, VERDICT
    settings.CLIENT_CERTIFICATE_PROXIES = (ip_network("127.0.0.0/8"),)
    settings.OPENID = replace(settings.OPENID, certificates=True, certificates_checked=True)


def register(**more: Any) -> str:
    """Register a program under FAPI 2.0 that is known by a name in its certificates."""
    given: dict[str, Any] = {"redirect_uris": [], "scopes": [], "api_scopes": [ApiScope.CLIENTS_READ]}
    given |= {"institution_code": CODE, "client_id": "program", "tls_subject": PROGRAM, "profile": Profile.FAPI}
    return register_client(name=NAME, actor=ACTOR, now=timezone.now(), **(given | more)).id


@pytest.fixture
def program(now: datetime, _proxy: None) -> str:
    """The program."""
    add_top(CODE, "Örnek Belediyesi", now=now)
    return register()


def ask(headers: dict[str, str], address: str = "127.0.0.1", **changes: str) -> Any:
    """Ask for a token over a connection of which the proxy says this."""
    form = {"grant_type": "client_credentials", "client_id": "program"} | changes
    browser = Browser(REMOTE_ADDR=address)
    kind = "application/x-www-form-urlencoded"
    return browser.post("/oidc/token", urlencode(form), content_type=kind, headers=headers)


class TestTlsClientAuth:
    def test_gives_a_token_bound_to_the_certificate(self, program: str) -> None:
        given = ask(passed_on(MINE)).json()
        assert given["token_type"] == "Bearer"
        assert "x5t#S256" in read_own(given["access_token"], typ="at+jwt")["cnf"]
        bearer = {"Authorization": f"Bearer {given['access_token']}"}
        assert Browser().get("/api/v1/client", headers=bearer | passed_on(MINE)).status_code == 200
        assert Browser().get("/api/v1/client", headers=bearer | passed_on(OTHER)).status_code == 401

    def test_refuses_every_other_connection(self, program: str) -> None:
        pem = passed_on(MINE)[HEADER]
        cases: list[tuple[str, dict[str, str], str]] = [
            ("another name", passed_on(OTHER), "127.0.0.1"),
            ("not checked", passed_on(MINE, "FAILED:self-signed certificate"), "127.0.0.1"),
            ("no verdict", {HEADER: pem}, "127.0.0.1"),
            ("an empty verdict", passed_on(MINE, ""), "127.0.0.1"),
            ("no certificate", {VERDICT: "SUCCESS"}, "127.0.0.1"),
            ("no proxy of ours", passed_on(MINE), "192.0.2.7"),
            ("nonsense", {HEADER: "nonsense", VERDICT: "SUCCESS"}, "127.0.0.1"),
            ("nothing", {}, "127.0.0.1"),
        ]
        for what, headers, address in cases:
            answer = ask(headers, address)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), what

    def test_takes_no_other_proof_in_its_place(self, program: str) -> None:
        assert ask(passed_on(MINE), client_secret="x").json()["error"] == "invalid_client"

    def test_is_no_proof_of_another_client(self, program: str) -> None:
        register(client_id="keys", tls_subject="", jwks=key_set(new_key()))
        assert ask(passed_on(MINE), client_id="keys").json()["error"] == "invalid_client"

    def test_ends_where_keys_take_its_place(self, program: str, now: datetime) -> None:
        replace_keys(client_id=program, jwks=key_set(new_key()), actor=ACTOR, now=now)
        assert Client.objects.get().tls_subject == ""
        assert ask(passed_on(MINE)).json()["error"] == "invalid_client"


class TestRegistering:
    def test_needs_a_proxy_that_checks(self, now: datetime) -> None:
        add_top(CODE, "Örnek Belediyesi", now=now)
        with pytest.raises(ClientNotAcceptable, match="KAPI_CLIENT_CERTIFICATE_VERDICT"):
            register()

    @pytest.mark.parametrize(
        "written", ["program", "dns:x", "san_dns:", "san_ip:x", "subject_dn:x", "san_uri:" + "x" * 500]
    )
    def test_refuses_what_is_no_name(self, program: str, written: str) -> None:
        with pytest.raises(ClientNotAcceptable):
            register(client_id="other", tls_subject=written)

    def test_takes_one_proof(self, program: str) -> None:
        with pytest.raises(ClientNotAcceptable, match="give one of"):
            register(client_id="other", jwks=key_set(new_key()))

    def test_is_held_by_the_database(self, program: str) -> None:
        for change in ({"tls_subject": ""}, {"auth_method": AuthMethod.PRIVATE_KEY_JWT}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Client.objects.update(**change)


class TestNames:
    def test_are_found_in_every_form(self) -> None:
        certificate = make_certificate(
            x509.DNSName("A.example"),
            x509.UniformResourceIdentifier("urn:kurum:1"),
            x509.RFC822Name("x@a.example"),
            x509.IPAddress(ip_address("2001:db8::1")),
            subject="CN=program\\, bir,O=Kurum",
        )
        assert names_in(certificate) == {
            "subject_dn:CN=program\\, bir,O=Kurum",
            "san_dns:a.example",
            "san_uri:urn:kurum:1",
            "san_email:x@a.example",
            "san_ip:2001:db8::1",
        }
        for written in ("subject_dn: CN=program\\, bir, O=Kurum", "san_ip:2001:DB8:0::1", "san_dns:A.Example"):
            assert read_name(written.replace(": ", ":").replace(", O", ",O")) in names_in(certificate)


class TestMetadata:
    def test_say_nothing_of_it_unless_it_is_set_up(self) -> None:
        document = discovery_document()
        assert "tls_client_auth" not in document["token_endpoint_auth_methods_supported"]
        assert "mtls_endpoint_aliases" not in document

    @pytest.mark.usefixtures("_proxy")
    def test_name_the_addresses_at_which_certificates_are_asked_for(self, settings: Any) -> None:
        settings.OPENID = replace(settings.OPENID, mtls="https://mtls.kapi.example")
        document = discovery_document()
        assert "tls_client_auth" in document["token_endpoint_auth_methods_supported"]
        aliases = document["mtls_endpoint_aliases"]
        assert aliases["token_endpoint"] == "https://mtls.kapi.example/oidc/token"
        assert set(aliases) <= set(document)
