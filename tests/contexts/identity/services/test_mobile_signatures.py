"""Signing in with a mobile signature, and every way in which it comes to nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    AnotherPerson,
    CertificateRefused,
    HolderWithoutAccount,
    MobileSignatureOver,
    RevocationUnknown,
    SignerUnavailable,
    TooManyAttempts,
)
from kapi.contexts.identity.models import MobileSignature, Session
from kapi.contexts.identity.rules.telephones import ASK_EVERY, PATIENCE
from kapi.contexts.identity.services.history import KEEP_ENDED_SIGNATURE
from kapi.contexts.identity.values import (
    AssuranceLevel,
    CertificateSettings,
    CertificateUse,
    HistoryKind,
    Method,
    MobileState,
    SessionId,
    StartedSession,
)
from kapi.jobs import ask_mobile_signatures
from kapi.kernel.actors import NOBODY, Actor
from kapi.kernel.contacts import MobileNumber
from kapi.kernel.identifiers import IdentityNumber
from tests.certificates import Issuer, Responder, serve
from tests.people import FIREFOX, NUMBER, OTHER_NUMBER, make_citizen, sign_in
from tests.telephones import ANOTHER, DOWN, NOBODYS, REFUSES, SIGNS, SILENT, Supplier

pytestmark = pytest.mark.django_db
BROWSER = "the secret of a browser"
LATER = timedelta(seconds=10)


@pytest.fixture
def supplier(now: datetime, settings: Settings, tmp_path: Path) -> Iterator[Supplier]:
    """A supplier in use, and an issuer that vouches for its telephones."""
    issuer = Issuer()
    trusted = issuer.trusted(CertificateUse.MOBILE_SIGNATURE)
    settings.CERTIFICATES = CertificateSettings(site="https://giris.kapi.example", issuers=(trusted,))
    settings.MOBILE_SIGNER = "kapi.contexts.identity.providers.dummy.DummySigner"
    settings.DUMMY_TELEPHONES, settings.ALLOW_PRIVATE_ADDRESSES = tmp_path, True
    with serve(Responder(issuer, now)) as responder:
        yield Supplier(tmp_path, responder)


def start(
    number: MobileNumber = SIGNS,
    *,
    now: datetime,
    holder: IdentityNumber = NUMBER,
    session_id: SessionId | None = None,
    actor: Actor = NOBODY,
    address: str = "192.0.2.10",
) -> str:
    return services.start_mobile_signature(
        identity_number=holder,
        number=number,
        going_to="Örnek Belediyesi",
        browser=BROWSER,
        session_id=session_id,
        address=address,
        actor=actor,
        now=now,
    )


def look(signature_id: str, *, now: datetime, browser: str = BROWSER) -> MobileState:
    view = services.look_at_mobile_signature(signature_id=signature_id, browser=browser, actor=NOBODY, now=now)
    return view.state


def finish(signature_id: str, *, now: datetime, browser: str = BROWSER) -> StartedSession:
    return services.finish_with_mobile_signature(
        signature_id=signature_id,
        browser=browser,
        address="192.0.2.10",
        device_token=None,
        user_agent=FIREFOX,
        actor=NOBODY,
        now=now,
    )


class TestSignIn:
    def test_opens_a_session_of_the_highest_rung(self, now: datetime, supplier: Supplier) -> None:
        person_id = make_citizen(now=now)
        signature = start(now=now)
        assert look(signature, now=now) is MobileState.PENDING
        assert look(signature, now=now + LATER) is MobileState.SIGNED
        started = finish(signature, now=now + LATER)
        assert (started.signed_in.person_id, started.signed_in.acr) == (person_id, AssuranceLevel.HIGH)
        assert [proof.method for proof in started.signed_in.proofs] == [Method.MOBILE_SIGNATURE]

    def test_goes_on_while_the_secret_key_changes(self, now: datetime, supplier: Supplier, settings: Settings) -> None:
        person_id = make_citizen(now=now)
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new secret key " * 3
        signature = start(now=now)
        assert look(signature, now=now + LATER) is MobileState.SIGNED
        assert finish(signature, now=now + LATER).signed_in.person_id == person_id
        refused = start(REFUSES, now=now)
        assert look(refused, now=now + LATER) is MobileState.REFUSED
        assert selectors.sign_in_history(person_id=person_id).entries[0].kind is HistoryKind.SIGNATURE_REFUSED

    def test_a_job_asks_where_no_page_does(self, now: datetime, supplier: Supplier) -> None:
        signature = start(now=now)
        assert ask_mobile_signatures.run(now=now) == 0
        assert ask_mobile_signatures.run(now=now + LATER) == 1
        assert MobileSignature.objects.get(pk=signature).state == MobileState.SIGNED
        assert ask_mobile_signatures.run(now=now + 2 * LATER) == 0

    def test_is_good_once_and_in_its_browser(self, now: datetime, supplier: Supplier) -> None:
        make_citizen(now=now)
        signature, later = start(now=now), now + LATER
        look(signature, now=later)
        for browser in ("another's", ""):
            with pytest.raises(MobileSignatureOver):
                finish(signature, now=later, browser=browser)
            with pytest.raises(MobileSignatureOver):
                look(signature, now=later, browser=browser)
        finish(signature, now=later)
        with pytest.raises(MobileSignatureOver):
            finish(signature, now=later)

    def test_is_good_for_minutes_only(self, now: datetime, supplier: Supplier) -> None:
        make_citizen(now=now)
        signature = start(now=now)
        look(signature, now=now + LATER)
        with pytest.raises(MobileSignatureOver):
            finish(signature, now=now + PATIENCE)

    def test_nothing_is_opened_by_what_was_not_signed(self, now: datetime, supplier: Supplier) -> None:
        make_citizen(now=now)
        for number, state in ((REFUSES, MobileState.REFUSED), (NOBODYS, MobileState.UNKNOWN_NUMBER)):
            signature = start(number, now=now)
            assert look(signature, now=now + LATER) is state
            with pytest.raises(MobileSignatureOver):
                finish(signature, now=now + LATER)
        assert Session.objects.filter(ended_at=None).count() == 0

    def test_is_over_when_nobody_answers(self, now: datetime, supplier: Supplier) -> None:
        signature = start(SILENT, now=now)
        assert look(signature, now=now + LATER) is MobileState.PENDING
        supplier.is_down()
        assert look(signature, now=now + 2 * LATER) is MobileState.PENDING
        assert look(signature, now=now + PATIENCE) is MobileState.EXPIRED

    def test_says_that_the_supplier_is_down(self, now: datetime, supplier: Supplier) -> None:
        with pytest.raises(SignerUnavailable):
            start(DOWN, now=now)
        assert MobileSignature.objects.get().state == MobileState.FAILED

    def test_what_was_lost_on_the_way_is_over_after_half_a_minute(self, now: datetime, supplier: Supplier) -> None:
        signature = start(now=now)
        MobileSignature.objects.update(state=MobileState.ASKED, reference="", ask_at=now + timedelta(seconds=30))
        ask_mobile_signatures.run(now=now + timedelta(seconds=30))
        assert look(signature, now=now + timedelta(seconds=31)) is MobileState.FAILED

    def test_an_answer_for_another_number_is_refused(self, now: datetime, supplier: Supplier) -> None:
        make_citizen(now=now)
        make_citizen(now=now, number=OTHER_NUMBER)
        signature = start(ANOTHER, now=now)
        look(signature, now=now + LATER)
        with pytest.raises(AnotherPerson):
            finish(signature, now=now + LATER)
        assert look(signature, now=now + LATER) is MobileState.FAILED

    def test_a_revoked_certificate_is_refused(self, now: datetime, supplier: Supplier) -> None:
        make_citizen(now=now)
        card = supplier.responder.card()
        supplier.give(NUMBER.digits, card)
        supplier.responder.issuer.revoke(card)
        signature = start(now=now)
        look(signature, now=now + LATER)
        with pytest.raises(CertificateRefused):
            finish(signature, now=now + LATER)

    def test_a_silent_issuer_is_no_yes_and_may_be_asked_again(self, now: datetime, supplier: Supplier) -> None:
        make_citizen(now=now)
        signature = start(now=now)
        look(signature, now=now + LATER)
        supplier.responder.is_up = False
        with pytest.raises(RevocationUnknown):
            finish(signature, now=now + LATER)
        supplier.responder.is_up = True
        finish(signature, now=now + LATER)

    def test_a_holder_without_an_account_is_told_so(self, now: datetime, supplier: Supplier) -> None:
        signature = start(now=now)
        look(signature, now=now + LATER)
        with pytest.raises(HolderWithoutAccount):
            finish(signature, now=now + LATER)

    def test_who_refuses_finds_a_line_in_the_history(self, now: datetime, supplier: Supplier) -> None:
        person_id = make_citizen(now=now)
        look(start(REFUSES, now=now), now=now + LATER)
        assert selectors.sign_in_history(person_id=person_id).entries[0].kind is HistoryKind.SIGNATURE_REFUSED

    def test_no_telephone_is_asked_again_and_again(self, now: datetime, supplier: Supplier) -> None:
        for place in range(3):
            start(SILENT, now=now, address=f"198.51.{place}.7")
        with pytest.raises(TooManyAttempts):
            start(SILENT, now=now, address="203.0.113.9")
        start(SIGNS, now=now)

    def test_no_number_is_kept_in_the_clear(self, now: datetime, supplier: Supplier) -> None:
        signature = start(now=now)
        look(signature, now=now + LATER)
        row = MobileSignature.objects.values().get(pk=signature)
        kept = " ".join(str(value) for value in row.values())
        assert SIGNS.digits[2:] not in kept
        assert NUMBER.digits not in kept
        assert NUMBER.digits.encode() not in bytes(row["signature_sealed"])

    def test_is_forgotten(self, now: datetime, supplier: Supplier) -> None:
        start(now=now)
        services.forget_old_traces(limit=10, actor=NOBODY, now=now + PATIENCE)
        assert MobileSignature.objects.count() == 1
        end = now + PATIENCE + KEEP_ENDED_SIGNATURE + timedelta(seconds=1)
        services.forget_old_traces(limit=10, actor=NOBODY, now=end)
        assert MobileSignature.objects.count() == 0


class TestCancel:
    def test_nothing_is_waited_for_and_nothing_is_opened(self, now: datetime, supplier: Supplier) -> None:
        make_citizen(now=now)
        waiting, signed = start(now=now), start(now=now)
        look(signed, now=now + LATER)
        for signature in (waiting, signed):
            services.cancel_mobile_signature(signature_id=signature, browser=BROWSER, actor=NOBODY, now=now + ASK_EVERY)
            assert look(signature, now=now + LATER) is MobileState.CANCELLED
            with pytest.raises(MobileSignatureOver):
                finish(signature, now=now + LATER)


class TestProveAgain:
    def test_the_same_session_goes_on_higher(self, now: datetime, supplier: Supplier) -> None:
        make_citizen(now=now)
        before = sign_in(now=now).signed_in
        signature = start(now=now, session_id=before.session_id, actor=before.actor)
        look(signature, now=now + LATER)
        after = finish(signature, now=now + LATER).signed_in
        assert (after.session_id, after.acr) == (before.session_id, AssuranceLevel.HIGH)

    def test_somebody_elses_changes_nothing(self, now: datetime, supplier: Supplier) -> None:
        make_citizen(now=now)
        make_citizen(now=now, number=OTHER_NUMBER)
        before = sign_in(now=now)
        session = before.signed_in
        signature = start(ANOTHER, now=now, holder=OTHER_NUMBER, session_id=session.session_id, actor=session.actor)
        look(signature, now=now + LATER)
        with pytest.raises(AnotherPerson):
            finish(signature, now=now + LATER)
        found = selectors.find_session(token=before.token, now=now + LATER)
        assert found is not None
        assert found.acr == AssuranceLevel.LOW
