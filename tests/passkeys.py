"""A passkey in software, for tests: what a browser and its authenticator would send, and every way to do it wrong."""

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings
from fido2 import cbor
from fido2.cose import ES256

PRESENT, VERIFIED, BACKED_UP, ATTESTED = 0x01, 0x04, 0x10, 0x40


def encode(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftPasskey:
    """A passkey with its key, its counter, and the person that it was made for."""

    owner: bytes = b""
    counter: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))

    def credential(self, changes: dict[Any, Any] | None = None) -> bytes:
        """Return the attested credential data (Web Authentication 6.5.2); `changes` are made in its COSE key."""
        key = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        public = cbor.encode(dict(key) | (changes or {}))
        return b"\0" * 16 + struct.pack(">H", len(self.credential_id)) + self.credential_id + public

    def create(self, options: dict[str, Any], **changes: Any) -> str:
        """Answer `navigator.credentials.create` in JSON. `changes` as in `_client_data` and `_authenticator_data`."""
        self.owner = decode(options["user"]["id"])
        attested = self.credential(changes.pop("cose", {}))
        client_data = _client_data("webauthn.create", options["challenge"], changes)
        data = _authenticator_data(self.counter, changes, flags=PRESENT | VERIFIED | ATTESTED) + attested
        statement = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        response = {"clientDataJSON": encode(client_data), "attestationObject": encode(statement)}
        return self._answer(response)

    def get(self, options: dict[str, Any], **changes: Any) -> str:
        """Answer `navigator.credentials.get` in JSON, one use later."""
        self.counter += changes.pop("count", 1)
        signer = changes.pop("signer", self.key)
        owner = changes.pop("owner", self.owner)
        client_data = _client_data("webauthn.get", options["challenge"], changes)
        data = _authenticator_data(self.counter, changes, flags=PRESENT | VERIFIED)
        signature = signer.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": encode(client_data),
            "authenticatorData": encode(data),
            "signature": encode(signature),
        }
        return self._answer(response | ({"userHandle": encode(owner)} if owner else {}))

    def _answer(self, response: dict[str, str]) -> str:
        credential_id = encode(self.credential_id)
        return json.dumps({"id": credential_id, "rawId": credential_id, "type": "public-key", "response": response})


def _client_data(ceremony: str, challenge: str, changes: dict[str, Any]) -> bytes:
    fields = {"type": ceremony, "challenge": challenge, "origin": settings.PASSKEYS.origin, "crossOrigin": False}
    return json.dumps(fields | changes.pop("client", {})).encode()


def _authenticator_data(counter: int, changes: dict[str, Any], *, flags: int) -> bytes:
    rp_id = changes.pop("rp_id", settings.PASSKEYS.rp_id)
    flags = changes.pop("flags", flags)
    assert not changes, f"unknown: {sorted(changes)}"
    return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, counter)
