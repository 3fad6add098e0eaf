"""Authorization requests are refused, kept or answered as the specifications say."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from pytest_django import Settings

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import (
    InvalidRequest,
    ProtocolError,
    RedirectUriNotRegistered,
    RequestGone,
    UnknownClient,
)
from kapi.contexts.openid.models import Client, Grant, PendingAuthorization, Visit
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.authorization import KNOWN
from kapi.contexts.openid.selectors.authorization import get_pending_request, visits_of
from kapi.contexts.openid.services.authorization import keep_authorization, resume_authorization
from kapi.contexts.openid.services.clients import close_client
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.keys import active_key
from kapi.contexts.openid.values.authorization import Decision, Next, NextKind
from kapi.contexts.openid.values.clients import Attribute, Basis, Profile, Scope, ScopeUse
from kapi.contexts.openid.values.settings import OpenidSettings
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.actors import NOBODY
from kapi.kernel.langstring import LangString
from tests import people
from tests.contexts.openid.openid_in_tests import (
    BROWSER,
    ISSUER,
    REDIRECT_URI,
    Signing,
    add_client,
    answer_of,
    ask,
    authorization_request,
    get_code,
    new_key,
    redeem,
    start,
)

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def resume(request_id: str, session: SignedIn | None, now: datetime, browser: str = BROWSER) -> Next:
    return resume_authorization(request_id=request_id, browser=browser, session=session, actor=NOBODY, now=now)


def choose(
    request_id: str, session: SignedIn, now: datetime, decision: Decision = Decision.ALLOW, browser: str = BROWSER
) -> Next:
    return decide(
        request_id=request_id, browser=browser, session=session, decision=decision, actor=session.actor, now=now
    )


class TestStartAuthorization:
    def test_asks_who_is_not_signed_in_to_sign_in_and_keeps_the_request(self, client_id: str, now: datetime) -> None:
        step = ask(client_id, None, now=now, ui_locales="de en-GB")
        assert (step.kind, step.language) == (NextKind.SIGN_IN, "en")
        assert PendingAuthorization.objects.get().pk == step.request_id

    def test_asks_for_approval_at_the_first_visit_and_not_at_the_second(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        step = ask(client_id, session, now=now)
        assert step.kind is NextKind.APPROVE
        assert "code" in answer_of(choose(step.request_id, session, now))
        assert "code" in answer_of(ask(client_id, session, now=now))
        assert PendingAuthorization.objects.count() == 1

    def test_answers_with_code_state_and_issuer(self, client_id: str, session: SignedIn, now: datetime) -> None:
        get_code(client_id, session, now=now)
        answer = answer_of(ask(client_id, session, now=now, state="a b&c=ş"))
        assert set(answer) == {"code", "state", "iss"}
        assert answer["state"] == "a b&c=ş"
        assert answer["iss"] == ISSUER

    def test_keeps_the_query_of_the_redirect_uri(self, session: SignedIn, now: datetime) -> None:
        uri = f"{REDIRECT_URI}?kurum=1"
        client_id = add_client(now=now, redirect_uris=[uri]).id
        step = ask(client_id, session, now=now, redirect_uri=uri, prompt="none")
        assert step.url.startswith(f"{uri}&error=consent_required")

    def test_issues_a_code_that_is_kept_as_a_hash_only(self, client_id: str, session: SignedIn, now: datetime) -> None:
        code = get_code(client_id, session, now=now)
        assert code not in str(Grant.objects.values())
        grant = Grant.objects.get()
        assert grant.code_expires_at == now + timedelta(seconds=60)
        assert (grant.acr, tuple(grant.amr)) == (session.acr, session.amr)
        assert grant.authenticated_at == session.authenticated_at

    def test_writes_down_the_visit_and_the_code(self, client_id: str, session: SignedIn, now: datetime) -> None:
        get_code(client_id, session, now=now)
        get_code(client_id, session, now=now + SECOND)
        (visit,) = visits_of(person_id=session.person_id)
        assert (visit.client_id, visit.first_at, visit.last_at) == (client_id, now, now + SECOND)
        issued = AuditRecord.objects.filter(action="openid.code_issued")
        assert [record.actor_id for record in issued] == [str(session.person_id)] * 2

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"client_id": None}, UnknownClient),
            ({"client_id": "baska"}, UnknownClient),
            ({"redirect_uri": None}, RedirectUriNotRegistered),
            ({"redirect_uri": ""}, RedirectUriNotRegistered),
            ({"redirect_uri": REDIRECT_URI + "/"}, RedirectUriNotRegistered),
            ({"redirect_uri": REDIRECT_URI + "?a=b"}, RedirectUriNotRegistered),
            ({"redirect_uri": REDIRECT_URI.upper()}, RedirectUriNotRegistered),
            ({"redirect_uri": "https://evil.example/"}, RedirectUriNotRegistered),
            ({"redirect_uri": REDIRECT_URI.replace("https", "http")}, RedirectUriNotRegistered),
            ({"state": "s" * 2049}, InvalidRequest),
            ({"nonce": "n" * 513}, InvalidRequest),
            ({"nonce": "a\x00b"}, InvalidRequest),
            ({"client_id": "a\x00b"}, InvalidRequest),
            ({"state": "a\r\nSet-Cookie: b=c"}, InvalidRequest),
        ],
    )
    def test_shows_a_page_while_nobody_can_be_trusted_with_a_refusal(
        self, client_id: str, now: datetime, changes: dict[str, str | None], refusal: type[ProtocolError]
    ) -> None:
        with pytest.raises(refusal):
            start(
                encoded=authorization_request(client_id, **changes),
                browser=BROWSER,
                session=None,
                actor=NOBODY,
                now=now,
            )

    @pytest.mark.parametrize(
        "more", [b"&state=s2", b"&client_id=belediye", b"&scope=openid", b"&nonce=%FF", b"&a=\xff"]
    )
    def test_shows_a_page_for_repeated_parameters_and_what_is_not_utf_8(
        self, client_id: str, now: datetime, more: bytes
    ) -> None:
        encoded = authorization_request(client_id) + more
        with pytest.raises(InvalidRequest):
            start(encoded=encoded, browser=BROWSER, session=None, actor=NOBODY, now=now)

    def test_refuses_a_flood_of_parameters(self, client_id: str, now: datetime) -> None:
        encoded = authorization_request(client_id) + b"&a=b" * 100
        with pytest.raises(InvalidRequest, match="more than 100"):
            start(encoded=encoded, browser=BROWSER, session=None, actor=NOBODY, now=now)

    def test_does_not_know_a_closed_client(self, client_id: str, now: datetime) -> None:
        close_client(client_id=client_id, actor=NOBODY, now=now)
        with pytest.raises(UnknownClient):
            ask(client_id, None, now=now)

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"request": "a.b.c"}, "request_not_supported"),
            ({"request_uri": "urn:a"}, "request_uri_not_supported"),
            ({"registration": "{}"}, "registration_not_supported"),
            ({"response_type": None}, "invalid_request"),
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_type": "code id_token"}, "unsupported_response_type"),
            ({"response_type": "id_token"}, "unsupported_response_type"),
            ({"response_mode": "fragment"}, "invalid_request"),
            ({"response_mode": "form_post"}, "invalid_request"),
            ({"scope": None}, "invalid_scope"),
            ({"scope": "profile"}, "invalid_scope"),
            ({"scope": "openidprofile"}, "invalid_scope"),
            ({"scope": "openid birthdate"}, "invalid_scope"),
            ({"scope": "openid offline_access"}, "invalid_scope"),
            ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
            ({"code_challenge": None}, "invalid_request"),
            ({"code_challenge_method": None}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"code_challenge_method": "s256"}, "invalid_request"),
            ({"code_challenge": "short"}, "invalid_request"),
            ({"code_challenge": "+" * 43}, "invalid_request"),
            ({"prompt": "create"}, "invalid_request"),
            ({"prompt": "none login"}, "invalid_request"),
            ({"max_age": "-1"}, "invalid_request"),
            ({"max_age": "1.5"}, "invalid_request"),
            ({"max_age": "٣"}, "invalid_request"),
            ({"max_age": "9" * 10}, "invalid_request"),
            ({"id_token_hint": "a.b.c"}, "invalid_request"),
            ({"prompt": "none"}, "login_required"),
        ],
    )
    def test_tells_the_client_every_other_refusal(
        self, client_id: str, now: datetime, changes: dict[str, str | None], error: str
    ) -> None:
        answer = answer_of(ask(client_id, None, now=now, **changes))
        assert answer["error"] == error
        assert answer["state"] == "s1"
        assert answer["iss"] == ISSUER
        assert answer["error_description"].isascii()
        assert set(answer["error_description"]).isdisjoint('"\\')

    @pytest.mark.parametrize(
        "changes",
        [
            {"nonce": None},
            {"state": None},
            {"state": ""},
            {"state": "s" * 2048},
            {"nonce": "n" * 512},
            {"response_mode": "query"},
            {"scope": "profile  openid"},
            {"scope": "openid openid"},
            {"login_hint": "10000000146"},
            {"display": "popup"},
            {"acr_values": "urn:a"},
            {"claims": '{"a": 1}'},
            {"extra": "a" * 5000},
            {"ui_locales": "xx"},
            {"prompt": ""},
            {"max_age": "0"},
        ],
    )
    def test_takes_what_is_optional_and_ignores_what_it_does_not_know(
        self, client_id: str, now: datetime, changes: dict[str, str | None]
    ) -> None:
        assert ask(client_id, None, now=now, **changes).kind is NextKind.SIGN_IN

    def test_ignores_unknown_parameters_even_twice(self, client_id: str, now: datetime) -> None:
        encoded = authorization_request(client_id) + b"&utm=1&utm=2"
        step = start(encoded=encoded, browser=BROWSER, session=None, actor=NOBODY, now=now)
        assert step.kind is NextKind.SIGN_IN

    @given(encoded=st.binary(max_size=200))
    @how(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_refuses_any_rubbish(self, client_id: str, now: datetime, encoded: bytes) -> None:
        with pytest.raises(ProtocolError):
            start(encoded=encoded, browser=BROWSER, session=None, actor=NOBODY, now=now)

    @given(
        changes=st.dictionaries(
            st.sampled_from(sorted(KNOWN - {"client_id"})),
            st.text(max_size=60) | st.sampled_from(["none", "login", "openid", "code", "0", "é" * 600]),
        )
    )
    @how(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_answers_any_parameters_by_a_step_or_a_refusal(
        self, client_id: str, now: datetime, changes: dict[str, str]
    ) -> None:
        try:
            step = ask(client_id, None, now=now, **changes)
        except ProtocolError as refusal:
            assert refusal.description  # noqa: PT017 - either is right
        else:
            assert step.kind is NextKind.SIGN_IN or answer_of(step)["iss"] == ISSUER

    def test_needs_no_pkce_but_a_nonce_in_the_conformance_profile(self, now: datetime, settings: Settings) -> None:
        settings.OPENID = OpenidSettings(issuer=ISSUER, demo=True)
        client_id = add_client(now=now, profile=Profile.CONFORMANCE).id
        bare: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}
        assert ask(client_id, None, now=now, **bare).kind is NextKind.SIGN_IN
        assert answer_of(ask(client_id, None, now=now, nonce=None, **bare))["error"] == "invalid_request"
        plain = ask(client_id, None, now=now, code_challenge_method="plain")
        assert answer_of(plain)["error"] == "invalid_request"

    def test_sends_who_has_to_choose_a_password_to_the_sign_in_page(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        half = replace(session, must_change_password=True)
        assert ask(client_id, half, now=now).kind is NextKind.SIGN_IN


class TestPrompt:
    def test_none_answers_at_once_or_says_what_is_missing(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        assert answer_of(ask(client_id, None, now=now, prompt="none"))["error"] == "login_required"
        assert answer_of(ask(client_id, session, now=now, prompt="none"))["error"] == "consent_required"
        get_code(client_id, session, now=now)
        assert "code" in answer_of(ask(client_id, session, now=now, prompt="none"))

    def test_consent_asks_again(self, client_id: str, session: SignedIn, now: datetime) -> None:
        get_code(client_id, session, now=now)
        step = ask(client_id, session, now=now, prompt="consent")
        assert step.kind is NextKind.APPROVE
        assert "code" in answer_of(choose(step.request_id, session, now))

    def test_login_asks_for_a_new_sign_in_and_is_content_with_one(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        get_code(client_id, session, now=now)
        step = ask(client_id, session, now=now + SECOND, prompt="login")
        assert step.kind is NextKind.SIGN_IN
        assert resume(step.request_id, session, now + SECOND).kind is NextKind.SIGN_IN
        again = people.sign_in(now=now + 2 * SECOND).signed_in
        assert "code" in answer_of(resume(step.request_id, again, now + 2 * SECOND))


class TestMaxAge:
    def test_is_exact_to_the_second(self, client_id: str, session: SignedIn, now: datetime) -> None:
        get_code(client_id, session, now=now)
        at = session.authenticated_at + timedelta(seconds=10)
        assert ask(client_id, session, now=at, max_age="10").kind is NextKind.REDIRECT
        assert ask(client_id, session, now=at + SECOND, max_age="10").kind is NextKind.SIGN_IN
        silent = ask(client_id, session, now=at + SECOND, max_age="10", prompt="none")
        assert answer_of(silent)["error"] == "login_required"

    def test_is_content_with_a_sign_in_made_for_the_request_however_long_the_person_thinks(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        step = ask(client_id, session, now=now + SECOND, max_age="0")
        assert step.kind is NextKind.SIGN_IN
        again = people.sign_in(now=now + 2 * SECOND).signed_in
        later = now + timedelta(minutes=5)
        assert resume(step.request_id, again, later).kind is NextKind.APPROVE
        assert "code" in answer_of(choose(step.request_id, again, later))


class TestIdTokenHint:
    def hint(self, client_id: str, session: SignedIn, now: datetime, key: object) -> str:
        return redeem(client_id, key, get_code(client_id, session, now=now), now=now).id_token  # type: ignore[arg-type]

    def test_of_the_person_who_is_signed_in_changes_nothing(
        self, client_id: str, session: SignedIn, now: datetime, key: object
    ) -> None:
        token = self.hint(client_id, session, now, key)
        late = now + timedelta(minutes=20)
        assert "code" in answer_of(ask(client_id, session, now=late, id_token_hint=token, prompt="none"))

    def test_of_another_person_asks_for_another_sign_in_once(
        self, client_id: str, session: SignedIn, now: datetime, key: object
    ) -> None:
        token = self.hint(client_id, session, now, key)
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        other = people.sign_in(now=now, number=people.OTHER_NUMBER).signed_in
        silent = ask(client_id, other, now=now + SECOND, id_token_hint=token, prompt="none")
        assert answer_of(silent)["error"] == "login_required"
        step = ask(client_id, other, now=now + SECOND, id_token_hint=token)
        assert step.kind is NextKind.SIGN_IN
        again = people.sign_in(now=now + 2 * SECOND, number=people.OTHER_NUMBER).signed_in
        assert answer_of(resume(step.request_id, again, now + 2 * SECOND))["error"] == "login_required"

    def test_must_be_an_id_token_of_ours_for_this_client(
        self, client_id: str, session: SignedIn, now: datetime, key: object
    ) -> None:
        token = self.hint(client_id, session, now, key)
        other = add_client(now=now, keys=[new_key()], client_id="baska").id
        assert answer_of(ask(other, session, now=now, id_token_hint=token))["error"] == "invalid_request"
        ours = active_key(actor=NOBODY, now=now)
        claims = {"iss": ISSUER, "aud": client_id, "sub": "a", "sid": "b"}
        for typ, signer, changed in (
            ("at+jwt", ours, claims),
            ("JWT", Signing(new_key("b")), claims),
            ("JWT", ours, claims | {"iss": "https://evil.example"}),
        ):
            forged = jwt.sign(changed, typ=typ, key=signer)
            assert answer_of(ask(client_id, session, now=now, id_token_hint=forged))["error"] == "invalid_request"


class TestKeepAuthorization:
    def test_has_the_browser_come_back_with_its_cookies(self, client_id: str, session: SignedIn, now: datetime) -> None:
        step = keep_authorization(encoded=authorization_request(client_id), actor=NOBODY, now=now)
        assert step.kind is NextKind.RESUME
        assert resume(step.request_id, session, now).kind is NextKind.APPROVE

    def test_ties_the_request_to_the_first_browser_that_comes(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        step = keep_authorization(encoded=authorization_request(client_id), actor=NOBODY, now=now)
        resume(step.request_id, session, now)
        with pytest.raises(RequestGone):
            resume(step.request_id, session, now, browser="another")

    def test_refuses_like_any_request(self, client_id: str, now: datetime) -> None:
        wrong = authorization_request(client_id, scope="profile")
        assert answer_of(keep_authorization(encoded=wrong, actor=NOBODY, now=now))["error"] == "invalid_scope"
        with pytest.raises(UnknownClient):
            keep_authorization(encoded=b"", actor=NOBODY, now=now)


class TestResumeAuthorization:
    def test_goes_on_after_the_sign_in(self, client_id: str, session: SignedIn, now: datetime) -> None:
        step = ask(client_id, None, now=now)
        assert resume(step.request_id, None, now).kind is NextKind.SIGN_IN
        assert resume(step.request_id, session, now).kind is NextKind.APPROVE

    def test_belongs_to_one_browser_and_ends(self, client_id: str, session: SignedIn, now: datetime) -> None:
        step = ask(client_id, None, now=now)
        for request_id, browser, at in (
            (step.request_id, "another", now),
            (step.request_id, "", now),
            (step.request_id, BROWSER, now + settings.OPENID.request_lifetime),
            ("A" * 43, BROWSER, now),
            ("\x00", BROWSER, now),
            ("ş" * 43, BROWSER, now),
        ):
            with pytest.raises(RequestGone):
                resume(request_id, session, at, browser=browser)

    def test_is_gone_with_its_client_or_with_what_the_client_may_ask_for(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        step = ask(client_id, None, now=now)
        Client.objects.update(scopes={"openid": {"purpose": {}, "legal_basis": {}}})
        with pytest.raises(RequestGone):
            resume(step.request_id, session, now)
        step = ask(client_id, None, now=now, scope="openid")
        close_client(client_id=client_id, actor=NOBODY, now=now)
        with pytest.raises(RequestGone):
            resume(step.request_id, session, now)

    def test_answers_once(self, client_id: str, session: SignedIn, now: datetime) -> None:
        get_code(client_id, session, now=now)
        step = ask(client_id, None, now=now)
        assert "code" in answer_of(resume(step.request_id, session, now))
        with pytest.raises(RequestGone):
            resume(step.request_id, session, now)


class TestGetPendingRequest:
    def test_tells_what_the_page_shows(self, client_id: str, session: SignedIn, now: datetime) -> None:
        step = ask(client_id, session, now=now, scope="openid identity_number profile", ui_locales="en")
        found = get_pending_request(request_id=step.request_id, browser=BROWSER, person_id=session.person_id, now=now)
        assert found.client_name.tr == "Örnek Belediyesi"
        assert found.redirect_origin == "https://rp.example"
        assert found.language == "en"
        assert not found.already_agreed
        assert [asked.scope for asked in found.scopes] == [Scope.OPENID, Scope.PROFILE, Scope.IDENTITY_NUMBER]
        profile, number = found.scopes[1:]
        assert profile.attributes == (Attribute.NAME, Attribute.GIVEN_NAME, Attribute.FAMILY_NAME)
        assert (profile.basis, number.basis) == (Basis.CONSENT, Basis.LAW)
        assert number.legal_basis.tr == "5393 sayılı Kanun m. 15"

    def test_says_that_it_was_agreed_before(self, client_id: str, session: SignedIn, now: datetime) -> None:
        get_code(client_id, session, now=now)
        step = ask(client_id, session, now=now, prompt="consent")
        arguments = {"request_id": step.request_id, "browser": BROWSER, "now": now}
        assert get_pending_request(person_id=session.person_id, **arguments).already_agreed  # type: ignore[arg-type]
        assert not get_pending_request(person_id=None, **arguments).already_agreed  # type: ignore[arg-type]

    def test_is_another_browsers_for_everyone_else(self, client_id: str, session: SignedIn, now: datetime) -> None:
        step = ask(client_id, session, now=now)
        with pytest.raises(RequestGone):
            get_pending_request(request_id=step.request_id, browser="another", person_id=None, now=now)


class TestSubjects:
    def test_differ_between_sectors_and_are_shared_within_one(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        scopes = (ScopeUse(Scope.OPENID), ScopeUse(Scope.PROFILE, LangString("Başvuru")))
        for name, sector in (("a", "s"), ("b", "s"), ("c", "t")):
            add_client(now=now, client_id=name, sector=sector, scopes=scopes)
            get_code(name, session, now=now)
        get_code(client_id, session, now=now)
        subjects = dict(Visit.objects.values_list("client_id", "subject"))
        assert subjects["a"] == subjects["b"]
        assert len(set(subjects.values())) == 3
        assert len(set(Visit.objects.values_list("sid", flat=True))) == 4
