"""The port: what a register of representatives can be asked."""

from typing import Protocol

from kapi.contexts.mandates.values import Representation
from kapi.kernel.identifiers import IdentityNumber


class Register(Protocol):
    """A register. Called outside every transaction, at most a few times a minute for one person.

    `name` is written beside each mandate as its source: a short word that never changes.
    """

    name: str

    def representations_of(self, *, identity_number: IdentityNumber) -> tuple[Representation, ...]:
        """Return for whom a person may act now or later; nothing if nobody has appointed them.

        Each legal person comes once. The answer is whole: who is missing from it has taken the mandate back. It comes
        within ten seconds.

        :raises RegisterUnavailable: if there is no answer, or not a whole one; asking later may help.
        """
        ...

    def check(self) -> None:
        """Ask something cheap that shows that the register can be reached, for the health page.

        :raises RegisterUnavailable: if it cannot.
        """
        ...
