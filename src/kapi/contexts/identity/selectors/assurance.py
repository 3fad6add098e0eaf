"""Questions about what can be proved here, and by whom."""

from django.conf import settings

from kapi.contexts.identity.models import Account, Authenticator
from kapi.contexts.identity.rules import assurance as assurance_rules
from kapi.contexts.identity.values import ACR_VALUES, AssuranceLevel, AuthenticatorKind, Method, PersonId, Proofing


def provable_acrs(*, person_id: PersonId) -> frozenset[str]:
    """Return every `acr` that a person may be asked to prove: with what they have added, and the highest rung.

    Whether somebody has a certificate is known to nobody before they show it. So the highest rung, which nothing else
    reaches, is asked for wherever certificates are trusted; lower ones only of who has added what reaches them.
    """
    return reachable_acrs(person_id=person_id) | (frozenset({str(AssuranceLevel.HIGH)} & set(supported_acrs())))


def attainable_acrs(*, person_id: PersonId) -> frozenset[str]:
    """Return every `acr` that a person could reach once they have added whatever can be added, or by a certificate."""
    methods = {Method.PASSWORD, Method.TOTP} | ({Method.PASSKEY} if settings.PASSKEYS.is_possible else set())
    certificates = {Method.QUALIFIED_CERTIFICATE} if settings.CERTIFICATES.issuers else set()
    return assurance_rules.reachable(methods | certificates, _proofing_of(person_id))


def reachable_acrs(*, person_id: PersonId) -> frozenset[str]:
    """Return every `acr` that a person can reach with their password and what they have added."""
    kinds = Authenticator.objects.filter(person_id=person_id).values_list("kind", flat=True).order_by("pk")
    methods = {Method.PASSWORD, *(assurance_rules.METHOD_OF[AuthenticatorKind(kind)] for kind in kinds)}
    return assurance_rules.reachable(methods, _proofing_of(person_id))


def supported_acrs() -> tuple[str, ...]:
    """Return every `acr` that anybody can reach here, the strongest first: the highest rung takes a trust list."""
    is_high = bool(settings.CERTIFICATES.issuers)
    return tuple(str(acr) for acr in ACR_VALUES if is_high or acr != AssuranceLevel.HIGH)


def _proofing_of(person_id: PersonId) -> Proofing:
    found = Account.objects.filter(pk=person_id).values_list("proofing", flat=True).first()
    return Proofing(found or Proofing.OPERATOR)
