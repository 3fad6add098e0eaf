"""Tables."""

from django.db import models
from django.db.models import F, Q

from kapi.contexts.identity.values import AccountState, AuthenticatorKind, MobileState, Proofing


class Person(models.Model):
    """A natural person. The number is kept twice: sealed for reading, as a keyed digest for finding.

    Any part of the name after the first, and any part of the birth date, may be unknown.
    """

    number_digest = models.CharField(max_length=64, unique=True)
    number_sealed = models.BinaryField()
    given_names = models.CharField(max_length=120)
    family_name = models.CharField(max_length=120, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True)
    birth_month = models.PositiveSmallIntegerField(null=True)
    birth_day = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(given_names=""), name="identity_person_has_a_name"),
            models.CheckConstraint(
                condition=Q(birth_month=None) | Q(birth_month__range=(1, 12), birth_year__isnull=False),
                name="identity_birth_month_of_a_year",
            ),
            models.CheckConstraint(
                condition=Q(birth_day=None) | Q(birth_day__range=(1, 31), birth_month__isnull=False),
                name="identity_birth_day_of_a_month",
            ),
        ]
        indexes = [models.Index(fields=["birth_year", "birth_month", "birth_day"], name="identity_people_by_birth")]


class LegalPerson(models.Model):
    """A company, association or foundation. Both numbers are kept twice, as a natural person's is.

    Without a MERSİS number its digest is empty (NULL) and nothing is sealed.
    """

    tax_number_digest = models.CharField(max_length=64, unique=True)
    tax_number_sealed = models.BinaryField()
    mersis_number_digest = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - unique if there is one
    mersis_number_sealed = models.BinaryField()
    name = models.CharField(max_length=240)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="identity_legal_person_has_a_name")]


class Account(models.Model):
    """A person's right to sign in.

    Between `cooling_off_since` and `cooling_off_until`, after a recovery, what was there before is not removed.
    """

    person = models.OneToOneField(Person, on_delete=models.PROTECT, primary_key=True, related_name="account")
    state = models.CharField(max_length=20)  # AccountState
    proofing = models.CharField(max_length=20, default=Proofing.DESK.value, db_default=Proofing.DESK.value)
    password_hash = models.CharField(max_length=200, blank=True)
    password_changed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    cooling_off_since = models.DateTimeField(null=True)
    cooling_off_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cooling_off_since=None, cooling_off_until=None)
                | Q(cooling_off_since__isnull=False, cooling_off_until__isnull=False)
                & Q(cooling_off_until__gt=F("cooling_off_since")),
                name="identity_cooling_off_ends_later",
            ),
            models.CheckConstraint(
                condition=Q(state=AccountState.ACTIVE.value, password_changed_at__isnull=False) & ~Q(password_hash="")
                | Q(state__in=[AccountState.AWAITING_PASSWORD.value, AccountState.CLOSED.value], password_hash=""),
                name="identity_only_an_active_account_has_a_password",
            ),
        ]


class KnownDevice(models.Model):
    """A browser on which an account's owner has signed in, known by the hash of its cookie.

    One cookie may stand for several accounts (a family's computer). `place_digest` is the keyed digest of the network
    it last came from.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="devices")
    token_hash = models.CharField(max_length=64)
    place_digest = models.CharField(max_length=64)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token_hash", "account"], name="identity_device_once_per_account")
        ]
        indexes = [
            models.Index(fields=["account", "place_digest"], name="identity_device_by_place"),
            models.Index(fields=["last_seen_at"], name="identity_device_by_age"),
        ]


class SealedCode(models.Model):
    """A code handed over at a desk. Closed once a password was chosen or another code took its place."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="codes")
    code_hash = models.CharField(max_length=200)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_on = models.ForeignKey(KnownDevice, on_delete=models.SET_NULL, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(closed_at=None), name="identity_one_open_code_per_account"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="identity_code_expires_later"),
        ]


