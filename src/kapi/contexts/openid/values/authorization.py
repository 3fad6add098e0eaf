"""Values about authorization requests, approvals and visits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from kapi.contexts.openid.values.clients import Attribute, Basis, Scope
from kapi.kernel.langstring import LangString

Pairs = tuple[tuple[str, str], ...]  # parameters as they came, repeats included
Parameters = Mapping[str, str]  # parameters that came once and are not empty


class Prompt(StrEnum):
    """What the client asks us to do with the person (OpenID Connect Core 3.1.2.1)."""

    NONE = "none"
    LOGIN = "login"
    CONSENT = "consent"
    SELECT_ACCOUNT = "select_account"  # ask for whom the person acts


class Decision(StrEnum):
    """The person's answer on the approval page."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True)
class ClaimsAsked:
    """What the parameter `claims` asks for, of what we know (OpenID Connect Core 5.5): names, never values of a person.

    `essential_acrs`: one of these levels of assurance, or no answer at all. `subject`: this person, or none.
    """

    userinfo: tuple[Attribute, ...] = ()
    id_token: tuple[Attribute, ...] = ()
    essential_acrs: tuple[str, ...] = ()
    subject: str = ""


class AuthorizationRequest(NamedTuple):
    """A request that fulfils every requirement.

    `scopes` is all that the person is asked about; of `claimed` among it nothing but the attributes in `claims` is
    given. `subject` is whom the client expects (from its id_token_hint or `claims`), `dpop_jkt` the key that alone may
    redeem the code.
    """

    client_id: str
    redirect_uri: str
    scopes: tuple[Scope, ...]
    state: str = ""
    nonce: str = ""
    code_challenge: str = ""
    dpop_jkt: str = ""
    prompts: frozenset[Prompt] = frozenset()
    max_age_s: int | None = None
    subject: str = ""
    language: str = ""
    claimed: tuple[Scope, ...] = ()
    claims: ClaimsAsked = ClaimsAsked()
    acr_values: tuple[str, ...] = ()

    @property
    def wanted_acrs(self) -> tuple[str, ...]:
        """The levels of assurance that the client wants one of, the dearest first: those it cannot do without, or
        those it would like (OpenID Connect Core 3.1.2.1, 5.5.1.1).
        """
        return self.claims.essential_acrs or self.acr_values


@dataclass(frozen=True)
class PushedReference:
    """The answer to a push (RFC 9126, 2.2): what the browser brings instead of the request."""

    request_uri: str = field(repr=False)
    expires_in_s: int


@dataclass(frozen=True)
class PushedRecord:
    """What a reference stands for."""

    id: str
    request: AuthorizationRequest
    expires_at: datetime
    is_used: bool


class NextKind(StrEnum):
    """What the browser has to do next."""

    RESUME = "resume"  # come back to `/oidc/resume/<request_id>`, with cookies this time
    SIGN_IN = "sign_in"  # show the sign-in page, even to one who is signed in, then come back to resume
    STRENGTHEN = "strengthen"  # show the page that offers a stronger way to prove oneself, then come back to resume
    CHOOSE = "choose"  # show the page on which the person chooses for whom they act, then come back to resume
    APPROVE = "approve"  # show the approval page of the request
    REDIRECT = "redirect"  # leave for `url`


class Step(StrEnum):
    """What a request still lacks."""

    SIGN_IN = "sign_in"
    STRENGTHEN = "strengthen"
    CHOOSE = "choose"
    APPROVE = "approve"
    ANSWER = "answer"


@dataclass(frozen=True)
class Refused:
    """What a client is told by way of the browser, and which."""

    client_id: str
    code: str
    description: str


@dataclass(frozen=True)
class Next:
    """The next step of an authorization request: `request_id` for our own pages, `url` for leaving.

    `language` is the one that the client asked the pages to be in, empty if it named none that we speak; `refused` is
    what the browser takes to the client, where that is an error.
    """

    kind: NextKind
    request_id: str = ""
    url: str = ""
    language: str = ""
    refused: Refused | None = None


@dataclass(frozen=True)
class AskedScope:
    """One scope as the approval page shows it. `basis` CONSENT means that no law was named.

    `is_optional`: the person may leave it out and still go on.
    """

    scope: Scope
    attributes: tuple[Attribute, ...]
    purpose: LangString
    legal_basis: LangString
    basis: Basis
    is_optional: bool


@dataclass(frozen=True)
class PendingRequest:
    """What our pages show about a request that waits for the person.

    `terms` is a digest of what the scopes say: the answer names it, so that it is an answer to this and nothing else.
    `redirect_origin` is where the browser goes afterwards: the pages' form-action must allow it, since browsers hold
    the redirect after a form to that rule as well. `language` is what the client asked for ("tr", "en" or ""),
    `wanted_acrs` the levels of assurance that it wants one of.
    """

    id: str
    client_id: str
    client_name: LangString
    institution_code: str
    institution_name: LangString
    scopes: tuple[AskedScope, ...]
    terms: str
    redirect_origin: str
    already_agreed: bool
    language: str
    expires_at: datetime
    wanted_acrs: tuple[str, ...]


@dataclass(frozen=True)
class VisitRecord:
    """One client that saw one session.

    `principal_name` is for whom the person acted there, empty for themselves. `hears_of_logout` where it gave us an
    address for being told.
    """

    client_id: str
    client_name: LangString
    session_id: int
    principal_name: str
    first_at: datetime
    last_at: datetime
    hears_of_logout: bool


@dataclass(frozen=True)
class ApprovalRecord:
    """A yes that is still good: to `scopes`, and not to what was `left_out`.

    `principal_name` is for whom the person said it, empty for themselves.
    """

    client_id: str
    client_name: LangString
    principal_id: int | None
    principal_name: str
    scopes: tuple[Scope, ...]
    left_out: tuple[Scope, ...]
    given_at: datetime
    is_withdrawable: bool
