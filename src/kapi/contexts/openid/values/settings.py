"""What the context is told by the settings."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class OpenidSettings:
    """Everything that may differ between two gateways. `issuer` is an origin, without a slash at the end."""

    issuer: str
    api: str = ""  # the origin of the institutions' API; empty: the issuer's
    certificates: bool = False  # whether a proxy of ours passes clients' certificates on
    certificates_checked: bool = False  # and says that it has checked them against its authorities
    mtls: str = ""  # the origin at which such a proxy asks for certificates; empty: none of its own
    demo: bool = False  # only then may a client have the profile `conformance`

    code_lifetime: timedelta = timedelta(seconds=60)
    id_token_lifetime: timedelta = timedelta(minutes=5)
    access_token_lifetime: timedelta = timedelta(minutes=5)
    # From the person's yes: after it the institution brings them again. Refreshing does not prolong it.
    refresh_token_lifetime: timedelta = timedelta(days=90)
    request_lifetime: timedelta = timedelta(minutes=30)  # for the person to sign in and to decide
    # From the push to the browser's arrival, a redirect later: a request_uri that leaks is soon worth nothing. FAPI 2.0
    # (5.3.2.2) asks for less than 600 s.
    pushed_request_lifetime: timedelta = timedelta(seconds=60)

    exception_lifetime: timedelta = timedelta(days=180)  # how long a client may stay outside of FAPI 2.0, unless told

    jwks_max_age: timedelta = timedelta(minutes=10)  # how long a client may keep our keys without asking
    key_lifetime: timedelta = timedelta(days=90)
    retired_key_shown: timedelta = timedelta(hours=24)

    clock_leeway: timedelta = timedelta(seconds=30)  # how far the clocks of others may differ from ours
    assertion_lifetime: timedelta = timedelta(hours=1)  # the longest that a client assertion may be good for

    # How far `iat` of a DPoP proof may be from our clock, either way: its jti is remembered for twice as long.
    proof_window: timedelta = timedelta(seconds=60)
    # A nonce is good in its span and the next one: clients ask for a new one rarely, and stolen proofs die soon.
    proof_nonce_lifetime: timedelta = timedelta(minutes=5)

    client_keys_fresh: timedelta = timedelta(hours=1)  # a client's jwks_uri is asked again after this
    client_keys_stale: timedelta = timedelta(hours=24)  # and its last answer serves this long when it fails
    client_keys_pause: timedelta = timedelta(seconds=30)  # the least between two tries

    @property
    def http_allowed(self) -> bool:
        """Whether clients may use http: on this very machine: only where the gateway does so itself."""
        return self.issuer.startswith("http://")

    @property
    def api_audience(self) -> str:
        """Whom the tokens are for that programs get for themselves."""
        return f"{self.api or self.issuer}/api"

    def endpoint(self, path: str) -> str:
        """Return the address of an endpoint, such as `/oidc/token`."""
        return self.issuer + path
