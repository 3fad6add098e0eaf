"""Telephones for tests: the dummy supplier with an issuer and subscribers of its own."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

from kapi.contexts.identity.values import CertificateUse
from kapi.kernel.contacts import MobileNumber
from tests.certificates import Card, Responder
from tests.people import NUMBER, OTHER_NUMBER

SIGNS, REFUSES, SILENT, ANOTHER, DOWN = (MobileNumber.parse(f"500000000{n}") for n in range(1, 6))
NOBODYS = MobileNumber.parse("5000000009")
_DOES = {SIGNS: "signs", REFUSES: "refuses", SILENT: "silent", ANOTHER: "another", DOWN: "down"}


@dataclass
class Supplier:
    """The folder in which the dummy's telephones live."""

    folder: Path
    responder: Responder

    def __post_init__(self) -> None:
        for number in (NUMBER, OTHER_NUMBER):
            self.give(number.digits, self.responder.card(number.digits))
        rows = [
            f"{telephone.digits},{does},{(OTHER_NUMBER if telephone == ANOTHER else NUMBER).digits}"
            for telephone, does in _DOES.items()
        ]
        text = "\n".join(["number,does,signs_as", *rows])
        (self.folder / "subscribers.csv").write_text(f"{text}\n", encoding="utf-8")

    def give(self, number: str, card: Card) -> None:
        """Put a card into somebody's telephone."""
        path = self.folder / f"{number}-{CertificateUse.MOBILE_SIGNATURE}.p12"
        key, own = card.key, card.certificate
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"t", key, own, None, NoEncryption()))

    def is_down(self) -> None:
        """Let the supplier answer no more."""
        (self.folder / "subscribers.csv").unlink()
