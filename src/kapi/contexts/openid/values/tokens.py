"""Values about tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from kapi.contexts.openid.values.clients import ApiScope, Attribute, Scope
from kapi.contexts.openid.values.dpop import ShownProof
from kapi.kernel.actors import Actor, ActorKind


class GrantType(StrEnum):
    """What a client can get tokens for (RFC 6749)."""

    AUTHORIZATION_CODE = "authorization_code"
    CLIENT_CREDENTIALS = "client_credentials"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a grant type


@dataclass(frozen=True)
class IdTokenHint:
    """What an ID token of ours says that came back: whom, to whom, in which visit."""

    client_id: str
    subject: str
    sid: str


@dataclass(frozen=True)
class TokenRequest:
    """What a client sent us itself: the form and the Authorization header as they are (empty if none), a DPoP proof.

    `address` is where it came from, empty if that is not known; `certificate` the thumbprint (RFC 8705, 3.1) of the
    certificate that its connection was made with, empty if there was none. `certified` are the names in it, as
    `rules.certificates` writes them: empty unless a proxy of ours has checked it against its authorities.
    """

    form: bytes = field(repr=False)
    authorization: str = field(default="", repr=False)
    proof: ShownProof | None = None
    address: str = field(default="", repr=False)
    certificate: str = ""
    certified: frozenset[str] = frozenset()


@dataclass(frozen=True)
class IssuedTokens:
    """The answer of the token endpoint. `token_type` is DPoP where the access token is bound to a key.

    `id_token` is empty where nobody has just signed in, `refresh_token` where none is given.
    """

    access_token: str = field(repr=False)
    expires_in_s: int
    scope: str
    token_type: str
    id_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class ApiCaller:
    """A program that calls the institutions' API by itself: whose it is, and what its token lets it do."""

    client_id: str
    institution_code: str
    scopes: frozenset[ApiScope]
    expires_at: datetime

    @property
    def actor(self) -> Actor:
        """Who acts, for the audit trail."""
        return Actor(ActorKind.CLIENT, self.client_id, self.institution_code)


@dataclass(frozen=True)
class PresentedToken:
    """An access token as it came to a resource: under the scheme DPoP, or Bearer."""

    token: str = field(repr=False)
    as_dpop: bool


@dataclass(frozen=True)
class GrantRecord:
    """What a code stands for. With a principal, `subject` names that one and `agent_subject` the person who acts."""

    id: int
    client_id: str
    person_id: int
    session_id: int
    subject: str
    sid: str
    redirect_uri: str
    scopes: tuple[Scope, ...]
    nonce: str
    code_challenge: str
    dpop_jkt: str
    acr: str
    amr: tuple[str, ...]
    authenticated_at: datetime
    issued_at: datetime
    code_expires_at: datetime
    is_consumed: bool
    is_revoked: bool
    id_token_claims: tuple[Attribute, ...] = ()
    principal_id: int | None = None
    agent_subject: str = ""


class RefreshRecord(NamedTuple):
    """A refresh token: what it goes on with, and until when. `dpop_jkt` is the key that alone may use it, if any.

    `account_state` is that of the person's account, None where there is none. `agreed_terms` and `left_out` are what
    the person said last to the client for themselves (see `models.Approval`), None where they said nothing.
    """

    grant_id: int
    client_id: str
    person_id: int
    principal_id: int | None
    subject: str
    agent_subject: str
    scopes: Sequence[str]
    acr: str
    authenticated_at: datetime
    revoked_at: datetime | None
    issued_at: datetime
    expires_at: datetime
    dpop_jkt: str
    account_state: str | None
    agreed_terms: Mapping[str, str] | None
    left_out: str | None


Granted = GrantRecord | RefreshRecord  # what an access token is issued on
