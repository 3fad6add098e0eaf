"""What identity announces."""

from dataclasses import dataclass

from kapi.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class SessionStarted(Event):
    """A person signed in. No reader yet."""

    name = "identity.session_started.v1"
    session_id: int
    person_id: int


@dataclass(frozen=True, kw_only=True)
class SessionRenewed(Event):
    """A person proved once more in a running session that it is them. No reader yet."""

    name = "identity.session_renewed.v1"
    session_id: int
    person_id: int


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event):
    """A session ended, for whatever `reason` (EndReason)."""

    name = "identity.session_ended.v1"
    session_id: int
    person_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """A person chose or changed the password. No reader yet."""

    name = "identity.password_changed.v1"
    person_id: int


@dataclass(frozen=True, kw_only=True)
class AccountRecovered(Event):
    """An account was handed back at a desk: the password is void, the sessions are over."""

    name = "identity.account_recovered.v1"
    person_id: int


@dataclass(frozen=True, kw_only=True)
class AuthenticatorAdded(Event):
    """A person has added something to prove themselves with, of this `kind` (AuthenticatorKind)."""

    name = "identity.authenticator_added.v1"
    authenticator_id: int
    person_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class AuthenticatorRemoved(Event):
    """Somebody's authenticator was removed: by its owner, or at a desk."""

    name = "identity.authenticator_removed.v1"
    authenticator_id: int
    person_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class HeldOffCodeAsked(Event):
    """Somebody whose sign-in is held off has asked for a code; whether one is sent is found out later, unseen."""

    name = "identity.held_off_code_asked.v1"
    held_off_id: int


@dataclass(frozen=True, kw_only=True)
class AssistanceAgreed(Event):
    """A person has let a member of staff look at their account for a quarter of an hour."""

    name = "identity.assistance_agreed.v1"
    assistance_id: int
    person_id: int


@dataclass(frozen=True, kw_only=True)
class EnrolmentOpened(Event):
    """Somebody let a person who works here add a passkey with which they can work."""

    name = "identity.enrolment_opened.v1"
    enrolment_id: int
    person_id: int


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Event):
    """A person has finished a sign-in with a printed recovery code; so many are `left`."""

    name = "identity.recovery_code_used.v1"
    authenticator_id: int
    person_id: int
    left: int


@dataclass(frozen=True, kw_only=True)
class CodeRequested(Event):
    """A code waits to be sent to a contact. Who tells people reads it by `selectors.find_code_to_send`."""

    name = "identity.code_requested.v1"
    challenge_id: int


@dataclass(frozen=True, kw_only=True)
class ContactAdded(Event):
    """A person has shown that they can be reached there, by this `kind` (ContactKind)."""

    name = "identity.contact_added.v1"
    contact_id: int
    person_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class ContactRemoved(Event):
    """A person is no longer reached there. The former contact is told of it too (`selectors.contacts_to_tell`)."""

    name = "identity.contact_removed.v1"
    contact_id: int
    person_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class MisuseReported(Event):
    """A person has said of something at their account's door that it was not them; its sessions are over."""

    name = "identity.misuse_reported.v1"
    report_id: int
    person_id: int


@dataclass(frozen=True, kw_only=True)
class AccountClosed(Event):
    """An account was closed because of an entry in the population register; `reason` is a Hindrance."""

    name = "identity.account_closed.v1"
    person_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class CameOfAge(Event):
    """A person has certainly turned `age`. No reader yet: parents have no mandates here that would end."""

    name = "identity.came_of_age.v1"
    person_id: int
    age: int
