"""The ladder of assurance: nothing is said of a session that its evidence does not bear out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.identity.rules.assurance import (
    METHOD_OF,
    STRENGTHS,
    assess,
    former_evidence,
    reachable,
    read_evidence,
    with_proof,
    write_evidence,
)
from kapi.contexts.identity.values import (
    ACR_VALUES,
    PHISHING_RESISTANT,
    AssuranceLevel,
    AuthenticatorId,
    AuthenticatorKind,
    Method,
    Proof,
    Proofing,
)

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LOW, SUBSTANTIAL, HIGH = AssuranceLevel
PWD, TOTP, PASSKEY = Method.PASSWORD, Method.TOTP, Method.PASSKEY
# Written here once more on purpose, in other words than the code's: what each way of proving shows by itself.
KNOWS = {Method.PASSWORD}
ON_A_CERTIFIED_DEVICE = {Method.QUALIFIED_CERTIFICATE, Method.IDENTITY_CARD, Method.MOBILE_SIGNATURE}
HAS_AND_IS_CHECKED = {Method.PASSKEY, *ON_A_CERTIFIED_DEVICE}
HAS = {Method.SEALED_CODE, Method.TOTP, Method.RECOVERY_CODE, Method.SMS_CODE, *HAS_AND_IS_CHECKED}


def proof(method: Method, minutes: int = 0, authenticator_id: int | None = None) -> Proof:
    known_as = None if authenticator_id is None else AuthenticatorId(authenticator_id)
    return Proof(method=method, at=START + timedelta(minutes=minutes), authenticator_id=known_as)


class TestAssess:
    @pytest.mark.parametrize(
        ("methods", "acr", "amr"),
        [
            ([PWD], LOW, ("pwd",)),
            ([Method.SEALED_CODE], LOW, ("otp",)),
            ([TOTP], LOW, ("otp",)),
            ([PWD, TOTP], SUBSTANTIAL, ("mfa", "otp", "pwd")),
            ([PWD, Method.RECOVERY_CODE], SUBSTANTIAL, ("mfa", "otp", "pwd")),
            ([TOTP, Method.RECOVERY_CODE], LOW, ("otp",)),
            ([Method.SMS_CODE], LOW, ("otp", "sms")),
            ([TOTP, Method.SMS_CODE], LOW, ("otp",)),
            ([PWD, Method.SMS_CODE], SUBSTANTIAL, ("mfa", "otp", "pwd", "sms")),
            ([PWD, Method.EMAIL_CODE], LOW, ("pwd",)),
            ([Method.SMS_CODE, Method.EMAIL_CODE], LOW, ("otp", "sms")),
            ([PASSKEY], SUBSTANTIAL, ("mfa", "pop", "user")),
            ([Method.QUALIFIED_CERTIFICATE], HIGH, ("hwk", "mfa", "pin")),
            ([Method.IDENTITY_CARD], HIGH, ("hwk", "mfa", "pin", "sc")),
            ([Method.MOBILE_SIGNATURE], HIGH, ("hwk", "mca", "mfa", "pin")),
            ([PWD, Method.QUALIFIED_CERTIFICATE], HIGH, ("hwk", "mfa", "pin")),
        ],
    )
    def test_says_the_highest_rung_first(self, methods: list[Method], acr: str, amr: tuple[str, ...]) -> None:
        first = assess([proof(method) for method in methods], Proofing.DESK)[0]
        assert (first.acr, first.amr) == (acr, amr)

    def test_says_nothing_of_an_e_mail_code_whatever_it_stands_beside(self) -> None:
        assert assess([proof(Method.EMAIL_CODE)], Proofing.DESK) == ()
        for method in set(Method) - {Method.EMAIL_CODE}:
            alone = assess([proof(method, 5)], Proofing.DESK)
            assert assess([proof(method, 5), proof(Method.EMAIL_CODE, 9)], Proofing.DESK) == alone

    def test_calls_only_a_passkey_resistant_to_phishing(self) -> None:
        resistant = {
            method
            for method in Method
            if PHISHING_RESISTANT in {found.acr for found in assess([proof(method)], Proofing.DESK)}
        }
        assert resistant == {PASSKEY}

    def test_dates_a_rung_by_the_oldest_proof_that_it_rests_on(self) -> None:
        substantial, low = assess([proof(PWD, 0), proof(TOTP, 30)], Proofing.DESK)
        assert (substantial.acr, substantial.proved_at) == (SUBSTANTIAL, START)
        assert (low.acr, low.proved_at) == (LOW, START + timedelta(minutes=30))

    def test_takes_the_freshest_of_the_ways_to_reach_a_rung(self) -> None:
        first = assess([proof(PWD, 0), proof(TOTP, 10), proof(PASSKEY, 20)], Proofing.DESK)[0]
        assert (first.amr, first.proved_at) == (("mfa", "pop", "user"), START + timedelta(minutes=20))

    def test_never_says_more_than_how_the_account_was_handed_out(self) -> None:
        for proofing in Proofing:
            assert assess([proof(PASSKEY)], proofing)[0].acr == SUBSTANTIAL
        assert HIGH not in reachable(set(Method) - ON_A_CERTIFIED_DEVICE, Proofing.DESK)

    def test_says_the_highest_of_a_certificate_however_the_account_was_handed_out(self) -> None:
        for method in ON_A_CERTIFIED_DEVICE:
            for proofing in Proofing:
                assert assess([proof(method)], proofing)[0].acr == HIGH


HISTORIES = st.lists(
    st.builds(proof, st.sampled_from(Method), st.integers(0, 600), st.one_of(st.none(), st.integers(1, 3))),
    min_size=1,
    max_size=12,
)


def shown_by(proofs: Sequence[Proof], since: datetime) -> tuple[bool, bool, bool]:
    """Whether it was shown since then that somebody knows, has, and was checked by what they have."""
    methods = {proof.method for proof in proofs if proof.at >= since}
    return bool(methods & KNOWS), bool(methods & HAS), bool(methods & HAS_AND_IS_CHECKED)


class TestHonesty:
    """Over arbitrary histories of a session (NIST SP 800-63-4, RFC 9470, RFC 8176)."""

    @given(proofs=HISTORIES, proofing=st.sampled_from(Proofing))
    def test_no_acr_exceeds_what_was_proved_since_its_auth_time(self, proofs: list[Proof], proofing: Proofing) -> None:
        for said in assess(proofs, proofing):
            knows, has, checked = shown_by(proofs, said.proved_at)
            assert said.acr in {acr.value if isinstance(acr, AssuranceLevel) else acr for acr in ACR_VALUES}
            if said.acr == HIGH:
                assert {each.method for each in proofs if each.at >= said.proved_at} & ON_A_CERTIFIED_DEVICE
            if said.acr == SUBSTANTIAL:
                assert checked or (knows and has)
            if said.acr == PHISHING_RESISTANT:
                assert PASSKEY in {each.method for each in proofs if each.at >= said.proved_at}
            is_checked = "pop" in said.amr or "hwk" in said.amr
            assert ("mfa" in said.amr) == (("pwd" in said.amr and "otp" in said.amr) or is_checked)

    @given(proofs=HISTORIES)
    def test_no_amr_names_a_way_that_was_not_used(self, proofs: list[Proof]) -> None:
        used = {word for proof in proofs for word in STRENGTHS[proof.method].amr} | {"mfa"}
        assert all(set(said.amr) <= used for said in assess(proofs, Proofing.DESK))

    @given(proofs=HISTORIES, more=HISTORIES)
    def test_a_further_proof_takes_no_rung_away(self, proofs: list[Proof], more: list[Proof]) -> None:
        before = {said.acr for said in assess(proofs, Proofing.DESK)}
        for each in more:
            proofs = list(with_proof(proofs, each))
        assert before <= {said.acr for said in assess(proofs, Proofing.DESK)}

    @given(proofs=HISTORIES)
    def test_the_ladder_has_no_missing_rung_below_the_first(self, proofs: list[Proof]) -> None:
        said = [assurance.acr for assurance in assess(proofs, Proofing.DESK) if assurance.acr != PHISHING_RESISTANT]
        shows_nothing = {proof.method for proof in proofs} == {Method.EMAIL_CODE}
        assert said in ([[]] if shows_nothing else [[LOW], [SUBSTANTIAL, LOW], [HIGH, SUBSTANTIAL, LOW]])

    @given(proofs=HISTORIES)
    def test_evidence_is_read_as_it_was_written(self, proofs: list[Proof]) -> None:
        assert read_evidence(write_evidence(proofs)) == tuple(proofs)


class TestReachable:
    def test_asks_for_two_kinds_of_factors(self) -> None:
        assert reachable([PWD], Proofing.DESK) == {LOW}
        assert reachable([PWD, TOTP], Proofing.DESK) == {LOW, SUBSTANTIAL}
        assert reachable([PWD, PASSKEY], Proofing.DESK) == {LOW, SUBSTANTIAL, PHISHING_RESISTANT}

    def test_every_kind_has_its_method_and_every_method_its_strength(self) -> None:
        assert set(METHOD_OF) == set(AuthenticatorKind)
        assert set(STRENGTHS) == set(Method)


class TestReadEvidence:
    def test_takes_nothing_from_a_method_that_a_later_release_brought(self) -> None:
        rows = [{"method": "telepathy", "at": START.isoformat(), "authenticator_id": 1}, *write_evidence([proof(PWD)])]
        assert read_evidence(rows) == (proof(PWD),)


class TestFormerEvidence:
    @pytest.mark.parametrize(("amr", "method"), [("pwd", PWD), ("otp", Method.SEALED_CODE)])
    def test_says_what_the_former_release_knew(self, amr: str, method: Method) -> None:
        assert former_evidence(amr=amr, authenticated_at=START) == (proof(method),)


class TestWithProof:
    def test_replaces_an_older_proof_by_the_same_authenticator_only(self) -> None:
        first, second, again = proof(PASSKEY, 0, 1), proof(PASSKEY, 1, 2), proof(PASSKEY, 2, 1)
        assert with_proof((first, second), again) == (second, again)
