"""Every row of the pipeline is held by a request that it alone refuses.

The tables are read from the code: a requirement without a request here fails, and so does a request whose requirement
is gone. Then each row is taken out in turn, as a fault would do it: its request is no longer refused in that way, so
the refusal hung on this row and on nothing else. The requests are good ones but for what the row is about.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.test import override_settings
from joserfc.jwk import ECKey
from pytest_django import Settings

from kapi.contexts.identity.models import Account, Authenticator
from kapi.contexts.identity.services import end_session
from kapi.contexts.identity.values import AccountState, EndReason, SignedIn
from kapi.contexts.mandates.models import Mandate
from kapi.contexts.openid.errors import ProtocolError, RequestGone
from kapi.contexts.openid.models import Client, Grant, RefreshToken
from kapi.contexts.openid.rules import interaction, parameters
from kapi.contexts.openid.rules.pushed import PREFIX
from kapi.contexts.openid.services import (
    authorization,
    client_authentication,
    logout,
    machine_tokens,
    refreshing,
    sharing,
    token_endpoint,
    tokens,
)
from kapi.contexts.openid.services import pushed as pushed_service
from kapi.contexts.openid.services.clients import close_client
from kapi.contexts.openid.values.authorization import Next, NextKind
from kapi.contexts.openid.values.clients import ApiScope, ClientRecord, Profile
from kapi.contexts.openid.values.settings import OpenidSettings
from kapi.foundation.keys import token_hash
from kapi.kernel.actors import NOBODY
from tests import people
from tests.contexts.openid.companies_in_tests import ASKED, add_open_client, represent
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    BROWSER,
    CHALLENGE,
    ISSUER,
    OFFLINE,
    OFFLINE_SCOPE,
    REDIRECT_URI,
    SCOPES,
    add_client,
    answer_of,
    arrive,
    ask,
    assertion,
    get_code,
    get_machine_token,
    push,
    redeem,
    refresh,
    start,
    token_request,
    userinfo,
)

pytestmark = pytest.mark.django_db
SECRET = "s" * 43
NUMBERS = itertools.cycle(people.make_numbers(8))


@dataclass(frozen=True)
class Scene:
    """A client that the person has agreed to share with, and a session."""

    client_id: str
    key: ECKey
    session: SignedIn
    now: datetime

    def ask(self, client_id: str = "", **changes: str | None) -> str:
        """Send an authorization request, good but for the changes; return what comes of it."""
        return outcome(lambda: ask(client_id or self.client_id, self.session, now=self.now, **changes))

    def ask_as(self, session: SignedIn | None, **changes: str | None) -> str:
        """Send a good request from somebody else's browser."""
        return outcome(lambda: ask(self.client_id, session, now=self.now, **changes))

    def send_query(self, more: str) -> str:
        """Send a good authorization request with something more in its query."""
        query = urlencode({"client_id": self.client_id, "redirect_uri": REDIRECT_URI, "response_type": "code"})
        query += f"&scope=openid+profile&code_challenge={CHALLENGE}&code_challenge_method=S256&{more}"
        return outcome(
            lambda: start(encoded=query.encode(), browser=BROWSER, session=self.session, actor=NOBODY, now=self.now)
        )

    def push(self, client_id: str = "", **changes: Any) -> str:
        """Push an authorization request, good but for the changes."""
        return outcome(lambda: push(client_id or self.client_id, self.key, now=self.now, **changes))

    def reference(self) -> str:
        """Push a good request and return its reference."""
        return push(self.client_id, self.key, now=self.now).request_uri

    def arrive(self, client_id: str, reference: str, *, after: timedelta = timedelta(0)) -> str:
        """Bring a reference by the person's browser."""
        return outcome(lambda: arrive(client_id, reference, self.session, now=self.now + after))

    def redeem(self, *, after: timedelta = timedelta(0), **changes: Any) -> str:
        """Bring a fresh code, well but for the changes."""
        code, now = get_code(self.client_id, self.session, now=self.now), self.now + after
        return outcome(lambda: redeem(self.client_id, self.key, code, now=now, **changes))

    def prove(self, **claims: Any) -> str:
        """Bring a fresh code with an assertion that is good but for the claims."""
        shown = assertion(self.client_id, self.key, now=self.now, **claims)
        return self.redeem(client_id=self.client_id, client_assertion=shown)

    def id_token(self) -> str:
        """Return an ID token of ours for this client."""
        code = get_code(self.client_id, self.session, now=self.now)
        return redeem(self.client_id, self.key, code, now=self.now).id_token

    def sign_out(self, **wish: str) -> str:
        """Wish that the person sign out."""
        return outcome(
            lambda: logout.start_sign_out(
                encoded=urlencode(wish).encode(), browser=BROWSER, session=self.session, actor=NOBODY, now=self.now
            )
        )

    def seconds(self, ahead: int) -> int:
        """Return a moment as claims have it."""
        return int(self.now.timestamp()) + ahead


