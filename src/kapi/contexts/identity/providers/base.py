"""The port: what a supplier of mobile signatures (an MSSP, ETSI TS 102 204) can be asked.

In the shape of its asynchronous mode: an order is placed, goes to the telephone, and is asked about until it is over.
Built from documents, never run against a supplier.
"""

from datetime import datetime
from typing import Protocol

from kapi.contexts.identity.values import MobileAnswer, MobileOrder


class MobileSigner(Protocol):
    """A supplier. Called outside every transaction, by several processes at once; each call ends within five seconds.

    `now` is our clock, for suppliers that want moments in what they are sent.
    """

    def start(self, *, order: MobileOrder, now: datetime) -> str:
        """Have the telephone show words and code and ask for the PIN; return how the supplier calls the order.

        The same `order.key` once more is the same order: the telephone does not ask twice.

        :raises NoMobileSignature: if there is none at the number.
        :raises SignerUnavailable: if there is no answer; whether the telephone asks is then not known.
        """
        ...

    def ask(self, *, reference: str, now: datetime) -> MobileAnswer:
        """Return where an order stands: PENDING, SIGNED, REFUSED, EXPIRED, UNKNOWN_NUMBER or FAILED, and no other.

        An order that is over may be forgotten once this was answered: it is then FAILED.

        :raises SignerUnavailable: if there is no answer; asking later may help.
        """
        ...

    def cancel(self, *, reference: str) -> None:
        """Have the telephone ask no longer, if that can still be done; an order that is over is a done deed.

        :raises SignerUnavailable: if there is no answer.
        """
        ...

    def check(self) -> None:
        """Ask something cheap that shows that the supplier can be reached, for the health page.

        :raises SignerUnavailable: if it cannot.
        """
        ...
