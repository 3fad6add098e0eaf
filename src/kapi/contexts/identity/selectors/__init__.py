"""Questions, one module per noun."""

from kapi.contexts.identity.selectors.accounts import find_account, find_account_state
from kapi.contexts.identity.selectors.assurance import attainable_acrs, provable_acrs, reachable_acrs, supported_acrs
from kapi.contexts.identity.selectors.authenticators import (
    AUTHENTICATOR,
    authenticators_of,
    recovery_codes_left,
    staff_proof_of,
)
from kapi.contexts.identity.selectors.certificates import (
    MOBILE_SIGNATURE,
    new_statement,
    statement_document,
    statement_for,
)
from kapi.contexts.identity.selectors.contacts import (
    CONTACT,
    SENT_CODE,
    contacts_of,
    contacts_to_tell,
    find_code_to_send,
    find_sent_code,
    verified_contacts_of,
)
from kapi.contexts.identity.selectors.history import sign_in_history, visitor_of
from kapi.contexts.identity.selectors.passkeys import options_for_new_passkey, options_for_passkey_proof, passkey_owner
from kapi.contexts.identity.selectors.people import (
    MERSIS_NUMBER,
    NUMBER,
    TAX_NUMBER,
    correction_of,
    find_legal_person,
    find_person,
    get_legal_person,
    get_person_record,
    legal_persons,
    names_of,
)
from kapi.contexts.identity.selectors.second_step import find_begun_sign_in, find_second_step_code
from kapi.contexts.identity.selectors.sessions import (
    LONGEST_TOKEN,
    find_session,
    find_session_by_id,
    get_session,
    is_session_under_way,
    moments_of_standing,
    people_acting_for_others,
    proofs_of,
    sessions_of,
    where_session_is_under_way,
)

__all__ = [
    "AUTHENTICATOR",
    "CONTACT",
    "LONGEST_TOKEN",
    "MERSIS_NUMBER",
    "MOBILE_SIGNATURE",
    "NUMBER",
    "SENT_CODE",
    "TAX_NUMBER",
    "attainable_acrs",
    "authenticators_of",
    "contacts_of",
    "contacts_to_tell",
    "correction_of",
    "find_account",
    "find_account_state",
    "find_begun_sign_in",
    "find_code_to_send",
    "find_legal_person",
    "find_person",
    "find_second_step_code",
    "find_sent_code",
    "find_session",
    "find_session_by_id",
    "get_legal_person",
    "get_person_record",
    "get_session",
    "is_session_under_way",
    "legal_persons",
    "moments_of_standing",
    "names_of",
    "new_statement",
    "options_for_new_passkey",
    "options_for_passkey_proof",
    "passkey_owner",
    "people_acting_for_others",
    "proofs_of",
    "provable_acrs",
    "reachable_acrs",
    "recovery_codes_left",
    "sessions_of",
    "sign_in_history",
    "staff_proof_of",
    "statement_document",
    "statement_for",
    "supported_acrs",
    "verified_contacts_of",
    "visitor_of",
    "where_session_is_under_way",
]