@pytest.fixture
def scene(client_id: str, key: ECKey, session: SignedIn, now: datetime) -> Scene:
    """The client, the person, and a first visit at which the sharing was agreed to."""
    get_code(client_id, session, now=now)
    return Scene(client_id, key, session, now)


def outcome(deed: Callable[[], Any]) -> str:
    """Say in a line what came of a request: a refusal in its own words, or how it went on."""
    try:
        done = deed()
    except ProtocolError as refusal:
        return f"refused: {refusal.code}: {refusal.description}"
    except RequestGone:
        return "refused: gone"
    # What a missing check lets through may break what comes after.
    except (KeyError, ValueError, TypeError, AttributeError, DatabaseError) as crash:
        return f"broken: {type(crash).__name__}"
    if isinstance(done, Next) and done.kind is NextKind.REDIRECT:
        answer = answer_of(done)
        return f"refused: {answer['error']}: {answer['error_description']}" if "error" in answer else "answered"
    return f"goes on: {done.kind}" if hasattr(done, "kind") else "answered"


# --- requests that must be refused

Case = Callable[[Scene], str]


# What is wrong with an authorization request, wherever it comes: the parameters changed.
CONTENT: dict[str, dict[str, str | None]] = {
    "client_may_still_be_an_exception": {},  # sent by a client whose day has come
    # Sent by a client that asks as at e-Devlet.
    "client_asks_at_these_addresses": {
        "client_secret": SECRET,
        "client_assertion": None,
        "client_assertion_type": None,
    },
    "request_object_is_absent": {"request": "a.b.c"},
    "registration_is_absent": {"registration": "{}"},
    "response_type_is_code": {"response_type": "code id_token"},
    "response_mode_is_query": {"response_mode": "fragment"},
    "scope_has_openid": {"scope": "profile"},
    "scopes_are_registered": {"scope": "openid birthdate"},
    "code_challenge_is_given": {"code_challenge": None, "code_challenge_method": None},
    "code_challenge_method_is_s256": {"code_challenge_method": "plain"},
    "code_challenge_is_well_formed": {"code_challenge": CHALLENGE + "="},
    "dpop_jkt_is_a_thumbprint": {"dpop_jkt": CHALLENGE + "="},
    # Sent by a client that needs no code_challenge.
    "nonce_is_given": {"nonce": None, "code_challenge": None, "code_challenge_method": None},
    "prompt_is_known": {"prompt": "create"},
    "prompt_none_stands_alone": {"prompt": "none consent"},
    "max_age_is_whole_seconds": {"max_age": "1.5"},
    "id_token_hint_is_ours": {"id_token_hint": "a.b.c"},
    "claims_are_well_formed": {"claims": "[]"},
    "one_person_is_expected": {"claims": '{"id_token": {"sub": {"value": "baska"}}}'},  # beside a hint
}


