"""A program gets a token for itself and shows it at the API; nothing of a citizen's ever comes into it."""

import json
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import (
    ClientNotAcceptable,
    InsufficientScope,
    InvalidClient,
    InvalidDpopProof,
    InvalidRequest,
    InvalidScope,
    InvalidToken,
    ProtocolError,
    TokenMissing,
    TooManyRequests,
    UnauthorizedClient,
)
from kapi.contexts.openid.models import Client, MachineToken, UsedProof
from kapi.contexts.openid.rules import limits
from kapi.contexts.openid.rules.jwt import header_of
from kapi.contexts.openid.selectors.clients import get_client
from kapi.contexts.openid.selectors.discovery import discovery_document
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.clients import close_client, register_client
from kapi.contexts.openid.services.machine_tokens import accept_machine_token
from kapi.contexts.openid.services.own_tokens import introspect_token, revoke_token
from kapi.contexts.openid.services.pruning import KEEP_GRANTS, prune
from kapi.contexts.openid.values.clients import ApiScope, Profile, Scope, ScopeUse
from kapi.contexts.openid.values.dpop import ShownProof
from kapi.contexts.openid.values.tokens import ApiCaller, TokenRequest
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import NOBODY, ActorKind
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    ISSUER,
    NAME,
    add_client,
    assertion,
    get_code,
    get_machine_token,
    key_set,
    make_proof,
    new_key,
    redeem,
    userinfo,
)

pytestmark = pytest.mark.django_db
INSTITUTION = "24301234"
PATH = "/api/v1/client"


@pytest.fixture
def program(key: ECKey, now: datetime) -> str:
    """An institution's program, under FAPI 2.0, that works by itself and does nothing else."""
    add_top(INSTITUTION, "Örnek Belediyesi", now=now)
    registered = register_client(
        name=NAME,
        redirect_uris=[],
        scopes=[],
        client_id="program",
        institution_code=INSTITUTION,
        jwks=key_set(key),
        api_scopes=[ApiScope.CLIENTS_READ],
        actor=ACTOR,
        now=now,
    )
    return registered.id


@pytest.fixture
def plain_program(program: str, key: ECKey, now: datetime) -> str:
    """One that is an exception from FAPI 2.0, and to which citizens sign in as well."""
    own = [ApiScope.CLIENTS_READ]
    return add_client(now=now, keys=[key], client_id="duz", institution_code=INSTITUTION, api_scopes=own).id


HOLDER = new_key("holder")


def proof(now: datetime) -> ShownProof:
    """Make a proof for the token endpoint."""
    return make_proof(HOLDER, "/oidc/token", now=now)


def call(token: str, *, now: datetime, scheme: str = "Bearer", shown: ShownProof | None = None) -> ApiCaller:
    """Bring a token to the API."""
    return accept_machine_token(
        authorization=f"{scheme} {token}", proof=shown, needed=ApiScope.CLIENTS_READ, actor=NOBODY, now=now
    )


