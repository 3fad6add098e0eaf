"""Programs' TLS certificates (RFC 8705) through a real nginx as `deploy/` configures it, to a served gateway."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from joserfc.jwk import ECKey

from tests.commands.test_work import free_port
from tests.contexts.openid.openid_in_tests import REDIRECT_URI, VERIFIER, assertion, authorization_request, new_key
from tests.contracts.proxy import GUIDE, Answer, Authority, Proxy, Shown, program, serving
from tests.installation import Installation, make_installation

LOGIN, API, LOGIN_MTLS, API_MTLS = (f"{name}.kapi.example" for name in ("giris", "api", "mtls.giris", "mtls.api"))
ISSUER, OWN = f"https://{LOGIN}", "/api/v1/client"
ENVIRONMENT = {
    "KAPI_GATEWAY_URL": "https://kapi.example",
    "KAPI_LOGIN_URL": ISSUER,
    "KAPI_API_URL": f"https://{API}",
    "KAPI_COOKIE_DOMAIN": "kapi.example",
    "KAPI_TRUSTED_PROXIES": "1",
    **dict(re.findall(r"^    (KAPI_CLIENT_CERTIFICATE_\w+|KAPI_MTLS_URL)=(\S+)", GUIDE, re.MULTILINE)),
}
PROGRAM, BOUND = "program", "bound"
_PREPARE = """
from django.utils import timezone
from kapi.contexts.openid.services.clients import register_client
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.values.authorization import Decision
from kapi.contexts.openid.values.clients import ApiScope
from joserfc.jwk import ECKey
from tests import people
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.contexts.openid import openid_in_tests as openid

now, key = timezone.now(), ECKey.import_key({key!r})
add_top("24301234", "Örnek Belediyesi", now=now)
more = dict(name=openid.NAME, institution_code="24301234", actor=openid.ACTOR, now=now)
register_client(redirect_uris=[], scopes=[], api_scopes=[ApiScope.CLIENTS_READ], client_id="program",
    tls_subject="san_dns:program.kurum.example", **more)
register_client(redirect_uris=[openid.REDIRECT_URI], scopes=openid.SCOPES, client_id="bound",
    jwks=openid.key_set(key), **more)
people.make_citizen(now=now)
started = people.sign_in(now=now)
shown = openid.assertion("bound", key, now=now, aud={issuer!r})
pushed = openid.push("bound", key, now=now, client_assertion=shown)
step = openid.arrive("bound", pushed.request_uri, started.signed_in, now=now)
decide(request_id=step.request_id, browser=openid.BROWSER, session=started.signed_in, decision=Decision.ALLOW,
    actor=started.signed_in.actor, now=now)
print(started.token)
"""


@dataclass
class Site:
    """The proxy, the gateway behind it, and who has certificates."""

    proxy: Proxy
    programs: Authority
    others: Authority
    session_token: str
    key: ECKey
    mine: Shown = field(init=False)
    own: Shown = field(init=False)

    def __post_init__(self) -> None:
        self.mine = self.programs.issue("program.kurum.example")
        self.own = self.programs.issue_self_signed("bound")

    def token(self, shown: Shown | None, site: str = LOGIN_MTLS, **headers: str) -> Answer:
        """Let the program ask for a token for itself."""
        form = {"grant_type": "client_credentials", "client_id": PROGRAM}
        return self.proxy.ask(site, "/oidc/token", form, shown=shown, headers=headers)

    def use(self, token: str, shown: Shown | None, site: str = API_MTLS, **headers: str) -> int:
        """Use a token at the API."""
        return self.proxy.ask(site, OWN, shown=shown, headers={"Authorization": f"Bearer {token}"} | headers).status

    def proof(self) -> dict[str, str]:
        """Return an assertion of the client that has keys."""
        return {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion(BOUND, self.key, now=datetime.now(UTC), aud=ISSUER),
        }

    def citizens_token(self, shown: Shown | None) -> Answer:
        """Go from the pushed request over the citizen's browser to the token."""
        asked = {name: values[0] for name, values in parse_qs(authorization_request(BOUND).decode()).items()}
        pushed = self.proxy.ask(LOGIN_MTLS, "/oidc/par", asked | self.proof(), shown=shown)
        assert pushed.status == 201, pushed
        query = urlencode({"client_id": BOUND, "request_uri": pushed.body["request_uri"]})
        cookie = {"Cookie": f"kapi_session={self.session_token}"}
        back = self.proxy.ask(LOGIN, f"/oidc/authorize?{query}", headers=cookie)
        code = parse_qs(urlsplit(back.body["Location"]).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        form |= {"code_verifier": VERIFIER} | self.proof()
        return self.proxy.ask(LOGIN_MTLS, "/oidc/token", form, shown=shown)

    def userinfo(self, token: str, shown: Shown | None, site: str = LOGIN_MTLS, **headers: str) -> int:
        """Ask about the citizen."""
        bearer = {"Authorization": f"Bearer {token}"}
        return self.proxy.ask(site, "/oidc/userinfo", shown=shown, headers=bearer | headers).status


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, _template: Installation) -> Iterator[Site]:
    """One proxy and one gateway for all of these tests."""
    program()
    folder, port, key = tmp_path_factory.mktemp("proxy"), free_port(), new_key()
    with make_installation(tmp_path_factory.mktemp("gateway"), _template) as installation:
        installation.environment |= ENVIRONMENT
        installation.start("serve", "--port", str(port), "--processes", "1", KAPI_LOG_LEVEL="ERROR")
        prepare = _PREPARE.format(key=key.as_dict(private=True), issuer=ISSUER)
        session_token = installation.python(prepare).strip().splitlines()[-1]
        programs = Authority(folder, "programs")
        with serving(folder, port, programs) as proxy:
            yield Site(proxy, programs, Authority(folder, "others"), session_token, key)