def _sender(name: str, scene: Scene) -> str:
    """Return the client that sends the request of a row."""
    if name == "nonce_is_given":
        return add_client(now=scene.now, keys=[scene.key], profile=Profile.CONFORMANCE).id
    if name == "client_asks_at_these_addresses":
        client_id = add_client(now=scene.now, profile=Profile.EDEVLET).id
        Client.objects.filter(pk=client_id).update(secret_hash=token_hash(SECRET))
        return client_id
    if name == "client_may_still_be_an_exception":
        client_id = add_client(now=scene.now, keys=[scene.key]).id
        Client.objects.filter(pk=client_id).update(exception_ends_at=scene.now)
        return client_id
    return scene.client_id


def _content(name: str, scene: Scene) -> dict[str, str | None]:
    hint = {"id_token_hint": scene.id_token()} if name == "one_person_is_expected" else {}
    return CONTENT[name] | hint


def asked_by_browser(name: str) -> Case:
    """Bring the request of a row by the person's browser."""
    return lambda scene: scene.ask(_sender(name, scene), **_content(name, scene))


def pushed(name: str) -> Case:
    """Push the request of a row."""
    return lambda scene: scene.push(_sender(name, scene), **_content(name, scene))


def _not_pushed(scene: Scene) -> str:
    return scene.ask(add_client(now=scene.now, keys=[scene.key], profile=Profile.FAPI).id)


AUTHORIZATION: dict[str, Case] = {
    "request_uri_is_absent": lambda scene: scene.ask(request_uri="https://rp.example/istek"),
    "request_was_pushed": _not_pushed,
    **{name: asked_by_browser(name) for name in CONTENT},
}

PUSH: dict[str, Case] = {
    "request_uri_is_not_pushed": lambda scene: scene.push(request_uri="https://rp.example/istek"),
    "client_id_is_given": lambda scene: outcome(
        lambda: push(scene.client_id, scene.key, now=scene.now, client_id=None)
    ),
    "redirect_uri_is_the_clients": lambda scene: scene.push(redirect_uri=REDIRECT_URI + "/"),
    **{name: pushed(name) for name in CONTENT},
}


def _reference_of_another(scene: Scene) -> str:
    return scene.arrive(_other_client(scene), scene.reference())


def _reference_used(scene: Scene) -> str:
    reference = scene.reference()
    scene.arrive(scene.client_id, reference)
    return scene.arrive(scene.client_id, reference)


def _client_with_less(scene: Scene) -> str:
    Client.objects.filter(pk=scene.client_id).update(redirect_uris=[REDIRECT_URI])
    reference = scene.reference()
    Client.objects.filter(pk=scene.client_id).update(redirect_uris=["https://rp.example/yeni"])
    return scene.arrive(scene.client_id, reference)


USE: dict[str, Case] = {
    "reference_is_this_clients": _reference_of_another,
    "reference_is_in_time": lambda scene: scene.arrive(
        scene.client_id, scene.reference(), after=settings.OPENID.pushed_request_lifetime
    ),
    "reference_is_unused": _reference_used,
    "client_may_still_ask_so": _client_with_less,
}

ASSERTION: dict[str, Case] = {
    "issuer_is_the_client": lambda scene: scene.prove(iss="baska"),
    "subject_is_the_client": lambda scene: scene.prove(sub="baska"),
    "audience_is_us": lambda scene: scene.prove(aud="https://evil.example"),
    "expiry_is_near": lambda scene: scene.prove(exp=scene.seconds(-300)),
    "it_is_good_already": lambda scene: scene.prove(nbf=scene.seconds(61)),
    "it_was_made_already": lambda scene: scene.prove(iat=scene.seconds(61)),
    "jti_is_given": lambda scene: scene.prove(jti=""),
}


