"""Asking issuers whether a certificate has been revoked: OCSP (RFC 6960) first, then their list (RFC 5280, 5).

An issuer that says nothing is not taken for one that says yes. What was said and verified is kept for minutes, so that
neither a busy day nor somebody who sends the same signature again and again is felt there.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from kapi.contexts.identity.errors import CertificateRefused, RevocationUnknown
from kapi.contexts.identity.models import RevocationAnswer
from kapi.contexts.identity.rules.certificates import Trusted, is_not_revoked
from kapi.contexts.identity.values import CertificateFault
from kapi.foundation.http.errors import AddressRefused, AnswerTooLarge, CallFailed
from kapi.foundation.http.services import Answer, fetch
from kapi.kernel.actors import Actor

KEEP_OCSP: Final = timedelta(minutes=5)
KEEP_CRL: Final = timedelta(hours=1)
_TIMEOUT_S: Final = 4.0
_MOST_OCSP_BYTES: Final = 65_536
_MOST_CRL_BYTES: Final = 16 * 2**20


@dataclass(frozen=True)
class _Said:
    """What an issuer has said, and until when it need not be asked again."""

    question_hash: str
    body: bytes
    expires_at: datetime


def check_revocation(*, trusted: Trusted, actor: Actor, now: datetime) -> None:
    """Ask about every certificate of a path, and return if none has been revoked.

    Calls out, for four seconds at most for each certificate and each of the two ways: never use it inside a
    transaction.

    :raises CertificateRefused: if one has been revoked.
    :raises RevocationUnknown: if of one it is not said.
    """
    ocsps: list[_Said] = []
    crls: list[_Said] = []
    for ask, said in ((_ask_ocsp, ocsps), (_ask_crl, crls)):
        for certificate, issuer in trusted.links:
            said.extend(ask(certificate, issuer, now))
        bodies = [each.body for each in ocsps], [each.body for each in crls]
        try:
            is_not_revoked(trusted, ocsps=bodies[0], crls=bodies[1], now=now)
        except RevocationUnknown:
            continue
        except CertificateRefused as refusal:
            if refusal.fault is CertificateFault.REVOKED:
                _keep(_by_which_it_is_revoked(trusted, ocsps, crls, now))
            raise
        _keep((*ocsps, *crls))
        return
    raise RevocationUnknown


def _by_which_it_is_revoked(trusted: Trusted, ocsps: list[_Said], crls: list[_Said], now: datetime) -> list[_Said]:
    """Return the answers without which it would not be known to be revoked.

    The check ends at the first certificate that is: whatever was said of those below it has not been verified.
    """

    def is_revoked_without(left_out: _Said) -> bool:
        try:
            is_not_revoked(
                trusted,
                ocsps=[each.body for each in ocsps if each is not left_out],
                crls=[each.body for each in crls if each is not left_out],
                now=now,
            )
        except CertificateRefused as refusal:
            return refusal.fault is CertificateFault.REVOKED
        except RevocationUnknown:
            return False
        return False

    return [each for each in (*ocsps, *crls) if not is_revoked_without(each)]


def _ask_ocsp(certificate: asn1_x509.Certificate, issuer: asn1_x509.Certificate, now: datetime) -> Iterable[_Said]:
    urls = certificate.ocsp_urls
    if not urls:
        return
    request = ocsp.OCSPRequestBuilder().add_certificate(_read(certificate), _read(issuer), SHA256()).build()
    body = request.public_bytes(Encoding.DER)
    question = _hash_of(urls[0], body)
    known = _find(question, now)
    if known is not None:
        yield known
        return
    headers = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}
    answer = _fetch("POST", urls[0], headers, body, _MOST_OCSP_BYTES)
    if answer is None:
        return
    try:
        said = ocsp.load_der_ocsp_response(answer.body)
        # Of an answer about several certificates `cryptography` does not say until when it is good.
        until = said.next_update_utc or now
    except ValueError:
        return
    yield _Said(question, answer.body, min(until, now + KEEP_OCSP))


def _ask_crl(certificate: asn1_x509.Certificate, _issuer: asn1_x509.Certificate, now: datetime) -> Iterable[_Said]:
    url = next((point.url for point in certificate.crl_distribution_points if point.url), None)
    if url is None:
        return
    question = _hash_of(url, b"")
    known = _find(question, now)
    if known is not None:
        yield known
        return
    answer = _fetch("GET", url, {"Accept": "application/pkix-crl"}, None, _MOST_CRL_BYTES)
    if answer is None:
        return
    try:
        until = x509.load_der_x509_crl(answer.body).next_update_utc or now
    except ValueError:
        return
    yield _Said(question, answer.body, min(until, now + KEEP_CRL))


def _fetch(method: str, url: str, headers: dict[str, str], body: bytes | None, max_bytes: int) -> Answer | None:
    """Call an issuer: by http: too, as issuers are called (RFC 5280, 8; RFC 6960, A.1), for what they say is signed."""
    try:
        answer = fetch(
            method=method,
            url=url,
            headers=headers,
            body=body,
            timeout_s=_TIMEOUT_S,
            max_bytes=max_bytes,
            allow_http=True,
        )
    except (AddressRefused, CallFailed, AnswerTooLarge):
        return None
    return answer if answer.status == 200 else None


def _find(question_hash: str, now: datetime) -> _Said | None:
    row = RevocationAnswer.objects.filter(pk=question_hash, expires_at__gt=now).first()
    return _Said(row.pk, base64.b64decode(row.body), row.expires_at) if row else None


def _keep(answers: Iterable[_Said]) -> None:
    """Keep what has been verified; nobody puts anything here that would have the next question answered wrongly."""
    for said in answers:
        kept = {"body": base64.b64encode(said.body).decode(), "expires_at": said.expires_at}
        RevocationAnswer.objects.update_or_create(pk=said.question_hash, defaults=kept)


def _hash_of(url: str, body: bytes) -> str:
    return hashlib.sha256(url.encode() + b"\x00" + body).hexdigest()


def _read(certificate: asn1_x509.Certificate) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.dump())
