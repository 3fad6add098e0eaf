"""What identity speaks of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NewType

from kapi.kernel.actors import Actor, ActorKind
from kapi.kernel.contacts import ContactAddress, MobileNumber
from kapi.kernel.identifiers import IdentityNumber, MersisNumber, TaxNumber
from kapi.kernel.networks import network_of

PersonId = NewType("PersonId", int)
LegalPersonId = NewType("LegalPersonId", int)
SessionId = NewType("SessionId", int)
ReportId = NewType("ReportId", int)
AuthenticatorId = NewType("AuthenticatorId", int)
ContactId = NewType("ContactId", int)
ChallengeId = NewType("ChallengeId", int)
AssistanceId = NewType("AssistanceId", int)


class AccountState(StrEnum):
    """Where an account stands."""

    AWAITING_PASSWORD = "awaiting_password"  # noqa: S105 - a state; a sealed code opens the door to choosing one
    ACTIVE = "active"
    CLOSED = "closed"  # because of an entry in the population register; a desk opens it again


class AssuranceLevel(StrEnum):
    """How sure we are of a sign-in, in eIDAS words, weakest first; the value is what tokens carry as `acr`."""

    LOW = "urn:kapi:loa:low"
    SUBSTANTIAL = "urn:kapi:loa:substantial"
    HIGH = "urn:kapi:loa:high"


# `acr` of a proof that no false page can be handed (OpenID Connect EAP ACR Values 1.0): a quality beside the ladder.
PHISHING_RESISTANT: Final = "phr"


# Every `acr` that some evidence can bear out: the ladder's rungs, the strongest first, then the quality beside it.
ACR_VALUES: Final = (AssuranceLevel.HIGH, AssuranceLevel.SUBSTANTIAL, AssuranceLevel.LOW, PHISHING_RESISTANT)


class Proofing(StrEnum):
    """How it was established that an account is handed to the person whose it is."""

    DESK = "desk"  # in person, with a document
    OPERATOR = "operator"  # the operator named the person at the machine


class Method(StrEnum):
    """A way of proving that it is oneself, as a session's evidence records it."""

    PASSWORD = "password"  # noqa: S105 - a method
    SEALED_CODE = "sealed_code"
    TOTP = "totp"  # a one-time code of an app (RFC 6238)
    RECOVERY_CODE = "recovery_code"  # one of a printed list
    SMS_CODE = "sms_code"  # sent to a telephone
    EMAIL_CODE = "email_code"  # sent to an e-mail address: it is a hurdle, and shows no factor
    PASSKEY = "passkey"
    QUALIFIED_CERTIFICATE = "qualified_certificate"  # of an e-signature: on a card or a stick, opened by a PIN
    IDENTITY_CARD = "identity_card"  # the certificate on the identity card's chip, opened by a PIN
    MOBILE_SIGNATURE = "mobile_signature"  # a qualified certificate on a telephone's SIM, opened by a PIN


class AuthenticatorKind(StrEnum):
    """What a person may add to their account, to prove themselves with."""

    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY_CODES = "recovery_codes"
    SMS = "sms"  # codes sent to one of their telephones
    EMAIL = "email"  # codes sent to one of their e-mail addresses


class Voucher(StrEnum):
    """On what it rests that an authenticator is its owner's, where that is more than a password."""

    DESK = "desk"  # added with a sealed code that was handed over in person
    AUTHENTICATOR = "authenticator"  # added with another one that was vouched for
    ENROLMENT = "enrolment"  # added while an enrolment was open for its owner


class ContactKind(StrEnum):
    """How a person can be reached."""

    PHONE = "phone"  # text messages
    EMAIL = "email"


class CodeUse(StrEnum):
    """What a code buys that was sent to a contact."""

    ADD_CONTACT = "add_contact"  # it shows that the contact is theirs
    ADD_STEP = "add_step"  # from then on signing in asks for a code that is sent there
    SECOND_STEP = "second_step"  # it finishes a begun sign-in


class AssistanceState(StrEnum):
    """Where an assisted session stands."""

    ASKED = "asked"
    AGREED = "agreed"
    ENDED = "ended"


