"""Statements that a certificate or a telephone has signed, for the races of one-time things.

Their issuer answers while they are made and never again: what it said then is kept for minutes, and the races stand
still at one moment. So nothing but the statement decides.
"""

import base64
import tempfile
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.values import (
    CertificateSettings,
    CertificateUse,
    MobileState,
    SignedStatement,
    StartedSession,
    TrustedIssuer,
)
from kapi.kernel.actors import NOBODY
from kapi.kernel.contacts import MobileNumber
from kapi.kernel.identifiers import IdentityNumber
from tests import people
from tests.certificates import POLICY, Card, Issuer, Responder, serve
from tests.telephones import Supplier

BROWSER, SITE, GOING_TO = "b", "https://giris.kapi.example", "Örnek Belediyesi"
_SIGNED_AFTER = timedelta(seconds=10)

Made = dict[str, Any]


def make_statement(number: IdentityNumber, now: datetime) -> Made:
    """Have a statement signed by somebody's card, whose issuer has answered already."""
    people.make_citizen(now=now, number=number)
    made = _trust(CertificateUse.E_SIGNATURE)
    with serve(Responder(_issuer(), now)) as responder:
        card = responder.card(number.digits)
        show_statement(made | _signed_by(card, now), address="203.0.113.1", now=now)
    return made | _signed_by(card, now)


def show_statement(made: Made, *, address: str, now: datetime) -> StartedSession:
    """Sign in with it."""
    _trust_in(made)
    signed = SignedStatement(
        signature=base64.b64decode(made["signature"]), handle=made["handle"], going_to=GOING_TO, browser=BROWSER
    )
    return services.sign_in_with_certificate(
        signed=signed, address=address, device_token=None, user_agent="", actor=NOBODY, now=now
    )


def make_mobile_signature(number: IdentityNumber, now: datetime, later: datetime) -> Made:
    """Have somebody's telephone sign; its issuer has answered already."""
    people.make_citizen(now=now, number=number)
    made = _trust(CertificateUse.MOBILE_SIGNATURE)
    settings.MOBILE_SIGNER = "kapi.contexts.identity.providers.dummy.DummySigner"
    with serve(Responder(_issuer(), now)) as responder, tempfile.TemporaryDirectory() as folder:
        settings.DUMMY_TELEPHONES = Path(folder)
        telephone = _telephone_of(number, Supplier(Path(folder), responder))
        finish_with_telephone({**made, "id": _sign(number, telephone, now)}, address="203.0.113.1", now=later)
        return made | {"id": _sign(number, telephone, now)}


def finish_with_telephone(made: Made, *, address: str, now: datetime) -> StartedSession:
    """Sign in with what the telephone has signed."""
    _trust_in(made)
    return services.finish_with_mobile_signature(
        signature_id=made["id"],
        browser=BROWSER,
        address=address,
        device_token=None,
        user_agent="",
        actor=NOBODY,
        now=now,
    )


def _signed_by(card: Card, now: datetime) -> Made:
    handle = selectors.new_statement(browser=BROWSER, going_to=GOING_TO, now=now)
    document = selectors.statement_document(handle=handle, browser=BROWSER, going_to=GOING_TO, now=now)
    return {"handle": handle, "signature": base64.b64encode(card.sign(document)).decode()}


def _telephone_of(number: IdentityNumber, supplier: Supplier) -> MobileNumber:
    supplier.give(number.digits, supplier.responder.card(number.digits))
    telephone = MobileNumber.parse(f"05{number.digits[:9]}")
    with (supplier.folder / "subscribers.csv").open("a", encoding="utf-8") as subscribers:
        subscribers.write(f"{telephone.digits},signs,{number.digits}\n")
    return telephone


def _sign(number: IdentityNumber, telephone: MobileNumber, now: datetime) -> str:
    signature_id = services.start_mobile_signature(
        identity_number=number,
        number=telephone,
        going_to=GOING_TO,
        browser=BROWSER,
        session_id=None,
        address=f"198.18.{int(number.digits[5:7])}.{int(number.digits[7:9]) + 1}",
        actor=NOBODY,
        now=now,
    )
    view = services.look_at_mobile_signature(
        signature_id=signature_id, browser=BROWSER, actor=NOBODY, now=now + _SIGNED_AFTER
    )
    assert view.state is MobileState.SIGNED
    return signature_id


@cache
def _issuer() -> Issuer:
    return Issuer()


def _trust(use: CertificateUse) -> Made:
    made = {"issuer": base64.b64encode(_issuer().trusted(use).certificate).decode(), "use": use.value}
    _trust_in(made)
    return made


def _trust_in(made: Made) -> None:
    """Put the issuer on the trust list of this process."""
    issuer = TrustedIssuer(
        name="x",
        certificate=base64.b64decode(made["issuer"]),
        use=CertificateUse(made["use"]),
        policies=frozenset({POLICY}),
    )
    settings.CERTIFICATES = CertificateSettings(site=SITE, issuers=(issuer,))
    settings.ALLOW_PRIVATE_ADDRESSES = True
