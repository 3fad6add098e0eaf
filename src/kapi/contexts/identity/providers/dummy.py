"""Telephones of the demo: they sign, refuse, keep silent or answer for somebody else, each after a while.

`subscribers.csv` in the folder `settings.DUMMY_TELEPHONES` says whose number does what: `signs`, `refuses`, `silent`,
`another` (signs as whoever `signs_as` names) or `down` (the supplier does not answer). Take the file away and the
supplier is down. Orders lie in files beside it, so that every process knows them.
"""

import base64
import binascii
import csv
import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from django.conf import settings

from kapi.contexts.identity.errors import NoMobileSignature, SignerUnavailable
from kapi.contexts.identity.values import MobileAnswer, MobileOrder, MobileState
from kapi.foundation.cades import sign

DELAY: Final = timedelta(seconds=4)  # as long as somebody takes who has the telephone in their hand
PATIENCE: Final = timedelta(minutes=2)


class DummySigner:
    """The supplier of the demo's telephones."""

    def start(self, *, order: MobileOrder, now: datetime) -> str:
        """Write the order down."""
        subscriber = _subscribers().get(order.number.digits)
        if subscriber is None:
            raise NoMobileSignature
        if subscriber["does"] == "down":
            raise SignerUnavailable
        reference = hashlib.sha256(order.key.encode()).hexdigest()
        path = _order(reference)
        if not path.exists():
            document = base64.b64encode(order.document).decode()
            written = {"number": order.number.digits, "at": now.isoformat(), "document": document}
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(written), encoding="utf-8")
        return reference

    def ask(self, *, reference: str, now: datetime) -> MobileAnswer:
        """Answer what the subscriber does once the delay is over."""
        subscribers = _subscribers()
        try:
            order = json.loads(_order(reference).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return MobileAnswer(state=MobileState.FAILED)
        subscriber, waited = subscribers[order["number"]], now - datetime.fromisoformat(order["at"])
        state, signature = _state(subscriber["does"], waited), b""
        if state is MobileState.SIGNED:
            signature = _sign(subscriber["signs_as"], base64.b64decode(order["document"]))
        if state is not MobileState.PENDING:
            _order(reference).unlink(missing_ok=True)
        return MobileAnswer(state=state, signature=signature)

    def cancel(self, *, reference: str) -> None:
        """Forget the order."""
        _order(reference).unlink(missing_ok=True)

    def check(self) -> None:
        """Look whether the file of subscribers is there."""
        _subscribers()


def _state(does: str, waited: timedelta) -> MobileState:
    if does == "silent":
        return MobileState.EXPIRED if waited >= PATIENCE else MobileState.PENDING
    if waited < DELAY:
        return MobileState.PENDING
    return MobileState.REFUSED if does == "refuses" else MobileState.SIGNED


def _sign(holder: str, document: bytes) -> bytes:
    path = _folder() / f"{holder}-mobile-signature.p12"
    try:
        opened = pkcs12.load_pkcs12(path.read_bytes(), None)
    except (OSError, ValueError, binascii.Error):
        raise SignerUnavailable from None
    if opened.cert is None or not isinstance(opened.key, ec.EllipticCurvePrivateKey):
        raise SignerUnavailable
    return sign(document, certificate=opened.cert.certificate, key=opened.key)


def _subscribers() -> dict[str, dict[str, Any]]:
    try:
        with (_folder() / "subscribers.csv").open(encoding="utf-8", newline="") as lines:
            return {row["number"]: row for row in csv.DictReader(lines)}
    except OSError:
        raise SignerUnavailable from None


def _order(reference: str) -> Path:
    return _folder() / "orders" / f"{hashlib.sha256(reference.encode()).hexdigest()}.json"


def _folder() -> Path:
    folder: Path = settings.DUMMY_TELEPHONES
    return folder
