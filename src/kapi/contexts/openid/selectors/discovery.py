"""What we tell the world about ourselves."""

from datetime import datetime
from typing import Any

from kapi.contexts.identity.selectors import supported_acrs
from kapi.contexts.openid.rules.dpop import nonce_at
from kapi.contexts.openid.rules.jwt import CLIENT_ALGORITHMS, SIGNING_ALGORITHM
from kapi.contexts.openid.values.clients import ATTRIBUTES, ApiScope, Scope
from kapi.contexts.openid.values.tokens import GrantType
from kapi.foundation.settled import settings


def fresh_proof_nonce(*, now: datetime) -> str:
    """Return the nonce that DPoP proofs need from now on (RFC 9449, 8)."""
    return nonce_at(now, settings.OPENID.proof_nonce_lifetime)


def discovery_document() -> dict[str, Any]:
    """Return the provider metadata (OpenID Connect Discovery 1.0, 3; RFC 8414, 2; RFC 9701; logout specifications)."""
    endpoint = settings.OPENID.endpoint
    return {
        "issuer": settings.OPENID.issuer,
        "authorization_endpoint": endpoint("/oidc/authorize"),
        "token_endpoint": endpoint("/oidc/token"),
        "pushed_authorization_request_endpoint": endpoint("/oidc/par"),
        "introspection_endpoint": endpoint("/oidc/introspect"),
        "revocation_endpoint": endpoint("/oidc/revoke"),
        "userinfo_endpoint": endpoint("/oidc/userinfo"),
        "jwks_uri": endpoint("/oidc/jwks"),
        "end_session_endpoint": endpoint("/oidc/end-session"),
        "scopes_supported": [*Scope, *ApiScope],
        "claims_supported": ["sub", *(claim for claims in ATTRIBUTES.values() for claim in claims)],
        "claim_types_supported": ["normal"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GrantType),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [SIGNING_ALGORITHM],
        "introspection_signing_alg_values_supported": [SIGNING_ALGORITHM],
        **_authentication_at("token", "introspection", "revocation"),
        "dpop_signing_alg_values_supported": list(CLIENT_ALGORITHMS),
        "tls_client_certificate_bound_access_tokens": settings.OPENID.certificates,
        **_mtls_aliases(),
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": list(supported_acrs()),
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["tr", "en"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_pushed_authorization_requests": False,  # of every client; the profile of a client may require it
    }


def _mtls_aliases() -> dict[str, dict[str, str]]:
    """Name the addresses at which clients are asked for a certificate (RFC 8705, 5), where there are such."""
    if not settings.OPENID.mtls:
        return {}
    paths = {
        "token_endpoint": "/oidc/token",
        "pushed_authorization_request_endpoint": "/oidc/par",
        "introspection_endpoint": "/oidc/introspect",
        "revocation_endpoint": "/oidc/revoke",
        "userinfo_endpoint": "/oidc/userinfo",
    }
    return {"mtls_endpoint_aliases": {name: settings.OPENID.mtls + path for name, path in paths.items()}}


def _authentication_at(*endpoints: str) -> dict[str, list[str]]:
    """Say how clients prove themselves: in the same ways everywhere (RFC 8414, 2)."""
    methods = ["private_key_jwt", "client_secret_basic", "client_secret_post"]
    if settings.OPENID.certificates_checked:
        methods.append("tls_client_auth")
    told = {
        f"{name}_endpoint_auth_{member}_supported": list(values)
        for name in endpoints
        for member, values in (("methods", methods), ("signing_alg_values", CLIENT_ALGORITHMS))
    }
    for name in ("token", "revocation"):  # apps on people's devices: RFC 8252
        told[f"{name}_endpoint_auth_methods_supported"].append("none")
    return told