def _without_a_proof(scene: Scene) -> str:
    """Bring a good code of a client that follows FAPI 2.0, without a proof of possession."""
    client_id = add_client(now=scene.now, keys=[scene.key]).id
    code = get_code(client_id, scene.session, now=scene.now)
    Client.objects.filter(pk=client_id).update(profile=Profile.FAPI, exception_ends_at=None)
    return outcome(lambda: redeem(client_id, scene.key, code, now=scene.now))


def _of_another_way_of_asking(scene: Scene) -> str:
    """Bring a good code and the secret of a client that asks as at e-Devlet."""
    registered = add_client(now=scene.now)
    code = get_code(registered.id, scene.session, now=scene.now)
    Client.objects.filter(pk=registered.id).update(profile=Profile.EDEVLET)
    request = token_request(
        registered.id,
        None,
        code,
        now=scene.now,
        client_id=registered.id,
        client_secret=registered.secret,
        client_assertion_type=None,
    )
    return outcome(lambda: token_endpoint.answer_token_request(request=request, actor=NOBODY, now=scene.now))


TOKEN_REQUEST: dict[str, Case] = {
    "grant_type_is_supported": lambda scene: scene.redeem(grant_type="password"),
    "client_redeems_at_this_address": _of_another_way_of_asking,
    "proof_is_shown": _without_a_proof,
}

CODE_REQUEST: dict[str, Case] = {
    "code_is_given": lambda scene: scene.redeem(code=None),
    "redirect_uri_is_given": lambda scene: scene.redeem(redirect_uri=None),
    "code_verifier_is_well_formed": lambda scene: scene.redeem(code_verifier="a" * 42),
}


def _machine_token(scene: Scene, client_id: str = "", **changes: Any) -> str:
    """Have the client ask for a token for itself."""
    client_id = client_id or scene.client_id
    return outcome(lambda: get_machine_token(client_id, scene.key, now=scene.now, **changes))


def _scope_of_a_citizen(scene: Scene) -> str:
    Client.objects.filter(pk=scene.client_id).update(api_scopes="clients.read")
    return _machine_token(scene, scope="clients.read profile")


MACHINE_TOKEN: dict[str, Case] = {
    "client_may_act_by_itself": _machine_token,
    "scopes_are_the_clients": _scope_of_a_citizen,
}


def _call_the_api(scene: Scene, *, after: timedelta = timedelta(0), audience: str = "") -> str:
    """Bring a token to the API, `after` a time, or one made for somebody else."""
    Client.objects.filter(pk=scene.client_id).update(api_scopes="clients.read")
    with override_settings(OPENID=replace(settings.OPENID, api=audience)):
        token = get_machine_token(scene.client_id, scene.key, now=scene.now).access_token
    return outcome(
        lambda: machine_tokens.accept_machine_token(
            authorization=f"Bearer {token}", needed=ApiScope.CLIENTS_READ, actor=NOBODY, now=scene.now + after
        )
    )


API: dict[str, Case] = {
    "it_is_for_the_api": lambda scene: _call_the_api(scene, audience="https://baska.example"),
    "it_is_in_time": lambda scene: _call_the_api(scene, after=timedelta(minutes=5)),
}


def _refreshing(
    scene: Scene,
    *,
    client_id: str = "",
    after: timedelta = timedelta(0),
    spoil: Callable[[], Any] = int,
    **changes: Any,
) -> str:
    """Bring a refresh token, `after` a time, once something was spoilt."""
    stored, account = (
        Client.objects.get(pk=scene.client_id).scopes,
        Account.objects.values("state", "password_hash").get(),
    )
    offline = {"offline_access": {"purpose": OFFLINE.purpose.stored(), "legal_basis": {}}}
    Client.objects.filter(pk=scene.client_id).update(scopes=stored | offline)
    code = get_code(scene.client_id, scene.session, now=scene.now, scope=OFFLINE_SCOPE, prompt="consent")
    token = redeem(scene.client_id, scene.key, code, now=scene.now).refresh_token
    spoil()
    asker, now = client_id or scene.client_id, scene.now + after
    try:
        return outcome(lambda: refresh(asker, scene.key, token, now=now, **changes))
    finally:
        Grant.objects.update(revoked_at=None)
        Account.objects.update(**account)
        Client.objects.filter(pk=scene.client_id).update(scopes=stored)


