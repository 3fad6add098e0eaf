"""A client goes on while the person is away: with their yes, by itself alone, as often as it must."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from joserfc.jwk import ECKey

from kapi.contexts.identity.services import end_session, recover_account
from kapi.contexts.identity.values import EndReason, SignedIn
from kapi.contexts.openid.errors import InvalidDpopProof, InvalidGrant, InvalidRequest, InvalidScope, InvalidToken
from kapi.contexts.openid.models import AccessToken, Approval, Client, Grant, RefreshToken, Visit
from kapi.contexts.openid.selectors.discovery import discovery_document
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.own_tokens import introspect_token, revoke_token
from kapi.contexts.openid.services.pruning import KEEP_GRANTS, prune
from kapi.contexts.openid.services.sharing import withdraw_approval
from kapi.contexts.openid.values.authorization import Decision
from kapi.contexts.openid.values.clients import Scope
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.keys import token_hash
from kapi.foundation.outbox.services import deliver_due
from kapi.kernel.actors import NOBODY
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    BROWSER,
    ISSUER,
    OFFLINE,
    OFFLINE_SCOPE,
    SCOPES,
    add_client,
    answer_of,
    ask,
    assertion,
    get_code,
    make_proof,
    new_key,
    redeem,
    refresh,
    userinfo,
)
from tests.people import DESK

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=90)


@pytest.fixture
def client_id(db: None, now: datetime, key: ECKey) -> str:
    """A client that may ask to go on while the person is away."""
    return add_client(now=now, keys=[key], client_id="belediye", scopes=(*SCOPES, OFFLINE)).id


@pytest.fixture
def token(client_id: str, session: SignedIn, key: ECKey, now: datetime) -> str:
    """A refresh token."""
    code = get_code(client_id, session, now=now, scope=OFFLINE_SCOPE)
    return redeem(client_id, key, code, now=now).refresh_token


class TestRedeemCode:
    def test_gives_a_refresh_token_where_the_person_said_yes_to_it(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime, token: str
    ) -> None:
        assert len(token) == 43
        assert RefreshToken.objects.get().token_hash != token
        plain = redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        assert plain.refresh_token == ""

    def test_gives_none_where_the_person_left_it_out(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        step = ask(client_id, session, now=now, scope=OFFLINE_SCOPE)
        step = decide(
            request_id=step.request_id,
            browser=BROWSER,
            session=session,
            decision=Decision.ALLOW,
            consented=frozenset({"profile"}),
            actor=session.actor,
            now=now,
        )
        tokens = redeem(client_id, key, answer_of(step)["code"], now=now)
        assert (tokens.refresh_token, tokens.scope) == ("", "openid profile")

    def test_that_comes_twice_takes_the_refresh_token_back(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        code = get_code(client_id, session, now=now, scope=OFFLINE_SCOPE)
        token = redeem(client_id, key, code, now=now).refresh_token
        with pytest.raises(InvalidGrant):
            redeem(client_id, key, code, now=now)
        with pytest.raises(InvalidGrant, match="revoked"):
            refresh(client_id, key, token, now=now)


class TestRefreshAccess:
    def test_goes_on_after_the_session_has_ended(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime, token: str
    ) -> None:
        end_session(session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=session.actor, now=now)
        deliver_due(limit=10, now=now)
        later = now + timedelta(days=30)
        tokens = refresh(client_id, key, token, now=later)
        assert userinfo(tokens.access_token, now=later)["name"] == "Deniz Yılmaz"
        assert (tokens.id_token, tokens.refresh_token, tokens.expires_in_s) == ("", "", 300)

    def test_says_when_the_person_was_last_there(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime, token: str
    ) -> None:
        claims = read_own(refresh(client_id, key, token, now=now + timedelta(hours=1)).access_token, typ="at+jwt")
        assert claims["auth_time"] == int(session.authenticated_at.timestamp())
        assert (claims["acr"], claims["scope"]) == (session.acr, "offline_access openid profile")

    def test_is_good_again_and_again(self, client_id: str, key: ECKey, now: datetime, token: str) -> None:
        given = [refresh(client_id, key, token, now=now).access_token for _ in range(3)]
        assert len({userinfo(access_token, now=now)["sub"] for access_token in given}) == 1

    def test_gives_less_where_less_is_asked_for_and_never_more(
        self, client_id: str, key: ECKey, now: datetime, token: str
    ) -> None:
        tokens = refresh(client_id, key, token, now=now, scope="openid")
        assert tokens.scope == "openid"
        assert set(userinfo(tokens.access_token, now=now)) == {"sub"}
        assert "name" in userinfo(refresh(client_id, key, token, now=now).access_token, now=now)
        with pytest.raises(InvalidScope):
            refresh(client_id, key, token, now=now, scope="openid identity_number")

    def test_is_refused_to_every_other_client(self, key: ECKey, now: datetime, token: str) -> None:
        other = add_client(now=now, keys=[key], client_id="baska", scopes=(*SCOPES, OFFLINE)).id
        with pytest.raises(InvalidGrant, match="not known"):
            refresh(other, key, token, now=now)

    @pytest.mark.parametrize("wrong", ["", "a" * 43, "eyJhbGciOiJub25lIn0.e30."])
    def test_knows_no_other_tokens(self, client_id: str, key: ECKey, now: datetime, wrong: str) -> None:
        with pytest.raises((InvalidGrant, InvalidRequest)):
            refresh(client_id, key, wrong, now=now)

    def test_ends_when_the_person_was_told_that_it_ends(
        self, client_id: str, key: ECKey, now: datetime, token: str
    ) -> None:
        refresh(client_id, key, token, now=now + DAYS - timedelta(seconds=1))
        with pytest.raises(InvalidGrant, match="over"):
            refresh(client_id, key, token, now=now + DAYS)

    def test_ends_when_the_person_takes_the_consent_back(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime, token: str
    ) -> None:
        access_token = refresh(client_id, key, token, now=now).access_token
        withdraw_approval(person_id=session.person_id, client_id=client_id, actor=session.actor, now=now)
        with pytest.raises(InvalidGrant):
            refresh(client_id, key, token, now=now)
        with pytest.raises(InvalidToken):
            userinfo(access_token, now=now)

    def test_gives_no_more_than_the_latest_answer_of_the_person(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime, token: str
    ) -> None:
        later = now + timedelta(minutes=1)
        step = ask(client_id, session, now=later, scope=OFFLINE_SCOPE, prompt="consent")
        decide(
            request_id=step.request_id,
            browser=BROWSER,
            session=session,
            decision=Decision.ALLOW,
            consented=frozenset({"offline_access"}),
            actor=session.actor,
            now=later,
        )
        assert refresh(client_id, key, token, now=later).scope == "offline_access openid"

    def test_goes_on_by_an_earlier_answer_where_the_last_one_was_to_a_smaller_wish(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime, token: str
    ) -> None:
        given = Approval.objects.get()
        smaller = {"openid": given.terms["openid"]}
        Approval.objects.create(
            person_id=session.person_id,
            client_id=client_id,
            scope="openid",
            terms=smaller,
            given_at=now + timedelta(minutes=1),
        )
        assert refresh(client_id, key, token, now=now).scope == "offline_access openid profile"
        given.withdrawn_at = now
        given.save()
        with pytest.raises(InvalidGrant, match="has changed"):
            refresh(client_id, key, token, now=now)

    def test_needs_an_answer_that_stands(self, client_id: str, key: ECKey, now: datetime, token: str) -> None:
        Approval.objects.update(withdrawn_at=now)
        with pytest.raises(InvalidGrant, match="has changed"):
            refresh(client_id, key, token, now=now)

    def test_needs_three_statements(self, client_id: str, key: ECKey, now: datetime, token: str) -> None:
        """The client with its keys; the refresh token with all that it stands on; all that comes of it."""
        proof = make_proof(key, "/oidc/token", now=now)
        with CaptureQueriesContext(connection) as sent:
            assert refresh(client_id, key, token, now=now, proof=proof).access_token
        assert len(sent) == (3 if connection.vendor == "postgresql" else 5)

    def test_ends_when_the_institution_changes_what_it_says(
        self, client_id: str, key: ECKey, now: datetime, token: str
    ) -> None:
        row = Client.objects.get(pk=client_id)
        row.scopes["profile"]["purpose"] = {"tr": "Başka bir amaç"}
        row.save()
        with pytest.raises(InvalidGrant, match="has changed"):
            refresh(client_id, key, token, now=now)

    def test_ends_when_the_client_may_no_longer_ask_for_it(
        self, client_id: str, key: ECKey, now: datetime, token: str
    ) -> None:
        row = Client.objects.get(pk=client_id)
        del row.scopes["offline_access"]
        row.save()
        with pytest.raises(InvalidGrant, match="not registered"):
            refresh(client_id, key, token, now=now)

    def test_ends_when_the_account_is_handed_back_at_a_desk(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime, token: str
    ) -> None:
        recover_account(person_id=session.person_id, actor=DESK, now=now)
        with pytest.raises(InvalidGrant, match="not active"):
            refresh(client_id, key, token, now=now)
        for _ in range(2):
            deliver_due(limit=20, now=now)
        assert AuditRecord.objects.filter(action="openid.offline_access_ended").count() == 1
        assert Grant.objects.get().revoked_at == now

    def test_binds_what_it_gives_to_the_key_that_is_shown_then(
        self, client_id: str, key: ECKey, now: datetime, token: str
    ) -> None:
        """RFC 9449, 5: the refresh token of a client that proves itself is bound to the client, not to one key."""
        for kid in ("first", "second"):
            holder = new_key(kid)
            shown = make_proof(holder, "/oidc/token", now=now)
            tokens = refresh(client_id, key, token, now=now, proof=shown)
            assert tokens.token_type == "DPoP"
            claims = read_own(tokens.access_token, typ="at+jwt")
            assert claims["cnf"] == {"jkt": holder.thumbprint()}
            assert AccessToken.objects.get(pk=claims["jti"]).token_hash == token_hash(tokens.access_token)
            with pytest.raises(InvalidDpopProof, match="used before"):
                refresh(client_id, key, token, now=now, proof=shown)

    def test_is_told_by_the_metadata(self) -> None:
        assert "refresh_token" in discovery_document()["grant_types_supported"]
        assert Scope.OFFLINE_ACCESS in discovery_document()["scopes_supported"]


class TestOwnTokens:
    def ask(self, client_id: str, key: ECKey, token: str, now: datetime) -> TokenRequest:
        """Return a good request about a token."""
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        form = {"client_assertion_type": kind, "client_assertion": assertion(client_id, key, now=now), "token": token}
        return TokenRequest(urlencode(form).encode())

    def test_tell_of_a_refresh_token_to_its_client_alone(
        self, client_id: str, key: ECKey, now: datetime, token: str
    ) -> None:
        told = introspect_token(request=self.ask(client_id, key, token, now), actor=NOBODY, now=now)
        assert told == {
            "active": True,
            "iss": ISSUER,
            "sub": Visit.objects.get().subject,
            "client_id": client_id,
            "scope": "offline_access openid profile",
            "iat": int(now.timestamp()),
            "exp": int((now + DAYS).timestamp()),
        }
        other = add_client(now=now, keys=[key], client_id="baska").id
        for asker, moment in ((other, now), (client_id, now + DAYS)):
            told = introspect_token(request=self.ask(asker, key, token, moment), actor=NOBODY, now=moment)
            assert told == {"active": False}

    def test_take_back_a_refresh_token_and_all_that_it_gave(
        self, client_id: str, key: ECKey, now: datetime, token: str
    ) -> None:
        access_token = refresh(client_id, key, token, now=now).access_token
        other = add_client(now=now, keys=[key], client_id="baska").id
        with pytest.raises(InvalidRequest):
            revoke_token(request=self.ask(other, key, token, now), actor=NOBODY, now=now)
        for _ in range(2):
            revoke_token(request=self.ask(client_id, key, token, now), actor=NOBODY, now=now)
        assert AuditRecord.objects.filter(action="openid.token_revoked").count() == 1
        with pytest.raises(InvalidToken):
            userinfo(access_token, now=now)
        with pytest.raises(InvalidGrant, match="revoked"):
            refresh(client_id, key, token, now=now)

    def test_take_it_back_with_an_access_token_that_it_gave(
        self, client_id: str, key: ECKey, now: datetime, token: str
    ) -> None:
        access_token = refresh(client_id, key, token, now=now).access_token
        revoke_token(request=self.ask(client_id, key, access_token, now), actor=NOBODY, now=now)
        with pytest.raises(InvalidGrant, match="revoked"):
            refresh(client_id, key, token, now=now)


class TestPrune:
    def test_keeps_what_can_be_used_and_forgets_the_rest(
        self, client_id: str, key: ECKey, now: datetime, token: str
    ) -> None:
        month = now + timedelta(days=30)
        prune(limit=100, actor=ACTOR, now=month)
        assert (AccessToken.objects.count(), Grant.objects.count()) == (0, 1)
        assert refresh(client_id, key, token, now=month).access_token
        prune(limit=100, actor=ACTOR, now=now + DAYS + KEEP_GRANTS + timedelta(hours=1))
        assert (AccessToken.objects.count(), RefreshToken.objects.count(), Grant.objects.count()) == (0, 0, 0)