class Authenticator(models.Model):
    """What a person has added to prove themselves with, under the name that they gave it.

    What `secret_sealed` holds depends on the kind: a passkey's public key, the shared secret of an app with one-time
    codes, the id of the contact that codes are sent to. `finder` finds it where it is shown before its owner is known
    (the hash of a passkey's credential id), and keeps one thing from being added twice.
    `counter` only ever grows: a passkey's own counter, the last time step whose code was taken.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="authenticators")
    kind = models.CharField(max_length=20)  # AuthenticatorKind
    name = models.CharField(max_length=60)
    secret_sealed = models.BinaryField()
    finder = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - only NULLs repeat
    counter = models.BigIntegerField(default=0)
    added_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    vouched_by = models.CharField(max_length=20, blank=True, default="", db_default="")  # Voucher, or nobody

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="identity_authenticator_has_a_name"),
            models.CheckConstraint(condition=Q(counter__gte=0), name="identity_authenticator_counts_up"),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(kind=AuthenticatorKind.RECOVERY_CODES.value),
                name="identity_one_list_of_recovery_codes",
            ),
        ]


class Enrolment(models.Model):
    """For a while a person may add one passkey that counts at work. `opened_by` is who answers for it.

    Empty where it was opened at the machine. Closed once it was used or another took its place.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    opened_by = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(closed_at=None), name="identity_one_open_enrolment_per_person"
            ),
            models.CheckConstraint(
                condition=Q(opened_by=None) | ~Q(opened_by=F("person")), name="identity_enrolment_opened_by_another"
            ),
            models.CheckConstraint(
                condition=Q(used_at=None)
                | Q(closed_at__isnull=False, used_at__lt=F("expires_at"), closed_at=F("used_at")),
                name="identity_enrolment_used_in_time",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("opened_at")), name="identity_enrolment_ends_later"),
        ]


class SupportCode(models.Model):
    """A code that its owner reads out to the help desk; one of each person at most."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="+")
    code_digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="identity_support_code_ends_later"),
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(used_at__lt=F("expires_at")), name="identity_support_code_used_in_time"
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="identity_support_codes_by_end")]


class Assistance(models.Model):
    """A member of staff helps somebody with their account: asked for, agreed to by its owner, over by itself.

    `staff_id` is a person, in the service of an institution; the help is bound to their session and to the owner's.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="assistances")
    staff_id = models.BigIntegerField()
    staff_session_id = models.BigIntegerField()
    institution_code = models.CharField(max_length=8)
    asked_at = models.DateTimeField()
    answer_until = models.DateTimeField()
    agreed_at = models.DateTimeField(null=True)
    agreed_session_id = models.BigIntegerField(null=True)
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, blank=True)  # AssistanceEnd

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_at=None), name="identity_one_open_assistance_per_person"
            ),
            models.CheckConstraint(condition=~Q(staff_id=F("person")), name="identity_assistance_by_another"),
            models.CheckConstraint(
                condition=Q(agreed_at=None, agreed_session_id=None, ends_at=None)
                | Q(
                    # Said beside each comparison: one with nothing is not false, and would pass.
                    agreed_at__isnull=False,
                    ends_at__isnull=False,
                    agreed_session_id__isnull=False,
                    agreed_at__lt=F("answer_until"),
                    ends_at__gt=F("agreed_at"),
                ),
                name="identity_assistance_agreed_in_time",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | Q(ended_at__isnull=False) & ~Q(end_reason=""),
                name="identity_ended_assistance_says_why",
            ),
        ]
        indexes = [models.Index(fields=["staff_id", "-id"], name="identity_assistance_of_staff")]


class AssistanceDeed(models.Model):
    """What was looked at or done while somebody was helped."""

    assistance = models.ForeignKey(Assistance, on_delete=models.PROTECT, related_name="deeds")
    kind = models.CharField(max_length=20)  # DeedKind
    detail = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()