def _refreshed_by_another(scene: Scene) -> str:
    other = add_client(now=scene.now, keys=[scene.key], scopes=(*SCOPES, OFFLINE)).id
    return _refreshing(scene, client_id=other)


def _change_scopes(scene: Scene, change: Callable[[dict[str, Any]], Any]) -> Callable[[], None]:
    """Let the client's registration become another one while the person is away."""

    def spoil() -> None:
        row = Client.objects.get(pk=scene.client_id)
        change(row.scopes)
        row.save()

    return spoil


REFRESH_REQUEST: dict[str, Case] = {
    "refresh_token_is_given": lambda scene: _refreshing(scene, refresh_token=None),
}
REFRESH: dict[str, Case] = {
    "token_is_this_clients": _refreshed_by_another,
    "key_is_the_one_it_was_given_to": lambda scene: _refreshing(
        scene, spoil=lambda: RefreshToken.objects.update(dpop_jkt=CHALLENGE)
    ),
    "grant_is_alive": lambda scene: _refreshing(scene, spoil=lambda: Grant.objects.update(revoked_at=scene.now)),
    "token_is_in_time": lambda scene: _refreshing(scene, after=settings.OPENID.refresh_token_lifetime),
    "account_is_active": lambda scene: _refreshing(
        scene, spoil=lambda: Account.objects.update(state=AccountState.AWAITING_PASSWORD, password_hash="")
    ),
    "client_may_still_go_on": lambda scene: _refreshing(
        scene, spoil=_change_scopes(scene, lambda scopes: scopes.pop("offline_access"))
    ),
    "person_still_agrees": lambda scene: _refreshing(
        scene, spoil=_change_scopes(scene, lambda scopes: scopes["profile"].update(purpose={"tr": "Başka"}))
    ),
    "scopes_are_no_more": lambda scene: _refreshing(scene, scope="openid identity_number"),
}


def _revoked(scene: Scene) -> str:
    code = get_code(scene.client_id, scene.session, now=scene.now)
    Grant.objects.update(revoked_at=scene.now)
    return outcome(lambda: redeem(scene.client_id, scene.key, code, now=scene.now))


def _signed_out(scene: Scene) -> str:
    session = people.sign_in(now=scene.now).signed_in
    code = get_code(scene.client_id, session, now=scene.now)
    end_session(session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=session.actor, now=scene.now)
    return outcome(lambda: redeem(scene.client_id, scene.key, code, now=scene.now))


def _without_its_key(scene: Scene) -> str:
    code = get_code(scene.client_id, scene.session, now=scene.now, dpop_jkt=CHALLENGE)
    return outcome(lambda: redeem(scene.client_id, scene.key, code, now=scene.now))


def _opened_again(scene: Scene) -> str:
    code = get_code(scene.client_id, scene.session, now=scene.now)
    Client.objects.filter(pk=scene.client_id).update(good_from=scene.now)
    return outcome(lambda: redeem(scene.client_id, scene.key, code, now=scene.now))


REDEMPTION: dict[str, Case] = {
    "grant_is_alive": _revoked,
    "client_was_not_opened_since": _opened_again,
    "code_is_in_time": lambda scene: scene.redeem(after=timedelta(seconds=60)),
    "redirect_uri_is_the_same": lambda scene: scene.redeem(redirect_uri=REDIRECT_URI + "/"),
    "code_verifier_matches": lambda scene: scene.redeem(code_verifier="a" * 43),
    "key_is_the_one_asked_for": _without_its_key,
    "session_is_under_way": _signed_out,
}


