"""What counts at work, and what vouches for a new authenticator."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.identity.rules.authenticators import RECENT
from kapi.contexts.identity.rules.vouching import staff_proof_at, voucher_of
from kapi.contexts.identity.values import AuthenticatorId, Method, Proof, Voucher

VOUCHED, OTHER = AuthenticatorId(1), AuthenticatorId(2)


def proof(method: Method, at: datetime, authenticator: AuthenticatorId | None = None) -> Proof:
    return Proof(method=method, at=at, authenticator_id=authenticator)


class TestStaffProofAt:
    def test_is_the_latest_of_a_passkey_that_was_vouched_for(self, now: datetime) -> None:
        earlier = now - timedelta(hours=3)
        proofs = [proof(Method.PASSKEY, earlier, VOUCHED), proof(Method.PASSKEY, now, OTHER)]
        assert staff_proof_at(proofs, {VOUCHED}) == earlier
        assert staff_proof_at(proofs, {VOUCHED, OTHER}) == now

    @pytest.mark.parametrize("method", [method for method in Method if method is not Method.PASSKEY])
    def test_is_none_for_what_a_false_page_can_be_handed(self, now: datetime, method: Method) -> None:
        assert staff_proof_at([proof(method, now, VOUCHED)], {VOUCHED}) is None


class TestVoucherOf:
    @pytest.mark.parametrize(
        ("method", "authenticator", "wanted"),
        [
            (Method.SEALED_CODE, None, Voucher.DESK),
            (Method.PASSKEY, VOUCHED, Voucher.AUTHENTICATOR),
            (Method.PASSKEY, OTHER, None),
            (Method.PASSWORD, None, None),
            (Method.TOTP, VOUCHED, None),
            (Method.RECOVERY_CODE, VOUCHED, None),
        ],
    )
    def test_is_what_was_proved_a_moment_ago(
        self, now: datetime, method: Method, authenticator: AuthenticatorId | None, wanted: Voucher | None
    ) -> None:
        shown = [proof(Method.PASSWORD, now), proof(method, now - RECENT, authenticator)]
        assert voucher_of(shown, {VOUCHED}, now) is wanted
        assert voucher_of(shown, {VOUCHED}, now + timedelta(seconds=1)) is None
