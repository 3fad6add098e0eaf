"""What identity refuses."""

from datetime import datetime, timedelta

from kapi.contexts.identity.values import CertificateFault, Hindrance, PasskeyFault, PasswordFault
from kapi.kernel.errors import DomainError


class SignInRefused(DomainError):
    """Number and password do not belong together. It never says which of them is wrong, or whether either exists."""

    code = "sign_in_refused"


class SignInHeldOff(SignInRefused):
    """While lists of passwords are tried: number and password do not belong together, or device and network are both
    new to the account. It never says which, so that nobody learns that a password is right.

    `token` goes into the browser's cookie and nowhere else: with it whoever was right goes on by a code (`held_off`),
    until `expires_at`. There is one in each case.
    """

    code = "sign_in_held_off"

    def __init__(self, token: str, expires_at: datetime) -> None:
        self.token = token
        self.expires_at = expires_at
        super().__init__("sign-in held off")


class TooManyAttempts(DomainError):
    """Further tries are not heard before `retry_after` has passed."""

    code = "too_many_attempts"

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__("too many attempts")


class SealedCodeSpent(DomainError):
    """The right sealed code, but used already or too old: a desk issues another. Only its holder gets to see this."""

    code = "sealed_code_spent"


class SessionOver(DomainError):
    """There is no such session under way, or it is not the actor's."""

    code = "session_over"


class NothingToReport(DomainError):
    """There is no such line, session, device or sharing of the person's, or nobody came in by it."""

    code = "nothing_to_report"


class OwnSession(DomainError):
    """It is the session, or the device, from which it is reported: signing out is the way to end that."""

    code = "own_session"


class AnotherPerson(DomainError):
    """Number and secret are right, but the session is somebody else's. Only who knew them gets to see this."""

    code = "another_person"


class SecondStepNeeded(DomainError):
    """The password is right, and not enough: a code is asked for. Only who knew the password gets to see this.

    `token` goes into the browser's cookie and nowhere else; it is good until `expires_at`.
    """

    code = "second_step_needed"

    def __init__(self, token: str, expires_at: datetime) -> None:
        self.token = token
        self.expires_at = expires_at
        super().__init__("second step needed")


class SecondStepOver(DomainError):
    """No sign-in waits for its second step under this token (any more): it begins with the password again."""

    code = "second_step_over"


class CodeRefused(DomainError):
    """The one-time code is not right, or was used before."""

    code = "code_refused"


class SetupOver(DomainError):
    """The secret for an app was not prepared in this session, or too long ago, or is in use: another is needed."""

    code = "setup_over"


class ChallengeOver(DomainError):
    """There is no such code to be entered (any more): it was used, is too old, or was asked for elsewhere."""

    code = "challenge_over"


class TooManyCodes(DomainError):
    """No further code is sent before `retry_after` has passed."""

    code = "too_many_codes"

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__("too many codes")


class ContactKnown(DomainError):
    """The person has this contact already."""

    code = "contact_known"


class StepKnown(DomainError):
    """Signing in asks for a code sent to this contact already."""

    code = "step_known"


class StillCoolingOff(DomainError):
    """The account was recovered a short while ago: what was there before is not removed before `until`."""

    code = "still_cooling_off"

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__("still cooling off")


class TooManyContacts(DomainError):
    """The person has as many contacts of this kind as anybody may."""

    code = "too_many_contacts"


class ContactNotFound(DomainError):
    """There is no such contact, or it is somebody else's."""

    code = "contact_not_found"


class NothingToRecover(DomainError):
    """There is neither app nor passkey that recovery codes could stand in for."""

    code = "nothing_to_recover"


class PersonNotFound(DomainError):
    """Nobody is registered under this id."""

    code = "person_not_found"


class PersonDiffers(DomainError):
    """Somebody is registered under this number already, with another name or birth date."""

    code = "person_differs"


class LegalPersonNotFound(DomainError):
    """No legal person is registered under this id."""

    code = "legal_person_not_found"


class LegalPersonDiffers(DomainError):
    """The MERSİS number is another legal person's already."""

    code = "legal_person_differs"


class AccountBarred(DomainError):
    """The population register says why nobody may sign in as this person; `hindrance` is what it says."""

    code = "account_barred"

    def __init__(self, hindrance: Hindrance) -> None:
        self.hindrance = hindrance
        super().__init__(hindrance.value)


