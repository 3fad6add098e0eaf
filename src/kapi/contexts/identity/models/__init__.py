"""Tables, one module per noun."""

from kapi.contexts.identity.models.accounts import Account, KnownDevice, SealedCode
from kapi.contexts.identity.models.assistance import Assistance, AssistanceDeed, SupportCode
from kapi.contexts.identity.models.authenticators import Authenticator, Enrolment, UsedChallenge
from kapi.contexts.identity.models.certificates import MobileSignature, RevocationAnswer
from kapi.contexts.identity.models.contacts import Contact, SentCode
from kapi.contexts.identity.models.history import HistoryRow
from kapi.contexts.identity.models.misuse import MisuseReport
from kapi.contexts.identity.models.people import LegalPerson, Person
from kapi.contexts.identity.models.register import RegisterEntry, RegisterEntrySetAside, RegisterMark
from kapi.contexts.identity.models.sessions import BegunSignIn, HeldOffSignIn, Session

__all__ = [
    "Account",
    "Assistance",
    "AssistanceDeed",
    "Authenticator",
    "BegunSignIn",
    "Contact",
    "Enrolment",
    "HeldOffSignIn",
    "HistoryRow",
    "KnownDevice",
    "LegalPerson",
    "MisuseReport",
    "MobileSignature",
    "Person",
    "RegisterEntry",
    "RegisterEntrySetAside",
    "RegisterMark",
    "RevocationAnswer",
    "SealedCode",
    "SentCode",
    "Session",
    "SupportCode",
    "UsedChallenge",
]
