"""Questions about certificates of connections."""

from cryptography import x509

from kapi.contexts.openid.rules.certificates import names_in


def names_of(*, certificate: x509.Certificate) -> frozenset[str]:
    """Return the names in a certificate by which a client may be registered."""
    return names_in(certificate)
