"""A fault for every module of docs/conformance.md: what is taken out, or broken, so that the module's test must fail.

For a module that wants a refusal the fault takes the defence away; for one that wants a good answer it breaks that.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.views.decorators.http import require_GET
from joserfc.jwk import ECKey, RSAKey
from pytest_django import Settings

from kapi.contexts.openid.errors import (
    AccessDenied,
    InvalidClient,
    InvalidDpopProof,
    InvalidGrant,
    InvalidRequest,
    LoginRequired,
    ProtocolError,
)
from kapi.contexts.openid.rules import authorization as asking
from kapi.contexts.openid.rules import client_authentication as proving
from kapi.contexts.openid.rules import dpop, interaction, jwt, parameters
from kapi.contexts.openid.rules import pushed as pushing
from kapi.contexts.openid.rules import tokens as presenting
from kapi.contexts.openid.selectors import discovery
from kapi.contexts.openid.services import (
    authorization,
    client_authentication,
    logout,
    pushed,
    refreshing,
    sharing,
    token_endpoint,
    tokens,
    waiting,
)
from kapi.contexts.openid.values.authorization import ClaimsAsked, Prompt
from kapi.contexts.openid.values.clients import Attribute, Scope
from kapi.contexts.openid.values.logout import SignOutKind
from kapi.contexts.openid.values.settings import OpenidSettings
from kapi.contexts.openid.values.tokens import IdTokenHint
from kapi.kernel.actors import NOBODY
from kapi.sites.login import protocol_urls
from tests.contexts.openid.openid_in_tests import REDIRECT_URI, Signing


@dataclass(frozen=True)
class Ground:
    """Where faults are planted; with the test they are gone."""

    patch: pytest.MonkeyPatch
    settings: Settings
    test_module: ModuleType


Fault = Callable[[Ground], None]


def _nothing(*_: Any, **__: Any) -> None:
    """Ask for nothing."""


def _puts(target: Any, name: str, value: object) -> Fault:
    return lambda ground: ground.patch.setattr(target, name, value)


def _skips(target: ModuleType, name: str) -> Fault:
    """Call a check that checks nothing."""
    return _puts(target, name, _nothing)


def _drops(module: ModuleType, table: str, row: str) -> Fault:
    """Take a row out of a table of requirements."""
    return _swaps(module, table, row)


def _swaps(module: ModuleType, table: str, row: str, *others: Callable[[Any], object]) -> Fault:
    """Put other rows in place of one."""
    rows = getattr(module, table)
    assert row in [each.__name__ for each in rows]
    changed = [new for each in rows for new in (others if each.__name__ == row else (each,))]
    return _puts(module, table, tuple(changed))


def _adds(module: ModuleType, table: str, row: Callable[[Any], object]) -> Fault:
    """Ask for something more."""
    return _puts(module, table, (*getattr(module, table), row))


def _changes(module: ModuleType, name: str, change: Callable[[Any], Any]) -> Fault:
    """Change what a function returns."""
    right = getattr(module, name)
    return _puts(module, name, lambda *given, **named: change(right(*given, **named)))


def _shortens(name: str, most: int) -> Fault:
    """Take no more characters of a parameter; what is usual is read past the limits of single ones."""
    lengths = {**parameters.LENGTHS, name: most}
    return _both(_puts(parameters, "LENGTHS", lengths), _puts(parameters, "USUAL_CHARACTERS", most))


def _sets(**changes: Any) -> Fault:
    def plant(ground: Ground) -> None:
        ground.settings.OPENID = replace(ground.settings.OPENID, **changes)

    return plant


def _both(*faults: Fault) -> Fault:
    def plant(ground: Ground) -> None:
        for fault in faults:
            fault(ground)

    return plant


def _refuses(refusal: type[ProtocolError], when: Callable[[Any], object] = lambda _: True) -> Callable[[Any], None]:
    """Make a requirement that nobody asked for."""

    def requirement(given: Any, *_: Any) -> None:
        if when(given):
            raise refusal("planted")

    return requirement


def _without(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda members: {name: value for name, value in members.items() if name not in names}


def _refuses_parameter(name: str) -> Fault:
    """Take a parameter that is to be passed over for a mistake."""
    return _both(
        _puts(authorization, "KNOWN", asking.KNOWN | {name}),
        _adds(authorization, "REQUIREMENTS", _refuses(InvalidRequest, lambda asked: name in asked.parameters)),
    )


def _outside_counts(name: str) -> Fault:
    """Let a parameter beside a request_uri change what was pushed."""
    right = authorization._receive

    def receive(arrival: authorization.Arrival, session: Any, now: Any) -> Any:
        received, beside = right(arrival, session, now), arrival.parameters
        if isinstance(received, authorization._Received) and "request_uri" in beside and name in beside:
            changes: dict[str, Any] = {name: beside[name]}
            return replace(received, request=received.request._replace(**changes))
        return received

    return _puts(authorization, "_receive", receive)


def _used_up_on_arrival(ground: Ground) -> None:
    """Use up a reference when a browser brings it, not when it is answered."""
    right = authorization._keep

    def keep(received: Any, **named: Any) -> str:
        waiting.use_up_pushed(pushed_id=received.pushed_id, actor=NOBODY, now=named["now"])
        return right(received, **named)

    ground.patch.setattr(authorization, "_keep", keep)


def _lax_audience(asserted: Any) -> None:
    """Take whatever begins with us, in a list as well."""
    named = asserted.claims.get("aud")
    for one in named if isinstance(named, list) else [named]:
        if not str(one).startswith(asserted.settings.issuer):
            raise InvalidClient("planted")


def _revoking_nothing(*_: Any) -> None:
    raise InvalidGrant("planted")


def _listens_only(name: str, wrap: Callable[[Any], Any]) -> Fault:
    """Give an address another view than it has."""
    (pattern,) = (each for each in protocol_urls.urlpatterns if each.name == name)
    return _puts(pattern, "callback", wrap(inspect.unwrap(pattern.callback)))


def _document_without(member: str) -> Fault:
    def plant(ground: Ground) -> None:
        document = discovery.discovery_document() | {member: False}
        ground.patch.setattr(ground.test_module, "discovery_document", lambda: document)

    return plant


def _scope_comes_first(asked: Any) -> None:
    if not asked.parameters.get("scope", "").startswith("openid"):
        raise InvalidRequest("planted")


def _unknown_scopes_are_left_out() -> Fault:
    right = asking._words

    def words(asked: Any, name: str) -> list[str]:
        return [word for word in right(asked, name) if name != "scope" or word in list(Scope)]

    return _both(
        _drops(authorization, "REQUIREMENTS", "scopes_are_registered"),
        _puts(asking, "_words", words),
    )


def _no_secret_in_the_body() -> Fault:
    right = proving.read_credentials

    def read(given: Any, header: str) -> Any:
        if "client_secret" in given:
            raise InvalidClient("planted")
        return right(given, header)

    return _puts(client_authentication, "read_credentials", read)


_RS256 = _both(
    _puts(jwt, "CLIENT_ALGORITHMS", (*jwt.CLIENT_ALGORITHMS, "RS256")),
    _puts(jwt, "_fits", lambda key, _: isinstance(key, RSAKey)),
)
_LEFT_OUT_IS_REGISTERED = _changes(pushed, "read_parameters", lambda given: {"redirect_uri": REDIRECT_URI} | given)
_REDEMPTION = "REDEMPTION_REQUIREMENTS"
_ASSERTION = "ASSERTION_REQUIREMENTS"
_PUSH = "PUSH_REQUIREMENTS"
_DEEDS = "REQUIREMENTS"

FAPI: dict[str, Fault] = {
    "test_access_token_type_header_case_sensitivity": _puts(
        presenting, "_PRESENTED", re.compile(presenting._PRESENTED.pattern)
    ),
    "test_attempt_reuse_authorization_code_after_one_second": _puts(tokens, "_revoke_replayed", _revoking_nothing),
    "test_attempt_to_use_expired_auth_code": _drops(tokens, _REDEMPTION, "code_is_in_time"),
    "test_check_dpop_proof_nbf_exp": _swaps(
        dpop, _DEEDS, "it_is_good_now", _refuses(InvalidDpopProof, lambda examined: "nbf" in examined.claims)
    ),
    "test_discovery_endpoint_verification": _puts(discovery, "SIGNING_ALGORITHM", "RS256"),
    "test_dpop_negative_tests": _drops(dpop, _DEEDS, "access_token_is_this_one"),
    "test_ensure_authorization_code_is_bound_to_client": _skips(tokens, "code_is_this_clients"),
    "test_ensure_authorization_request_with_64_char_nonce_success": _shortens("nonce", 63),
    "test_ensure_authorization_request_with_long_nonce": _shortens("nonce", 383),
    "test_ensure_authorization_request_with_long_state": _shortens("state", 383),
    "test_ensure_authorization_request_without_nonce_success": _swaps(
        pushed, _PUSH, "nonce_is_given", _refuses(InvalidRequest, lambda asked: "nonce" not in asked.parameters)
    ),
    "test_ensure_authorization_request_without_state_success": _changes(
        asking, "_answer", lambda answer: {"state": ""} | answer
    ),
    "test_ensure_client_assertion_in_token_endpoint": _skips(client_authentication, "method_is_the_registered_one"),
    "test_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails": _drops(
        client_authentication, _ASSERTION, "expiry_is_near"
    ),
    "test_ensure_client_assertion_with_no_sub_fails": _drops(
        client_authentication, _ASSERTION, "subject_is_the_client"
    ),
    "test_ensure_client_assertion_with_wrong_aud_fails": _drops(client_authentication, _ASSERTION, "audience_is_us"),
    "test_ensure_client_id_in_token_endpoint": _puts(
        client_authentication, "_read_assertion", lambda shown, *_: jwt.claims_before_checking(shown)
    ),
    "test_ensure_different_nonce_inside_and_outside_request_object": _outside_counts("nonce"),
    "test_ensure_different_state_inside_and_outside_request_object": _outside_counts("state"),
    "test_ensure_dpop_auth_code_binding_success": _swaps(
        tokens, _REDEMPTION, "key_is_the_one_asked_for", _refuses(InvalidGrant, lambda given: given.grant.dpop_jkt)
    ),
    "test_ensure_dpop_proof_at_par_endpoint_binding_success": _puts(
        pushed, "key_is_the_one_named", _refuses(InvalidDpopProof)
    ),
    "test_ensure_dpop_proof_with_iat_10_seconds_after_succeeds": _sets(proof_window=timedelta(seconds=9)),
    "test_ensure_dpop_proof_with_iat_10_seconds_before_succeeds": _sets(proof_window=timedelta(seconds=9)),
    "test_ensure_holder_of_key_required": _drops(token_endpoint, _DEEDS, "proof_is_shown"),
    "test_ensure_mismatched_dpop_jkt_fails": _skips(pushed, "key_is_the_one_named"),
    "test_ensure_other_scope_order_succeeds": _swaps(pushed, _PUSH, "scope_has_openid", _scope_comes_first),
    "test_ensure_redirect_uri_in_authorization_request": _LEFT_OUT_IS_REGISTERED,
    "test_ensure_registered_redirect_uri": _puts(pushing, "is_redirect_of", lambda *_: True),
    "test_ensure_request_object_without_redirect_uri_fails": _LEFT_OUT_IS_REGISTERED,
    "test_ensure_response_type_code_id_token_fails": _drops(pushed, _PUSH, "response_type_is_code"),
    "test_ensure_response_type_token_fails": _drops(pushed, _PUSH, "response_type_is_code"),
    "test_ensure_signed_client_assertion_with_rs256_fails": _RS256,
    "test_ensure_token_endpoint_fails_with_mismatched_dpop_jkt": _drops(
        tokens, _REDEMPTION, "key_is_the_one_asked_for"
    ),
    "test_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt": _drops(
        tokens, _REDEMPTION, "key_is_the_one_asked_for"
    ),
    "test_ensure_unsigned_authorization_request_without_using_par_fails": _drops(
        authorization, _DEEDS, "request_was_pushed"
    ),
    "test_happy_flow": _changes(asking, "_answer", _without("iss")),
    "test_par_attempt_reuse_request_uri": _drops(authorization, "USE_REQUIREMENTS", "reference_is_unused"),
    "test_par_attempt_to_use_expired_request_uri": _drops(authorization, "USE_REQUIREMENTS", "reference_is_in_time"),
    "test_par_endpoint_as_array_audience_fails": _swaps(
        client_authentication, _ASSERTION, "audience_is_us", _lax_audience
    ),
    "test_par_endpoint_as_audience_fails": _swaps(client_authentication, _ASSERTION, "audience_is_us", _lax_audience),
    "test_par_ensure_jwt_client_assertion_with_iat_nbf_8_seconds_in_the_future_is_accepted": _sets(
        clock_leeway=timedelta(seconds=7)
    ),
    "test_par_ensure_jwt_client_assertion_with_iat_nbf_over_60_seconds_in_the_future_fails": _sets(
        clock_leeway=timedelta(seconds=61)
    ),
    "test_par_ensure_pkce_code_verifier_required": _drops(tokens, _REDEMPTION, "code_verifier_matches"),
    "test_par_ensure_pkce_required": _drops(pushed, _PUSH, "code_challenge_is_given"),
    "test_par_ensure_plain_pkce_rejected": _drops(pushed, _PUSH, "code_challenge_method_is_s256"),
    "test_par_ensure_request_uri_is_bound_to_client": _drops(
        authorization, "USE_REQUIREMENTS", "reference_is_this_clients"
    ),
    "test_par_ensure_server_accepts_reused_request_uri_before_authentication_completion": _used_up_on_arrival,
    "test_par_incorrect_pkce_code_verifier_rejected": _drops(tokens, _REDEMPTION, "code_verifier_matches"),
    "test_par_reject_invalid_http_verb": _listens_only("push", lambda view: view),
    "test_par_reject_request_uri_in_par_authorization_form_params": _drops(pushed, _PUSH, "request_uri_is_not_pushed"),
    "test_par_token_endpoint_as_audience_fails": _swaps(
        client_authentication, _ASSERTION, "audience_is_us", _lax_audience
    ),
    "test_par_without_duplicate_parameters": _changes(asking, "_answer", lambda answer: answer | {"scope": "openid"}),
    "test_refresh_token": _drops(refreshing, "REFRESH_REQUIREMENTS", "token_is_this_clients"),
    "test_state_only_outside_request_object_not_used": _outside_counts("state"),
    "test_test_claims_parameter_identity_claims": _changes(asking, "read_claims", lambda _: ClaimsAsked()),
    "test_tolerate_unregistered_redirect_uri": _puts(pushing, "is_redirect_of", lambda *_: True),
    "test_user_rejects_authentication": _puts(AccessDenied, "code", "login_required"),
}

BASIC: dict[str, Fault] = {
    "test_server_test": _changes(tokens, "id_token_claims", _without("nonce")),
    "test_alternate_happy_flow": _swaps(authorization, _DEEDS, "scope_has_openid", _scope_comes_first),
    "test_response_type_missing": _drops(authorization, _DEEDS, "response_type_is_code"),
    "test_id_token_signature": _changes(
        tokens, "active_key", lambda right: Signing(ECKey.generate_key("P-256", {"kid": right.kid}))
    ),
    "test_id_token_unsigned": _puts(discovery, "SIGNING_ALGORITHM", "none"),
    "test_user_info_get": _changes(sharing, "_released", lambda _: {}),
    "test_user_info_post_header": _listens_only("userinfo", require_GET),
    "test_user_info_post_body": _skips(sharing, "token_comes_in_the_header_alone"),
    "test_ensure_request_without_nonce_succeeds_for_code_flow": _swaps(
        authorization, _DEEDS, "nonce_is_given", _refuses(InvalidRequest, lambda asked: "nonce" not in asked.parameters)
    ),
    "test_scope_profile": _changes(sharing, "_released", _without(Attribute.FAMILY_NAME)),
    "test_scope_email": _changes(sharing, "_released", _without(Attribute.EMAIL_VERIFIED)),
    "test_scope_address": _unknown_scopes_are_left_out(),
    "test_scope_phone": _changes(sharing, "_released", _without(Attribute.PHONE_NUMBER)),
    "test_scope_all": _changes(sharing, "_released", _without(Attribute.BIRTHDATE)),
    "test_display_page": _refuses_parameter("display"),
    "test_display_popup": _refuses_parameter("display"),
    "test_prompt_login": _drops(interaction, "SIGN_IN_REASONS", "client_wants_a_new_sign_in"),
    "test_prompt_none_not_logged_in": _puts(LoginRequired, "code", "access_denied"),
    "test_prompt_none_logged_in": _adds(
        interaction, "SIGN_IN_REASONS", lambda situation: Prompt.NONE in situation.request.prompts
    ),
    "test_max_age_1": _drops(interaction, "SIGN_IN_REASONS", "sign_in_is_older_than_max_age"),
    "test_max_age_10000": _adds(
        interaction, "SIGN_IN_REASONS", lambda situation: situation.request.max_age_s is not None
    ),
    "test_ensure_request_with_unknown_parameter_succeeds": _refuses_parameter("extra"),
    "test_id_token_hint": _puts(authorization, "read_hint", lambda _: None),
    "test_login_hint": _refuses_parameter("login_hint"),
    "test_ui_locales": _refuses_parameter("ui_locales"),
    "test_claims_locales": _refuses_parameter("claims_locales"),
    "test_ensure_request_with_acr_values_succeeds": _refuses_parameter("acr_values"),
    "test_auth_code_reuse": _skips(tokens, "_revoke_replayed"),
    "test_auth_code_reuse_after_30_seconds": _puts(tokens, "_revoke_replayed", _revoking_nothing),
    "test_ensure_registered_redirect_uri": _skips(authorization, "redirect_uri_is_registered"),
    "test_ensure_post_request_succeeds": _sets(request_lifetime=timedelta(0)),
    "test_server_test_client_secret_post": _no_secret_in_the_body(),
    "test_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported": _drops(
        authorization, _DEEDS, "request_uri_is_absent"
    ),
    "test_unsigned_request_object_supported_correctly_or_rejected_as_unsupported": _drops(
        authorization, _DEEDS, "request_object_is_absent"
    ),
    "test_ensure_request_object_with_redirect_uri": _drops(authorization, _DEEDS, "request_object_is_absent"),
    "test_claims_essential": _changes(asking, "read_claims", lambda _: ClaimsAsked()),
    "test_refresh_token": _changes(tokens, "_refresh_token", lambda made: ("", made[1])),
    "test_ensure_request_with_valid_pkce_succeeds": _drops(tokens, _REDEMPTION, "code_verifier_matches"),
    "test_rp_initiated_logout_discovery_endpoint_verification": _puts(
        OpenidSettings, "endpoint", lambda self, path: f"{self.issuer}/baska{path}"
    ),
    "test_rp_initiated_logout": _changes(logout, "place_after", lambda url: url.partition("?")[0]),
    "test_rp_initiated_logout_no_state": _changes(logout, "place_after", lambda url: f"{url}?state="),
    "test_rp_initiated_logout_no_post_logout_redirect_uri": _changes(
        logout, "sign_out_kind", lambda _: SignOutKind.CONFIRM
    ),
    "test_rp_initiated_logout_only_state": _changes(logout, "sign_out_kind", lambda _: SignOutKind.END_SESSION),
    "test_rp_initiated_logout_no_params": _changes(logout, "sign_out_kind", lambda _: SignOutKind.END_SESSION),
    "test_rp_initiated_logout_no_id_token_hint": _drops(
        logout, "SIGN_OUT_REQUIREMENTS", "post_logout_redirect_uri_is_registered"
    ),
    "test_rp_initiated_logout_bad_id_token_hint": _puts(
        logout, "read_hint", lambda _: IdTokenHint(client_id="oidf", subject="somebody", sid="")
    ),
    "test_rp_initiated_logout_modified_id_token_hint": _puts(
        logout, "read_hint", lambda _: IdTokenHint(client_id="oidf", subject="somebody", sid="")
    ),
    "test_rp_initiated_logout_bad_logout_redirect_uri": _drops(
        logout, "SIGN_OUT_REQUIREMENTS", "post_logout_redirect_uri_is_registered"
    ),
    "test_rp_initiated_logout_query_added_to_logout_redirect_uri": _drops(
        logout, "SIGN_OUT_REQUIREMENTS", "post_logout_redirect_uri_is_registered"
    ),
    "test_backchannel_logout_discovery_endpoint_verification": _document_without("backchannel_logout_supported"),
    "test_backchannel_rp_initiated_logout": _changes(logout, "logout_token_claims", _without("events")),
}
