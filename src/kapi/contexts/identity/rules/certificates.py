"""Whether a certificate is one that we trust, and whose it is: path, policy, use, validity, revocation, number.

Paths (RFC 5280) and what issuers say about revocation (RFC 6960, RFC 5280) are checked by `pyhanko-certvalidator`.
Nothing is fetched here: a service fetches, and hands over what came.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from asn1crypto import algos, x509
from pyhanko_certvalidator import CertificateValidator
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    REQUIRE_REVINFO,
    AlgorithmUsageConstraint,
    AlgorithmUsagePolicy,
    CertRevTrustPolicy,
    PKIXValidationParams,
    RevocationCheckingPolicy,
)

from kapi.contexts.identity.errors import CertificateRefused, RevocationUnknown
from kapi.contexts.identity.rules.signatures import (
    CURVES,
    HASHES,
    LARGEST_RSA_KEY,
    SMALLEST_RSA_KEY,
    UNREADABLE,
    Signed,
)
from kapi.contexts.identity.values import CertificateFault, CertificateUse, Method, TrustedIssuer
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import IdentityNumber

METHOD_OF: Final = {
    CertificateUse.E_SIGNATURE: Method.QUALIFIED_CERTIFICATE,
    CertificateUse.IDENTITY_CARD: Method.IDENTITY_CARD,
    CertificateUse.MOBILE_SIGNATURE: Method.MOBILE_SIGNATURE,
}
# What the key must be for (RFC 5280, 4.2.1.3): an e-signature's binds its holder, an identity card's proves who it is.
KEY_USAGE_OF: Final = {
    CertificateUse.E_SIGNATURE: "non_repudiation",
    CertificateUse.IDENTITY_CARD: "digital_signature",
    CertificateUse.MOBILE_SIGNATURE: "non_repudiation",
}
# Clocks of issuers may differ from ours by so much.
_TOLERANCE: Final = timedelta(seconds=60)
# An issuer with a former and a present key. What comes along is the sender's choice, and the ways through certificates
# that all bear one name and could each have issued the next are as many as the orders of them.
_MOST_OF_A_NAME: Final = 2
# The bare number, or in the form of ETSI EN 319 412-1, 5.1.3: a national personal number of Türkiye.
_NUMBER = re.compile(r"(?:PNOTR-)?([0-9]{11})")


@dataclass(frozen=True)
class Trusted:
    """A certificate with a path to an issuer on the trust list; whether it is revoked is not known yet."""

    issuer: TrustedIssuer
    path: ValidationPath
    number: IdentityNumber

    @property
    def method(self) -> Method:
        """What it proves."""
        return METHOD_OF[self.issuer.use]

    @property
    def links(self) -> tuple[tuple[x509.Certificate, x509.Certificate], ...]:
        """Each certificate that could have been revoked, with its issuer's, the holder's own last."""
        chain = list(self.path.iter_certs(include_root=True))
        return tuple(zip(chain[1:], chain, strict=False))


def find_path(
    signed: Signed, issuers: Iterable[TrustedIssuer], uses: frozenset[CertificateUse], now: datetime
) -> Trusted:
    """Return the path to the issuer on the list that vouches for the certificate, for one of these uses.

    :raises CertificateRefused: if there is none, or the certificate is not good for this, or not now.
    """
    fault = CertificateFault.ISSUER
    try:
        number = number_of(signed.certificate)
        for issuer in issuers:
            if issuer.use not in uses:
                continue
            try:
                return Trusted(issuer, _path(signed, issuer, now), number)
            except CertificateRefused as refusal:
                # The most telling reason of all issuers: that it is not this one's certificate tells nothing.
                fault = fault if refusal.fault is CertificateFault.ISSUER else refusal.fault
    except UNREADABLE:
        raise CertificateRefused(CertificateFault.MALFORMED) from None
    raise CertificateRefused(fault)


def is_not_revoked(trusted: Trusted, *, ocsps: Sequence[bytes], crls: Sequence[bytes], now: datetime) -> None:
    """Every certificate of the path is said to be good, lately, by its issuer or by whom the issuer lets say so.

    :raises CertificateRefused: if one has been revoked.
    :raises RevocationUnknown: if of one it is not said.
    """
    context = _context(trusted.issuer, trusted.path, REQUIRE_REVINFO, now, ocsps=ocsps, crls=crls)
    try:
        _validate(context, trusted.path.last, trusted.issuer)
    except RevokedError:
        raise CertificateRefused(CertificateFault.REVOKED) from None
    except (InsufficientRevinfoError, *UNREADABLE):
        raise RevocationUnknown from None
    except (ValidationError, PathBuildingError):
        raise CertificateRefused(CertificateFault.ISSUER) from None


def number_of(certificate: x509.Certificate) -> IdentityNumber:
    """Return the identity number in the subject's one serialNumber (X.520, 6.2.9).

    :raises CertificateRefused: if there is none, more than one, or none that can be an identity number.
    """
    values = [
        str(pair["value"].native)
        for relative in certificate.subject.chosen
        for pair in relative
        if pair["type"].native == "serial_number"
    ]
    found = _NUMBER.fullmatch(values[0]) if len(values) == 1 else None
    if found is None:
        raise CertificateRefused(CertificateFault.NUMBER)
    try:
        return IdentityNumber.parse(found[1])
    except InvalidValue:
        raise CertificateRefused(CertificateFault.NUMBER) from None


def _path(signed: Signed, issuer: TrustedIssuer, now: datetime) -> ValidationPath:
    context = _context(issuer, _few_of_a_name(signed.others), NO_REVOCATION, now)
    try:
        path = _validate(context, signed.certificate, issuer)
    except (ExpiredError, NotYetValidError):
        raise CertificateRefused(CertificateFault.VALIDITY) from None
    except PathBuildingError:
        raise CertificateRefused(CertificateFault.ISSUER) from None
    except ValidationError as refusal:
        raise CertificateRefused(_fault_of(refusal, signed.certificate, issuer)) from None
    anchor = path.first
    _require(anchor.not_valid_before <= now <= anchor.not_valid_after, CertificateFault.ISSUER)
    _require(_names_a_policy(signed.certificate, issuer), CertificateFault.POLICY)
    usage = signed.certificate.key_usage_value
    _require(usage is not None and KEY_USAGE_OF[issuer.use] in usage.native, CertificateFault.USAGE)
    _require(not signed.certificate.ca, CertificateFault.USAGE)
    return path


def _few_of_a_name(certificates: Iterable[x509.Certificate]) -> Iterator[x509.Certificate]:
    """Leave out what bears a name that others bear already, so that looking for a path ends soon."""
    seen: defaultdict[str, int] = defaultdict(int)
    for certificate in certificates:
        subject: Any = certificate.subject
        seen[subject.hashable] += 1
        if seen[subject.hashable] <= _MOST_OF_A_NAME:
            yield certificate


def _validate(context: ValidationContext, certificate: x509.Certificate, issuer: TrustedIssuer) -> ValidationPath:
    parameters = PKIXValidationParams(
        user_initial_policy_set=issuer.policies, initial_explicit_policy=True, initial_any_policy_inhibit=False
    )
    validator = CertificateValidator(certificate, validation_context=context, pkix_params=parameters)
    # In a thread of its own: nobody knows whether a loop runs in this one, and there can be one only.
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(lambda: asyncio.run(validator.async_validate_path())).result()


def _context(
    issuer: TrustedIssuer,
    others: Iterable[x509.Certificate],
    revocation: RevocationCheckingPolicy,
    now: datetime,
    *,
    ocsps: Sequence[bytes] = (),
    crls: Sequence[bytes] = (),
) -> ValidationContext:
    return ValidationContext(
        trust_roots=[x509.Certificate.load(issuer.certificate)],
        other_certs=list(others),
        moment=now,
        allow_fetching=False,
        ocsps=list(ocsps),
        crls=list(crls),
        revinfo_policy=CertRevTrustPolicy(revocation),
        time_tolerance=_TOLERANCE,
        algorithm_usage_policy=_OnlyTrustedAlgorithms(),
    )


class _OnlyTrustedAlgorithms(AlgorithmUsagePolicy):
    """What may sign certificates and what is said about them."""

    def digest_algorithm_allowed(
        self, algo: algos.DigestAlgorithm, moment: datetime | None
    ) -> AlgorithmUsageConstraint:
        return AlgorithmUsageConstraint(algo["algorithm"].native in HASHES, failure_reason=_WEAK)

    def signature_algorithm_allowed(
        self, algo: algos.SignedDigestAlgorithm, moment: datetime | None, public_key: Any
    ) -> AlgorithmUsageConstraint:
        kind = algo.signature_algo
        is_good = algo.hash_algo in HASHES and kind in {"ecdsa", "rsassa_pkcs1v15", "rsassa_pss"}
        if is_good and public_key is not None:
            is_good = (
                public_key.curve[1] in CURVES
                if kind == "ecdsa"
                else SMALLEST_RSA_KEY <= public_key.bit_size <= LARGEST_RSA_KEY
            )
        return AlgorithmUsageConstraint(is_good, failure_reason=_WEAK)


_WEAK: Final = "kapi: an algorithm or key that is not trusted"


def _fault_of(refusal: ValidationError, certificate: x509.Certificate, issuer: TrustedIssuer) -> CertificateFault:
    if _WEAK in refusal.failure_msg:
        return CertificateFault.ALGORITHM
    return CertificateFault.ISSUER if _names_a_policy(certificate, issuer) else CertificateFault.POLICY


def _names_a_policy(certificate: x509.Certificate, issuer: TrustedIssuer) -> bool:
    named = certificate.certificate_policies_value or ()
    return any(policy["policy_identifier"].dotted in issuer.policies for policy in named)


def _require(is_fulfilled: bool, fault: CertificateFault) -> None:
    if not is_fulfilled:
        raise CertificateRefused(fault)
