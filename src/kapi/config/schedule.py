"""Which job runs how often: dotted path of a plain function `job(now=...) -> int` -> seconds between two runs."""

SCHEDULE: dict[str, float] = {
    "kapi.jobs.deliver_outbox.run": 0.5,
    "kapi.jobs.send_logout_notices.run": 0.5,
    "kapi.jobs.ask_mobile_signatures.run": 2,
    "kapi.jobs.seal_audit.run": 10,
    "kapi.jobs.end_expired_sessions.run": 15,
    "kapi.jobs.rotate_signing_keys.run": 300,
    "kapi.jobs.refresh_client_keys.run": 60,
    "kapi.jobs.refresh_mandates.run": 60,
    "kapi.jobs.read_register_events.run": 60,
    "kapi.jobs.note_comings_of_age.run": 3_600,
    "kapi.jobs.verify_audit.run": 60,
    "kapi.jobs.prune_counters.run": 60,
    "kapi.jobs.prune_outbox.run": 60,
    "kapi.jobs.prune_openid.run": 60,
    "kapi.jobs.forget_old_traces.run": 300,
    "kapi.jobs.prune_mailbox.run": 3_600,
    "kapi.jobs.forget_feedback.run": 86_400,
    "kapi.jobs.refresh_usage.run": 86_400,
}

# Jobs that claim their rows themselves: they run in every worker at once. All others run in one worker at a time.
SIDE_BY_SIDE = frozenset({"kapi.jobs.deliver_outbox.run", "kapi.jobs.send_logout_notices.run"})

# Jobs of a lane run one after the other; lanes run side by side, so that neither programs of institutions that do not
# answer nor a great clean-up hold up what people wait for.
LANES: dict[str, frozenset[str]] = {
    "prompt": frozenset(
        {
            "kapi.jobs.seal_audit.run",
            "kapi.jobs.end_expired_sessions.run",
            "kapi.jobs.rotate_signing_keys.run",
        }
    ),
    "calls": frozenset(
        {"kapi.jobs.refresh_client_keys.run", "kapi.jobs.refresh_mandates.run", "kapi.jobs.read_register_events.run"}
    ),
    # Somebody waits with the telephone in their hand: no register that is slow holds this up.
    "telephones": frozenset({"kapi.jobs.ask_mobile_signatures.run"}),
    "patient": frozenset(
        {
            "kapi.jobs.note_comings_of_age.run",
            "kapi.jobs.verify_audit.run",
            "kapi.jobs.prune_counters.run",
            "kapi.jobs.prune_outbox.run",
            "kapi.jobs.prune_openid.run",
            "kapi.jobs.forget_old_traces.run",
            "kapi.jobs.prune_mailbox.run",
            "kapi.jobs.forget_feedback.run",
            "kapi.jobs.refresh_usage.run",
        }
    ),
}
