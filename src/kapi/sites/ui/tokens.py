"""Access tokens and proofs of possession in headers, for the sites that take them."""

from typing import TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from kapi.contexts.openid.errors import InsufficientScope, InvalidToken, ProtocolError, TokenMissing
from kapi.contexts.openid.selectors.discovery import discovery_document, fresh_proof_nonce
from kapi.contexts.openid.values.dpop import ShownProof

Response = TypeVar("Response", bound=HttpResponse)


def shown_proof(request: HttpRequest, *, origin: str) -> ShownProof | None:
    """Return the proof of possession that came along; the address is ours whatever the request was sent to."""
    header = request.headers.get("DPoP")
    if header is None:
        return None
    return ShownProof(header, str(request.method), origin + request.path)


def with_nonce(request: HttpRequest, response: Response) -> Response:
    """Hand the present nonce to a client that shows proofs (RFC 9449, 8.2): it never has to be asked for one again."""
    if "DPoP" in request.headers:
        response["DPoP-Nonce"] = fresh_proof_nonce(now=timezone.now())
    return response


def challenge(request: HttpRequest, refusal: ProtocolError) -> str:
    """Say in which way a token has to come (RFC 6750, 3; RFC 9449, 7.1): by the scheme that was tried or is needed.

    Where no token came there is no error to tell.
    """
    algorithms = " ".join(discovery_document()["dpop_signing_alg_values_supported"])
    bearer, dpop = 'Bearer realm="kapi"', f'DPoP algs="{algorithms}"'
    if isinstance(refusal, TokenMissing):
        return f"{bearer}, {dpop}"
    told = f', error="{refusal.code}", error_description="{refusal.description}"'
    if isinstance(refusal, InsufficientScope):
        return (dpop if _tried_dpop(request) else bearer) + told + f', scope="{refusal.scope}"'
    if not isinstance(refusal, InvalidToken) or refusal.scheme == "DPoP" or _tried_dpop(request):
        return dpop + told
    return bearer + told


def _tried_dpop(request: HttpRequest) -> bool:
    return request.headers.get("Authorization", "").lower().startswith("dpop ")  # protocol
