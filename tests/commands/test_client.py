"""`kapi client` and `kapi key`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings
from typer.testing import CliRunner

from kapi.commands.main import app
from kapi.contexts.openid.models import Client, SigningKey
from kapi.contexts.openid.selectors.clients import get_client
from kapi.contexts.openid.selectors.keys import list_keys
from kapi.contexts.openid.values.clients import ApiScope, Profile, Scope
from kapi.kernel.langstring import LangString
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.contexts.openid.openid_in_tests import add_client, key_set, new_key
from tests.contexts.openid.providers.remote_in_tests import PATH, running_machine

pytestmark = pytest.mark.django_db
FAPI = ("client", "add", "--name", "Örnek", "--redirect-uri", "https://rp.example/geri")
ADD = (*FAPI, "--profile", "baseline")
NUMBER = ("--scope", "identity_number", "--purpose", "identity_number=Kaydınızı bulmak")


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "160"})
    assert done.exit_code == code, done.output
    return done.output


class TestAdd:
    def test_registers_a_program_that_works_by_itself(self, tmp_path: Path, now: datetime) -> None:
        add_top("24301234", "Örnek Belediyesi", now=now)
        jwks = tmp_path / "jwks.json"
        jwks.write_text(json.dumps(key_set(new_key())))
        start = ("client", "add", "--name", "Örnek", "--json", "--profile", "fapi", "--jwks", str(jwks))
        facts = json.loads(run(*start, "--institution", "24301234", "--api-scope", "clients.read"))
        assert (facts["scope"], facts["api_scope"], facts["redirect_uris"]) == ("", "clients.read", [])
        assert get_client(client_id=facts["client_id"]).api_scopes == (ApiScope.CLIENTS_READ,)
        assert "is not one of: clients.read" in run(*start, "--api-scope", "alles", code=2)
        assert "redirect URI" in run(*start, code=2)

    def test_prints_what_the_institution_needs(self) -> None:
        facts = json.loads(run(*ADD, "--json").split("\nThe secret")[0])
        assert facts["issuer"] == "http://localhost:8000"
        assert facts["discovery"] == "http://localhost:8000/.well-known/openid-configuration"
        assert len(facts["client_secret"]) == 43
        assert facts["client_secret_expires_at"]
        assert facts["token_endpoint_auth_method"] == "client_secret_basic"
        assert facts["redirect_uris"] == ["https://rp.example/geri"]
        assert get_client(client_id=facts["client_id"]).name.tr == "Örnek"

    def test_prints_it_for_people_as_well(self) -> None:
        printed = run(*ADD)
        assert "client_secret:" in printed
        assert "shown once" in printed

    def test_reads_keys_scopes_purposes_and_laws(self, tmp_path: Path) -> None:
        jwks = tmp_path / "jwks.json"
        jwks.write_text(json.dumps(key_set(new_key())))
        facts = json.loads(
            run(
                *ADD,
                "--json",
                "--jwks",
                str(jwks),
                "--scope",
                "profile",
                "--purpose",
                "profile=Başvurunuz için",
                "--purpose",
                "profile:en=For your application",
                "--legal-basis",
                "profile=5393 sayılı Kanun",
                "--post-logout-uri",
                "https://rp.example/",
                "--backchannel-logout-uri",
                "https://rp.example/cikis",
            )
        )
        assert "client_secret" not in facts
        assert facts["token_endpoint_auth_method"] == "private_key_jwt"
        assert facts["scope"] == "openid profile"
        use = get_client(client_id=facts["client_id"]).scopes[Scope.PROFILE]
        assert use.purpose == LangString("Başvurunuz için", "For your application")
        assert use.legal_basis == LangString("5393 sayılı Kanun")

    def test_wants_a_purpose_for_what_people_will_be_asked_to_share(self) -> None:
        refused = run(*ADD, "--scope", "profile", code=2)
        assert "--purpose" in refused
        assert "profile=TEXT" in refused

    @pytest.mark.parametrize("given", [("profile", "birthdate"), ("openid profile birthdate",)])
    def test_takes_scopes_one_by_one_or_as_requests_have_them(self, given: tuple[str, ...]) -> None:
        options = [word for name in given for word in ("--scope", name)]
        options += ["--purpose", "profile=Başvuru", "--purpose", "birthdate=Yaş"]
        facts = json.loads(run(*ADD, "--json", *options).split("\nThe secret")[0])
        assert facts["scope"] == "openid profile birthdate"

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            (("--profile", "conformance"), "demo mode only"),
            (("--scope", "everything"), "everything"),
            (("--purpose", "profile=x"), "SCOPE=TEXT"),
            (("--purpose", "openid"), "SCOPE=TEXT"),
            (("--purpose", "openid:de=x"), "SCOPE=TEXT"),
            (("--jwks", __file__), "not JSON"),
            (("--institution", "99999999"), "no institution"),
            (("--secret-until", "2020-01-01"), "needs a date"),
        ],
    )
    def test_says_what_would_do(self, wrong: tuple[str, str], says: str) -> None:
        assert says in run(*ADD, *wrong, code=2).replace("\n", " ")

    def test_follows_fapi_2_unless_told_otherwise_and_says_what_it_means(self, tmp_path: Path) -> None:
        jwks = tmp_path / "jwks.json"
        jwks.write_text(json.dumps(key_set(new_key())))
        facts = json.loads(run(*FAPI, "--json", "--jwks", str(jwks)))
        assert (facts["profile"], facts["profile_until"]) == ("fapi", None)
        assert facts["require_pushed_authorization_requests"]
        assert facts["dpop_bound_access_tokens"]
        assert facts["client_assertion_audience"] == "http://localhost:8000"
        refusal = run(*FAPI, code=2).replace("\n", " ")
        assert "needs keys" in refusal
        assert "baseline" in refusal

    def test_registers_an_app_on_peoples_devices(self) -> None:
        start = ("client", "add", "--name", "Uygulama", "--profile", "native", "--json")
        facts = json.loads(run(*start, "--redirect-uri", "http://127.0.0.1/geri"))
        assert (facts["token_endpoint_auth_method"], facts["profile"]) == ("none", "native")
        assert facts["dpop_bound_access_tokens"]
        assert "client_secret" not in facts

    def test_registers_a_program_written_for_edevlet(self) -> None:
        start = ("client", "add", "--name", "Eski", "--redirect-uri", "https://rp.example/geri", "--profile", "edevlet")
        printed = run(*start, *NUMBER, "--exception-until", "2999-01-01", "--json")
        facts = json.loads(printed.split("\nThe secret")[0])
        assert (facts["profile"], facts["profile_until"]) == ("edevlet", "2999-01-01")
        assert facts["token_endpoint_auth_method"] == "client_secret_post"
        assert facts["AccessTokenController"].endswith("/OAuth2AuthorizationServer/AccessTokenController")
        assert facts["client_secret"]
        assert "identity_number" in run(*start, "--scope", "profile", "--purpose", "profile=Kayıt", code=2)

    def test_says_until_when_an_exception_lasts(self) -> None:
        facts = json.loads(run(*ADD, "--baseline-until", "2999-01-01", "--json").split("\nThe secret")[0])
        assert facts["profile_until"] == "2999-01-01"
        assert "to come" in run(*ADD, "--baseline-until", "2020-01-01", code=2)

    def test_says_that_the_address_of_keys_does_not_answer(self) -> None:
        assert "gives no keys yet" in run(*ADD, "--jwks-uri", "https://rp.invalid/jwks")


class TestCheck:
    def test_names_clients_in_anothers_sector(self, now: datetime) -> None:
        add_top("24301234", "Örnek Belediyesi", now=now)
        add_client(now=now, client_id="own", institution_code="24301234")
        add_client(now=now, client_id="shared", sector="ulasim")
        assert "Every client" in run("client", "check")
        Client.objects.filter(pk="shared").update(sector="24301234")
        told = run("client", "check", code=1)
        assert "shared: institution none, sector 24301234" in told
        assert "own:" not in told


class TestList:
    def test_says_how_to_begin(self) -> None:
        assert "kapi client add" in run("client", "list").replace("\n", " ")

    def test_shows_each_client(self, now: datetime) -> None:
        add_client(now=now, client_id="a", keys=[new_key()])
        assert "private_key_jwt" in run("client", "list")
        assert [line["client_id"] for line in json.loads(run("client", "list", "--json"))] == ["a"]

    def test_lists_the_exceptions(self, now: datetime) -> None:
        add_client(now=now, client_id="a", keys=[new_key()], profile=Profile.FAPI)
        add_client(now=now, client_id="b")
        listed = json.loads(run("client", "list", "--profile", "baseline", "--json"))
        assert [(line["client_id"], line["profile_until"]) for line in listed] == [("b", "2027-05-21")]
        add_client(
            now=now, client_id="c", profile=Profile.EDEVLET, exception_until=datetime.now(UTC) + timedelta(days=9.5)
        )
        listed = json.loads(run("client", "list", "--exceptions", "--json"))
        assert [line["client_id"] for line in listed] == ["c", "b"]
        assert listed[0]["days_left"] == 9
        assert "No client has the profile conformance" in run("client", "list", "--profile", "conformance")


class TestProfile:
    def test_moves_a_client_to_fapi_and_back(self, now: datetime) -> None:
        add_client(now=now, client_id="a", keys=[new_key()])
        assert "a follows fapi from now on." in run("client", "profile", "a", "fapi")
        assert "until 2999-01-01" in run("client", "profile", "a", "baseline", "--until", "2999-01-01")

    def test_says_what_would_do(self, now: datetime) -> None:
        add_client(now=now, client_id="b")
        assert "needs keys" in run("client", "profile", "b", "fapi", code=2)
        assert "kapi client list" in run("client", "profile", "c", "fapi", code=2)


class TestClose:
    def test_closes_and_opens(self, now: datetime) -> None:
        add_client(now=now, client_id="a")
        run("client", "close", "a")
        assert not get_client(client_id="a").is_open
        run("client", "open", "a")
        assert get_client(client_id="a").is_open

    def test_takes_an_id_that_begins_with_a_hyphen(self, now: datetime) -> None:
        add_client(now=now, client_id="-a")
        run("client", "close", "-a")
        assert not get_client(client_id="-a").is_open
        assert "-a follows" in run("client", "profile", "-a", "baseline", "--until", "2999-01-01")

    def test_says_where_to_look_for_ids(self) -> None:
        assert "kapi client list" in run("client", "close", "b", code=2)


class TestSuspend:
    def test_suspends_and_resumes(self, now: datetime) -> None:
        add_client(now=now, client_id="a")
        assert "kapi client resume a" in run("client", "suspend", "a", "--reason", "leaked")
        assert not get_client(client_id="a").is_open
        assert "suspended: leaked" in run("client", "list")
        assert json.loads(run("client", "list", "--json"))[0]["suspended_for"] == "leaked"
        assert "kapi client resume a" in run("client", "open", "a", code=2)
        run("client", "resume", "a")
        assert get_client(client_id="a").is_open

    def test_says_what_would_do(self, now: datetime) -> None:
        add_client(now=now, client_id="a")
        assert "--reason" in run("client", "suspend", "a", code=2)
        assert "not suspended" in run("client", "resume", "a", code=2)
        run("client", "close", "a")
        assert "closed already" in run("client", "suspend", "a", "--reason", "fault", code=2)
        assert "kapi client list" in run("client", "suspend", "b", "--reason", "fault", code=2)


class TestKeys:
    def test_lists_and_rotates(self) -> None:
        listed = json.loads(run("key", "list", "--json"))
        assert {key["state"] for key in listed} == {"active", "next"}
        assert "kapi key revoke" in run("key", "rotate", code=1)
        SigningKey.objects.update(created_at=datetime(2026, 1, 1, tzinfo=UTC))
        assert "Signing with" in run("key", "rotate")
        assert len(list_keys()) == 3
        assert "retired" in run("key", "list")

    def test_revokes_one_or_all_and_says_who_has_to_be_told(self) -> None:
        first = next(key["kid"] for key in json.loads(run("key", "list", "--json")) if key["state"] == "active")
        said = run("key", "revoke", first)
        assert f"Withdrawn: {first}" in said
        assert "has leaked" in said
        assert "It is new" in run("key", "revoke", "--all")
        assert sorted(key.state for key in list_keys()) == ["active", "next", "revoked", "revoked", "revoked"]
        assert "kapi key list" in run("key", "revoke", "unknown", code=2)
        assert "kapi key list" in run("key", "revoke", "-unknown", code=2)
        assert "kapi key list" in run("key", "revoke", code=2)

    def test_revokes_while_the_key_store_is_away_and_says_what_is_missing(self, settings: Settings) -> None:
        settings.KEY_STORE = PATH
        with running_machine() as machine:
            first = next(key["kid"] for key in json.loads(run("key", "list", "--json")) if key["state"] == "active")
            machine.is_down = True
            said = run("key", "revoke", first)
            assert "Signing with" in said
            assert "no next key yet" in said
            assert "No key is left" in run("key", "revoke", "--all")
            assert "shown is what there is" in run("key", "list")
            machine.is_down = False
            assert "shown is what there is" not in run("key", "list")
        assert sorted(key.state for key in list_keys()) == ["active", "next", "revoked", "revoked"]