def forged(shown: Shown) -> Iterator[dict[str, str]]:
    """Return what somebody outside may send in the hope that it is taken for the proxy's word."""
    pem = quote(shown.pem)
    yield {"X-Client-Certificate": pem, "X-Client-Verdict": "SUCCESS"}
    yield {"x-client-certificate": pem, "x-client-verdict": "SUCCESS"}
    yield {"X_Client_Certificate": pem, "X_Client_Verdict": "SUCCESS"}


def confirmation(token: str) -> dict[str, str]:
    """Return what a token says it is bound to."""
    payload = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["cnf"])


def thumbprint(certificate: x509.Certificate) -> str:
    """Return the thumbprint of a certificate (RFC 8705, 3.1)."""
    return base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()


class TestAProgramKnownByItsCertificate:
    def test_gets_a_token_that_is_good_with_that_certificate_alone(self, site: Site) -> None:
        given = site.token(site.mine)
        assert (given.status, given.body["token_type"]) == (200, "Bearer")
        token = given.body["access_token"]
        assert confirmation(token) == {"x5t#S256": thumbprint(site.mine.certificate)}
        assert site.use(token, site.mine) == 200
        about = {"token": token, "client_id": PROGRAM}
        told = site.proxy.ask(LOGIN_MTLS, "/oidc/introspect", about, shown=site.mine).body
        assert (told["active"], told["cnf"]) == (True, confirmation(token))
        again = site.programs.issue("program.kurum.example")  # the next certificate of the same program
        assert [site.use(token, shown) for shown in (again, site.own, None)] == [401] * 3
        assert site.use(token, None, API) == 401

    def test_is_refused_with_any_other(self, site: Site) -> None:
        refused = {
            "none": None,
            "another name": site.programs.issue("other.kurum.example"),
            "another authority": site.others.issue("program.kurum.example"),
            "self-signed": site.programs.issue_self_signed("program.kurum.example"),
        }
        for what, shown in refused.items():
            answer = site.token(shown)
            assert (answer.status, answer.body["error"]) == (401, "invalid_client"), what

    def test_is_refused_by_nginx_where_the_certificate_may_not_be_shown(self, site: Site) -> None:
        name, ended = "program.kurum.example", timedelta(minutes=-1)
        token = site.token(site.mine).body["access_token"]
        for what, shown in {
            "expired": site.programs.issue(name, ends_in=ended),
            "expired, self-signed": site.programs.issue_self_signed(name, ends_in=ended),
            "for servers": site.programs.issue(name, is_for_servers=True),
        }.items():
            assert (site.token(shown).status, site.use(token, shown)) == (400, 400), what

    def test_is_never_another_program_whatever_is_written_into_headers(self, site: Site) -> None:
        token = site.token(site.mine).body["access_token"]
        for headers in forged(site.mine):
            for shown in (None, site.own, site.others.issue("program.kurum.example")):
                assert site.token(shown, **headers).status == 401
                assert site.use(token, shown, **headers) == 401
            assert site.token(None, LOGIN, **headers).status == 401
            assert site.use(token, None, API, **headers) == 401

    def test_is_checked_at_each_connection(self, site: Site) -> None:
        assert not site.proxy.session_is_resumed(LOGIN_MTLS, site.mine)


class TestATokenBoundToACertificate:
    def test_comes_by_a_pushed_request_and_is_good_with_it_alone(self, site: Site) -> None:
        given = site.citizens_token(site.own)
        assert (given.status, given.body.get("token_type")) == (200, "Bearer")
        token = given.body["access_token"]
        assert confirmation(token) == {"x5t#S256": thumbprint(site.own.certificate)}
        assert site.userinfo(token, site.own) == 200
        again = site.programs.issue_self_signed("bound")
        assert [site.userinfo(token, shown) for shown in (again, site.mine, None)] == [401] * 3
        for headers in forged(site.own):
            assert [site.userinfo(token, None, name, **headers) for name in (LOGIN_MTLS, LOGIN)] == [401] * 2

    def test_is_not_given_without_one(self, site: Site) -> None:
        assert site.citizens_token(None).body["error"] == "invalid_dpop_proof"


class TestNames:
    def test_of_the_connection_and_the_request_cannot_be_mixed(self, site: Site) -> None:
        """A connection that was not asked for a certificate reaches no name where one is asked for, nor the reverse."""
        form = {"grant_type": "client_credentials", "client_id": PROGRAM}
        asked = [
            site.proxy.ask(LOGIN, "/oidc/token", form, shown=site.mine, host=LOGIN_MTLS).status,
            site.proxy.ask(LOGIN_MTLS, "/oidc/token", form, shown=site.mine, host=LOGIN).status,
        ]
        assert asked == [421, 401]

    def test_that_programs_use_have_no_pages(self, site: Site) -> None:
        assert [site.proxy.ask(name, "/saglik").status for name in (LOGIN_MTLS, API_MTLS)] == [404, 404]

    def test_are_in_the_metadata(self, site: Site) -> None:
        told: Any = site.proxy.ask(LOGIN, "/.well-known/openid-configuration").body
        for name, address in told["mtls_endpoint_aliases"].items():
            assert address == told[name].replace(ISSUER, f"https://{LOGIN_MTLS}")
        assert "tls_client_auth" in told["token_endpoint_auth_methods_supported"]
