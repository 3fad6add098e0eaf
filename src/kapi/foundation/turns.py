"""Steps that are taken in turn until one is not done: on PostgreSQL by one statement."""

from collections.abc import Hashable, Sequence
from itertools import takewhile
from typing import Any, Final, Protocol

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Model

from kapi.foundation.inserts import ONCE, columns_of, insert_by, insert_sql
from kapi.foundation.prepared import Statement
from kapi.foundation.statements import Change, Question


class Step(Protocol):
    """One of several things that are done in turn, each only if all before it were."""

    @property
    def form(self) -> Hashable | None:
        """Return what its SQL depends on; None if it is not done by SQL."""
        ...

    def written(self, name: str, source: str) -> str:
        """Return it as a query `name` of a WITH, which has a row if it was done; `source` ends its SELECT."""
        ...

    def sent(self) -> Sequence[object]:
        """Return the values for its places."""
        ...

    def take(self) -> bool:
        """Do it by itself and tell whether it was done."""
        ...


class Once:
    """A row that is inserted unless one stands there that a unique constraint protects, as by `insert_once`."""

    _ending = ONCE

    def __init__(self, model: type[Model], **values: object) -> None:
        self._model, self._values, self._names = model, values, tuple(values)
        self.form: Hashable = (type(self), model, self._names)

    def written(self, name: str, source: str) -> str:
        """Return it as a query of a WITH."""
        names = columns_of(self._model, self._names).names
        places = f"SELECT {', '.join(['%s'] * len(names))}{source}"
        return f"{name} AS ({insert_sql(self._model, names, places, self._ending)})"

    def sent(self) -> Sequence[object]:
        """Return the values of its columns."""
        return columns_of(self._model, self._names).sent(self._values)

    def take(self) -> bool:
        """Insert it by itself."""
        return bool(insert_by(self._model, self._values, self._ending))


class Row(Once):
    """A row that is inserted, as by `insert`: a constraint that forbids it undoes all that was done with it."""

    _ending = " RETURNING 1"


class Changing:
    """A row that is changed, if it is to be found."""

    def __init__(self, change: Change, **values: object) -> None:
        """`change` finds at most one row, `values` are those of its slots."""
        self.form: Hashable = change
        self._change, self._values = change, values

    def written(self, name: str, source: str) -> str:
        """Return it as a query of a WITH: the condition of the steps before it comes after its own."""
        return f"{name} AS ({self._change.sql} AND EXISTS (SELECT 1{source}) RETURNING 1)"

    def sent(self) -> Sequence[object]:
        """Return the values of its slots."""
        return self._change.filled(self._values)

    def take(self) -> bool:
        """Change it by itself."""
        return bool(self._change.make(**self._values))


class Finding:
    """A row that is there: what is asked changes nothing, and the steps go on where it is answered."""

    def __init__(self, question: Question[Any], **values: object) -> None:
        """`question` finds it, `values` are those of its slots."""
        self.form: Hashable = question
        self._question, self._values = question, values

    def written(self, name: str, source: str) -> str:
        """Return it as a query of a WITH."""
        return f"{name} AS (SELECT 1{source} WHERE EXISTS ({self._question.sql}))"

    def sent(self) -> Sequence[object]:
        """Return the values of its slots."""
        return self._question.filled(self._values)

    def take(self) -> bool:
        """Ask by itself."""
        return bool(self._question.all(**self._values))


_IN_TURN: Final[dict[tuple[Hashable, ...], Statement]] = {}


def take_in_turn(*steps: Step) -> int:
    """Take steps in turn until one is not done, and return how many were; what was done stays done.

    On PostgreSQL neighbours are one statement, which waits for the disk once, elsewhere they are one transaction.
    """
    statement = _IN_TURN.get(tuple([step.form for step in steps]))
    if statement is not None:
        return _taken(statement, steps)
    done, rest = 0, list(steps)
    while rest:
        together = _leading(rest)
        taken = _taken_together(together) if len(together) > 1 else int(together[0].take())
        done += taken
        if taken < len(together):
            break
        rest = rest[len(together) :]
    return done


def _leading(steps: list[Step]) -> list[Step]:
    """Return the steps at the beginning that are done by SQL, at least one step."""
    return list(takewhile(lambda step: step.form is not None, steps)) or steps[:1]


def _taken_together(steps: Sequence[Step]) -> int:
    if connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        with transaction.atomic(savepoint=False):
            return sum(1 for _ in takewhile(lambda step: step.take(), steps))
    form = tuple(step.form for step in steps)
    statement = _IN_TURN.get(form)
    if statement is None:
        names = [f"step_{number}" for number in range(len(steps))]
        sources = ["", *(f" FROM {name}" for name in names)]
        queries = [step.written(name, source) for step, name, source in zip(steps, names, sources, strict=False)]
        counted = " + ".join(f"(SELECT count(*) FROM {name})" for name in names)  # noqa: S608 - names of our own
        statement = _IN_TURN[form] = Statement(f"WITH {', '.join(queries)} SELECT {counted}")
    return _taken(statement, steps)


def _taken(statement: Statement, steps: Sequence[Step]) -> int:
    values: list[object] = []
    for step in steps:
        values += step.sent()
    [[done]] = statement.send(values)[0]
    return int(done)