class UsedChallenge(models.Model):
    """A challenge that was answered, by its hash: a second row of it cannot be, which is what makes it good once."""

    challenge_hash = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="identity_challenges_by_end")]


class RevocationAnswer(models.Model):
    """What an issuer of certificates has said about revocation, verified, and kept for a short while.

    `question_hash` is of the address and of what was asked there, `body` the answer in base64.
    """

    question_hash = models.CharField(max_length=64, primary_key=True)
    body = models.TextField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="identity_revocation_by_end")]


class MobileSignature(models.Model):
    """A signature that was asked for on somebody's telephone. The number of the telephone is kept nowhere.

    `number_digest` is of the identity number that was typed, `reference` what the supplier calls the order; the
    signature is sealed once it came, for it names its holder. `session` is the one that is to go on, empty if one is to
    begin.
    """

    id = models.CharField(max_length=43, primary_key=True)
    browser_hash = models.CharField(max_length=64)
    session = models.ForeignKey("Session", on_delete=models.CASCADE, null=True, related_name="+")
    number_digest = models.CharField(max_length=64)
    document = models.TextField()
    code = models.CharField(max_length=10)
    state = models.CharField(max_length=20)  # MobileState
    reference = models.CharField(max_length=200, blank=True)
    signature_sealed = models.BinaryField(default=b"")
    created_at = models.DateTimeField()
    ask_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=MobileState.PENDING.value) | ~Q(reference=""),
                name="identity_a_pending_signature_has_a_reference",
            ),
        ]
        indexes = [
            models.Index(
                fields=["ask_at"],
                condition=Q(state__in=[MobileState.ASKED.value, MobileState.PENDING.value]),
                name="identity_signatures_to_ask",
            ),
            models.Index(fields=["expires_at"], name="identity_signatures_by_end"),
        ]


class Session(models.Model):
    """One sign-in on one device. `evidence` is what everything that is said of it rests on: see `rules/assurance.py`.

    `acr`, `amr` and `authenticated_at` say what the evidence did when it was last written. Nothing of ours reads them
    any more; the former release does, while both run. `acting_for` is whom the person has chosen to act for; empty for
    themselves.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="sessions")
    device = models.ForeignKey(KnownDevice, on_delete=models.SET_NULL, null=True, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    acr = models.CharField(max_length=60)
    amr = models.CharField(max_length=60)
    evidence = models.JSONField(default=list, db_default=[])
    started_at = models.DateTimeField()
    authenticated_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    network = models.CharField(max_length=43, blank=True)
    browser = models.CharField(max_length=30, blank=True)
    system = models.CharField(max_length=30, blank=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=30, blank=True)
    acting_for = models.ForeignKey(LegalPerson, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, end_reason="") | Q(ended_at__isnull=False) & ~Q(end_reason=""),
                name="identity_an_ended_session_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "id"], condition=Q(ended_at=None), name="identity_open_sessions"),
            models.Index(fields=["last_seen_at"], condition=Q(ended_at=None), name="identity_sessions_by_rest"),
            models.Index(fields=["ends_at"], condition=Q(ended_at=None), name="identity_sessions_by_end"),
            models.Index(
                fields=["acting_for"],
                condition=Q(ended_at=None, acting_for__isnull=False),
                name="identity_sessions_for_others",
            ),
        ]


class BegunSignIn(models.Model):
    """A sign-in whose password was right and whose second step is still to come: no session, and good for nothing else.

    One browser holds the token. `session` is the one that is to go on, empty if one is to begin. `password_mark` tells
    whether the password is still the one that was given.
    """

    token_hash = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="begun_sign_ins")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, null=True, related_name="+")
    password_mark = models.CharField(max_length=64)
    proved_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("proved_at")), name="identity_begun_sign_in_ends_later")
        ]
        indexes = [models.Index(fields=["expires_at"], name="identity_begun_by_end")]


class Contact(models.Model):
    """Where a person can be reached, which they have shown. Kept twice, as numbers are.

    One address may be several people's (a family's telephone). `ended_at`: since then it is theirs no longer; it is
    told of what happens for a while longer.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=10)  # ContactKind
    address_digest = models.CharField(max_length=64)
    address_sealed = models.BinaryField()
    verified_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "address_digest"], condition=Q(ended_at=None), name="identity_contact_once_per_person"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("verified_at")), name="identity_contact_ends_later"
            ),
        ]
        indexes = [
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="identity_former_contacts")
        ]