def _hint_of_another(scene: Scene) -> str:
    return scene.sign_out(id_token_hint=scene.id_token(), client_id=_other_client(scene))


SIGN_OUT: dict[str, Case] = {
    "client_is_known": lambda scene: scene.sign_out(client_id="kimse"),
    "hint_is_the_clients": _hint_of_another,
    "post_logout_redirect_uri_is_registered": lambda scene: scene.sign_out(
        client_id=scene.client_id, post_logout_redirect_uri="https://evil.example/"
    ),
}


def _expecting_another(scene: Scene) -> str:
    number = next(NUMBERS)
    people.make_citizen(now=scene.now, number=number)
    other = people.sign_in(now=scene.now, number=number).signed_in
    get_code(scene.client_id, other, now=scene.now)
    return scene.ask_as(other, id_token_hint=scene.id_token())


def _wanting_more(scene: Scene) -> str:
    Authenticator.objects.create(
        person_id=scene.session.person_id, kind="passkey", name="x", secret_sealed=b"", added_at=scene.now
    )
    return scene.ask(acr_values="phr")


# The rows of this table refuse nothing: each sends the person to the sign-in page.
SIGN_IN: dict[str, Case] = {
    "nobody_is_signed_in": lambda scene: scene.ask_as(None),
    "password_must_be_chosen_first": lambda scene: scene.ask_as(replace(scene.session, must_change_password=True)),
    "client_wants_a_new_sign_in": lambda scene: replace(scene, now=scene.now + timedelta(seconds=1)).ask(
        prompt="login"
    ),
    "sign_in_is_older_than_max_age": lambda scene: replace(scene, now=scene.now + timedelta(seconds=9)).ask(
        max_age="8"
    ),
    "another_person_is_expected": _expecting_another,
    "client_wants_a_stronger_proof": _wanting_more,
}


def _accepting(scene: Scene) -> tuple[str, SignedIn]:
    """Return a client that accepts companies, and the session acting for one, which has agreed there."""
    client_id = add_open_client(now=scene.now, key=scene.key, client_id=f"acik-{Client.objects.count()}")
    Mandate.objects.all().delete()
    acting = represent(scene.session, now=scene.now)
    get_code(client_id, acting, now=scene.now, scope=ASKED)
    return client_id, acting


def _expecting_oneself(scene: Scene) -> str:
    client_id, acting = _accepting(scene)
    code = get_code(client_id, scene.session, now=scene.now)
    hint = redeem(client_id, scene.key, code, now=scene.now).id_token
    return outcome(lambda: ask(client_id, acting, now=scene.now, scope=ASKED, id_token_hint=hint))


def _for_a_company_not_asked_for(scene: Scene) -> str:
    client_id, acting = _accepting(scene)
    return outcome(lambda: ask(client_id, acting, now=scene.now))


def _on_an_ended_mandate(scene: Scene) -> str:
    client_id, acting = _accepting(scene)
    Mandate.objects.update(ended_at=scene.now, end_reason="revoked")
    return outcome(lambda: ask(client_id, acting, now=scene.now, scope=ASKED))


CHOICE: dict[str, Case] = {
    "another_principal_is_expected": _expecting_oneself,
    "companies_are_not_accepted": _for_a_company_not_asked_for,
    "mandate_does_not_reach": _on_an_ended_mandate,
    "client_wants_a_choice": lambda scene: scene.ask(prompt="select_account"),
}


# --- requirements that stand alone, not in a table


def _other_client(scene: Scene) -> str:
    return add_client(now=scene.now, keys=[scene.key]).id


def _code_of_another(scene: Scene) -> str:
    code, client_id = get_code(scene.client_id, scene.session, now=scene.now), _other_client(scene)
    return outcome(lambda: redeem(client_id, scene.key, code, now=scene.now))