class AssistanceEnd(StrEnum):
    """Why an assisted session ended."""

    DECLINED = "declined"  # its owner said no
    BY_CITIZEN = "by_citizen"
    BY_STAFF = "by_staff"
    BY_TIME = "by_time"
    REPLACED = "replaced"  # by another one, for which the owner has read out another code


class DeedKind(StrEnum):
    """What a member of staff does in an assisted session: looking, helping, and never signing in or acting as it."""

    LOOKED = "looked"
    SESSIONS_ENDED = "sessions_ended"
    REMOVAL_SUGGESTED = "removal_suggested"
    LANE_RELEASED = "lane_released"
    POINTED_TO_DESK = "pointed_to_desk"


class Lane(StrEnum):
    """Which wrong tries are counted together, as far as they are counted for one account."""

    PASSWORD = "password"  # noqa: S105 - what is tried
    SECOND_STEP = "second_step"
    PRESENT_PASSWORD = "present_password"  # noqa: S105 - what is tried, where it is to be changed


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


class HistoryKind(StrEnum):
    """What happened at the account's door."""

    SIGNED_IN = "signed_in"
    REAUTHENTICATED = "reauthenticated"  # proved once more in the same session, because an institution asked for it
    STEPPED_UP = "stepped_up"  # proved in another way besides, in the same session
    CODE_USED = "code_used"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a kind
    HELD_OFF = "held_off"  # the password was right, but device and network new, while lists of passwords were tried
    WRONG_CODE = "wrong_code"  # the password was right, the code of the second step was not
    RECOVERY_CODE_USED = "recovery_code_used"
    LIMITED = "limited"  # so many wrong tries that further ones were not heard; written once per limit reached
    PASSWORD_CHOSEN = "password_chosen"  # noqa: S105 - a kind
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind
    CODE_ISSUED = "code_issued"
    RECOVERED = "recovered"
    CORRECTED = "corrected"  # name or birth date, at a desk
    SIGNATURE_REFUSED = "signature_refused"  # on the telephone, where somebody had asked for a mobile signature
    CERTIFICATE_REFUSED = "certificate_refused"  # one in the person's name was shown that its issuer has revoked
    PASSKEY_REFUSED = "passkey_refused"  # one of the person's was shown, and something was wrong with it
    AUTHENTICATOR_ADDED = "authenticator_added"
    AUTHENTICATOR_REMOVED = "authenticator_removed"
    ASSISTANCE_AGREED = "assistance_agreed"  # the owner let the help desk look at the account
    ASSISTANCE_ENDED = "assistance_ended"
    ENROLMENT_OPENED = "enrolment_opened"  # a colleague let the person add a passkey that counts at work
    CONTACT_ADDED = "contact_added"
    CONTACT_REMOVED = "contact_removed"
    ACTING_FOR = "acting_for"  # from here on for a legal person
    ACTING_FOR_ONESELF = "acting_for_oneself"  # from here on for oneself again
    MANDATE_ENDED = "mandate_ended"  # from here on for oneself again, because one no longer represents
    RENAMED = "renamed"  # by the population register
    ACCOUNT_CLOSED = "account_closed"  # because of an entry in the population register
    MISUSE_REPORTED = "misuse_reported"  # the owner said of a line, session, device or sharing: this was not me


class CorrectionReason(StrEnum):
    """Why a registered name or birth date is corrected. A word and no free text: the audit trail keeps it for ever."""

    MISTAKE = "mistake"  # it was typed wrongly at the desk
    DOCUMENT = "document"  # the identity document says otherwise since it was renewed
    COURT = "court"  # a court decided
    REGISTER = "register"  # the population register was corrected


class MisuseAbout(StrEnum):
    """Of what its owner says: this was not me."""

    HISTORY = "history"
    SESSION = "session"
    DEVICE = "device"
    SHARING = "sharing"


class MisuseExtent(StrEnum):
    """Which sessions a report ends."""

    THOSE = "those"  # the ones that it is about
    ALL_OTHERS = "all_others"  # all but the one in which it is made


