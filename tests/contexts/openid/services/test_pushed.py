"""A pushed request is held against every requirement, kept for a moment, and answered once."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import InvalidRequest, InvalidRequestUri, ProtocolError, RequestGone
from kapi.contexts.openid.models import Client, Grant, PendingAuthorization, PushedRequest
from kapi.contexts.openid.rules.pushed import PREFIX
from kapi.contexts.openid.services.authorization import keep_authorization, resume_authorization
from kapi.contexts.openid.services.clients import close_client
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.pruning import prune
from kapi.contexts.openid.values.authorization import Decision, Next, NextKind
from kapi.kernel.actors import NOBODY
from tests import people
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    BROWSER,
    ISSUER,
    REDIRECT_URI,
    add_client,
    answer_of,
    arrive,
    get_code,
    new_key,
    push,
    redeem,
)

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def allow(step: Next, session: SignedIn, now: datetime, decision: Decision = Decision.ALLOW) -> Next:
    return decide(
        request_id=step.request_id,
        browser=BROWSER,
        session=session,
        decision=decision,
        actor=session.actor,
        now=now,
    )


class TestPushRequest:
    def test_gives_a_reference_of_256_bits_for_a_minute_and_keeps_its_hash_only(
        self, client_id: str, key: ECKey, now: datetime
    ) -> None:
        pushed = push(client_id, key, now=now)
        assert pushed.request_uri.startswith(PREFIX)
        secret = pushed.request_uri.removeprefix(PREFIX)
        assert (len(secret), pushed.expires_in_s) == (43, 60)
        assert secret not in str(PushedRequest.objects.values())
        assert push(client_id, key, now=now).request_uri != pushed.request_uri

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"request_uri": PREFIX + "a" * 43}, "invalid_request"),
            ({"request_uri": "https://rp.example/request.jwt"}, "invalid_request"),
            ({"request": "a.b.c"}, "request_not_supported"),
            ({"redirect_uri": None}, "invalid_request"),
            ({"redirect_uri": REDIRECT_URI + "/"}, "invalid_request"),
            ({"response_type": None}, "invalid_request"),
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_mode": "fragment"}, "invalid_request"),
            ({"scope": "openid birthdate"}, "invalid_scope"),
            ({"code_challenge": None}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"prompt": "none login"}, "invalid_request"),
            ({"max_age": "soon"}, "invalid_request"),
            ({"id_token_hint": "a.b.c"}, "invalid_request"),
            ({"state": "s" * 2049}, "invalid_request"),
            ({"client_id": "another"}, "invalid_client"),
            ({"client_assertion": None}, "invalid_client"),
            ({"client_assertion": "a.b.c"}, "invalid_client"),
            ({"client_secret": "a"}, "invalid_request"),
        ],
    )
    def test_refuses_at_once_what_the_browser_would_be_refused_with(
        self, client_id: str, key: ECKey, now: datetime, changes: dict[str, Any], error: str
    ) -> None:
        with pytest.raises(ProtocolError) as refused:
            push(client_id, key, now=now, **changes)
        assert refused.value.code == error
        assert refused.value.description.isascii()
        assert PushedRequest.objects.count() == 0

    def test_wants_the_client_id_though_the_assertion_names_it(self, client_id: str, key: ECKey, now: datetime) -> None:
        with pytest.raises(InvalidRequest, match="client_id"):
            push(client_id, key, now=now, client_id=None)

    def test_has_nothing_beside_its_reference_that_could_be_a_request(
        self, client_id: str, key: ECKey, now: datetime
    ) -> None:
        pushed = push(client_id, key, now=now)
        with pytest.raises(InvalidRequest, match="beside"):
            arrive(client_id, pushed.request_uri, None, now=now, request="a.b.c")

    def test_takes_an_assertion_once(self, client_id: str, key: ECKey, now: datetime) -> None:
        first = push(client_id, key, now=now, jti="j1")
        assert first.request_uri
        with pytest.raises(ProtocolError, match="used before"):
            push(client_id, key, now=now, jti="j1")

    def test_keeps_an_id_token_hint_as_whom_it_names(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        hint = redeem(client_id, key, get_code(client_id, session, now=now), now=now).id_token
        pushed = push(client_id, key, now=now, id_token_hint=hint)
        assert "code" in answer_of(arrive(client_id, pushed.request_uri, session, now=now))


class TestArrivingWithAReference:
    def test_answers_what_was_pushed_and_reads_nothing_else(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        get_code(client_id, session, now=now)
        pushed = push(client_id, key, now=now)
        others = {"state": "s2", "nonce": "n2", "scope": "birthdate", "redirect_uri": "https://evil.example/"}
        answer = answer_of(arrive(client_id, pushed.request_uri, session, now=now, **others))
        assert (answer["state"], answer["iss"]) == ("s1", ISSUER)
        assert Grant.objects.order_by("-pk")[0].nonce == "n1"

    def test_takes_no_state_from_outside(self, client_id: str, session: SignedIn, key: ECKey, now: datetime) -> None:
        get_code(client_id, session, now=now)
        pushed = push(client_id, key, now=now, state=None)
        assert "state" not in answer_of(arrive(client_id, pushed.request_uri, session, now=now, state="s2"))

    def test_may_happen_again_until_it_is_answered(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        uri = push(client_id, key, now=now).request_uri
        assert arrive(client_id, uri, None, now=now).kind is NextKind.SIGN_IN
        first = arrive(client_id, uri, session, now=now)
        second = arrive(client_id, uri, session, now=now + 59 * SECOND)
        assert (first.kind, second.kind) == (NextKind.APPROVE, NextKind.APPROVE)
        assert "code" in answer_of(allow(second, session, now + timedelta(minutes=5)))
        with pytest.raises(RequestGone):
            allow(first, session, now + timedelta(minutes=5))
        with pytest.raises(InvalidRequestUri, match="answered already"):
            arrive(client_id, uri, session, now=now + 59 * SECOND)
        assert Grant.objects.count() == 1

    def test_is_over_with_a_refusal_too(self, client_id: str, session: SignedIn, key: ECKey, now: datetime) -> None:
        uri = push(client_id, key, now=now).request_uri
        denied = allow(arrive(client_id, uri, session, now=now), session, now, Decision.DENY)
        assert answer_of(denied)["error"] == "access_denied"
        silent = push(client_id, key, now=now, prompt="none").request_uri
        assert answer_of(arrive(client_id, silent, None, now=now))["error"] == "login_required"
        for answered in (uri, silent):
            with pytest.raises(InvalidRequestUri, match="answered already"):
                arrive(client_id, answered, session, now=now)

    def test_happens_within_a_minute(self, client_id: str, session: SignedIn, key: ECKey, now: datetime) -> None:
        uri = push(client_id, key, now=now).request_uri
        with pytest.raises(InvalidRequestUri, match="over"):
            arrive(client_id, uri, session, now=now + 60 * SECOND)

    def test_is_refused_to_another_client_and_does_it_no_harm(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        other = add_client(now=now, keys=[new_key()]).id
        uri = push(client_id, key, now=now).request_uri
        with pytest.raises(InvalidRequestUri, match="not known"):
            arrive(other, uri, session, now=now)
        assert arrive(client_id, uri, session, now=now).kind is NextKind.APPROVE

    @pytest.mark.parametrize("uri", [PREFIX + "a" * 43, PREFIX, PREFIX + "a" * 44, PREFIX + "ş" * 43, PREFIX + "a/../"])
    def test_is_refused_with_one_that_we_never_gave(self, client_id: str, now: datetime, uri: str) -> None:
        with pytest.raises(InvalidRequestUri, match="not known"):
            arrive(client_id, uri, None, now=now)

    def test_is_refused_when_the_client_may_ask_for_less_by_now(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        uri = push(client_id, key, now=now).request_uri
        Client.objects.update(redirect_uris=["https://rp.example/yeni"])
        with pytest.raises(InvalidRequestUri, match="not registered any more"):
            arrive(client_id, uri, session, now=now)
        close_client(client_id=client_id, actor=ACTOR, now=now)
        with pytest.raises(ProtocolError, match="no client"):
            arrive(client_id, uri, session, now=now)

    def test_waits_for_the_sign_in_and_for_a_form_to_come_back_with_cookies(
        self, client_id: str, key: ECKey, now: datetime
    ) -> None:
        uri = push(client_id, key, now=now, ui_locales="en").request_uri
        step = keep_authorization(
            encoded=urlencode({"client_id": client_id, "request_uri": uri}).encode(), actor=NOBODY, now=now
        )
        assert (step.kind, step.language) == (NextKind.RESUME, "en")
        people.make_citizen(now=now)
        session = people.sign_in(now=now).signed_in
        later = now + timedelta(minutes=10)
        asked = resume_authorization(
            request_id=step.request_id, browser=BROWSER, session=session, actor=NOBODY, now=later
        )
        assert asked.kind is NextKind.APPROVE
        assert "code" in answer_of(allow(asked, session, later))


class TestPrune:
    def test_knows_a_pushed_request_for_as_long_as_it_may_still_be_answered(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        uri = push(client_id, key, now=now).request_uri
        late = now + 59 * SECOND
        step = arrive(client_id, uri, session, now=late)
        prune(limit=100, actor=ACTOR, now=late + timedelta(minutes=30))
        assert PendingAuthorization.objects.filter(pk=step.request_id).exists()
        prune(limit=100, actor=ACTOR, now=late + timedelta(minutes=30) + 2 * SECOND)
        assert PushedRequest.objects.count() == PendingAuthorization.objects.count() == 0
