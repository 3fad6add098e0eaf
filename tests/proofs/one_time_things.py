"""Everything that is good once, a row each: how it is made, how it is used, what refuses it, and what is left of it.

To add one: a function that makes it, one that uses it once, and a row in THINGS. `racing.py` does the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

from joserfc.jwk import ECKey

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.values import AuthenticatorId, ChallengeId, SessionId, SignedIn
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.own_tokens import introspect_token, revoke_token
from kapi.contexts.openid.values.authorization import Decision
from kapi.contexts.openid.values.dpop import ShownProof
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.kernel.actors import NOBODY
from kapi.kernel.contacts import MobileNumber
from kapi.kernel.identifiers import IdentityNumber
from tests import authenticator_apps as apps
from tests import people
from tests import sent_codes as sent
from tests.contexts.openid import openid_in_tests as openid
from tests.passkeys import SoftPasskey
from tests.proofs import signed_things

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)  # the next code of an app whose first was used up when it was added
CLIENT = "kurum"

Made = dict[str, Any]  # what was made for one round, as JSON carries it to the processes


@dataclass(frozen=True)
class Try:
    """One of many uses at once. `number` counts from 0 over all processes; each comes from an address of its own."""

    number: int

    @property
    def address(self) -> str:
        """Return an address in a network of its own."""
        return f"198.{self.number}.51.7"


@dataclass(frozen=True)
class OneTimeThing:
    """A kind of thing that is good once.

    `make` makes one for a round, for that many uses at once; `use` uses it and returns what it bought, or raises its
    refusal, whose code is one of `refusals`. `lives` tells whether what was bought is still good after the round.
    """

    make: Callable[[IdentityNumber, int], Made]
    use: Callable[[Made, Try], str]
    refusals: frozenset[str]
    lives: Callable[[Made, str], bool]
    wins: str = "one"  # or `all`: what is meant to be used often; or `any`: it depends on who came first
    lives_on: bool = True  # whether what was bought is good afterwards


# --- signing in ---


def make_sealed_code(number: IdentityNumber, uses: int) -> Made:
    """Issue an account."""
    return {"number": number.digits, "code": people.issue(now=NOW, number=number)[1].code}


def use_sealed_code(made: Made, one: Try) -> str:
    """Sign in with it on an unknown device."""
    number = IdentityNumber.parse(made["number"])
    return people.sign_in(now=NOW, number=number, password=made["code"], address=one.address).token


def make_challenge(number: IdentityNumber, uses: int) -> Made:
    """Give a person a passkey, and have it sign a challenge."""
    people.make_citizen(now=NOW, number=number)
    owner, passkey = people.sign_in(now=NOW, number=number).signed_in, SoftPasskey()
    options = selectors.options_for_new_passkey(session_id=owner.session_id, browser="b", now=NOW)
    services.add_passkey(
        session_id=owner.session_id,
        response=passkey.create(options),
        name="x",
        browser="b",
        actor=owner.actor,
        now=NOW,
    )
    # A passkey that never counts: nothing but the challenge is in the way.
    return {"shown": passkey.get(selectors.options_for_passkey_proof(browser="b", now=NOW), count=0)}


def use_challenge(made: Made, one: Try) -> str:
    """Answer it."""
    return services.sign_in_with_passkey(
        response=made["shown"],
        browser="b",
        address=one.address,
        device_token=None,
        user_agent="",
        actor=NOBODY,
        now=NOW,
    ).token


def make_app_code(number: IdentityNumber, uses: int) -> Made:
    """Give a person an app, and begin as many sign-ins as there will be uses, on devices that each have a lane."""
    people.make_citizen(now=NOW, number=number)
    devices = [people.sign_in(now=NOW, number=number).device_token for _ in range(uses // 4)]
    app = apps.add_app(people.sign_in(now=NOW, number=number).signed_in, now=NOW)
    begun = [apps.begin(now=LATER, number=number) for _ in range(uses)]
    return {"devices": devices, "begun": begun, "code": app.code(LATER)}


def use_app_code(made: Made, one: Try) -> str:
    """Finish a begun sign-in of one's own with it."""
    device = made["devices"][one.number % len(made["devices"])]
    return apps.finish(made["begun"][one.number], made["code"], now=LATER, device_token=device).token


