"""What we use of Authlib's client authentication, which ships no types."""

from typing import Any

class PrivateKeyJWT:
    def __init__(
        self,
        token_endpoint: str | None = ...,
        claims: dict[str, Any] | None = ...,
        headers: dict[str, Any] | None = ...,
        alg: str | None = ...,
    ) -> None: ...
