"""The port: a store of keys, which alone holds their secret halves and signs with them."""

from typing import Protocol

from kapi.contexts.openid.values.keys import CreatedKey

SEALED_AS = "signing-key"  # the purpose under which handles are sealed


class KeyStore(Protocol):
    """A store: sealed rows of ours, a hardware security module (HSM), another machine.

    All keys are for ES256 (ECDSA with P-256 and SHA-256, RFC 7518, 3.4). We keep a key's public half and its *handle*:
    bytes by which the store finds the secret half again, whatever they mean to it. The secret itself never leaves the
    store. Handles are sealed with `kapi.foundation.keys.seal` for the purpose `SEALED_AS`, so that a change of the
    secret key reaches them. Every method answers within two seconds, from many threads at once, and is called outside
    every transaction.
    """

    def create(self) -> CreatedKey:
        """Make a pair of keys that nobody has seen before.

        :raises KeyStoreUnavailable: if there is no answer; asking later may help.
        """
        ...

    def sign(self, *, kid: str, handle: bytes, message: bytes) -> bytes:
        """Return the signature of `message`, which the store hashes itself: 64 bytes, R and S one after the other.

        :raises KeyStoreUnavailable: if there is no answer; asking later may help.
        :raises KeyLost: if the store cannot sign with this key, and never will.
        """
        ...

    def destroy(self, *, kid: str, handle: bytes) -> None:
        """Make the secret half unusable for good; one that is destroyed already is a done deed.

        :raises KeyStoreUnavailable: if there is no answer; asking later may help.
        """
        ...

    def check(self) -> None:
        """Ask something cheap that shows that the store can be reached, for the health page.

        :raises KeyStoreUnavailable: if it cannot.
        """
        ...