class RegisterEventKind(StrEnum):
    """What the population register tells of a person."""

    DEATH = "death"
    DEATH_WITHDRAWN = "death_withdrawn"  # it had been entered wrongly
    NAME_CHANGED = "name_changed"
    GUARDIANSHIP = "guardianship"  # a court has appointed a guardian
    GUARDIANSHIP_ENDED = "guardianship_ended"


class Hindrance(StrEnum):
    """Why nobody may sign in to somebody's account, by what the population register says."""

    DEATH = "death"
    GUARDIANSHIP = "guardianship"


class RegisterOutcome(StrEnum):
    """What came of something that the population register told."""

    DONE = "done"
    NOTHING = "nothing"  # it was so already, or there is no account
    LATE = "late"  # a later word on the same matter was known
    UNUSABLE = "unusable"  # for instance a name that is none


class PasswordFault(StrEnum):
    """Why a new password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"  # on the list of leaked ones
    OBVIOUS = "obvious"  # made of what everybody tries first
    PERSONAL = "personal"  # made of the person's own name, number or birth date
    SAME = "same"  # the present one, or the sealed code


class PasskeyFault(StrEnum):
    """Why a passkey is refused, for tests and the audit trail; pages give fewer reasons."""

    MALFORMED = "malformed"  # not what a browser sends
    CHALLENGE = "challenge"  # not ours, too old, used before, or another browser's
    CEREMONY = "ceremony"  # made for another purpose, or inside another site's frame
    ORIGIN = "origin"  # signed on another site's page
    RP = "rp"  # made for another site
    UNVERIFIED = "unverified"  # nobody was present, or nobody's PIN, finger or face was checked
    ALGORITHM = "algorithm"  # a key of a kind that we do not verify
    UNKNOWN = "unknown"  # nobody's here (any more)
    SIGNATURE = "signature"  # signed by another key, or for another person
    COPIED = "copied"  # its counter stands where it stood before: there are two of it
    KNOWN = "known"  # added already


class CertificateFault(StrEnum):
    """Why a signature is not accepted as a proof, for tests and the audit trail; pages give fewer reasons."""

    MALFORMED = "malformed"  # no CMS signature of one signer, or something hangs on to it
    TOO_LARGE = "too_large"
    CHALLENGE = "challenge"  # the statement is not ours, too old, used before, or another browser's
    CONTENT = "content"  # something else was signed
    ATTRIBUTES = "attributes"  # what must be signed with it is missing, repeated or contradictory
    SIGNER = "signer"  # the signature does not name the certificate that it was made with
    ALGORITHM = "algorithm"  # of a kind, or with a key of a size, that we do not trust
    SIGNATURE = "signature"  # it does not verify
    ISSUER = "issuer"  # no path to an issuer that is trusted for this
    POLICY = "policy"  # the issuer's certificate, but of another kind
    USAGE = "usage"  # the key may not be used for this
    VALIDITY = "validity"  # expired, or not good yet
    REVOKED = "revoked"
    NUMBER = "number"  # the certificate names no identity number that can be one


class CertificateUse(StrEnum):
    """What an issuer's certificates may prove here; the value is what the trust list calls it."""

    E_SIGNATURE = "e-signature"
    IDENTITY_CARD = "identity-card"
    MOBILE_SIGNATURE = "mobile-signature"


class MobileState(StrEnum):
    """Where a mobile signature stands."""

    ASKED = "asked"  # written down; whether the supplier has heard of it is not known yet
    PENDING = "pending"  # on the telephone
    SIGNED = "signed"
    REFUSED = "refused"  # on the telephone
    EXPIRED = "expired"  # nobody has answered in time
    UNKNOWN_NUMBER = "unknown_number"  # a number without a mobile signature
    FAILED = "failed"  # the supplier did not answer, or what it gave cannot be accepted
    CANCELLED = "cancelled"  # on the page


@dataclass(frozen=True, kw_only=True)
class MobileOrder:
    """What a supplier of mobile signatures is asked for.

    `key` is ours and names the order: the same one twice is one order. `document` is what is signed; `words` and `code`
    are shown on the telephone before the PIN is asked for, the code on our page as well.
    """

    key: str
    number: MobileNumber
    document: bytes = field(repr=False)
    words: str
    code: str


