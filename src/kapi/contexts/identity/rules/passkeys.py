"""Reading and checking what browsers send about passkeys (Web Authentication Level 3), one function per requirement.

CBOR, COSE keys and authenticator data are read by the library `fido2`. The order of its own ceremonies is not used:
they log credential ids, and refuse without saying why.
"""

import base64
import hashlib
import hmac
import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from fido2.cose import CoseKey
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from kapi.contexts.identity.errors import PasskeyRefused
from kapi.contexts.identity.rules.challenges import VALID_FOR
from kapi.contexts.identity.values import PasskeyFault, PasskeySettings

# ES256, Ed25519, RS256: what authenticators make, the last for Windows Hello.
ALGORITHMS: Final = (-7, -8, -257)
_MOST_CHARACTERS: Final = 20_000
_LONGEST_CREDENTIAL: Final = 2500  # an id of full length, and an RSA key of 8,192 bits
_LONGEST_CREDENTIAL_ID: Final = 1023  # Web Authentication 7.1, step 25
# What reading bytes that are not what they should be ends in, in `json`, `base64`, `struct` and `fido2`.
_UNREADABLE: Final = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, struct.error)


@dataclass(frozen=True)
class StoredPasskey:
    """What is kept of a passkey: its key and id, and what it calls its owner. Sealed as JSON text."""

    credential: bytes  # attested credential data (Web Authentication 6.5.2)
    owner: bytes

    def to_text(self) -> str:
        """Return the text to be sealed."""
        return json.dumps({"credential": _encode(self.credential), "owner": _encode(self.owner)})

    @classmethod
    def from_text(cls, text: str) -> "StoredPasskey":
        """Read what `to_text` wrote."""
        fields = json.loads(text)
        return cls(_decode(fields["credential"]), _decode(fields["owner"]))

    @property
    def id(self) -> str:
        """Its credential id in base64url, as browsers spell it."""
        return _encode(AttestedCredentialData(self.credential).credential_id)


@dataclass(frozen=True)
class Shown:
    """What a browser has sent, read but not believed.

    `finder` finds the passkey among ours; `owner` is what it calls its owner; `signed` is what the signature is over.
    Of a new passkey `credential` holds its key.
    """

    client: CollectedClientData
    authenticator: AuthenticatorData
    finder: str
    owner: bytes | None = None
    signature: bytes = b""
    credential: AttestedCredentialData | None = None

    @property
    def challenge(self) -> str:
        """The challenge as we have made it; empty if it cannot be one of ours."""
        return self.client.challenge.decode("ascii") if self.client.challenge.isascii() else ""

    @property
    def signed(self) -> bytes:
        """What the authenticator has signed (Web Authentication 7.2, step 21)."""
        return bytes(self.authenticator) + self.client.hash


def read_new(text: str) -> Shown:
    """Read the answer of `navigator.credentials.create` (`RegistrationResponseJSON`).

    :raises PasskeyRefused: if it is malformed.
    """
    return _read(text, _new)


def read_proof(text: str) -> Shown:
    """Read the answer of `navigator.credentials.get` (`AuthenticationResponseJSON`).

    :raises PasskeyRefused: if it is malformed.
    """
    return _read(text, _proof)


Requirement = Callable[[Shown, PasskeySettings], None]


def ceremony_is_creation(shown: Shown, settings: PasskeySettings) -> None:
    """7.1, step 7."""
    _require(shown.client.type == CollectedClientData.TYPE.CREATE, PasskeyFault.CEREMONY)


def ceremony_is_proof(shown: Shown, settings: PasskeySettings) -> None:
    """7.2, step 11."""
    _require(shown.client.type == CollectedClientData.TYPE.GET, PasskeyFault.CEREMONY)


def origin_is_ours(shown: Shown, settings: PasskeySettings) -> None:
    """7.1, step 9 and 7.2, step 13: letter by letter; whoever was led to another page has signed for that page."""
    _require(shown.client.origin == settings.origin, PasskeyFault.ORIGIN)


def page_is_in_no_frame(shown: Shown, settings: PasskeySettings) -> None:
    """7.1, step 10 and 7.2, step 14: our pages stand in nobody's frame."""
    _require(shown.client.cross_origin is False, PasskeyFault.CEREMONY)


def relying_party_is_ours(shown: Shown, settings: PasskeySettings) -> None:
    """7.1, step 14 and 7.2, step 16."""
    expected = hashlib.sha256(settings.rp_id.encode()).digest()
    _require(hmac.compare_digest(shown.authenticator.rp_id_hash, expected), PasskeyFault.RP)


def somebody_was_present_and_checked(shown: Shown, settings: PasskeySettings) -> None:
    """7.1, steps 15 and 16, 7.2, steps 17 and 18: without user verification a stolen key would open the account."""
    is_verified = shown.authenticator.is_user_present() and shown.authenticator.is_user_verified()
    _require(is_verified, PasskeyFault.UNVERIFIED)


