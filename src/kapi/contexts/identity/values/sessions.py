"""Sign-ins, begun and done: who is signed in, from where, until when, and why it ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kapi.contexts.identity.values.assurance import Assurance, Proof
from kapi.contexts.identity.values.contacts import ContactKind
from kapi.contexts.identity.values.ids import AuthenticatorId, PersonId, SessionId
from kapi.contexts.identity.values.people import Principal
from kapi.kernel.actors import Actor, ActorKind


class EndReason(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "signed_out"
    SIGNED_OUT_REMOTELY = "signed_out_remotely"  # by its owner, from another session
    IDLE = "idle"
    TOO_OLD = "too_old"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason
    RECOVERED = "recovered"  # the account was handed back at a desk
    REPLACED = "replaced"  # by another one in the same browser
    ENDED_BY_HELP_DESK = "ended_by_help_desk"  # by staff, while the owner agreed to it
    AUTHENTICATOR_REMOVED = "authenticator_removed"  # it had been proved by what its owner has taken away
    ACCOUNT_CLOSED = "account_closed"  # because of an entry in the population register
    NOT_ME = "not_me"  # its owner says that it was not them


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Where a request comes from, as much as is kept of it: the network, not the address; families, not versions.

    `browser` and `system` are product names, or empty.
    """

    network: str
    browser: str
    system: str


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A person with a session that is under way.

    `assurances` holds every `acr` that the session's evidence bears out, the strongest first; `acr`, `amr` and
    `authenticated_at` are those of the first. `expires_at` is when the session ends unless something happens, `ends_at`
    when it ends in any case; from `warn_at` on the person should be warned. With `must_change_password` nothing is
    allowed but choosing a password. `acting_for` is whom the person has chosen to act for, None for themselves; whether
    they still may is for `mandates` to say.
    """

    session_id: SessionId
    person_id: PersonId
    given_names: str
    family_name: str | None
    proofs: tuple[Proof, ...]
    assurances: tuple[Assurance, ...]
    must_change_password: bool
    last_seen_at: datetime
    warn_at: datetime
    expires_at: datetime
    ends_at: datetime
    acting_for: Principal | None = None

    @property
    def display_name(self) -> str:
        """The name as it is shown."""
        return " ".join(part for part in (self.given_names, self.family_name) if part)

    @property
    def acr(self) -> str:
        """The highest rung of the ladder that the evidence bears out."""
        return self.assurances[0].acr

    @property
    def amr(self) -> tuple[str, ...]:
        """The ways in which it was proved (RFC 8176)."""
        return self.assurances[0].amr

    @property
    def authenticated_at(self) -> datetime:
        """When the oldest of the proofs was given that `acr` rests on."""
        return self.assurances[0].proved_at

    def find_assurance(self, acr_values: Sequence[str]) -> Assurance | None:
        """Return the first of `acr_values`, in their order of preference, that the evidence bears out."""
        known = {assurance.acr: assurance for assurance in self.assurances}
        return next((known[acr] for acr in acr_values if acr in known), None)

    @property
    def actor(self) -> Actor:
        """The person as the one who acts."""
        return Actor(ActorKind.PERSON, str(self.person_id))


@dataclass(frozen=True, kw_only=True)
class StartedSession:
    """A session that has just begun or become fresh again. Both tokens go into cookies and nowhere else."""

    token: str = field(repr=False)
    device_token: str = field(repr=False)
    signed_in: SignedIn


@dataclass(frozen=True, kw_only=True)
class RenewedSession:
    """A session that goes on under a new token; the former one no longer opens it."""

    token: str = field(repr=False)
    signed_in: SignedIn


@dataclass(frozen=True, kw_only=True)
class StepByContact:
    """A second step by a code that is sent to one of the person's contacts, shown as `masked`."""

    authenticator_id: AuthenticatorId
    kind: ContactKind
    masked: str


@dataclass(frozen=True, kw_only=True)
class BegunView:
    """A sign-in that waits for its second step: in which ways it can be finished."""

    has_totp: bool
    has_recovery_codes: bool
    by_contact: tuple[StepByContact, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HeldOffView:
    """A held-off sign-in that may go on by a code. It is the same whether number and password were right or not.

    `code_to` is to which kind of contact a code was asked for last, at `asked_at`; None before. A further one may be
    asked for from `again_at` on.
    """

    expires_at: datetime
    code_to: ContactKind | None
    asked_at: datetime | None
    again_at: datetime


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """One session as its owner sees it."""

    session_id: SessionId
    started_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    visitor: Visitor


@dataclass(frozen=True, kw_only=True)
class DeviceView:
    """A browser that has signed in to an account before, as its owner sees it. `visitor` is how it last came."""

    device_id: int
    first_seen_at: datetime
    last_seen_at: datetime
    visitor: Visitor