@dataclass(frozen=True, kw_only=True)
class MobileAnswer:
    """What a supplier says of an order. With SIGNED there is a `signature`: CMS in DER, over the document."""

    state: MobileState
    signature: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class MobileView:
    """A mobile signature as the page shows it. `code` is what the telephone shows too."""

    state: MobileState
    code: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class TrustedIssuer:
    """An issuer on the trust list. `certificate` is its own, in DER; `policies` are the OIDs of which one of its
    certificates must name one, for only for those it vouches that the key lies on a certified device, behind a PIN.
    """

    name: str
    certificate: bytes = field(repr=False)
    use: CertificateUse
    policies: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class SignedStatement:
    """What a person sends in: their signature, and what the statement was made with that they have signed.

    `signature` is CMS in DER, PEM or base64, with or without the statement in it; `browser` is the secret of the
    browser's own cookie.
    """

    signature: bytes = field(repr=False)
    handle: str
    going_to: str
    browser: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class CertificateSettings:
    """Whose certificates prove who somebody is, and where: `site` is the sign-in site's address without a path."""

    site: str
    issuers: tuple[TrustedIssuer, ...] = ()

    @property
    def are_possible(self) -> bool:
        """Whether anybody can sign in with a certificate."""
        return any(issuer.use is not CertificateUse.MOBILE_SIGNATURE for issuer in self.issuers)

    @property
    def vouch_for_telephones(self) -> bool:
        """Whether any issuer on the list vouches for mobile signatures."""
        return any(issuer.use is CertificateUse.MOBILE_SIGNATURE for issuer in self.issuers)


@dataclass(frozen=True, kw_only=True)
class PasskeySettings:
    """Whom passkeys are made for: `rp_id` is the sign-in site's host, `origin` its address without a path."""

    rp_id: str
    origin: str

    @property
    def is_possible(self) -> bool:
        """Whether browsers make passkeys for the host at all: for names, and not for addresses."""
        return network_of(self.rp_id) == ""


@dataclass(frozen=True, kw_only=True)
class BirthDate:
    """When a person was born, as far as it is known: the day, or the month as well, or all of it may be missing."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


@dataclass(frozen=True, kw_only=True)
class PersonRecord:
    """What is known of a person."""

    person_id: PersonId
    identity_number: IdentityNumber
    given_names: str
    family_name: str | None
    birth_year: int | None
    birth_month: int | None
    birth_day: int | None

    @property
    def display_name(self) -> str:
        """The name as it is shown."""
        return " ".join(part for part in (self.given_names, self.family_name) if part)

    @property
    def birth(self) -> BirthDate:
        """The birth date as far as it is known."""
        return BirthDate(year=self.birth_year, month=self.birth_month, day=self.birth_day)


@dataclass(frozen=True, kw_only=True)
class RegisterEvent:
    """An entry of a population register about one person. `number` is the register's own, unique within it.

    `stated_at` is when the register entered it, `happened_on` when it came true, as far as it says. The name is that of
    NAME_CHANGED, else empty.
    """

    number: str
    kind: RegisterEventKind
    identity_number: IdentityNumber
    stated_at: datetime
    happened_on: date | None = None
    given_names: str = ""
    family_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class RegisterPage:
    """Entries in the order in which the register made them, and the mark that asks for what follows."""

    events: tuple[RegisterEvent, ...]
    mark: str


@dataclass(frozen=True, kw_only=True)
class PopulationRegisterState:
    """How the population register has answered lately, for operators; `unusable` entries could not be acted upon."""

    is_connected: bool
    last_asked_at: datetime | None
    last_answer_at: datetime | None
    entries: int
    unusable: int


@dataclass(frozen=True, kw_only=True)
class LegalPersonRecord:
    """What is known of a legal person. `mersis_number` is None where the register states none."""

    legal_person_id: LegalPersonId
    name: str
    tax_number: TaxNumber
    mersis_number: MersisNumber | None


@dataclass(frozen=True, kw_only=True)
class Principal:
    """For whom a session acts, where it is not the person themselves."""

    legal_person_id: LegalPersonId
    name: str


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Where a request comes from, as much as is kept of it: the network, not the address; families, not versions.

    `browser` and `system` are product names, or empty.
    """

    network: str
    browser: str
    system: str


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One way in which a person has proved in a session that it is them, and when.

    `authenticator_id` is what they proved it with, None for password and sealed code.
    """

    method: Method
    at: datetime
    authenticator_id: AuthenticatorId | None = None


@dataclass(frozen=True, kw_only=True)
class Assurance:
    """What may be said of a sign-in: three statements about the same proofs.

    `acr` is a rung of the ladder or `PHISHING_RESISTANT`, `amr` how it was proved (RFC 8176). Each of the proofs was
    given at `proved_at` or later: that is `auth_time`, and never too late.
    """

    acr: str
    amr: tuple[str, ...]
    proved_at: datetime


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
class IssuedCode:
    """A sealed code, in the form to be printed. It is shown once and kept nowhere."""

    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class BegunView:
    """A sign-in that waits for its second step: in which ways it can be finished."""

    has_totp: bool
    has_recovery_codes: bool
    by_contact: tuple["StepByContact", ...] = ()


@dataclass(frozen=True, kw_only=True)
class StepByContact:
    """A second step by a code that is sent to one of the person's contacts, shown as `masked`."""

    authenticator_id: AuthenticatorId
    kind: ContactKind
    masked: str


