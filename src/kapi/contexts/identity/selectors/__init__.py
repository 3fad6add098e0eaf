"""Questions."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from kapi.contexts.identity.errors import LegalPersonNotFound, PersonNotFound, SessionOver
from kapi.contexts.identity.models import (
    Account,
    Authenticator,
    BegunSignIn,
    Contact,
    Enrolment,
    HistoryRow,
    KnownDevice,
    LegalPerson,
    Person,
    SealedCode,
    SentCode,
    Session,
)
from kapi.contexts.identity.rules import assurance as assurance_rules
from kapi.contexts.identity.rules import budgets, recovery, sent_codes, statements, vouching
from kapi.contexts.identity.rules import contacts as contact_rules
from kapi.contexts.identity.rules import sessions as session_rules
from kapi.contexts.identity.rules.challenges import Use, make_challenge
from kapi.contexts.identity.rules.details import clean_details
from kapi.contexts.identity.rules.passkeys import StoredPasskey, creation_options, proof_options
from kapi.contexts.identity.rules.visitors import readable_device
from kapi.contexts.identity.values import (
    ACR_VALUES,
    AccountState,
    AccountView,
    AssuranceLevel,
    AuthenticatorId,
    AuthenticatorKind,
    AuthenticatorView,
    BegunView,
    BirthDate,
    ChallengeId,
    CodeToSend,
    CodeUse,
    ContactId,
    ContactKind,
    ContactView,
    HistoryEntry,
    HistoryKind,
    HistoryPage,
    LegalPersonId,
    LegalPersonRecord,
    Method,
    PersonId,
    PersonRecord,
    Principal,
    Proof,
    Proofing,
    SentCodeView,
    SessionId,
    SessionView,
    SignedIn,
    StaffProof,
    StepByContact,
    Visitor,
)
from kapi.foundation import keys
from kapi.foundation.limits.services import foresee
from kapi.foundation.statements import Question, Slot
from kapi.kernel.contacts import ContactAddress
from kapi.kernel.identifiers import IdentityNumber, MersisNumber, TaxNumber
from kapi.kernel.networks import origin_of

NUMBER = "identity-number"  # the purposes under which numbers are sealed and digested
TAX_NUMBER = "tax-number"
MERSIS_NUMBER = "mersis-number"
AUTHENTICATOR = "authenticator"  # the purpose under which secrets of authenticators are sealed
CONTACT = "contact"
SENT_CODE = "sent-code"
MOBILE_SIGNATURE = "mobile-signature"  # the purpose under which signatures that came are sealed
_LONGEST_TOKEN = 200

_WHOLE = ("person__account", "acting_for")
_OF_TOKEN = Question(
    lambda: Session.objects.select_related(*_WHOLE).filter(token_hash=Slot("token_hash"), ended_at=None)
)
_STANDING = Question(
    lambda: Session.objects.filter(pk=Slot("id"), ended_at=None).values_list("last_seen_at", "ends_at")
)
_PERSON = Question(lambda: Person.objects.filter(pk=Slot("id")))
_ACCOUNT = Question(lambda: Account.objects.filter(pk=Slot("id")))
_OPEN_CODE = Question(
    lambda: SealedCode.objects.filter(account_id=Slot("account_id"), closed_at=None, used_at=None).order_by("pk")
)


def find_session(*, token: str, now: datetime) -> SignedIn | None:
    """Return who the cookie's token stands for, if the session is under way. One query."""
    if not token.isascii() or len(token) > _LONGEST_TOKEN:
        return None
    return _signed_in(_OF_TOKEN.first(token_hash=keys.token_hash(token)), now)


def find_session_by_id(*, session_id: SessionId, now: datetime) -> SignedIn | None:
    """Return whose session it is, if it is under way. One query."""
    rows = Session.objects.filter(pk=session_id, ended_at=None).select_related(*_WHOLE)
    return _signed_in(rows.first(), now)


