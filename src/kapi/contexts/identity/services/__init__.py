"""Verbs."""

from kapi.contexts.identity.services.accounts import issue_account, issue_operator_account, recover_account
from kapi.contexts.identity.services.ages import note_comings_of_age
from kapi.contexts.identity.services.assistance import (
    agree_to_assistance,
    ask_to_assist,
    end_assistance,
    end_sessions_in_assistance,
    look_at_account,
    make_support_code,
    point_to_desk,
    release_lane,
    suggest_removal,
)
from kapi.contexts.identity.services.authenticators import (
    check_may_change,
    remove_authenticator,
    rename_authenticator,
)
from kapi.contexts.identity.services.certificates import reauthenticate_with_certificate, sign_in_with_certificate
from kapi.contexts.identity.services.codes import add_totp, make_recovery_codes, prepare_totp, resume_totp
from kapi.contexts.identity.services.contact_steps import add_step_by_contact, ask_again, begin_step_by_contact
from kapi.contexts.identity.services.contacts import begin_contact, confirm_contact, remove_contact
from kapi.contexts.identity.services.cooling_off import check_cooling_off
from kapi.contexts.identity.services.held_off import (
    ask_for_held_off_code,
    finish_held_off,
    send_held_off_code,
)
from kapi.contexts.identity.services.history import forget_old_traces
from kapi.contexts.identity.services.legal_persons import register_legal_person
from kapi.contexts.identity.services.misuse import report_misuse
from kapi.contexts.identity.services.mobile_signatures import (
    ask_about_mobile_signatures,
    cancel_mobile_signature,
    finish_with_mobile_signature,
    look_at_mobile_signature,
    start_mobile_signature,
)
from kapi.contexts.identity.services.passkeys import (
    add_passkey,
    reauthenticate_with_passkey,
    sign_in_with_passkey,
)
from kapi.contexts.identity.services.passwords import change_password, choose_first_password
from kapi.contexts.identity.services.people import correct_person, look_up_person, register_person
from kapi.contexts.identity.services.principals import act_for_legal_person, act_for_oneself
from kapi.contexts.identity.services.register import read_register_events, record_register_event
from kapi.contexts.identity.services.second_step import (
    finish_with_recovery_code,
    finish_with_sent_code,
    finish_with_totp,
    send_second_step_code,
)
from kapi.contexts.identity.services.sent_codes import note_code_sent
from kapi.contexts.identity.services.sessions import (
    end_all_sessions,
    end_expired_sessions,
    end_other_sessions,
    end_session,
    extend_session,
    note_activity,
)
from kapi.contexts.identity.services.sign_in import reauthenticate, sign_in_with_password
from kapi.contexts.identity.services.vouching import open_enrolment

__all__ = [
    "act_for_legal_person",
    "act_for_oneself",
    "add_passkey",
    "add_step_by_contact",
    "add_totp",
    "agree_to_assistance",
    "ask_about_mobile_signatures",
    "ask_again",
    "ask_for_held_off_code",
    "ask_to_assist",
    "begin_contact",
    "begin_step_by_contact",
    "cancel_mobile_signature",
    "change_password",
    "check_cooling_off",
    "check_may_change",
    "choose_first_password",
    "confirm_contact",
    "correct_person",
    "end_all_sessions",
    "end_assistance",
    "end_expired_sessions",
    "end_other_sessions",
    "end_session",
    "end_sessions_in_assistance",
    "extend_session",
    "finish_held_off",
    "finish_with_mobile_signature",
    "finish_with_recovery_code",
    "finish_with_sent_code",
    "finish_with_totp",
    "forget_old_traces",
    "issue_account",
    "issue_operator_account",
    "look_at_account",
    "look_at_mobile_signature",
    "look_up_person",
    "make_recovery_codes",
    "make_support_code",
    "note_activity",
    "note_code_sent",
    "note_comings_of_age",
    "open_enrolment",
    "point_to_desk",
    "prepare_totp",
    "read_register_events",
    "reauthenticate",
    "reauthenticate_with_certificate",
    "reauthenticate_with_passkey",
    "record_register_event",
    "recover_account",
    "register_legal_person",
    "register_person",
    "release_lane",
    "remove_authenticator",
    "remove_contact",
    "rename_authenticator",
    "report_misuse",
    "resume_totp",
    "send_held_off_code",
    "send_second_step_code",
    "sign_in_with_certificate",
    "sign_in_with_passkey",
    "sign_in_with_password",
    "start_mobile_signature",
    "suggest_removal",
]
