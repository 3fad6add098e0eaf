"""Keys in our own rows: the secret half is sealed under the gateway's secret key, and opened in this process."""

import json
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey

from kapi.contexts.openid.errors import KeyLost
from kapi.contexts.openid.providers.base import SEALED_AS
from kapi.contexts.openid.values.keys import CreatedKey
from kapi.foundation.keys import SealBroken, open_sealed, seal
from kapi.foundation.settled import settings

_ES256 = ec.ECDSA(SHA256())
_COORDINATE_BYTES = 32


class SoftwareKeys:
    """The handle is the secret half itself, sealed. Nothing is left of it when our row forgets the handle."""

    def create(self) -> CreatedKey:
        """Make a pair."""
        pair = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, private=True, auto_kid=True)
        secret: dict[str, Any] = pair.as_dict(private=True)
        handle = seal(json.dumps(secret), purpose=SEALED_AS)
        return CreatedKey(kid=str(pair.kid), public=pair.as_dict(private=False), handle=handle)

    def sign(self, *, kid: str, handle: bytes, message: bytes) -> bytes:
        """Sign."""
        r, s = decode_dss_signature(_open(handle, settings.SECRET_KEY).sign(message, _ES256))
        return r.to_bytes(_COORDINATE_BYTES) + s.to_bytes(_COORDINATE_BYTES)

    def destroy(self, *, kid: str, handle: bytes) -> None:
        """Forget what this process has opened; the row is the caller's."""
        _open.cache_clear()

    def check(self) -> None:
        """Nothing can be away."""


@lru_cache(maxsize=8)
def _open(handle: bytes, under: str) -> ec.EllipticCurvePrivateKey:
    """Unseal a key once per process. The sealed bytes, and the secret key that they are opened `under`, are part of the
    question, so no stale answer is possible.

    :raises KeyLost: if neither the present secret nor a former one opens it.
    """
    try:
        key = ECKey.import_key(json.loads(open_sealed(handle, purpose=SEALED_AS))).private_key
    except (SealBroken, ValueError):
        raise KeyLost from None
    if key is None:
        raise KeyLost
    return key