@dataclass(frozen=True, kw_only=True)
class TotpSetup:
    """A secret for an app, to be shown to its owner: as text and as the address in the QR code.

    `sealed` comes back with the app's first code. None of it goes anywhere but into the page.
    """

    secret: str = field(repr=False)
    link: str = field(repr=False)
    sealed: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class RecoveryCodes:
    """Fresh recovery codes, in the form to be printed. They are shown once and kept nowhere."""

    codes: tuple[str, ...] = field(repr=False)
    made_at: datetime


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


@dataclass(frozen=True, kw_only=True)
class AuthenticatorView:
    """What a person has added to prove themselves with, as they see it."""

    authenticator_id: AuthenticatorId
    kind: AuthenticatorKind
    name: str
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class StaffProof:
    """How a person stands who wants to work: may they, and if not, what is missing.

    `proved_at`: when this session was last proved by a phishing-resistant authenticator that was vouched for, None if
    never. `has_passkey` and `has_vouched` say what the person has, `enrolment_until` until when one may be added that
    counts, None where none may.
    """

    proved_at: datetime | None
    has_passkey: bool
    has_vouched: bool
    enrolment_until: datetime | None


@dataclass(frozen=True, kw_only=True)
class ContactView:
    """Where a person can be reached, as they see it. `masked` may be shown.

    `step_id` is the authenticator by which signing in asks for a code sent there, None where it does not.
    """

    contact_id: ContactId
    kind: ContactKind
    masked: str
    verified_at: datetime
    step_id: AuthenticatorId | None = None


@dataclass(frozen=True, kw_only=True)
class SentCodeView:
    """A code that somebody waits for: where it goes, and how far it is.

    `shown` is the address, masked unless the person has just typed it. `sent_at` is None until somebody has handed the
    code over. A further one is sent from `again_at` on.
    """

    challenge_id: ChallengeId
    use: CodeUse
    kind: ContactKind
    shown: str
    asked_at: datetime
    sent_at: datetime | None
    expires_at: datetime
    again_at: datetime