def is_session_under_way(*, session_id: SessionId, now: datetime) -> bool:
    """Tell whether a session stands, without asking whose it is. One narrow query."""
    rows = _STANDING.all(id=session_id)
    return any(session_rules.is_under_way(last_seen_at=seen, ends_at=ends, now=now) for seen, ends in rows)


def get_session(*, session_id: SessionId, now: datetime) -> SignedIn:
    """Return whose session it is.

    :raises SessionOver: if it is not under way.
    """
    signed_in = find_session_by_id(session_id=session_id, now=now)
    if signed_in is None:
        raise SessionOver
    return signed_in


def people_acting_for_others(*, limit: int, now: datetime) -> list[PersonId]:
    """List people with a session under way that acts for a legal person, in the order of their numbers here."""
    rows = Session.objects.filter(acting_for__isnull=False, ended_at=None, ends_at__gt=now)
    people = rows.filter(last_seen_at__gt=now - session_rules.IDLE).values_list("person_id", flat=True)
    return [PersonId(pk) for pk in people.order_by("person_id").distinct()[:limit]]


def sessions_of(*, person_id: PersonId, now: datetime) -> tuple[SessionView, ...]:
    """List the sessions under way, the last seen first."""
    rows = Session.objects.filter(person_id=person_id, ended_at=None, last_seen_at__gt=now - session_rules.IDLE)
    return tuple(
        SessionView(
            session_id=SessionId(row.pk),
            started_at=row.started_at,
            last_seen_at=row.last_seen_at,
            expires_at=session_rules.expires_at(last_seen_at=row.last_seen_at, ends_at=row.ends_at),
            visitor=visitor_of(row),
        )
        for row in rows.filter(ends_at__gt=now).order_by("-last_seen_at", "-pk")
    )


