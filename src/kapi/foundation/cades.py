"""Making CMS signatures with the attributes of CAdES (RFC 5652, RFC 5035), by a key that is at hand as a file.

For the demo's cards and telephones: the gateway itself signs nothing for people.
"""

import hashlib
from collections.abc import Sequence

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def sign(
    data: bytes,
    *,
    certificate: x509.Certificate,
    key: SigningKey,
    others: Sequence[x509.Certificate] = (),
    is_attached: bool = False,
) -> bytes:
    """Return a signature over `data` in DER, with SHA-256; `others` are certificates of the path that go along.

    Attached, it holds the data; detached, it does not.
    """
    own = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    attributes = signed_attributes(data, own)
    return signed_data(
        data if is_attached else None,
        own=own,
        others=[asn1_x509.Certificate.load(each.public_bytes(Encoding.DER)) for each in others],
        attributes=attributes,
        algorithm=_algorithm_of(key),
        signature=_signature(key, attributes.dump()),
    )


def signed_attributes(data: bytes, own: asn1_x509.Certificate) -> cms.CMSAttributes:
    """Return what is signed in the place of the data: its digest, its kind, and whose certificate it is."""
    named = tsp.ESSCertIDv2(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "cert_hash": hashlib.sha256(own.dump()).digest(),
        }
    )
    return cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(data).digest()]}),
            cms.CMSAttribute(
                {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [named]})]}
            ),
        ]
    )


def signed_data(
    content: bytes | None,
    *,
    own: asn1_x509.Certificate,
    others: Sequence[asn1_x509.Certificate],
    attributes: cms.CMSAttributes,
    algorithm: str,
    signature: bytes,
) -> bytes:
    """Put a signature together, in DER."""
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    sid = cms.IssuerAndSerialNumber({"issuer": own.issuer, "serial_number": own.serial_number})
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": sid}),
            "digest_algorithm": digest,
            "signed_attrs": attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": algorithm}),
            "signature": signature,
        }
    )
    inner = {"content_type": "data"} | ({} if content is None else {"content": core.OctetString(content)})
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [digest],
            "encap_content_info": inner,
            "certificates": [own, *others],
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": data}).dump())


def _algorithm_of(key: SigningKey) -> str:
    return "sha256_ecdsa" if isinstance(key, ec.EllipticCurvePrivateKey) else "sha256_rsa"


def _signature(key: SigningKey, data: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(SHA256()))
    return key.sign(data, padding.PKCS1v15(), SHA256())
