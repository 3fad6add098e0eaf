"""Whose certificates people sign in with: the trust list, read once at start.

`trust.toml` in the folder names each issuer: `certificate` (a file beside it, PEM or DER), `vouches_for`
(`e-signature`, `identity-card` or `mobile-signature`) and `policies` (the OIDs of which its certificates name one).
"""

import tomllib
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kapi.config.environment import ENVIRONMENT
from kapi.config.settings.pages import PASSKEYS
from kapi.contexts.identity.values import CertificateSettings, CertificateUse, TrustedIssuer


def read_trust_list(folder: Path) -> tuple[TrustedIssuer, ...]:
    """Read the issuers that a folder's `trust.toml` names.

    :raises ValueError: naming the line's fault and what is expected.
    """
    try:
        lines = tomllib.loads((folder / "trust.toml").read_text(encoding="utf-8")).get("issuer", [])
        return tuple(_issuer(folder, line) for line in lines)
    except (OSError, KeyError, TypeError, ValueError) as wrong:
        raise ValueError(f"{folder / 'trust.toml'}: {wrong!r}; each [[issuer]] needs {_EXPECTED}") from None


_EXPECTED = (
    'certificate = "file.pem", vouches_for = "e-signature", "identity-card" or "mobile-signature", '
    'policies = ["1.2.3"] (at least one)'
)


def _issuer(folder: Path, line: dict[str, Any]) -> TrustedIssuer:
    data = (folder / line["certificate"]).read_bytes()
    load = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
    policies = frozenset(x509.ObjectIdentifier(policy).dotted_string for policy in line["policies"])
    if not policies:
        raise ValueError("no policies")
    return TrustedIssuer(
        name=line["certificate"],
        certificate=load(data).public_bytes(Encoding.DER),
        use=CertificateUse(line["vouches_for"]),
        policies=policies,
    )


def _trusted() -> tuple[TrustedIssuer, ...]:
    # The demo makes an issuer of its own while it sets itself up.
    demo = ENVIRONMENT.data_dir.resolve() / "demo-issuer"
    made = str(demo) if ENVIRONMENT.demo and (demo / "trust.toml").is_file() else ""
    folder = ENVIRONMENT.trust_list or made
    try:
        return read_trust_list(Path(folder)) if folder else ()
    except ValueError as wrong:
        raise SystemExit(f"KAPI_TRUST_LIST: {wrong}") from None


CERTIFICATES = CertificateSettings(site=PASSKEYS.origin, issuers=_trusted())

# The demo has telephones of its own without being told.
DUMMY_TELEPHONES = ENVIRONMENT.data_dir.resolve() / "demo-issuer"
_SIGNER = ENVIRONMENT.mobile_signature or ("dummy" if ENVIRONMENT.demo else "")
MOBILE_SIGNER = "kapi.contexts.identity.providers.dummy.DummySigner" if _SIGNER == "dummy" else _SIGNER
