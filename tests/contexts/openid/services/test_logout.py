"""Signing out at a client's wish, and telling every client of the session."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from kapi.contexts.identity.services import end_session
from kapi.contexts.identity.values import EndReason, SignedIn
from kapi.contexts.openid.errors import (
    InvalidRequest,
    InvalidToken,
    PostLogoutRedirectUriNotRegistered,
    ProtocolError,
    RequestGone,
    UnknownClient,
)
from kapi.contexts.openid.models import LogoutDelivery, Visit
from kapi.contexts.openid.rules.jwt import header_of
from kapi.contexts.openid.rules.logout import EVENT, next_try_at
from kapi.contexts.openid.selectors.logout import get_pending_sign_out, logout_deliveries
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services import logout
from kapi.contexts.openid.values.logout import DeliveryState, SignOutKind, SignOutStep
from kapi.foundation.outbox.services import deliver_due
from kapi.kernel.actors import NOBODY
from tests import people
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    BACKCHANNEL_URI,
    BROWSER,
    ISSUER,
    POST_LOGOUT_URI,
    add_client,
    get_code,
    new_key,
    redeem,
    userinfo,
)

pytestmark = pytest.mark.django_db


def wish(session: SignedIn | None, now: datetime, **parameters: str) -> SignOutStep:
    return logout.start_sign_out(
        encoded=urlencode(parameters).encode(), browser=BROWSER, session=session, actor=NOBODY, now=now
    )


@pytest.fixture
def id_token(client_id: str, session: SignedIn, key: ECKey, now: datetime) -> str:
    """The ID token of a visit."""
    return redeem(client_id, key, get_code(client_id, session, now=now), now=now).id_token


class TestStartSignOut:
    def test_ends_the_session_of_who_shows_its_id_token_and_goes_where_the_client_wants(
        self, session: SignedIn, id_token: str, now: datetime
    ) -> None:
        step = wish(session, now, id_token_hint=id_token, post_logout_redirect_uri=POST_LOGOUT_URI, state="a b")
        assert step == SignOutStep(SignOutKind.END_SESSION, url=f"{POST_LOGOUT_URI}?state=a+b")

    def test_takes_an_id_token_of_any_age(self, session: SignedIn, id_token: str, now: datetime) -> None:
        assert wish(session, now + timedelta(days=100), id_token_hint=id_token).kind is SignOutKind.END_SESSION

    def test_asks_where_no_id_token_says_whose_session_it_is(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        for parameters in ({}, {"client_id": client_id}, {"id_token_hint": "a.b.c"}, {"logout_hint": "x"}):
            assert wish(session, now, **parameters).kind is SignOutKind.CONFIRM

    def test_asks_where_the_id_token_is_of_another_session(
        self, session: SignedIn, id_token: str, now: datetime
    ) -> None:
        other = people.sign_in(now=now).signed_in
        assert wish(other, now, id_token_hint=id_token).kind is SignOutKind.CONFIRM

    def test_goes_on_where_nobody_is_signed_in(self, id_token: str, client_id: str, now: datetime) -> None:
        for known in ({"id_token_hint": id_token}, {"client_id": client_id}):
            step = wish(None, now, post_logout_redirect_uri=POST_LOGOUT_URI, **known)
            assert step == SignOutStep(SignOutKind.REDIRECT, url=POST_LOGOUT_URI)
        assert wish(None, now) == SignOutStep(SignOutKind.DONE)

    def test_refuses_to_go_where_nobody_registered(
        self, client_id: str, session: SignedIn, id_token: str, now: datetime
    ) -> None:
        for uri in (
            "https://evil.example/",
            POST_LOGOUT_URI + "/",
            POST_LOGOUT_URI + "?a=b",
            "https://rp.example/geri",
        ):
            for known in ({"id_token_hint": id_token}, {"client_id": client_id}):
                with pytest.raises(PostLogoutRedirectUriNotRegistered):
                    wish(session, now, post_logout_redirect_uri=uri, **known)
        for unknown in ({}, {"id_token_hint": id_token[:-4] + "AAAA"}):
            with pytest.raises(PostLogoutRedirectUriNotRegistered):
                wish(session, now, post_logout_redirect_uri=POST_LOGOUT_URI, **unknown)

    def test_refuses_a_client_that_is_not_there_or_not_the_id_tokens(
        self, session: SignedIn, id_token: str, now: datetime
    ) -> None:
        with pytest.raises(UnknownClient):
            wish(session, now, client_id="baska")
        add_client(now=now, client_id="baska")
        with pytest.raises(InvalidRequest):
            wish(session, now, client_id="baska", id_token_hint=id_token)

    @given(encoded=st.binary(max_size=200))
    @how(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_answers_any_rubbish(self, session: SignedIn, now: datetime, encoded: bytes) -> None:
        try:
            step = logout.start_sign_out(encoded=encoded, browser=BROWSER, session=session, actor=NOBODY, now=now)
        except ProtocolError as refusal:
            assert refusal.description  # noqa: PT017 - either is right
        else:
            assert step.kind is SignOutKind.CONFIRM


class TestKeepSignOut:
    def test_has_the_browser_come_back_with_its_cookies(self, session: SignedIn, id_token: str, now: datetime) -> None:
        parameters = {"id_token_hint": id_token, "post_logout_redirect_uri": POST_LOGOUT_URI, "state": "s"}
        step = logout.keep_sign_out(encoded=urlencode(parameters).encode(), actor=NOBODY, now=now)
        assert step.kind is SignOutKind.RESUME
        arguments = {"request_id": step.request_id, "browser": BROWSER, "actor": NOBODY, "now": now}
        after = logout.resume_sign_out(session=session, **arguments)  # type: ignore[arg-type]
        assert after == SignOutStep(SignOutKind.END_SESSION, url=f"{POST_LOGOUT_URI}?state=s")
        with pytest.raises(RequestGone):
            logout.resume_sign_out(session=session, **arguments)  # type: ignore[arg-type]

    def test_asks_the_person_after_that_where_no_id_token_came(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        step = logout.keep_sign_out(encoded=b"client_id=" + client_id.encode(), actor=NOBODY, now=now)
        arguments = {"request_id": step.request_id, "browser": BROWSER, "now": now}
        after = logout.resume_sign_out(session=session, actor=NOBODY, **arguments)  # type: ignore[arg-type]
        assert after == SignOutStep(SignOutKind.CONFIRM, request_id=step.request_id)
        assert get_pending_sign_out(**arguments).client_name.tr == "Örnek Belediyesi"  # type: ignore[arg-type]


class TestFinishSignOut:
    def test_says_where_to_go_once(self, client_id: str, session: SignedIn, now: datetime) -> None:
        step = wish(session, now, client_id=client_id, post_logout_redirect_uri=POST_LOGOUT_URI)
        arguments = {"request_id": step.request_id, "browser": BROWSER, "now": now}
        shown = get_pending_sign_out(**arguments)  # type: ignore[arg-type]
        assert (shown.client_name.en, shown.redirect_origin) == ("Example Municipality", "https://rp.example")
        for browser in ("another", ""):
            with pytest.raises(RequestGone):
                logout.finish_sign_out(request_id=step.request_id, browser=browser, actor=NOBODY, now=now)
        assert logout.finish_sign_out(actor=NOBODY, **arguments) == POST_LOGOUT_URI  # type: ignore[arg-type]
        with pytest.raises(RequestGone):
            logout.finish_sign_out(actor=NOBODY, **arguments)  # type: ignore[arg-type]
        with pytest.raises(RequestGone):
            get_pending_sign_out(**arguments)  # type: ignore[arg-type]


class TestEndVisits:
    def test_follows_the_end_of_a_session_and_leaves_others_alone(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        token = redeem(client_id, key, get_code(client_id, session, now=now), now=now).access_token
        other = people.sign_in(now=now).signed_in
        living = redeem(client_id, key, get_code(client_id, other, now=now), now=now).access_token
        end_session(session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=session.actor, now=now)
        deliver_due(limit=10, now=now)
        with pytest.raises(InvalidToken):
            userinfo(token, now=now)
        assert userinfo(living, now=now)
        (delivery,) = logout_deliveries()
        assert (delivery.client_id, delivery.session_id) == (client_id, session.session_id)
        assert (delivery.state, delivery.next_at) == (DeliveryState.WAITING, now)

    def test_queues_one_notice_per_client_however_often_it_is_called(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        add_client(now=now, client_id="b")
        add_client(now=now, client_id="mute", backchannel_logout_uri="")
        for name in (client_id, "b", "mute"):
            get_code(name, session, now=now)
        assert logout.end_visits(session_id=session.session_id, actor=ACTOR, now=now) == 2
        assert logout.end_visits(session_id=session.session_id, actor=ACTOR, now=now) == 0
        assert {delivery.client_id for delivery in logout_deliveries(session_id=session.session_id)} == {client_id, "b"}


@pytest.fixture
def queued(client_id: str, session: SignedIn, now: datetime) -> None:
    """A notice that is due."""
    get_code(client_id, session, now=now)
    logout.end_visits(session_id=session.session_id, actor=ACTOR, now=now)


@pytest.mark.usefixtures("queued")
class TestClaimNotices:
    def test_signs_a_token_as_back_channel_logout_has_it(self, client_id: str, now: datetime) -> None:
        (notice,) = logout.claim_notices(limit=10, actor=ACTOR, now=now)
        assert notice.url == BACKCHANNEL_URI
        assert header_of(notice.token)["typ"] == "logout+jwt"
        claims = read_own(notice.token, typ="logout+jwt")
        visit = Visit.objects.get()
        assert claims.pop("jti")
        assert claims == {
            "iss": ISSUER,
            "sub": visit.subject,
            "sid": visit.sid,
            "aud": client_id,
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + 120,
            "events": {EVENT: {}},
        }

    def test_claims_each_once_until_the_lease_is_over(self, now: datetime) -> None:
        assert len(logout.claim_notices(limit=10, actor=ACTOR, now=now)) == 1
        assert logout.claim_notices(limit=10, actor=ACTOR, now=now + logout.LEASE) == []
        after = now + logout.LEASE + timedelta(seconds=1)
        assert len(logout.claim_notices(limit=10, actor=ACTOR, now=after)) == 1

    def test_takes_those_never_tried_first(self, session: SignedIn, now: datetime) -> None:
        (notice,) = logout.claim_notices(limit=1, actor=ACTOR, now=now)
        logout.record_answer(delivery_id=notice.delivery_id, status=500, error="", actor=ACTOR, now=now)
        add_client(now=now, client_id="new")
        get_code("new", session, now=now)
        later = now + timedelta(minutes=1)
        logout.end_visits(session_id=session.session_id, actor=ACTOR, now=later)
        (first,) = logout.claim_notices(limit=1, actor=ACTOR, now=later)
        assert read_own(first.token, typ="logout+jwt")["aud"] == "new"


@pytest.mark.usefixtures("queued")
class TestRecordAnswer:
    def answer(self, now: datetime, status: int = 0, error: str = "call_failed timeout") -> None:
        for notice in logout.claim_notices(limit=10, actor=ACTOR, now=now):
            logout.record_answer(delivery_id=notice.delivery_id, status=status, error=error, actor=ACTOR, now=now)

    @pytest.mark.parametrize("status", [200, 204])
    def test_is_content_with_a_confirmation(self, now: datetime, status: int) -> None:
        self.answer(now, status)
        (delivery,) = logout_deliveries()
        assert (delivery.state, delivery.confirmed_at, delivery.attempts) == (DeliveryState.CONFIRMED, now, 1)
        assert logout.claim_notices(limit=10, actor=ACTOR, now=now + timedelta(days=1)) == []

    @pytest.mark.parametrize(
        ("status", "error", "kept"), [(0, "call_failed timeout", "call_failed timeout"), (400, "", "http 400")]
    )
    def test_tries_again_ever_later_and_gives_up_after_a_day(
        self, now: datetime, status: int, error: str, kept: str
    ) -> None:
        at, waits = now, []
        while True:
            self.answer(at, status, error)
            (delivery,) = logout_deliveries()
            assert delivery.last_error == kept
            if delivery.next_at is None:
                break
            waits.append(delivery.next_at - at)
            at = delivery.next_at
        assert delivery.state is DeliveryState.GIVEN_UP
        assert waits == sorted(waits)
        assert waits[0] == timedelta(seconds=5)
        assert timedelta(hours=22) < at - now <= timedelta(hours=24)

    def test_leaves_no_room_for_a_delivery_both_confirmed_and_given_up(self, now: datetime) -> None:
        self.answer(now, 200)
        with pytest.raises(IntegrityError), transaction.atomic():
            LogoutDelivery.objects.update(given_up_at=now)


class TestNextTryAt:
    def test_is_not_after_a_day(self, now: datetime) -> None:
        last = now + timedelta(hours=23, minutes=59)
        assert next_try_at(attempts=30, created_at=now, now=last) is None


def test_no_two_clients_get_the_same_sid(session: SignedIn, now: datetime) -> None:
    for name in ("a", "b"):
        key = new_key(name)
        add_client(now=now, client_id=name, keys=[key], sector="one")
        redeem(name, key, get_code(name, session, now=now), now=now)
    assert len(set(Visit.objects.values_list("sid", flat=True))) == 2
