"""Signing in with a certificate, and every way in which one is refused."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    AnotherPerson,
    CertificateRefused,
    HolderWithoutAccount,
    NoPasswordYet,
    RevocationUnknown,
    StillCoolingOff,
    TooManyAttempts,
)
from kapi.contexts.identity.models import Account, Authenticator, RevocationAnswer, Session, UsedChallenge
from kapi.contexts.identity.rules import budgets
from kapi.contexts.identity.rules.statements import VALID_FOR
from kapi.contexts.identity.services.revocation import KEEP_OCSP
from kapi.contexts.identity.values import (
    AccountState,
    AssuranceLevel,
    AuthenticatorId,
    CertificateFault,
    CertificateSettings,
    CertificateUse,
    HistoryKind,
    Method,
    Proofing,
    SignedStatement,
    StartedSession,
)
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.http import addresses
from kapi.foundation.http.errors import CallFailed
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import NOBODY
from tests.authenticator_apps import add_app, begin, print_codes, recover
from tests.certificates import Card, Issuer, Responder, serve
from tests.people import FIREFOX, NUMBER, OTHER_NUMBER, issue, make_citizen, register, sign_in

pytestmark = pytest.mark.django_db
BROWSER = "the secret of a browser"
PLACE = "Örnek Belediyesi"


@pytest.fixture
def responder(now: datetime, settings: Settings) -> Iterator[Responder]:
    """An issuer on the trust list, with its server."""
    issuer = Issuer()
    settings.CERTIFICATES = CertificateSettings(site="https://giris.kapi.example", issuers=(issuer.trusted(),))
    settings.ALLOW_PRIVATE_ADDRESSES = True
    with serve(Responder(issuer, now)) as running:
        yield running


def signed_by(card: Card, *, now: datetime, browser: str = BROWSER) -> SignedStatement:
    """Ask for a statement and sign it."""
    handle = selectors.new_statement(browser=BROWSER, going_to=PLACE, now=now)
    document = selectors.statement_document(handle=handle, browser=BROWSER, going_to=PLACE, now=now)
    return SignedStatement(signature=card.sign(document), handle=handle, going_to=PLACE, browser=browser)


def show(signed: SignedStatement, *, now: datetime, address: str = "192.0.2.10") -> StartedSession:
    return services.sign_in_with_certificate(
        signed=signed, address=address, device_token=None, user_agent=FIREFOX, actor=NOBODY, now=now
    )


def fault_of(signed: SignedStatement, *, now: datetime) -> CertificateFault:
    with pytest.raises(CertificateRefused) as refusal:
        show(signed, now=now)
    return refusal.value.fault


class TestSignInWithCertificate:
    def test_opens_a_session_of_the_highest_rung(self, now: datetime, responder: Responder) -> None:
        person_id = make_citizen(now=now)
        started = show(signed_by(responder.card(), now=now), now=now)
        assert (started.signed_in.person_id, started.signed_in.acr) == (person_id, AssuranceLevel.HIGH)
        assert started.signed_in.amr == ("hwk", "mfa", "pin")
        assert [proof.method for proof in started.signed_in.proofs] == [Method.QUALIFIED_CERTIFICATE]
        assert selectors.find_session(token=started.token, now=now) is not None
        assert selectors.sign_in_history(person_id=person_id).entries[0].kind is HistoryKind.SIGNED_IN

    def test_reaches_it_however_the_account_was_handed_out(self, now: datetime, responder: Responder) -> None:
        person_id = make_citizen(now=now)
        Account.objects.filter(pk=person_id).update(proofing=Proofing.OPERATOR)
        assert show(signed_by(responder.card(), now=now), now=now).signed_in.acr == AssuranceLevel.HIGH

    def test_a_statement_is_good_once(self, now: datetime, responder: Responder) -> None:
        make_citizen(now=now)
        signed = signed_by(responder.card(), now=now)
        show(signed, now=now)
        assert fault_of(signed, now=now) is CertificateFault.CHALLENGE
        assert UsedChallenge.objects.count() == 1

    def test_a_statement_is_good_in_its_browser_and_time_only(self, now: datetime, responder: Responder) -> None:
        make_citizen(now=now)
        card = responder.card()
        assert fault_of(signed_by(card, now=now, browser="another's"), now=now) is CertificateFault.CHALLENGE
        assert fault_of(signed_by(card, now=now), now=now + VALID_FOR) is CertificateFault.CHALLENGE
        assert Session.objects.filter(ended_at=None).count() == 0
        assert responder.asked == []

    def test_a_signature_over_another_statement_is_refused(self, now: datetime, responder: Responder) -> None:
        make_citizen(now=now)
        former, signed = (signed_by(responder.card(), now=now) for _ in range(2))
        swapped = SignedStatement(signature=former.signature, handle=signed.handle, going_to=PLACE, browser=BROWSER)
        assert fault_of(swapped, now=now) is CertificateFault.CONTENT

    def test_a_revoked_one_is_refused_and_its_owner_finds_a_line(self, now: datetime, responder: Responder) -> None:
        person_id, card = make_citizen(now=now), responder.card()
        responder.issuer.revoke(card)
        assert fault_of(signed_by(card, now=now), now=now) is CertificateFault.REVOKED
        assert selectors.sign_in_history(person_id=person_id).entries[0].kind is HistoryKind.CERTIFICATE_REFUSED
        assert AuditRecord.objects.filter(action="identity.certificate_refused").count() == 1

    def test_its_owner_finds_one_line_a_day_however_often_it_is_tried(
        self, now: datetime, responder: Responder
    ) -> None:
        person_id, card = make_citizen(now=now), responder.card()
        responder.issuer.revoke(card)

        def lines_after(later: timedelta) -> int:
            responder.now = now + later
            assert fault_of(signed_by(card, now=now + later), now=now + later) is CertificateFault.REVOKED
            kinds = [entry.kind for entry in selectors.sign_in_history(person_id=person_id).entries]
            return kinds.count(HistoryKind.CERTIFICATE_REFUSED)

        tries = (timedelta(0), timedelta(minutes=1), timedelta(hours=23), timedelta(days=1))
        assert [lines_after(later) for later in tries] == [1, 1, 1, 2]
        assert AuditRecord.objects.filter(action="identity.certificate_refused").count() == len(tries)

    def test_an_issuer_is_asked_about_a_revoked_one_after_minutes_only(
        self, now: datetime, responder: Responder
    ) -> None:
        make_citizen(now=now)
        card = responder.card()
        responder.issuer.revoke(card)
        for later in (timedelta(0), KEEP_OCSP - timedelta(seconds=1)):
            assert fault_of(signed_by(card, now=now + later), now=now + later) is CertificateFault.REVOKED
        assert responder.asked == ["/ocsp"]
        assert RevocationAnswer.objects.get().expires_at == now + KEEP_OCSP
        responder.now = now + KEEP_OCSP
        fault_of(signed_by(card, now=now + KEEP_OCSP), now=now + KEEP_OCSP)
        assert responder.asked == ["/ocsp", "/ocsp"]

    def test_the_list_that_names_a_revoked_one_is_kept_too(self, now: datetime, responder: Responder) -> None:
        make_citizen(now=now)
        card = responder.issuer.card(ocsp_url="", crl_url=f"{responder.base}/crl")
        responder.issuer.revoke(card)
        for _ in range(2):
            assert fault_of(signed_by(card, now=now), now=now) is CertificateFault.REVOKED
        assert responder.asked == ["/crl"]

    def test_a_silent_issuer_is_no_yes_and_the_statement_stays_good(self, now: datetime, responder: Responder) -> None:
        make_citizen(now=now)
        signed = signed_by(responder.card(), now=now)
        responder.is_up = False
        with pytest.raises(RevocationUnknown):
            show(signed, now=now)
        responder.is_up = True
        show(signed, now=now)

    def test_an_issuer_is_asked_again_after_minutes_only(self, now: datetime, responder: Responder) -> None:
        make_citizen(now=now)
        card = responder.card()
        for later in (timedelta(0), KEEP_OCSP - timedelta(seconds=1)):
            show(signed_by(card, now=now + later), now=now + later)
        assert responder.asked == ["/ocsp"]
        responder.issuer.revoke(card)
        responder.now = now + KEEP_OCSP
        later_on = signed_by(card, now=now + KEEP_OCSP)
        assert fault_of(later_on, now=now + KEEP_OCSP) is CertificateFault.REVOKED

    def test_the_list_serves_where_there_is_no_responder(self, now: datetime, responder: Responder) -> None:
        make_citizen(now=now)
        card = responder.issuer.card(ocsp_url="", crl_url=f"{responder.base}/crl")
        for _ in range(2):
            show(signed_by(card, now=now), now=now)
        assert responder.asked == ["/crl"]

    def test_nobody_is_asked_about_a_certificate_that_is_not_trusted(self, now: datetime, responder: Responder) -> None:
        make_citizen(now=now)
        stranger = Issuer().card(ocsp_url=f"{responder.base}/ocsp", crl_url=f"{responder.base}/crl")
        assert fault_of(signed_by(stranger, now=now), now=now) is CertificateFault.ISSUER
        assert responder.asked == []

    def test_an_issuer_is_called_by_http_as_issuers_are(
        self, now: datetime, responder: Responder, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_citizen(now=now)
        settings.ALLOW_PRIVATE_ADDRESSES = False
        looked_up: list[tuple[str, int]] = []

        def look_up(host: str, port: int, timeout_s: float) -> list[str]:
            looked_up.append((host, port))
            raise CallFailed("name")

        monkeypatch.setattr(addresses, "look_up", look_up)
        with pytest.raises(RevocationUnknown):
            show(signed_by(responder.issuer.card(), now=now), now=now)
        assert looked_up == [("ocsp.issuer.example", 80), ("crl.issuer.example", 80)]

    def test_an_answer_about_several_certificates_at_once_is_no_yes(self, now: datetime, responder: Responder) -> None:
        make_citizen(now=now)
        card = responder.issuer.card(ocsp_url=f"{responder.base}/ocsp", crl_url="")
        responder.is_doubled = True
        with pytest.raises(RevocationUnknown):
            show(signed_by(card, now=now), now=now)

    def test_private_addresses_are_not_called(self, now: datetime, responder: Responder, settings: Settings) -> None:
        make_citizen(now=now)
        settings.ALLOW_PRIVATE_ADDRESSES = False
        with pytest.raises(RevocationUnknown):
            show(signed_by(responder.card(), now=now), now=now)
        assert responder.asked == []

    def test_one_for_mobile_signatures_is_refused_here(
        self, now: datetime, responder: Responder, settings: Settings
    ) -> None:
        make_citizen(now=now)
        mobile = responder.issuer.trusted(CertificateUse.MOBILE_SIGNATURE)
        settings.CERTIFICATES = CertificateSettings(site="https://giris.kapi.example", issuers=(mobile,))
        assert fault_of(signed_by(responder.card(), now=now), now=now) is CertificateFault.ISSUER

    def test_a_holder_without_an_account_is_told_so(self, now: datetime, responder: Responder) -> None:
        register(now=now, number=OTHER_NUMBER)
        for number in (NUMBER, OTHER_NUMBER):
            with pytest.raises(HolderWithoutAccount):
                show(signed_by(responder.card(number.digits), now=now), now=now)

    def test_a_closed_account_stays_closed(self, now: datetime, responder: Responder) -> None:
        person_id = make_citizen(now=now)
        Account.objects.filter(pk=person_id).update(
            state=AccountState.CLOSED, password_hash="", password_changed_at=None
        )
        with pytest.raises(HolderWithoutAccount):
            show(signed_by(responder.card(), now=now), now=now)

    def test_a_holder_whose_envelope_is_still_sealed_is_told_so(self, now: datetime, responder: Responder) -> None:
        issue(now=now)
        with pytest.raises(NoPasswordYet):
            show(signed_by(responder.card(), now=now), now=now)

    def test_refused_ones_are_counted_by_origin(
        self, now: datetime, responder: Responder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_citizen(now=now)
        monkeypatch.setattr(budgets, "CERTIFICATE_ORIGIN", (Budget(2, timedelta(minutes=5)),))
        for _ in range(3):
            show(signed_by(responder.card(), now=now), now=now)
        for _ in range(2):
            fault_of(signed_by(responder.card(), now=now, browser="x"), now=now)
        with pytest.raises(TooManyAttempts):
            show(signed_by(responder.card(), now=now), now=now)
        show(signed_by(responder.card(), now=now), now=now, address="198.51.100.7")


class TestReauthenticateWithCertificate:
    def prove(self, started: StartedSession, card: Card, now: datetime) -> StartedSession:
        return services.reauthenticate_with_certificate(
            session_id=started.signed_in.session_id,
            signed=signed_by(card, now=now),
            address="192.0.2.10",
            device_token=None,
            user_agent=FIREFOX,
            actor=started.signed_in.actor,
            now=now,
        )

    def test_the_same_session_goes_on_higher(self, now: datetime, responder: Responder) -> None:
        make_citizen(now=now)
        started = sign_in(now=now)
        renewed = self.prove(started, responder.card(), now)
        assert renewed.signed_in.session_id == started.signed_in.session_id
        assert (started.signed_in.acr, renewed.signed_in.acr) == (AssuranceLevel.LOW, AssuranceLevel.HIGH)

    def test_another_persons_certificate_changes_nothing(self, now: datetime, responder: Responder) -> None:
        make_citizen(now=now)
        make_citizen(now=now, number=OTHER_NUMBER)
        started = sign_in(now=now)
        with pytest.raises(AnotherPerson):
            self.prove(started, responder.card(OTHER_NUMBER.digits), now)
        found = selectors.find_session(token=started.token, now=now)
        assert found is not None
        assert found.acr == AssuranceLevel.LOW


class TestAfterARecovery:
    """What was there stays for a day, but for who shows that they had something before."""

    def removes_what_was_there(self, shown: StartedSession, authenticator_id: int, now: datetime) -> bool:
        who = shown.signed_in
        try:
            services.remove_authenticator(
                session_id=who.session_id,
                authenticator_id=AuthenticatorId(authenticator_id),
                actor=who.actor,
                now=now,
            )
        except StillCoolingOff:
            return False
        return True

    @pytest.mark.parametrize(("given_out", "removes"), [(timedelta(days=-30), True), (timedelta(minutes=61), False)])
    def test_a_certificate_counts_if_it_was_given_out_before(
        self, *, now: datetime, responder: Responder, given_out: timedelta, removes: bool
    ) -> None:
        make_citizen(now=now)
        owner = sign_in(now=now).signed_in
        add_app(owner, now=now)
        codes, later = print_codes(owner, now=now), now + timedelta(hours=1)
        theirs = Authenticator.objects.earliest("pk").pk
        thief = recover(begin(now=later), codes[0], now=later)
        assert not self.removes_what_was_there(thief, theirs, later)
        moment = later + timedelta(minutes=2)
        responder.now = moment
        shown = show(signed_by(responder.card(start=(now + given_out).replace(microsecond=0)), now=moment), now=moment)
        assert self.removes_what_was_there(shown, theirs, moment) is removes


class TestSupportedAcrs:
    def test_names_the_highest_rung_only_where_issuers_are_trusted(
        self, responder: Responder, settings: Settings
    ) -> None:
        assert selectors.supported_acrs()[0] == AssuranceLevel.HIGH
        settings.CERTIFICATES = CertificateSettings(site=responder.base)
        assert AssuranceLevel.HIGH not in selectors.supported_acrs()
