"""The port: what a population register tells of people."""

from typing import Protocol

from kapi.contexts.identity.values import RegisterPage


class PopulationRegister(Protocol):
    """A register of people: births, deaths, names, who may act for themselves. Called outside every transaction.

    `name` is written beside each entry as its source: a short word that never changes.
    """

    name: str

    def events_after(self, *, mark: str) -> RegisterPage:
        """Return what was entered after `mark`, at most a few hundred events, and the mark that asks for what follows.

        An empty mark asks for the first. Marks are the register's own, up to 200 signs; we only hand them back. What
        was entered late comes late: events come in the order of entering, not of happening. An event keeps its number
        for ever, and may come more than once; numbers have up to 64 signs. An entry that cannot be read is given as
        `unreadable`, by its number, or where it lacks one by whatever it can be found by. The answer comes within ten
        seconds.

        :raises PopulationRegisterUnavailable: if there is no answer, or not a whole one; asking later may help.
        """
        ...

    def check(self) -> None:
        """Ask something cheap that shows that the register can be reached, for the health page.

        :raises PopulationRegisterUnavailable: if it cannot.
        """
        ...
