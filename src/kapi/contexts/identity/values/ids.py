"""By which numbers of ours things are known."""

from typing import NewType

PersonId = NewType("PersonId", int)
LegalPersonId = NewType("LegalPersonId", int)
SessionId = NewType("SessionId", int)
ReportId = NewType("ReportId", int)
AuthenticatorId = NewType("AuthenticatorId", int)
ContactId = NewType("ContactId", int)
ChallengeId = NewType("ChallengeId", int)
AssistanceId = NewType("AssistanceId", int)
