"""Access tokens and proofs of possession in headers, for the sites that take them."""

import base64
from ipaddress import ip_address
from typing import Final, TypeVar
from urllib.parse import unquote

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, load_pem_x509_certificate
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from kapi.contexts.openid.errors import InsufficientScope, InvalidRequest, InvalidToken, ProtocolError, TokenMissing
from kapi.contexts.openid.selectors.certificates import names_of
from kapi.contexts.openid.selectors.discovery import discovery_document, fresh_proof_nonce
from kapi.contexts.openid.values.dpop import ShownProof
from kapi.foundation.settled import settings

Response = TypeVar("Response", bound=HttpResponse)
_MOST_CHARACTERS: Final = 16_384


def shown_proof(request: HttpRequest, *, origin: str) -> ShownProof | None:
    """Return the proof of possession that came along; the address is ours whatever the request was sent to."""
    header = request.META.get("HTTP_DPOP")
    if header is None:
        return None
    return ShownProof(header, str(request.method), origin + request.path)


def certificate_of(request: HttpRequest) -> str:
    """Return the thumbprint (RFC 8705, 3.1) of the certificate that the client's connection was made with, or nothing.

    It comes in a header of the proxy that ended the connection, as PEM, percent-encoded; whatever anybody else puts
    there is not looked at. Who made the certificate makes no difference: a token is bound to it, it names nobody.
    """
    certificate = _certificate(request)
    if certificate is None:
        return ""
    return base64.urlsafe_b64encode(certificate.fingerprint(SHA256())).rstrip(b"=").decode()


def certified_names(request: HttpRequest) -> frozenset[str]:
    """Return the names in the certificate of the client's connection, if the proxy says that it has checked it.

    RFC 8705, 2.1: what it calls good (`SUCCESS`, as nginx writes it) chains to the authorities that it was given.
    """
    name = settings.CLIENT_CERTIFICATE_VERDICT
    if not name or request.headers.get(name) != "SUCCESS":
        return frozenset()
    certificate = _certificate(request)
    return frozenset() if certificate is None else names_of(certificate=certificate)


def _certificate(request: HttpRequest) -> Certificate | None:
    name = settings.CLIENT_CERTIFICATE_HEADER
    sent = request.headers.get(name, "") if name else ""
    if not sent or len(sent) > _MOST_CHARACTERS or not _is_believed(request.META.get("REMOTE_ADDR", "")):
        return None
    try:
        return load_pem_x509_certificate(unquote(sent).encode("ascii"))
    except ValueError:
        return None


def _is_believed(address: str) -> bool:
    try:
        seen = ip_address(address)
    except ValueError:
        return False
    return any(seen in network for network in settings.CLIENT_CERTIFICATE_PROXIES)


def with_nonce(request: HttpRequest, response: Response) -> Response:
    """Hand the present nonce to a client that shows proofs (RFC 9449, 8.2): it never has to be asked for one again."""
    if "HTTP_DPOP" in request.META:
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
    if isinstance(refusal, InvalidRequest):
        return (dpop if _tried_dpop(request) else bearer) + told
    if not isinstance(refusal, InvalidToken) or refusal.scheme == "DPoP" or _tried_dpop(request):
        return dpop + told
    return bearer + told


def _tried_dpop(request: HttpRequest) -> bool:
    scheme: str = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")[0]
    return scheme.lower() == "dpop"  # protocol