@dataclass(frozen=True, kw_only=True)
class CodeToSend:
    """A code on its way, for who tells people. It is good until `expires_at`."""

    kind: ContactKind
    use: CodeUse
    address: ContactAddress
    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class ShownSupportCode:
    """A code to be read out to the help desk. It is shown once and kept nowhere."""

    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class AssistedAuthenticator:
    """What the help desk sees of one: never its name, which its owner may have made of anything."""

    authenticator_id: AuthenticatorId
    kind: AuthenticatorKind
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class AssistedAccount:
    """What the help desk sees of an account whose owner has agreed: no number, name, address or device.

    `events` are the last lines of its history. `full_lanes`: whose tries are not heard at present.
    """

    ends_at: datetime
    state: AccountState
    password_changed_at: datetime | None
    code_expires_at: datetime | None
    authenticators: tuple[AssistedAuthenticator, ...]
    recovery_codes_left: int
    open_sessions: int
    events: tuple[tuple[datetime, HistoryKind], ...]
    full_lanes: tuple[Lane, ...]
    deeds: tuple["AssistanceDeedView", ...]


@dataclass(frozen=True, kw_only=True)
class AssistanceDeedView:
    """Something that was done in an assisted session; `detail` is a count, a lane or an authenticator's number."""

    kind: DeedKind
    at: datetime
    detail: str


@dataclass(frozen=True, kw_only=True)
class AssistanceView:
    """An assisted session, as its owner and the member of staff may both know it.

    `until` is when it ends, or until when it can be answered. `end_reason` is None while it has not ended.
    """

    assistance_id: AssistanceId
    staff_id: int
    institution_code: str
    state: AssistanceState
    asked_at: datetime
    agreed_at: datetime | None
    until: datetime
    ended_at: datetime | None
    end_reason: AssistanceEnd | None
    deeds: tuple[AssistanceDeedView, ...]


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One line of the history. `legal_person` names whom it concerns besides the person, None where nobody.

    `staff_id` and `institution_code` tell which member of staff did it, where one did.
    """

    entry_id: int
    at: datetime
    kind: HistoryKind
    visitor: Visitor
    session_id: SessionId | None = None
    legal_person: str | None = None
    staff_id: int | None = None
    institution_code: str = ""


@dataclass(frozen=True, kw_only=True)
class MisuseSubject:
    """What a report is about, by its id. `session_id` is the session in which a sharing happened, else None."""

    about: MisuseAbout
    id: int
    session_id: SessionId | None = None


@dataclass(frozen=True, kw_only=True)
class MisusePreview:
    """What a report would do, for the page that asks. `at` and `kind` are the line's, None for what is no line.

    `own` says that it is the very session or device from which one looks: then there is nothing to report. `contacts`
    are those added there that are still in use, masked; `contact_removed` says that one was removed there.
    """

    at: datetime
    kind: HistoryKind | None
    visitor: Visitor
    under_way: int
    forgets_device: bool
    asks_for_password: bool
    authenticators: tuple[str, ...]
    contacts: tuple[str, ...]
    contact_removed: bool
    own: bool
    report_id: ReportId | None


@dataclass(frozen=True, kw_only=True)
class MisuseReportView:
    """How a report stands. `session_ids` are the sessions that it is about, `ended` how many sessions it ended.

    `password_due`: the owner has still to choose another password; None if it was not used. `authenticators` are those
    to be removed that are still there; so are `contacts`, masked. `contact_removed`: one was removed there, which its
    owner may add again.
    """

    report_id: ReportId
    at: datetime
    about: MisuseAbout
    subject_at: datetime
    visitor: Visitor
    session_ids: tuple[SessionId, ...]
    ended: int
    password_due: bool | None
    authenticators: tuple[AuthenticatorView, ...]
    contacts: tuple[str, ...]
    contact_removed: bool

    @property
    def is_done(self) -> bool:
        """Whether its owner has nothing more to do."""
        return not self.password_due and not self.authenticators and not self.contacts


@dataclass(frozen=True, kw_only=True)
class MisuseCounts:
    """How many reports came in a span of time, and how many of them wait for their owners to do something."""

    reported: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class HistoryPage:
    """Lines of the history, newest first. `older_than` asks for the next page, `None` at the end."""

    entries: tuple[HistoryEntry, ...]
    older_than: int | None


@dataclass(frozen=True, kw_only=True)
class AccountView:
    """How a person's account stands, for the desk. `code_expires_at`: until when the present sealed code is good."""

    person_id: PersonId
    state: AccountState
    created_at: datetime
    password_changed_at: datetime | None
    code_expires_at: datetime | None
