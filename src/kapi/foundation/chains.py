"""Writes of which each is made only where the one before it was: one statement on PostgreSQL, else one transaction.

An endpoint of a protocol uses something up, writes down what comes of it, and records that: sent one by one, with the
beginning and the end of their transaction, these are six journeys to the database instead of one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.db.models.sql import UpdateQuery

from kapi.foundation.inserts import RETURNING_KEY, Column, columns_of, insert_sql, key_of
from kapi.foundation.prepared import Statement
from kapi.foundation.statements import Slot, adapted


@dataclass(frozen=True)
class Made:
    """Stands for the primary key of what an earlier link wrote: `link` is its place in the chain, from 0."""

    link: int


@dataclass(frozen=True)
class Noting:
    """A JSON object that gets the primary key of what an earlier link wrote, under a name that it has not yet."""

    document: Mapping[str, object]
    name: str
    made: Made


@dataclass(frozen=True)
class _Written:
    """The SQL of a link, and whence its values come, in order; `step` writes the name of an earlier link's answer."""

    sql: str
    values: tuple[Callable[[Mapping[str, object]], object], ...]


_Shape = tuple[tuple[object, ...], ...]


class Link(Protocol):
    """One write of a chain: of at most one row."""

    def written(self, values: Mapping[str, object], place: int, *, is_alone: bool) -> _Written:
        """Write it for the database, as number `place` of its chain, in one statement with the others or `is_alone`."""


class Updating:
    """A change of one row."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], **columns: object) -> None:
        """`build` returns the row, if it is to be found, `columns` are what is set; both may have slots."""
        self._build, self._columns = build, columns

    def written(self, values: Mapping[str, object], place: int, *, is_alone: bool) -> _Written:
        """Write it: the condition of the links before it comes after its own."""
        rows = self._build()
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(self._columns)
        sql, parameters = query.get_compiler(connection=connection).as_sql()
        if place and not is_alone:
            sql += f" AND EXISTS (SELECT 1 FROM {_all_before(place)})"  # noqa: S608 - names of our own
        return _Written(f"{sql} RETURNING {key_of(rows.model, connection)}", tuple(_asked(one) for one in parameters))


class Inserting:
    """A new row of a model. With `once` it is none where one stands already that a unique constraint protects."""

    def __init__(self, model: type[Model], *, once: bool = False) -> None:
        """Columns for which no value is given have their default."""
        self._model, self._once = model, once

    def written(self, values: Mapping[str, object], place: int, *, is_alone: bool) -> _Written:
        """Write it: as a row of values alone, or one selected from what the links before it wrote."""
        columns = columns_of(self._model, tuple(values))
        given = [_given(column, values, is_alone=is_alone) for column in columns]
        places = ", ".join(expression for expression, _ in given)
        before = f" FROM {_all_before(place)}" if place and not is_alone else ""
        # SQLite takes ON CONFLICT behind a SELECT for a join without WHERE.
        source = f"SELECT {places}{before} WHERE true"
        ending = (" ON CONFLICT DO NOTHING" if self._once else "") + RETURNING_KEY
        sql = insert_sql(self._model, columns, source, ending, connection)
        return _Written(sql, tuple(value for _, value in given if value is not None))


class Chain:
    """Writes in their order. What may find nothing to write stands before what always does: nothing is taken back."""

    def __init__(self, *links: Link) -> None:
        """`links` are the writes."""
        self._links = links
        self._together: dict[_Shape, tuple[Statement, tuple[_Written, ...]]] = {}
        self._apart: dict[_Shape, tuple[tuple[Statement, _Written], ...]] = {}

    def make(self, *values: Mapping[str, object]) -> Any:
        """Make the writes, with the values of each link, and return the last one's primary key; None if one made none.

        Of a link that updates they are those of its slots, of one that inserts those of its columns.

        :raises django.db.IntegrityError: if a constraint forbids one of them; then none is made.
        """
        return self._at_once(values) if connection.vendor == "postgresql" else self._one_by_one(values)

    def _at_once(self, values: tuple[Mapping[str, object], ...]) -> Any:
        shape = tuple(_shape(given) for given in values)
        written = self._together.get(shape)
        if written is None:
            links = self._links_for(values, is_alone=False)
            steps = ", ".join(f"step_{place} (key) AS ({link.sql})" for place, link in enumerate(links))
            sql = f"WITH {steps} SELECT key FROM step_{len(links) - 1}"  # noqa: S608 - names of our own
            written = self._together[shape] = Statement(sql), links
        statement, links = written
        return _key(statement, [read(given) for link, given in zip(links, values, strict=True) for read in link.values])

    def _one_by_one(self, values: tuple[Mapping[str, object], ...]) -> Any:
        shape, made = tuple(_shape(given) for given in values), list[object]()
        written = self._apart.get(shape)
        if written is None:
            links = self._links_for(values, is_alone=True)
            written = self._apart[shape] = tuple((Statement(link.sql), link) for link in links)
        with transaction.atomic():
            for (statement, link), given in zip(written, values, strict=True):
                told = {name: _told(value, made) for name, value in given.items()}
                key = _key(statement, [read(told) for read in link.values])
                if key is None:
                    return None
                made.append(key)
        return made[-1]

    def _links_for(self, values: tuple[Mapping[str, object], ...], *, is_alone: bool) -> tuple[_Written, ...]:
        return tuple(
            link.written(given, place, is_alone=is_alone)
            for place, (link, given) in enumerate(zip(self._links, values, strict=True))
        )


def _key(statement: Statement, values: list[object]) -> Any:
    rows, _ = statement.send(values)
    return rows[0][0] if rows else None


def _shape(values: Mapping[str, object]) -> tuple[object, ...]:
    """Return what the SQL of a link depends on besides the link."""
    return tuple((name, _reference(value)) for name, value in values.items())


def _reference(value: object) -> object:
    return (value.name, value.made) if isinstance(value, Noting) else value if isinstance(value, Made) else None


def _told(value: object, made: list[object]) -> object:
    """Return a value in which what earlier links wrote is known."""
    if isinstance(value, Made):
        return made[value.link]
    if isinstance(value, Noting):
        return {**value.document, value.name: made[value.made.link]}
    return value


def _given(
    column: Column, values: Mapping[str, object], *, is_alone: bool
) -> tuple[str, Callable[[Mapping[str, object]], object] | None]:
    """Return the expression of a column and how the value in it is read, if there is one."""
    name, value = column.attname, values.get(column.attname)
    if isinstance(value, Made) and not is_alone:
        return f"step_{value.link}.key", None
    if isinstance(value, Noting) and not is_alone:
        member = f"jsonb_build_object('{value.name}', step_{value.made.link}.key)"
        return f"%s::jsonb || {member}", lambda given: column.sent(
            {name: dict(cast("Noting", given[name]).document)}, connection
        )
    return "%s", lambda given: column.sent(given, connection)


def _asked(parameter: object) -> Callable[[Mapping[str, object]], object]:
    """Return how a value of an update is found: in its slot, or where Django wrote it."""
    name = Slot.name_of(parameter)
    return (lambda _: parameter) if name is None else (lambda given: adapted(given[name]))


def _all_before(place: int) -> str:
    return ", ".join(f"step_{number}" for number in range(place))