def make_recovery_code(number: IdentityNumber, uses: int) -> Made:
    """Print codes, and begin as many sign-ins as there will be uses."""
    codes = _print_codes(number)
    return {"code": codes[0], "begun": [apps.begin(now=LATER, number=number) for _ in range(uses)]}


def use_recovery_code(made: Made, one: Try) -> str:
    """Finish a begun sign-in of one's own with it."""
    return apps.recover(made["begun"][one.number], made["code"], now=LATER, address=one.address).token


def make_begun_sign_in(number: IdentityNumber, uses: int) -> Made:
    """Begin one sign-in of somebody with many codes."""
    return {"codes": _print_codes(number), "begun": apps.begin(now=LATER, number=number)}


def use_begun_sign_in(made: Made, one: Try) -> str:
    """Finish it with one of the codes."""
    code = made["codes"][one.number % len(made["codes"])]
    return apps.recover(made["begun"], code, now=LATER, address=one.address).token


def _print_codes(number: IdentityNumber) -> tuple[str, ...]:
    people.make_citizen(now=NOW, number=number)
    signed_in = people.sign_in(now=NOW, number=number).signed_in
    apps.add_app(signed_in, now=NOW)
    return apps.print_codes(signed_in, now=NOW)


def make_sent_code(number: IdentityNumber, uses: int) -> Made:
    """Have a code sent for a begun sign-in of somebody with many devices, each of which has a lane."""
    people.make_citizen(now=NOW, number=number)
    devices = [people.sign_in(now=NOW, number=number).device_token for _ in range(uses // 4)]
    signed_in = people.sign_in(now=NOW, number=number).signed_in
    step = sent.add_step(signed_in, sent.add_contact(signed_in, _phone_of(number), now=NOW), now=NOW)
    begun = apps.begin(now=LATER, number=number)
    challenge = sent.send_second_step_code(begun, step, now=LATER, device_token=devices[0])
    return {"devices": devices, "begun": begun, "step": step, "code": sent.code_of(challenge)}


def use_sent_code(made: Made, one: Try) -> str:
    """Finish the sign-in with it."""
    device = made["devices"][one.number % len(made["devices"])]
    step = AuthenticatorId(made["step"])
    return sent.finish_with_sent_code(made["begun"], step, made["code"], now=LATER, device_token=device).token


def make_contact_code(number: IdentityNumber, uses: int) -> Made:
    """Have a code sent to a telephone that somebody wants to add."""
    people.make_citizen(now=NOW, number=number)
    signed_in = people.sign_in(now=NOW, number=number).signed_in
    challenge = sent.begin_contact(signed_in, _phone_of(number), now=NOW)
    return {"session": signed_in.session_id, "challenge": challenge, "code": sent.code_of(challenge)}


def use_contact_code(made: Made, one: Try) -> str:
    """Enter it."""
    signed_in = selectors.get_session(session_id=SessionId(made["session"]), now=NOW)
    return str(sent.confirm_contact(signed_in, ChallengeId(made["challenge"]), made["code"], now=NOW))


def contact_lives(made: Made, contact_id: str) -> bool:
    """Tell whether the contact is theirs."""
    person_id = selectors.get_session(session_id=SessionId(made["session"]), now=NOW).person_id
    return contact_id in {str(view.contact_id) for view in selectors.contacts_of(person_id=person_id)}


def make_statement(number: IdentityNumber, uses: int) -> Made:
    """Have a statement signed by a certificate."""
    return signed_things.make_statement(number, NOW)


def use_statement(made: Made, one: Try) -> str:
    """Sign in with it."""
    return signed_things.show_statement(made, address=one.address, now=NOW).token


def make_mobile_signature(number: IdentityNumber, uses: int) -> Made:
    """Have a telephone sign."""
    return signed_things.make_mobile_signature(number, NOW, LATER)


def use_mobile_signature(made: Made, one: Try) -> str:
    """Sign in with what it has signed."""
    return signed_things.finish_with_telephone(made, address=one.address, now=LATER).token


def _phone_of(number: IdentityNumber) -> MobileNumber:
    """Return a telephone of one's own, so that only so many codes are sent there."""
    return MobileNumber.parse(f"05{number.digits[:9]}")


def session_lives(made: Made, token: str) -> bool:
    """Tell whether the session that was opened goes on."""
    return selectors.find_session(token=token, now=LATER) is not None


# --- single sign-on ---


def make_code(number: IdentityNumber, uses: int) -> Made:
    """Get a code for a citizen who has agreed."""
    return _client() | {"code": openid.get_code(CLIENT, _session(number), now=NOW)}


def use_code(made: Made, one: Try) -> str:
    """Redeem it."""
    return openid.redeem(CLIENT, _key(made), made["code"], now=NOW).access_token


def make_request_uri(number: IdentityNumber, uses: int) -> Made:
    """Push a request for a citizen who has agreed before."""
    made, session = _client(), _session(number)
    openid.get_code(CLIENT, session, now=NOW)
    request_uri = openid.push(CLIENT, _key(made), now=NOW).request_uri
    return made | {"session_id": session.session_id, "request_uri": request_uri}


def use_request_uri(made: Made, one: Try) -> str:
    """Bring it in the citizen's browser, and get a code."""
    return openid.answer_of(openid.arrive(CLIENT, made["request_uri"], _session_of(made), now=NOW))["code"]


def make_approval(number: IdentityNumber, uses: int) -> Made:
    """Bring a citizen to the approval page."""
    made, session = _client(), _session(number)
    request_id = openid.ask(CLIENT, session, now=NOW, scope="openid profile").request_id
    return made | {"session_id": session.session_id, "request_id": request_id}


def use_approval(made: Made, one: Try) -> str:
    """Agree there, and get a code."""
    session = _session_of(made)
    step = decide(
        request_id=made["request_id"],
        browser=openid.BROWSER,
        session=session,
        decision=Decision.ALLOW,
        actor=session.actor,
        now=NOW,
    )
    return openid.answer_of(step)["code"]


def code_lives(made: Made, code: str) -> bool:
    """Tell whether a code gets tokens."""
    return bool(openid.redeem(CLIENT, _key(made), code, now=NOW).access_token)


def make_assertion(number: IdentityNumber, uses: int) -> Made:
    """Sign one assertion."""
    made = _client()
    return made | {"shown": openid.assertion(CLIENT, _key(made), now=NOW)}


def use_assertion(made: Made, one: Try) -> str:
    """Prove oneself by it, and get a token."""
    return openid.get_machine_token(CLIENT, _key(made), now=NOW, client_assertion=made["shown"]).access_token


def make_proof(number: IdentityNumber, uses: int) -> Made:
    """Sign one proof of possession."""
    made = _client()
    return made | {"proof": openid.make_proof(_key(made), "/oidc/token", now=NOW).header}


def use_proof(made: Made, one: Try) -> str:
    """Show it with an assertion of one's own, and get a token that is bound to its key."""
    proof = ShownProof(made["proof"], "POST", f"{openid.ISSUER}/oidc/token")
    return openid.get_machine_token(CLIENT, _key(made), now=NOW, proof=proof).access_token


def make_refresh_token(number: IdentityNumber, uses: int) -> Made:
    """Get one for a citizen who has agreed to it."""
    made = _client()
    code = openid.get_code(CLIENT, _session(number), now=NOW, scope=openid.OFFLINE_SCOPE)
    return made | {"refresh_token": openid.redeem(CLIENT, _key(made), code, now=NOW).refresh_token}


def use_refresh_token(made: Made, one: Try) -> str:
    """Go on with it."""
    return openid.refresh(CLIENT, _key(made), made["refresh_token"], now=NOW).access_token


def use_or_hand_back(made: Made, one: Try) -> str:
    """Go on with it, but for one of the tries, which gives it back in the middle of them."""
    if one.number % 16 != 5:
        return use_refresh_token(made, one)
    revoke_token(request=_about(made, made["refresh_token"]), actor=NOBODY, now=NOW)
    return str(made["refresh_token"])


def token_lives(made: Made, token: str) -> bool:
    """Tell whether a token of the client is good."""
    return bool(introspect_token(request=_about(made, token), actor=NOBODY, now=NOW)["active"])


def _about(made: Made, token: str) -> TokenRequest:
    authentication = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": openid.assertion(CLIENT, _key(made), now=NOW),
    }
    return TokenRequest(urlencode({"token": token} | authentication).encode())


def _session(number: IdentityNumber) -> SignedIn:
    people.make_citizen(now=NOW, number=number)
    return people.sign_in(now=NOW, number=number).signed_in


def _session_of(made: Made) -> SignedIn:
    return selectors.get_session(session_id=made["session_id"], now=NOW)


@cache
def _client() -> Made:
    """Register the client that all things of single sign-on are made for; carry its key to the processes."""
    key = openid.new_key()
    scopes = (*openid.SCOPES, openid.OFFLINE)
    openid.add_client(now=NOW, keys=[key], client_id=CLIENT, scopes=scopes)
    Client.objects.filter(pk=CLIENT).update(api_scopes="clients.read")
    return {"key": key.as_dict(private=True)}


def _key(made: Made) -> ECKey:
    return ECKey.import_key(made["key"])


_SECOND_STEP = frozenset({"code_refused", "second_step_over"})
# A passkey has a lane of its own: of 64 at once, 20 are heard.
_PASSKEY = frozenset({"passkey_refused", "too_many_attempts"})
_GONE = frozenset({"request_gone", "invalid_request_uri"})

_SENT_CODE = frozenset({"code_refused", "second_step_over", "too_many_attempts"})
THINGS = {
    "sealed code": OneTimeThing(make_sealed_code, use_sealed_code, frozenset({"sealed_code_spent"}), session_lives),
    "passkey challenge": OneTimeThing(make_challenge, use_challenge, _PASSKEY, session_lives),
    "code of an app (TOTP)": OneTimeThing(make_app_code, use_app_code, _SECOND_STEP, session_lives),
    "recovery code": OneTimeThing(make_recovery_code, use_recovery_code, _SECOND_STEP, session_lives),
    "begun sign-in": OneTimeThing(make_begun_sign_in, use_begun_sign_in, _SECOND_STEP, session_lives),
    "sent code": OneTimeThing(make_sent_code, use_sent_code, _SENT_CODE, session_lives),
    "contact code": OneTimeThing(
        make_contact_code, use_contact_code, frozenset({"challenge_over", "too_many_attempts"}), contact_lives
    ),
    "statement signed by a certificate": OneTimeThing(
        make_statement, use_statement, frozenset({"certificate_refused"}), session_lives
    ),
    "mobile signature": OneTimeThing(
        make_mobile_signature, use_mobile_signature, frozenset({"mobile_signature_over"}), session_lives
    ),
    "authorization code": OneTimeThing(make_code, use_code, frozenset({"invalid_grant"}), token_lives, lives_on=False),
    "request_uri": OneTimeThing(make_request_uri, use_request_uri, _GONE, code_lives),
    "sharing approval": OneTimeThing(make_approval, use_approval, _GONE, code_lives),
    "assertion jti": OneTimeThing(make_assertion, use_assertion, frozenset({"invalid_client"}), token_lives),
    "DPoP jti": OneTimeThing(make_proof, use_proof, frozenset({"invalid_dpop_proof"}), token_lives),
    "refresh token": OneTimeThing(make_refresh_token, use_refresh_token, frozenset(), token_lives, wins="all"),
    "refresh token, handed back meanwhile": OneTimeThing(
        make_refresh_token,
        use_or_hand_back,
        frozenset({"invalid_grant"}),
        token_lives,
        wins="any",
        lives_on=False,
    ),
}