class NoPopulationRegister(DomainError):
    """This gateway is connected to no population register."""

    code = "no_population_register"


class PopulationRegisterUnavailable(DomainError):
    """The population register gives no answer that can be used; asking later may help."""

    code = "population_register_unavailable"


class TooYoung(DomainError):
    """An account is issued from the age of 15, as far as the birth date is known."""

    code = "too_young"


class AgeUnknown(DomainError):
    """The birth year is not known, so the age cannot be."""

    code = "age_unknown"


class AccountExists(DomainError):
    """The person has an account in use; recovery is the way to a new code."""

    code = "account_exists"


class NoAccount(DomainError):
    """The person has no account yet; issuing one is the way to a code."""

    code = "no_account"


class WrongPassword(DomainError):
    """The present password was not given correctly."""

    code = "wrong_password"


class PasswordRefused(DomainError):
    """The new password cannot be accepted; `fault` says why."""

    code = "password_refused"

    def __init__(self, fault: PasswordFault) -> None:
        self.fault = fault
        super().__init__(fault.value)


class PasswordChosenAlready(DomainError):
    """The account has a password; changing it asks for the present one."""

    code = "password_chosen_already"


class NoPasswordYet(DomainError):
    """The account has no password to change; the sealed code lets its holder choose one."""

    code = "no_password_yet"


class ProveAgain(DomainError):
    """It is too long ago that the person has proved that it is them: for this they must do so once more."""

    code = "prove_again"


class StrongerProofNeeded(DomainError):
    """The session is weaker than what the person has; for this they must prove themselves in a stronger way.

    `acr` is what the session must reach.
    """

    code = "stronger_proof_needed"

    def __init__(self, acr: str) -> None:
        self.acr = acr
        super().__init__(acr)


class NameRefused(DomainError):
    """The name of an authenticator is empty, too long, or holds what is no letter, digit or sign."""

    code = "name_refused"


class TooManyAuthenticators(DomainError):
    """The person has as many authenticators as anybody may."""

    code = "too_many_authenticators"


class AuthenticatorNotFound(DomainError):
    """There is no such authenticator, or it is somebody else's."""

    code = "authenticator_not_found"


class SupportCodeRefused(DomainError):
    """The code for the help desk is nobody's, was used before, or is too old."""

    code = "support_code_refused"


class OwnAssistance(DomainError):
    """Nobody helps themselves at the help desk."""

    code = "own_assistance"


class AssistanceOver(DomainError):
    """There is no such assisted session under way, or it is others'."""

    code = "assistance_over"


class OwnEnrolment(DomainError):
    """Nobody opens an enrolment for themselves: another person answers for it."""

    code = "own_enrolment"


class EnrolmentOutlastsEmergency(DomainError):
    """What is added by an enrolment outlasts an emergency's hour, so nobody opens one under an emergency."""

    code = "enrolment_outlasts_emergency"


class PasskeyRefused(DomainError):
    """The passkey cannot be accepted; `fault` says why."""

    code = "passkey_refused"

    def __init__(self, fault: PasskeyFault) -> None:
        self.fault = fault
        super().__init__(fault.value)


class CertificateRefused(DomainError):
    """What was signed, or the certificate that it was signed with, cannot be accepted; `fault` says why."""

    code = "certificate_refused"

    def __init__(self, fault: CertificateFault) -> None:
        self.fault = fault
        super().__init__(fault.value)


class RevocationUnknown(DomainError):
    """The certificate's issuer does not say whether it has been revoked. Trying again later may help."""

    code = "revocation_unknown"


class HolderWithoutAccount(DomainError):
    """The certificate is good, but its holder has no open account here. Only its holder gets to see this."""

    code = "holder_without_account"


class SignerUnavailable(DomainError):
    """The supplier of mobile signatures does not answer. Trying again later may help."""

    code = "signer_unavailable"


class NoMobileSignature(DomainError):
    """The supplier knows no mobile signature at this number. Trying again does not help."""

    code = "no_mobile_signature"


class MobileSignatureOver(DomainError):
    """There is no such mobile signature under way, or it is another browser's."""

    code = "mobile_signature_over"
