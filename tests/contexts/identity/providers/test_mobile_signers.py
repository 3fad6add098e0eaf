"""The contract suite of suppliers of mobile signatures: each that settings can name passes it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from kapi.contexts.identity.errors import NoMobileSignature, SignerUnavailable
from kapi.contexts.identity.providers.registry import get_signer
from kapi.contexts.identity.rules.signatures import check_signature
from kapi.contexts.identity.values import MobileAnswer, MobileOrder, MobileState
from kapi.kernel.contacts import MobileNumber
from tests.certificates import Issuer, Responder
from tests.telephones import DOWN, NOBODYS, REFUSES, SIGNS, SILENT, Supplier

DOCUMENT = b"I am signing in.\r\n"
LONG_ENOUGH = timedelta(minutes=5)


@pytest.fixture(params=["kapi.contexts.identity.providers.dummy.DummySigner"])
def supplier(request: pytest.FixtureRequest, tmp_path: Path, settings: Settings, now: datetime) -> Supplier:
    """A supplier in use, whose telephones behave in each way."""
    settings.MOBILE_SIGNER, settings.DUMMY_TELEPHONES = request.param, tmp_path
    return Supplier(tmp_path, Responder(Issuer(), now))


def order(number: MobileNumber, key: str = "a") -> MobileOrder:
    return MobileOrder(key=key, number=number, document=DOCUMENT, words="Kapı: giriş", code="1234")


def outcome(number: MobileNumber, now: datetime) -> MobileAnswer:
    """Order, and ask until it is over, as long as anybody would wait."""
    signer = get_signer()
    reference = signer.start(order=order(number), now=now)
    assert signer.ask(reference=reference, now=now).state is MobileState.PENDING
    return signer.ask(reference=reference, now=now + LONG_ENOUGH)


class TestMobileSigner:
    def test_signs_the_document_after_a_while(self, supplier: Supplier, now: datetime) -> None:
        answer = outcome(SIGNS, now)
        assert answer.state is MobileState.SIGNED
        check_signature(answer.signature, DOCUMENT)

    @pytest.mark.parametrize(("number", "state"), [(REFUSES, MobileState.REFUSED), (SILENT, MobileState.EXPIRED)])
    def test_says_how_else_it_ended(
        self, supplier: Supplier, now: datetime, number: MobileNumber, state: MobileState
    ) -> None:
        answer = outcome(number, now)
        assert (answer.state, answer.signature) == (state, b"")

    def test_knows_who_has_none(self, supplier: Supplier, now: datetime) -> None:
        with pytest.raises(NoMobileSignature):
            get_signer().start(order=order(NOBODYS), now=now)

    def test_takes_the_same_order_twice_for_one(self, supplier: Supplier, now: datetime) -> None:
        signer = get_signer()
        first = signer.start(order=order(SIGNS), now=now)
        assert signer.start(order=order(SIGNS), now=now + timedelta(seconds=1)) == first
        assert signer.start(order=order(SIGNS, "b"), now=now) != first

    def test_signs_nothing_that_was_cancelled(self, supplier: Supplier, now: datetime) -> None:
        signer = get_signer()
        reference = signer.start(order=order(SIGNS), now=now)
        for _ in range(2):
            signer.cancel(reference=reference)
        assert signer.ask(reference=reference, now=now + LONG_ENOUGH).state is not MobileState.SIGNED

    @pytest.mark.parametrize("reference", ["", "x", "../../etc/passwd", "0" * 64])
    def test_knows_nothing_of_what_was_not_ordered(self, supplier: Supplier, now: datetime, reference: str) -> None:
        assert get_signer().ask(reference=reference, now=now).state is MobileState.FAILED

    def test_says_when_it_cannot_be_reached(self, supplier: Supplier, now: datetime) -> None:
        signer = get_signer()
        signer.check()
        reference = signer.start(order=order(SIGNS), now=now)
        with pytest.raises(SignerUnavailable):
            signer.start(order=order(DOWN), now=now)
        supplier.is_down()
        with pytest.raises(SignerUnavailable):
            signer.check()
        with pytest.raises(SignerUnavailable):
            signer.ask(reference=reference, now=now)


class TestGetSigner:
    def test_refuses_where_settings_name_none(self, settings: Settings) -> None:
        settings.MOBILE_SIGNER = ""
        with pytest.raises(SignerUnavailable):
            get_signer()