def _secret_of(scene: Scene, secret: str) -> str:
    client_id = add_client(now=scene.now).id
    code = get_code(client_id, scene.session, now=scene.now)
    changes: dict[str, str | None] = {"client_assertion_type": None, "client_id": client_id, "client_secret": secret}
    request = token_request(client_id, None, code, now=scene.now, **changes)
    return outcome(lambda: token_endpoint.answer_token_request(request=request, actor=NOBODY, now=scene.now))


def _closed(scene: Scene) -> str:
    client_id = _other_client(scene)
    code = get_code(client_id, scene.session, now=scene.now)
    close_client(client_id=client_id, actor=ACTOR, now=scene.now)
    return outcome(lambda: redeem(client_id, scene.key, code, now=scene.now))


def _late_token(scene: Scene) -> str:
    code = get_code(scene.client_id, scene.session, now=scene.now)
    token = redeem(scene.client_id, scene.key, code, now=scene.now).access_token
    return outcome(lambda: userinfo(token, now=scene.now + timedelta(minutes=5)))


def _token_in_two_ways(scene: Scene) -> str:
    code = get_code(scene.client_id, scene.session, now=scene.now)
    token = redeem(scene.client_id, scene.key, code, now=scene.now).access_token
    return outcome(
        lambda: sharing.share_attributes(
            authorization=f"Bearer {token}", sent=["access_token"], actor=NOBODY, now=scene.now
        )
    )


def _used_twice(scene: Scene) -> str:
    shown = assertion(scene.client_id, scene.key, now=scene.now)
    scene.redeem(client_assertion=shown)
    return scene.redeem(client_assertion=shown)


ALONE: dict[tuple[ModuleType, str], Case] = {
    (authorization, "reference_is_known"): lambda scene: scene.arrive(scene.client_id, PREFIX + "a" * 43),
    (authorization, "reference_stands_alone"): lambda scene: outcome(
        lambda: arrive(scene.client_id, scene.reference(), scene.session, now=scene.now, request="a.b.c")
    ),
    (authorization, "redirect_uri_is_registered"): lambda scene: scene.ask(redirect_uri=REDIRECT_URI + "?a=b"),
    (parameters, "no_parameter_is_repeated"): lambda scene: scene.send_query("state=a&state=b"),
    (parameters, "no_parameter_is_oversized"): lambda scene: scene.send_query("state=" + "a" * 2049),
    (parameters, "no_parameter_holds_control_characters"): lambda scene: scene.send_query("state=a%00"),
    (interaction, "decision_is_missing"): lambda scene: scene.ask(prompt="consent"),
    (client_authentication, "client_is_open"): _closed,
    (client_authentication, "method_is_the_registered_one"): lambda scene: scene.redeem(
        client_assertion=None, client_assertion_type=None, client_id=scene.client_id, client_secret="x"
    ),
    (client_authentication, "secret_matches"): lambda scene: _secret_of(scene, "wrong"),
    (client_authentication, "_evidence_is_fresh"): _used_twice,
    (tokens, "code_is_this_clients"): _code_of_another,
    (sharing, "access_token_is_in_time"): _late_token,
    (sharing, "token_comes_in_the_header_alone"): _token_in_two_ways,
}

