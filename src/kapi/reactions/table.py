"""Which reaction answers which event: event name -> dotted paths, each called as `reaction(payload, now=...)`."""

REACTIONS: dict[str, tuple[str, ...]] = {
    "identity.account_recovered.v1": ("kapi.reactions.offline_access.react", "kapi.reactions.recovery_notices.react"),
    "identity.account_closed.v1": (
        "kapi.reactions.closed_accounts.react_with_mandates",
        "kapi.reactions.closed_accounts.react_with_offline_access",
    ),
    "identity.assistance_agreed.v1": ("kapi.reactions.assistance_notices.react",),
    "identity.enrolment_opened.v1": ("kapi.reactions.enrolment_notices.react",),
    "identity.code_requested.v1": ("kapi.reactions.code_messages.react",),
    "identity.contact_added.v1": ("kapi.reactions.contact_notices.react_to_adding",),
    "identity.contact_removed.v1": ("kapi.reactions.contact_notices.react_to_removing",),
    "identity.held_off_code_asked.v1": ("kapi.reactions.held_off_codes.react",),
    "identity.misuse_reported.v1": (
        "kapi.reactions.misuse_reports.react",
        "kapi.reactions.misuse_reports.react_with_a_notice",
    ),
    "identity.recovery_code_used.v1": ("kapi.reactions.recovery_code_notices.react",),
    "identity.session_ended.v1": ("kapi.reactions.logout_notices.react",),
    "mandates.mandate_ended.v1": ("kapi.reactions.ended_mandates.react",),
    "openid.client_closed.v1": ("kapi.reactions.closed_clients.react",),
    "openid.client_suspended.v1": ("kapi.reactions.suspended_clients.react",),
    "identity.authenticator_added.v1": ("kapi.reactions.authenticator_notices.react_to_adding",),
    "identity.authenticator_removed.v1": ("kapi.reactions.authenticator_notices.react_to_removing",),
    "institutions.emergency_asked.v1": ("kapi.reactions.emergency_notices.react_to_asking",),
    "institutions.emergency_opened.v1": ("kapi.reactions.emergency_notices.react_to_opening",),
    "institutions.institution_changed.v1": ("kapi.reactions.search_names.react",),
}
