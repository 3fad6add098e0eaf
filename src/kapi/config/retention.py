"""How long the rows of each table are kept: for ever, with the reason, or until a job deletes them.

`docs/guides/operator.md` shows this table; an architecture test holds both together and notices a model without a line.
Periods are ours where the line says nothing else: no law that we know of states them.
"""

from dataclasses import dataclass

OPENID, TRACES, VOICES = (
    "kapi.jobs.prune_openid.run",
    "kapi.jobs.forget_old_traces.run",
    "kapi.jobs.forget_feedback.run",
)


@dataclass(frozen=True)
class Kept:
    """Rows that stay."""

    reason: str


@dataclass(frozen=True)
class Cleaned:
    """Rows that a job deletes `after` their time."""

    job: str
    after: str


RETENTION: dict[str, Kept | Cleaned] = {
    "audit.AuditMark": Kept("one row"),
    "audit.AuditRecord": Kept("evidence; it is only ever inserted into, and holds ids, never personal data"),
    "audit.AuditSeal": Kept("evidence; the chain proves every record"),
    "audit.AuditVerification": Kept("one row for each kind"),
    "outbox.OutboxEvent": Cleaned("kapi.jobs.prune_outbox.run", "7 days, once nothing of it waits"),
    "outbox.OutboxDelivery": Cleaned("kapi.jobs.prune_outbox.run", "with its event; parked ones wait for an operator"),
    "limits.LimitCounter": Cleaned("kapi.jobs.prune_counters.run", "the end of its window"),
    "jobs.ScheduledJob": Kept("one row for each job"),
    "jobs.Worker": Kept("one row for each worker; those not seen for a day go when another shows life"),
    "mailbox.MailboxMessage": Cleaned("kapi.jobs.prune_mailbox.run", "30 days; demo only"),
    "resealing.ResealMark": Kept("one row for each sealed column"),
    "identity.Person": Kept("while the person is registered"),
    "identity.LegalPerson": Kept("while the register knows it; mandates and what was shared name it"),
    "identity.Account": Kept("while the person is registered"),
    "identity.KnownDevice": Cleaned(TRACES, "400 days without use"),
    "identity.SealedCode": Cleaned(TRACES, "KAPI_KEEP_HISTORY_DAYS after it was closed"),
    "identity.Authenticator": Kept("until its owner removes it, or a desk hands the account back"),
    "identity.Enrolment": Cleaned(TRACES, "KAPI_KEEP_HISTORY_DAYS after its end"),
    "identity.Contact": Cleaned(TRACES, "its owner has removed it and 7 days have passed"),
    "identity.SentCode": Cleaned(TRACES, "its expiry; the code itself is destroyed when it is used"),
    "identity.SupportCode": Cleaned(TRACES, "its expiry, five minutes after it was made"),
    "identity.Assistance": Kept("who helped whom with their account, for the person to look up"),
    "identity.AssistanceDeed": Kept("what was looked at and done then, for the person to look up"),
    "identity.UsedChallenge": Cleaned(TRACES, "its expiry"),
    "identity.MobileSignature": Cleaned(TRACES, "a quarter of an hour after its end, three minutes after it was asked"),
    "identity.RevocationAnswer": Cleaned(TRACES, "its expiry, an hour at most"),
    "identity.BegunSignIn": Cleaned(TRACES, "its expiry, ten minutes after the password was given"),
    "identity.HeldOffSignIn": Cleaned(TRACES, "its expiry, ten minutes after the password was tried"),
    "identity.Session": Cleaned(TRACES, "KAPI_KEEP_HISTORY_DAYS after it ended"),
    "identity.HistoryRow": Cleaned(TRACES, "KAPI_KEEP_HISTORY_DAYS; 30 days where the number is nobody's"),
    "identity.MisuseReport": Cleaned(TRACES, "KAPI_KEEP_HISTORY_DAYS"),
    "identity.RegisterEntry": Kept("what the population register has told, so that its last word counts; no name"),
    "identity.RegisterEntrySetAside": Cleaned(TRACES, "KAPI_KEEP_HISTORY_DAYS"),
    "identity.RegisterMark": Kept("one row for each source"),
    "institutions.Institution": Kept("the tree; closed ones are part of the past"),
    "institutions.Membership": Kept("who held which role when"),
    "institutions.Emergency": Kept("who had emergency rights, why, who granted them and who has reviewed it"),
    "institutions.Proposal": Kept("who asked and who approved"),
    "catalogue.Category": Kept("content"),
    "catalogue.LifeEvent": Kept("content"),
    "catalogue.LifeEventStep": Kept("content"),
    "catalogue.LegalResource": Kept("content"),
    "catalogue.Service": Kept("content"),
    "catalogue.ServiceRevision": Kept("what was published, by whom, approved by whom"),
    "catalogue.SearchWord": Kept("as many as there are words in the catalogue"),
    "catalogue.SearchPosting": Kept("as many as there are words in services"),
    "catalogue.SearchEntry": Kept("one row for each service"),
    "catalogue.UnansweredSearch": Cleaned(VOICES, "180 days after it was last searched for"),
    "catalogue.ServiceUse": Kept("counts without people: at most two rows a day for each service"),
    "catalogue.Favourite": Kept("while the person keeps it on their page"),
    "catalogue.Feedback": Cleaned(VOICES, "365 days"),
    "catalogue.BarrierReport": Cleaned(VOICES, "365 days"),
    "mandates.Mandate": Kept("who could act for whom, when, from which register"),
    "mandates.Inquiry": Kept("one row for each person the register was asked about"),
    "openid.Client": Kept("who was let in, until when"),
    "openid.ClientChange": Kept("who asked for a change and who accepted it"),
    "openid.SigningKey": Kept(
        "public halves, for ID tokens that come back as hints; secrets go when a key is not shown"
    ),
    "openid.UsedAssertion": Cleaned(OPENID, "its expiry"),
    "openid.UsedProof": Cleaned(OPENID, "its expiry"),
    "openid.PendingAuthorization": Cleaned(OPENID, "its expiry"),
    "openid.PushedRequest": Cleaned(OPENID, "its expiry and the time a person has to answer it"),
    "openid.PendingLogout": Cleaned(OPENID, "its expiry"),
    "openid.Grant": Cleaned(OPENID, "7 days, once its tokens are gone"),
    "openid.AccessToken": Cleaned(OPENID, "7 days after its expiry"),
    "openid.MachineToken": Cleaned(OPENID, "7 days after its expiry"),
    "openid.RefreshToken": Cleaned(OPENID, "7 days after its expiry"),
    "openid.RefusedRequest": Cleaned(
        OPENID, "7 days, and the latest 500 of each client, with 100 more that nobody has proved to be its"
    ),
    "openid.LogoutDelivery": Cleaned(OPENID, "30 days, once confirmed or given up"),
    "openid.Visit": Cleaned(OPENID, "KAPI_KEEP_HISTORY_DAYS after the last one"),
    "openid.Approval": Kept("what the person agreed to, and withdrew"),
    "openid.Subject": Kept("the name by which a sector knows the person: another one would be another person"),
    "openid.PrincipalSubject": Kept("the name by which a sector knows the legal person"),
    "openid.Sharing": Kept("what was shared, for the person to look up; the privacy notice promises it"),
}