class SentCode(models.Model):
    """A code that is sent to somebody, sealed until it is used or over; then it is destroyed.

    It waits for a session or for a begun sign-in; `contact` is whose it is, empty while it is not theirs yet.
    `tries` is how many were heard. `sent_at` is when somebody has handed it over.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, null=True, related_name="sent_codes")
    begun = models.ForeignKey(BegunSignIn, on_delete=models.CASCADE, null=True, related_name="sent_codes")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, related_name="+")
    use = models.CharField(max_length=20)  # CodeUse
    kind = models.CharField(max_length=10)  # ContactKind
    address_sealed = models.BinaryField()
    code_sealed = models.BinaryField()
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("asked_at")), name="identity_sent_code_expires_later"),
            models.CheckConstraint(
                condition=Q(closed_at=None) & ~Q(code_sealed=b"") | Q(closed_at__isnull=False, code_sealed=b""),
                name="identity_a_closed_code_is_destroyed",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="identity_sent_codes_by_end")]


class HistoryRow(models.Model):
    """What happened at an account's door; `person` is empty where the number is nobody's.

    `staff_id` and `institution_code` are who did it, where it was not the person or a stranger.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="history")
    session = models.ForeignKey(Session, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=30)  # HistoryKind
    legal_person = models.ForeignKey(LegalPerson, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    institution_code = models.CharField(max_length=8, blank=True, default="", db_default="")
    staff_id = models.BigIntegerField(null=True)
    network = models.CharField(max_length=43, blank=True)
    browser = models.CharField(max_length=30, blank=True)
    system = models.CharField(max_length=30, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-id"], name="identity_history_of_person"),
            models.Index(fields=["at"], name="identity_history_by_age"),
        ]


class MisuseReport(models.Model):
    """An owner's word that something at their account's door was not them: ids, and nothing that they typed.

    `about_id` is a history line's, a session's, a device's or a sharing's id, whose row may be gone long before this
    one. `sessions` lists the sessions that it is about, `authenticators` what was used in them and is to be removed.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=10)  # MisuseAbout
    about_id = models.BigIntegerField()
    subject_at = models.DateTimeField()
    network = models.CharField(max_length=43, blank=True)
    browser = models.CharField(max_length=30, blank=True)
    system = models.CharField(max_length=30, blank=True)
    reported_in = models.BigIntegerField()  # the session
    at = models.DateTimeField()
    sessions = models.JSONField()
    ended = models.PositiveSmallIntegerField()
    asks_for_password = models.BooleanField()
    authenticators = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "about", "about_id"], name="identity_one_report_for_each"),
        ]
        indexes = [
            models.Index(fields=["at"], name="identity_reports_by_age"),
        ]


class RegisterEntry(models.Model):
    """That the population register has told something of a person, and what came of it; never what a name was.

    Of each matter (`rules/register.py`) the last stated one counts, in whatever order they came.
    """

    source = models.CharField(max_length=40)
    number = models.CharField(max_length=64)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)  # RegisterEventKind
    happened_on = models.DateField(null=True)
    stated_at = models.DateTimeField()
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=10)  # RegisterOutcome

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="identity_register_entry_once"),
            models.CheckConstraint(condition=~Q(number=""), name="identity_register_entry_has_a_number"),
        ]


class RegisterMark(models.Model):
    """How far a source has been read, in its own words, and when it was last asked and last answered."""

    source = models.CharField(max_length=50, primary_key=True)
    mark = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