class TestIssueMachineToken:
    def test_says_what_rfc_9068_asks_for_and_names_no_citizen(self, program: str, key: ECKey, now: datetime) -> None:
        tokens = get_machine_token(program, key, now=now, proof=proof(now))
        claims = read_own(tokens.access_token, typ="at+jwt")
        issued_s = int(now.timestamp())
        assert header_of(tokens.access_token)["typ"] == "at+jwt"
        assert (tokens.id_token, tokens.token_type, tokens.expires_in_s) == ("", "DPoP", 300)
        assert claims == {
            "iss": ISSUER,
            "sub": program,
            "aud": f"{ISSUER}/api",
            "exp": issued_s + 300,
            "iat": issued_s,
            "jti": MachineToken.objects.get().pk,
            "client_id": program,
            "scope": "clients.read",
            "cnf": {"jkt": HOLDER.thumbprint()},
        }

    def test_gives_all_that_the_client_is_registered_for_where_it_names_nothing(
        self, plain_program: str, key: ECKey, now: datetime
    ) -> None:
        tokens = get_machine_token(plain_program, key, now=now)
        assert (tokens.scope, tokens.token_type) == ("clients.read", "Bearer")

    @pytest.mark.parametrize("scope", ["openid", "profile", "identity_number clients.read", "clients.write", "\u0131"])
    def test_never_gives_a_scope_of_a_citizen_or_one_that_the_client_lacks(
        self, plain_program: str, key: ECKey, now: datetime, scope: str
    ) -> None:
        with pytest.raises(InvalidScope):
            get_machine_token(plain_program, key, now=now, scope=scope)
        assert not MachineToken.objects.exists()

    def test_is_refused_to_clients_that_are_for_citizens_only(self, client_id: str, key: ECKey, now: datetime) -> None:
        with pytest.raises(UnauthorizedClient):
            get_machine_token(client_id, key, now=now)

    def test_binds_the_tokens_of_fapi_clients_always(self, program: str, key: ECKey, now: datetime) -> None:
        with pytest.raises(InvalidDpopProof):
            get_machine_token(program, key, now=now)

    def test_uses_up_assertion_and_proof(self, program: str, key: ECKey, now: datetime) -> None:
        shown, made = proof(now), assertion(program, key, now=now)
        get_machine_token(program, key, now=now, proof=shown, client_assertion=made)
        with pytest.raises(InvalidClient, match="used before"):
            get_machine_token(program, key, now=now, proof=proof(now), client_assertion=made)
        with pytest.raises(InvalidDpopProof, match="used before"):
            get_machine_token(program, key, now=now, proof=shown)

    def test_counts_what_one_client_gets_and_no_other_pays_for_it(
        self, program: str, plain_program: str, key: ECKey, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "MACHINE_TOKENS", (Budget(2, timedelta(minutes=5)),))
        for _ in range(2):
            get_machine_token(plain_program, key, now=now)
        with pytest.raises(TooManyRequests, match="this client"):
            get_machine_token(plain_program, key, now=now)
        assert get_machine_token(program, key, now=now, proof=proof(now)).scope == "clients.read"
        assert get_machine_token(plain_program, key, now=now + timedelta(minutes=6)).scope == "clients.read"

    def test_is_told_by_the_metadata(self) -> None:
        document = discovery_document()
        assert "client_credentials" in document["grant_types_supported"]
        assert "clients.read" in document["scopes_supported"]

    def test_is_forgotten_in_the_end(self, plain_program: str, key: ECKey, now: datetime) -> None:
        get_machine_token(plain_program, key, now=now)
        over = now + timedelta(minutes=5) + KEEP_GRANTS
        prune(limit=100, actor=ACTOR, now=over)
        assert MachineToken.objects.count() == 1
        prune(limit=100, actor=ACTOR, now=over + timedelta(seconds=1))
        assert not MachineToken.objects.exists()