# Where each table stands, and the requests that hold it.
TABLES: dict[tuple[ModuleType, str], dict[str, Case]] = {
    (authorization, "REQUIREMENTS"): AUTHORIZATION,
    (authorization, "USE_REQUIREMENTS"): USE,
    (pushed_service, "PUSH_REQUIREMENTS"): PUSH,
    (interaction, "SIGN_IN_REASONS"): SIGN_IN,
    (interaction, "CHOICE_REASONS"): CHOICE,
    (client_authentication, "ASSERTION_REQUIREMENTS"): ASSERTION,
    (token_endpoint, "REQUIREMENTS"): TOKEN_REQUEST,
    (tokens, "CODE_REQUIREMENTS"): CODE_REQUEST,
    (tokens, "REDEMPTION_REQUIREMENTS"): REDEMPTION,
    (machine_tokens, "REQUIREMENTS"): MACHINE_TOKEN,
    (machine_tokens, "API_REQUIREMENTS"): API,
    (refreshing, "REQUIREMENTS"): REFRESH_REQUEST,
    (refreshing, "REFRESH_REQUIREMENTS"): REFRESH,
    (logout, "SIGN_OUT_REQUIREMENTS"): SIGN_OUT,
}
# Every service that reads what a client or a browser sends.
MODULES = (
    authorization, pushed_service, interaction, client_authentication, token_endpoint, tokens, machine_tokens,
    refreshing, logout, sharing,
)  # fmt: skip
# Who pushes has proved itself before, and was asked the same then.
HELD_TWICE = {("PUSH_REQUIREMENTS", "client_may_still_be_an_exception")}
ROWS = [
    pytest.param(module, table, row, id=f"{table}-{row}")
    for (module, table), cases in TABLES.items()
    for row in cases
    if (table, row) not in HELD_TWICE
]
STOPPED = ("refused: ", "goes on: sign_in", "goes on: choose", "goes on: approve")


def let_through(*given: object) -> object:
    """Stand where a requirement stood: a client is what it says, and nothing is missing."""
    return given[0] if isinstance(given[0], ClientRecord) else False


@pytest.fixture(autouse=True)
def _conformance_is_allowed(settings: Settings) -> None:
    settings.OPENID = OpenidSettings(issuer=ISSUER, demo=True)


class TestTables:
    @pytest.mark.parametrize(("module", "table"), TABLES, ids=[name for _, name in TABLES])
    def test_hold_exactly_what_requests_hold_them_to(self, module: ModuleType, table: str) -> None:
        assert [row.__name__ for row in getattr(module, table)] == list(TABLES[module, table])

    def test_are_all_that_the_context_has(self) -> None:
        """A new table of requirements needs its requests here."""
        known = {table for _, table in TABLES}
        found = {
            name
            for module in MODULES
            for name, value in vars(module).items()
            if isinstance(value, tuple) and value and all(callable(row) for row in value)
        }
        assert found == known


class TestGoodRequests:
    """What the requests below are but for one thing."""

    def test_go_through(self, scene: Scene) -> None:
        assert scene.ask() == "answered"
        assert scene.send_query("state=a") == "answered"
        assert scene.push() == "answered"
        assert scene.arrive(scene.client_id, scene.reference()) == "answered"
        assert scene.redeem() == "answered"
        assert scene.prove() == "answered"
        assert scene.sign_out(client_id=scene.client_id) == "goes on: confirm"
        assert _refreshing(scene) == "answered"
        assert _call_the_api(scene) == "answered"
        assert _machine_token(scene, scope="clients.read") == "answered"


class TestPlantedFaults:
    @pytest.mark.parametrize(("module", "table", "row"), ROWS)
    def test_in_a_table_are_found(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch, module: ModuleType, table: str, row: str
    ) -> None:
        send = TABLES[module, table][row]
        stopped = send(scene)
        assert stopped.startswith(STOPPED)
        without = tuple(kept for kept in getattr(module, table) if kept.__name__ != row)
        monkeypatch.setattr(module, table, without)
        assert send(scene) != stopped

    @pytest.mark.parametrize(("module", "name"), ALONE, ids=[name for _, name in ALONE])
    def test_elsewhere_are_found(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
    ) -> None:
        send = ALONE[module, name]
        stopped = send(scene)
        assert stopped.startswith(STOPPED)
        monkeypatch.setattr(module, name, let_through)
        assert send(scene) != stopped

    def test_would_not_be_found_by_a_good_request(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        before = scene.redeem()
        monkeypatch.setattr(tokens, "REDEMPTION_REQUIREMENTS", ())
        assert scene.redeem() == before == "answered"
