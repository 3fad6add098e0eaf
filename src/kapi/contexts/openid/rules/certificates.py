"""Names in TLS certificates by which a client is known (RFC 8705, 2.1.2), written `kind:name`."""

from ipaddress import ip_address

from cryptography import x509

from kapi.contexts.openid.errors import ClientNotAcceptable

# As the metadata of a client call them, after `tls_client_auth_` (RFC 8705, 2.1.2).
KINDS = ("subject_dn", "san_dns", "san_uri", "san_ip", "san_email")
_HINT = "write KIND:NAME, such as san_dns:program.kurum.gov.tr; KIND is one of " + ", ".join(KINDS)
_MOST_CHARACTERS = 500


def read_name(written: str) -> str:
    """Return the one spelling of a name that a client is to be registered with.

    :raises ClientNotAcceptable: if it is none.
    """
    kind, colon, name = written.strip().partition(":")
    if not colon or kind not in KINDS or not name or len(written) > _MOST_CHARACTERS or not name.isprintable():
        raise ClientNotAcceptable("tls_subject", "form", _HINT)
    try:
        return f"{kind}:{_spelled(kind, name)}"
    except ValueError:
        raise ClientNotAcceptable("tls_subject", "form", _HINT) from None


def names_in(certificate: x509.Certificate) -> frozenset[str]:
    """Return every name in a certificate by which a client may be known."""
    found = {("subject_dn", certificate.subject.rfc4514_string())}
    try:
        others = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        others = x509.SubjectAlternativeName([])
    found |= {("san_dns", name.lower()) for name in others.get_values_for_type(x509.DNSName)}  # protocol
    found |= {("san_uri", name) for name in others.get_values_for_type(x509.UniformResourceIdentifier)}
    found |= {("san_email", name) for name in others.get_values_for_type(x509.RFC822Name)}
    found |= {("san_ip", str(address)) for address in others.get_values_for_type(x509.IPAddress)}
    return frozenset(f"{kind}:{name}" for kind, name in found if name)


def _spelled(kind: str, name: str) -> str:
    if kind == "subject_dn":
        return x509.Name.from_rfc4514_string(name).rfc4514_string()
    if kind == "san_ip":
        return str(ip_address(name))
    return name.lower() if kind == "san_dns" else name  # protocol