class TestAcceptMachineToken:
    def test_tells_whose_program_calls(self, program: str, key: ECKey, now: datetime) -> None:
        token = get_machine_token(program, key, now=now, proof=proof(now)).access_token
        caller = call(token, now=now, scheme="DPoP", shown=make_proof(HOLDER, PATH, now=now, access_token=token))
        assert caller == ApiCaller(program, INSTITUTION, frozenset({ApiScope.CLIENTS_READ}), now + timedelta(minutes=5))
        assert (caller.actor.kind, caller.actor.id) == (ActorKind.CLIENT, program)

    def test_takes_a_bound_token_from_its_key_only_and_each_proof_once(
        self, program: str, key: ECKey, now: datetime
    ) -> None:
        token = get_machine_token(program, key, now=now, proof=proof(now)).access_token
        shown = make_proof(HOLDER, PATH, now=now, access_token=token)
        with pytest.raises(InvalidToken):
            call(token, now=now)
        with pytest.raises(InvalidDpopProof):
            call(token, now=now, scheme="DPoP")
        stranger = make_proof(new_key("thief"), PATH, now=now, access_token=token)
        with pytest.raises(InvalidToken):
            call(token, now=now, scheme="DPoP", shown=stranger)
        call(token, now=now, scheme="DPoP", shown=shown)
        with pytest.raises(InvalidDpopProof, match="used before"):
            call(token, now=now, scheme="DPoP", shown=shown)
        assert UsedProof.objects.count() == 2  # strangers leave no row

    def test_is_good_for_its_time(self, plain_program: str, key: ECKey, now: datetime) -> None:
        token = get_machine_token(plain_program, key, now=now).access_token
        assert call(token, now=now + timedelta(seconds=299)).client_id == plain_program
        with pytest.raises(InvalidToken, match="over"):
            call(token, now=now + timedelta(seconds=300))

    def test_is_good_for_nothing_once_the_client_is_closed_or_may_do_less(
        self, plain_program: str, key: ECKey, now: datetime
    ) -> None:
        token = get_machine_token(plain_program, key, now=now).access_token
        Client.objects.filter(pk=plain_program).update(api_scopes="")
        with pytest.raises(InsufficientScope):
            call(token, now=now)
        Client.objects.filter(pk=plain_program).update(api_scopes="clients.read")
        assert call(token, now=now).client_id == plain_program
        close_client(client_id=plain_program, actor=ACTOR, now=now)
        with pytest.raises(InvalidToken):
            call(token, now=now)

    def test_and_citizens_tokens_are_never_taken_for_each_other(
        self, plain_program: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        machine = get_machine_token(plain_program, key, now=now).access_token
        citizens = redeem(plain_program, key, get_code(plain_program, session, now=now), now=now)
        with pytest.raises(InvalidToken):
            userinfo(machine, now=now)
        for token in (citizens.access_token, citizens.id_token):
            with pytest.raises(InvalidToken):
                call(token, now=now)

    @pytest.mark.parametrize(
        ("authorization", "refusal"),
        [("", TokenMissing), ("Basic abc", TokenMissing), ("Bearer", InvalidRequest), ("bearer a b", InvalidRequest)],
    )
    def test_asks_for_a_token_where_there_is_not_one(
        self, authorization: str, refusal: type[ProtocolError], now: datetime
    ) -> None:
        with pytest.raises(refusal):
            accept_machine_token(authorization=authorization, needed=ApiScope.CLIENTS_READ, actor=NOBODY, now=now)

    def test_counts_bad_tokens_by_origin(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "BAD_TOKENS", (Budget(1, timedelta(minutes=5)),))

        def bring() -> None:
            accept_machine_token(
                authorization="Bearer a.b.c",
                needed=ApiScope.CLIENTS_READ,
                address="203.0.113.9",
                actor=NOBODY,
                now=now,
            )

        with pytest.raises(InvalidToken):
            bring()
        with pytest.raises(TooManyRequests):
            bring()


class TestOwnTokens:
    def ask(self, client_id: str, key: ECKey, token: str, now: datetime) -> TokenRequest:
        """Return a good request about a token."""
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        form = {"client_assertion_type": kind, "client_assertion": assertion(client_id, key, now=now), "token": token}
        return TokenRequest(urlencode(form).encode())

    def test_are_told_of_and_taken_back(self, plain_program: str, client_id: str, key: ECKey, now: datetime) -> None:
        token = get_machine_token(plain_program, key, now=now).access_token
        told = introspect_token(request=self.ask(plain_program, key, token, now), actor=NOBODY, now=now)
        assert told == {"active": True, "token_type": "Bearer", **read_own(token, typ="at+jwt")}
        stranger = self.ask(client_id, key, token, now)
        assert introspect_token(request=stranger, actor=NOBODY, now=now) == {"active": False}
        with pytest.raises(ProtocolError):
            revoke_token(request=self.ask(client_id, key, token, now), actor=NOBODY, now=now)
        revoke_token(request=self.ask(plain_program, key, token, now), actor=NOBODY, now=now)
        with pytest.raises(InvalidToken, match="revoked"):
            call(token, now=now)
        told = introspect_token(request=self.ask(plain_program, key, token, now), actor=NOBODY, now=now)
        assert json.dumps(told) == '{"active": false}'


class TestRegistration:
    def test_needs_no_redirect_uri_for_what_works_by_itself(self, program: str) -> None:
        client = get_client(client_id=program)
        assert (client.redirect_uris, dict(client.scopes)) == ((), {})
        assert client.profile is Profile.FAPI

    def test_needs_one_for_what_citizens_sign_in_to(self, program: str, key: ECKey, now: datetime) -> None:
        with pytest.raises(ClientNotAcceptable, match="redirect URI"):
            add_client(
                now=now,
                keys=[key],
                redirect_uris=[],
                scopes=[ScopeUse(Scope.OPENID)],
                institution_code=INSTITUTION,
                api_scopes=[ApiScope.CLIENTS_READ],
            )

    def test_needs_an_institution_to_act_for(self, key: ECKey, now: datetime) -> None:
        with pytest.raises(ClientNotAcceptable, match="institution"):
            add_client(now=now, keys=[key], api_scopes=[ApiScope.CLIENTS_READ])