def backup_is_only_of_what_may_be_backed_up(shown: Shown, settings: PasskeySettings) -> None:
    """7.1, step 17 and 7.2, step 19."""
    _require(shown.authenticator.is_backup_eligible() or not shown.authenticator.is_backed_up(), PasskeyFault.MALFORMED)


def algorithm_is_one_of_ours(shown: Shown, settings: PasskeySettings) -> None:
    """7.1, step 20."""
    _require(shown.credential is not None and shown.credential.public_key.get(3) in ALGORITHMS, PasskeyFault.ALGORITHM)


ANYWAY: Final[tuple[Requirement, ...]] = (
    origin_is_ours,
    page_is_in_no_frame,
    relying_party_is_ours,
    somebody_was_present_and_checked,
    backup_is_only_of_what_may_be_backed_up,
)
CREATION_REQUIREMENTS: Final = (ceremony_is_creation, *ANYWAY, algorithm_is_one_of_ours)
PROOF_REQUIREMENTS: Final = (ceremony_is_proof, *ANYWAY)


def check(shown: Shown, requirements: Iterable[Requirement], settings: PasskeySettings) -> None:
    """Hold what was shown against each requirement.

    :raises PasskeyRefused: for the first that is not fulfilled.
    """
    for requirement in requirements:
        requirement(shown, settings)


def is_signed_by(shown: Shown, stored: StoredPasskey) -> None:
    """7.2, steps 6 and 21: the passkey's own key has signed, and it names the person whose it is.

    :raises PasskeyRefused: if not.
    """
    key: CoseKey = AttestedCredentialData(stored.credential).public_key
    try:
        key.verify(shown.signed, shown.signature)
    except (InvalidSignature, UnsupportedAlgorithm, *_UNREADABLE):
        raise PasskeyRefused(PasskeyFault.SIGNATURE) from None
    if shown.owner is None or not hmac.compare_digest(shown.owner, stored.owner):
        raise PasskeyRefused(PasskeyFault.SIGNATURE)


def creation_options(
    *, challenge: str, owner: bytes, name: str, known: Sequence[str], brand: str, settings: PasskeySettings
) -> dict[str, Any]:
    """Return the options for a new passkey (`PublicKeyCredentialCreationOptionsJSON`), which finds its owner by itself.

    `known` are the ids of those that the person has: the same authenticator makes no second one.
    """
    return {
        "rp": {"id": settings.rp_id, "name": brand},
        "user": {"id": _encode(owner), "name": name, "displayName": name},
        "challenge": _encode(challenge.encode()),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
        "timeout": _milliseconds(),
        "excludeCredentials": [{"type": "public-key", "id": credential_id} for credential_id in known],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
    }


def proof_options(*, challenge: str, settings: PasskeySettings) -> dict[str, Any]:
    """Return the options for showing any passkey of this site (`PublicKeyCredentialRequestOptionsJSON`)."""
    return {
        "rpId": settings.rp_id,
        "challenge": _encode(challenge.encode()),
        "timeout": _milliseconds(),
        "userVerification": "required",
    }


def _milliseconds() -> int:
    return int(VALID_FOR.total_seconds() * 1000)


def _read(text: str, parts: Callable[[Mapping[str, Any]], Shown]) -> Shown:
    try:
        _require(len(text) <= _MOST_CHARACTERS, PasskeyFault.MALFORMED)
        return parts(json.loads(text))
    except _UNREADABLE:
        raise PasskeyRefused(PasskeyFault.MALFORMED) from None


def _new(fields: Mapping[str, Any]) -> Shown:
    response = fields["response"]
    authenticator = AttestationObject(_decode(response["attestationObject"])).auth_data
    credential = authenticator.credential_data
    if credential is None or not 0 < len(credential.credential_id) <= _LONGEST_CREDENTIAL_ID:
        raise ValueError("no credential")
    if len(credential) > _LONGEST_CREDENTIAL:
        raise ValueError("a key that nobody needs and that takes long to verify")
    return Shown(
        client=CollectedClientData(_decode(response["clientDataJSON"])),
        authenticator=authenticator,
        finder=_finder(credential.credential_id),
        credential=credential,
    )


def _proof(fields: Mapping[str, Any]) -> Shown:
    response = fields["response"]
    owner = response.get("userHandle")
    return Shown(
        client=CollectedClientData(_decode(response["clientDataJSON"])),
        authenticator=AuthenticatorData(_decode(response["authenticatorData"])),
        finder=_finder(_decode(fields["rawId"])),
        owner=_decode(owner) if owner else None,
        signature=_decode(response["signature"]),
    )


def _finder(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()


def _require(is_fulfilled: bool, fault: PasskeyFault) -> None:
    if not is_fulfilled:
        raise PasskeyRefused(fault)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