def authenticators_of(*, person_id: PersonId) -> tuple[AuthenticatorView, ...]:
    """List what a person has added to prove themselves with, the first added first. One query, no secrets."""
    rows = Authenticator.objects.filter(person_id=person_id).order_by("added_at", "pk").defer("secret_sealed")
    return tuple(
        AuthenticatorView(
            authenticator_id=AuthenticatorId(row.pk),
            kind=AuthenticatorKind(row.kind),
            name=row.name,
            added_at=row.added_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    )


def staff_proof_of(*, signed_in: SignedIn, now: datetime) -> StaffProof:
    """Return whether somebody may work in this session, and what is missing if not. Two queries at most."""
    passkeys = Authenticator.objects.filter(person_id=signed_in.person_id, kind=AuthenticatorKind.PASSKEY)
    rows = list(passkeys.values_list("pk", "vouched_by").order_by("pk"))
    vouched = {AuthenticatorId(pk) for pk, voucher in rows if voucher}
    proved_at = vouching.staff_proof_at(signed_in.proofs, vouched)
    open_now = Enrolment.objects.filter(person_id=signed_in.person_id, closed_at=None, expires_at__gt=now)
    until = None if proved_at else open_now.values_list("expires_at", flat=True).order_by("pk").first()
    return StaffProof(proved_at=proved_at, has_passkey=bool(rows), has_vouched=bool(vouched), enrolment_until=until)


def find_begun_sign_in(*, token: str, now: datetime) -> BegunView | None:
    """Return how the sign-in that this browser has begun can be finished, if it still waits."""
    if not token or not token.isascii() or len(token) > _LONGEST_TOKEN:
        return None
    begun = BegunSignIn.objects.filter(token_hash=keys.token_hash(token), expires_at__gt=now).first()
    if begun is None:
        return None
    rows = Authenticator.objects.filter(person_id=begun.account_id).values_list("kind", "pk", "name").order_by("pk")
    found = [(AuthenticatorKind(kind), AuthenticatorId(pk), name) for kind, pk, name in rows]
    kinds = {kind for kind, _pk, _name in found}
    step_of = {step: kind for kind, step in contact_rules.STEP_OF.items()}
    return BegunView(
        has_totp=AuthenticatorKind.TOTP in kinds,
        has_recovery_codes=AuthenticatorKind.RECOVERY_CODES in kinds,
        by_contact=tuple(
            StepByContact(authenticator_id=pk, kind=step_of[kind], masked=name)
            for kind, pk, name in found
            if kind in step_of
        ),
    )


def find_second_step_code(
    *, token: str, authenticator_id: AuthenticatorId, address: str, device_token: str | None, now: datetime
) -> SentCodeView | None:
    """Return the code that the sign-in which this browser has begun waits for, if it can still be entered."""
    finder = Authenticator.objects.filter(pk=authenticator_id).values_list("finder", flat=True).order_by("pk").first()
    waiting = SentCode.objects.filter(begun__token_hash=keys.token_hash(token), closed_at=None, expires_at__gt=now)
    row = waiting.order_by("-pk").first()
    if row is None or row.contact_id is None or finder != contact_rules.finder_of(ContactId(row.contact_id)):
        return None
    return _sent_code(row, _lane(PersonId(row.person_id), address, device_token), now)


def _lane(person_id: PersonId, address: str, device_token: str | None) -> str:
    """Return whose share of codes it is that somebody at the second step asks for."""
    token = readable_device(device_token)
    known = KnownDevice.objects.filter(account_id=person_id, token_hash=keys.token_hash(token)).order_by("pk")
    device_id = known.values_list("pk", flat=True).first() if token else None
    if device_id is not None:
        return sent_codes.lane_of_device(device_id)
    return sent_codes.lane_of_origin(origin_of(address), person_id)


def contacts_of(*, person_id: PersonId) -> tuple[ContactView, ...]:
    """List where a person can be reached, the first verified first; opens the sealed addresses. Two queries."""
    steps = Authenticator.objects.filter(person_id=person_id, finder__isnull=False).values_list("finder", "pk")
    step_ids = {finder: AuthenticatorId(pk) for finder, pk in steps.order_by("pk")}
    rows = Contact.objects.filter(person_id=person_id, ended_at=None).order_by("verified_at", "pk")
    return tuple(
        ContactView(
            contact_id=ContactId(row.pk),
            kind=ContactKind(row.kind),
            masked=_address_of(row).masked,
            verified_at=row.verified_at,
            step_id=step_ids.get(contact_rules.finder_of(ContactId(row.pk))),
        )
        for row in rows
    )


def contacts_to_tell(*, person_id: PersonId, now: datetime) -> tuple[ContactAddress, ...]:
    """Return wherever a person is told what happens to their account: also at contacts removed a short while ago."""
    since = now - contact_rules.TELL_FORMER_FOR
    rows = Contact.objects.filter(Q(ended_at=None) | Q(ended_at__gt=since), person_id=person_id)
    return tuple(dict.fromkeys(_address_of(row) for row in rows.order_by("verified_at", "pk")))


def find_sent_code(*, session_id: SessionId, challenge_id: ChallengeId, now: datetime) -> SentCodeView | None:
    """Return a code that somebody who is signed in waits for, if it can still be entered."""
    row = SentCode.objects.filter(pk=challenge_id, session_id=session_id, closed_at=None, expires_at__gt=now).first()
    if row is None:
        return None
    return _sent_code(row, sent_codes.lane_of(row.person_id), now)


def _sent_code(row: SentCode, lane: str, now: datetime) -> SentCodeView:
    """Say how far a code is; the address is shown whole to who has just typed it."""
    address, further = _address_of(row), foresee(key=lane, budgets=budgets.CODES, now=now)
    return SentCodeView(
        challenge_id=ChallengeId(row.pk),
        use=CodeUse(row.use),
        kind=ContactKind(row.kind),
        shown=address.shown if row.contact_id is None else address.masked,
        asked_at=row.asked_at,
        sent_at=row.sent_at,
        expires_at=row.expires_at,
        again_at=now + further.retry_after,
    )


def find_code_to_send(*, challenge_id: ChallengeId, now: datetime) -> CodeToSend | None:
    """Return a code that waits to be sent, and where to; None once it was handed over, used, or is over."""
    rows = SentCode.objects.filter(pk=challenge_id, sent_at=None, closed_at=None, expires_at__gt=now)
    return next(
        (
            CodeToSend(
                kind=ContactKind(row.kind),
                use=CodeUse(row.use),
                address=_address_of(row),
                code=keys.open_sealed(row.code_sealed, purpose=SENT_CODE),
                expires_at=row.expires_at,
            )
            for row in rows
        ),
        None,
    )


def recovery_codes_left(*, person_id: PersonId) -> int:
    """Return how many recovery codes of the person's list are unused; 0 without a list."""
    lists = Authenticator.objects.filter(person_id=person_id, kind=AuthenticatorKind.RECOVERY_CODES).order_by("pk")
    return sum(recovery.left(used) for used in lists.values_list("counter", flat=True))


def provable_acrs(*, person_id: PersonId) -> frozenset[str]:
    """Return every `acr` that a person may be asked to prove: with what they have added, and the highest rung.

    Whether somebody has a certificate is known to nobody before they show it. So the highest rung, which nothing else
    reaches, is asked for wherever certificates are trusted; lower ones only of who has added what reaches them.
    """
    return reachable_acrs(person_id=person_id) | (frozenset({str(AssuranceLevel.HIGH)} & set(supported_acrs())))


def attainable_acrs(*, person_id: PersonId) -> frozenset[str]:
    """Return every `acr` that a person could reach once they have added whatever can be added, or by a certificate."""
    methods = {Method.PASSWORD, Method.TOTP} | ({Method.PASSKEY} if settings.PASSKEYS.is_possible else set())
    certificates = {Method.QUALIFIED_CERTIFICATE} if settings.CERTIFICATES.issuers else set()
    return assurance_rules.reachable(methods | certificates, _proofing_of(person_id))


def _proofing_of(person_id: PersonId) -> Proofing:
    found = Account.objects.filter(pk=person_id).values_list("proofing", flat=True).first()
    return Proofing(found or Proofing.OPERATOR)


def reachable_acrs(*, person_id: PersonId) -> frozenset[str]:
    """Return every `acr` that a person can reach with their password and what they have added."""
    kinds = Authenticator.objects.filter(person_id=person_id).values_list("kind", flat=True).order_by("pk")
    methods = {Method.PASSWORD, *(assurance_rules.METHOD_OF[AuthenticatorKind(kind)] for kind in kinds)}
    return assurance_rules.reachable(methods, _proofing_of(person_id))


def options_for_new_passkey(*, session_id: SessionId, browser: str, now: datetime) -> dict[str, Any]:
    """Return what a browser needs to make a passkey for whoever is signed in, with a fresh challenge.

    :raises SessionOver: if the session is not under way.
    """
    signed_in = get_session(session_id=session_id, now=now)
    rows = Authenticator.objects.filter(person_id=signed_in.person_id, kind=AuthenticatorKind.PASSKEY).order_by("pk")
    known = [StoredPasskey.from_text(keys.open_sealed(row.secret_sealed, purpose=AUTHENTICATOR)).id for row in rows]
    return creation_options(
        challenge=make_challenge(use=Use.ADD, browser=browser, session_id=session_id, now=now),
        owner=passkey_owner(signed_in.person_id),
        name=signed_in.display_name,
        known=known,
        brand=settings.BRAND_NAME,
        settings=settings.PASSKEYS,
    )


def options_for_passkey_proof(*, browser: str, now: datetime) -> dict[str, Any]:
    """Return what a browser needs to show a passkey of any person, with a fresh challenge. Asks and writes nothing."""
    challenge = make_challenge(use=Use.PROVE, browser=browser, now=now)
    return proof_options(challenge=challenge, settings=settings.PASSKEYS)


def new_statement(*, browser: str, going_to: str, now: datetime) -> str:
    """Make a statement to be signed with a certificate, for this browser, and return its handle. Writes nothing.

    `going_to` names where the person is going, empty if they are only signing in.
    """
    return statements.make_handle(statement_for(browser=browser, going_to=going_to), now)


def statement_document(*, handle: str, browser: str, going_to: str, now: datetime) -> bytes:
    """Return the document to be signed, byte for byte as it must be.

    :raises CertificateRefused: if the handle is not ours, too old, another browser's, or made for going elsewhere.
    """
    statement = statement_for(browser=browser, going_to=going_to)
    statements.handle_is_ours(handle, statement, now)
    return statements.document_of(handle, statement)


def statement_for(*, browser: str, going_to: str) -> statements.Statement:
    """Return what statements of this gateway are about."""
    return statements.Statement(
        site=settings.CERTIFICATES.site, brand=settings.BRAND_NAME, going_to=going_to, browser=browser
    )


def supported_acrs() -> tuple[str, ...]:
    """Return every `acr` that anybody can reach here, the strongest first: the highest rung takes a trust list."""
    is_high = bool(settings.CERTIFICATES.issuers)
    return tuple(str(acr) for acr in ACR_VALUES if is_high or acr != AssuranceLevel.HIGH)


def passkey_owner(person_id: PersonId) -> bytes:
    """Return what authenticators call a person (Web Authentication 5.4.3): 32 bytes that say nothing about them."""
    return bytes.fromhex(keys.digest(str(person_id), purpose="passkey-owner"))


def sign_in_history(*, person_id: PersonId, older_than: int | None = None, limit: int = 50) -> HistoryPage:
    """Return a page of what happened at the account's door, newest first; `older_than` is the former page's."""
    rows = HistoryRow.objects.filter(person_id=person_id).select_related("legal_person")
    if older_than is not None:
        rows = rows.filter(pk__lt=older_than)
    found = list(rows.order_by("-pk")[: limit + 1])
    return HistoryPage(
        entries=tuple(_entries(found[:limit])),
        older_than=found[limit - 1].pk if len(found) > limit else None,
    )


def find_person(*, identity_number: IdentityNumber) -> PersonId | None:
    """Return who has the number, if anybody registered has."""
    digests = keys.digests(identity_number.digits, purpose=NUMBER)
    found = Person.objects.filter(number_digest__in=digests).values_list("pk", flat=True).order_by("pk").first()
    return None if found is None else PersonId(found)


def get_person_record(*, person_id: PersonId) -> PersonRecord:
    """Return what is known of a person; opens the sealed number.

    :raises PersonNotFound: if nobody is registered under the id.
    """
    row = _PERSON.first(id=person_id)
    if row is None:
        raise PersonNotFound
    return PersonRecord(
        person_id=person_id,
        identity_number=IdentityNumber.parse(keys.open_sealed(row.number_sealed, purpose=NUMBER)),
        given_names=row.given_names,
        family_name=row.family_name or None,
        birth_year=row.birth_year,
        birth_month=row.birth_month,
        birth_day=row.birth_day,
    )


def correction_of(
    *, person_id: PersonId, given_names: str, family_name: str | None, birth: BirthDate, now: datetime
) -> tuple[PersonRecord, PersonRecord]:
    """Return what is known of a person, and what would be after `services.correct_person` with the same details.

    :raises InvalidValue: if a name or the birth date cannot be.
    :raises PersonNotFound: if nobody is registered under the id.
    """
    before = get_person_record(person_id=person_id)
    details = clean_details(given_names, family_name, birth, today=timezone.localdate(now))
    changes: dict[str, Any] = details | {"family_name": details["family_name"] or None}
    return before, replace(before, **changes)


def names_of(*, person_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of many people, by id, without opening their numbers. One query; strangers are left out."""
    rows = Person.objects.filter(pk__in=set(person_ids)).values_list("pk", "given_names", "family_name").order_by("pk")
    return {pk: " ".join(part for part in (given, family) if part) for pk, given, family in rows}


def find_legal_person(*, tax_number: TaxNumber) -> LegalPersonId | None:
    """Return which legal person has the number, if any registered has."""
    digests = keys.digests(tax_number.digits, purpose=TAX_NUMBER)
    rows = LegalPerson.objects.filter(tax_number_digest__in=digests)
    found = rows.values_list("pk", flat=True).order_by("pk").first()
    return None if found is None else LegalPersonId(found)


def get_legal_person(*, legal_person_id: LegalPersonId) -> LegalPersonRecord:
    """Return what is known of a legal person; opens its sealed numbers.

    :raises LegalPersonNotFound: if none is registered under the id.
    """
    found = legal_persons(legal_person_ids=[legal_person_id])
    if not found:
        raise LegalPersonNotFound
    return found[legal_person_id]


def legal_persons(*, legal_person_ids: Iterable[LegalPersonId]) -> dict[LegalPersonId, LegalPersonRecord]:
    """Return what is known of several legal persons, by id; strangers are left out. One query."""
    rows = LegalPerson.objects.filter(pk__in=set(legal_person_ids)).order_by("pk")
    return {LegalPersonId(row.pk): _legal_person(row) for row in rows}


def find_account(*, person_id: PersonId) -> AccountView | None:
    """Return how the person's account stands, if there is one."""
    account = _ACCOUNT.first(id=person_id)
    if account is None:
        return None
    code = _OPEN_CODE.first(account_id=person_id)
    return AccountView(
        person_id=person_id,
        state=AccountState(account.state),
        created_at=account.created_at,
        password_changed_at=account.password_changed_at,
        code_expires_at=code.expires_at if code else None,
    )


def _signed_in(row: Session | None, now: datetime) -> SignedIn | None:
    if row is None or not session_rules.is_under_way(last_seen_at=row.last_seen_at, ends_at=row.ends_at, now=now):
        return None
    expires_at = session_rules.expires_at(last_seen_at=row.last_seen_at, ends_at=row.ends_at)
    proofs = proofs_of(row)
    return SignedIn(
        session_id=SessionId(row.pk),
        person_id=PersonId(row.person_id),
        given_names=row.person.given_names,
        family_name=row.person.family_name or None,
        proofs=proofs,
        assurances=assurance_rules.assess(proofs, Proofing(row.person.account.proofing)),
        must_change_password=row.person.account.state != AccountState.ACTIVE,
        last_seen_at=row.last_seen_at,
        warn_at=expires_at - session_rules.WARNING,
        expires_at=expires_at,
        ends_at=row.ends_at,
        acting_for=_principal(row.acting_for),
    )


def _principal(row: LegalPerson | None) -> Principal | None:
    return Principal(legal_person_id=LegalPersonId(row.pk), name=row.name) if row else None


def _legal_person(row: LegalPerson) -> LegalPersonRecord:
    mersis = keys.open_sealed(row.mersis_number_sealed, purpose=MERSIS_NUMBER) if row.mersis_number_digest else ""
    return LegalPersonRecord(
        legal_person_id=LegalPersonId(row.pk),
        name=row.name,
        tax_number=TaxNumber.parse(keys.open_sealed(row.tax_number_sealed, purpose=TAX_NUMBER)),
        mersis_number=MersisNumber.parse(mersis) if mersis else None,
    )


def _address_of(row: Contact | SentCode) -> ContactAddress:
    text = keys.open_sealed(row.address_sealed, purpose=CONTACT)
    return contact_rules.read_address(ContactKind(row.kind), text)


def proofs_of(row: Session) -> tuple[Proof, ...]:
    """Return what a session's row has recorded."""
    return assurance_rules.read_evidence(row.evidence) or assurance_rules.former_evidence(
        amr=row.amr, authenticated_at=row.authenticated_at
    )


def _entries(rows: Iterable[HistoryRow]) -> Iterable[HistoryEntry]:
    for row in rows:
        yield HistoryEntry(
            entry_id=row.pk,
            at=row.at,
            kind=HistoryKind(row.kind),
            visitor=visitor_of(row),
            session_id=SessionId(row.session_id) if row.session_id else None,
            legal_person=row.legal_person.name if row.legal_person else None,
            staff_id=row.staff_id,
            institution_code=row.institution_code,
        )


def visitor_of(row: Session | HistoryRow) -> Visitor:
    """Return where a session is, or something happened, as its row says."""
    return Visitor(network=row.network, browser=row.browser, system=row.system)
