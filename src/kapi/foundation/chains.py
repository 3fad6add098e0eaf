"""Writes of which each is made only where the one before it was: one statement on PostgreSQL, else one transaction.

An endpoint of a protocol uses something up, writes down what comes of it, and records that: sent one by one, with the
beginning and the end of their transaction, these are six journeys to the database instead of one.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.db.models.sql import UpdateQuery

from kapi.foundation.inserts import RETURNING_KEY, Columns, insert_sql, key_of
from kapi.foundation.prepared import Statement
from kapi.foundation.statements import Places


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
    """The SQL of a link, and what puts the values of its places in order."""

    sql: str
    sent: Callable[[Mapping[str, object]], Sequence[object]]


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
        return _Written(f"{sql} RETURNING {key_of(rows.model)}", Places(parameters).filled)


class Inserting:
    """A new row of a model. With `once` it is none where one stands already that a unique constraint protects."""

    def __init__(self, model: type[Model], *, once: bool = False) -> None:
        """Columns for which no value is given have their default."""
        self._model, self._once = model, once

    def written(self, values: Mapping[str, object], place: int, *, is_alone: bool) -> _Written:
        """Write it: as a row of values alone, or one selected from what the links before it wrote."""
        told = {} if is_alone else values
        columns = Columns(
            self._model, tuple(values), without=[name for name, value in told.items() if isinstance(value, Made)]
        )
        places = ", ".join(_expression(told.get(name)) for name in columns.names)
        before = f" FROM {_all_before(place)}" if place and not is_alone else ""
        # SQLite takes ON CONFLICT behind a SELECT for a join without WHERE.
        source = f"SELECT {places}{before} WHERE true"
        ending = (" ON CONFLICT DO NOTHING" if self._once else "") + RETURNING_KEY
        sql = insert_sql(self._model, columns.names, source, ending)
        noting = [name for name, value in told.items() if isinstance(value, Noting)]
        return _Written(sql, partial(_with_documents, columns, noting) if noting else columns.sent)


class Chain:
    """Writes in their order. What may find nothing to write stands before what always does: nothing is taken back."""

    def __init__(self, *links: Link) -> None:
        """`links` are the writes."""
        self._links = links
        self._together: dict[Hashable, tuple[Statement, tuple[_Written, ...]]] = {}
        self._apart: dict[Hashable, tuple[tuple[Statement, _Written], ...]] = {}
        # By names and kinds of the values: which of them stand for what earlier links wrote.
        self._references: dict[Hashable, tuple[tuple[int, str], ...]] = {}

    def make(self, *values: Mapping[str, object]) -> Any:
        """Make the writes, with the values of each link, and return the last one's primary key; None if one made none.

        Of a link that updates they are those of its slots, of one that inserts those of its columns.

        :raises django.db.IntegrityError: if a constraint forbids one of them; then none is made.
        """
        return self._at_once(values) if self._is_one_statement else self._one_by_one(values)

    @cached_property
    def _is_one_statement(self) -> bool:
        return connection.vendor == "postgresql"

    def _at_once(self, values: tuple[Mapping[str, object], ...]) -> Any:
        shape = self._shape(values)
        written = self._together.get(shape)
        if written is None:
            links = self._links_for(values, is_alone=False)
            steps = ", ".join(f"step_{place} (key) AS ({link.sql})" for place, link in enumerate(links))
            sql = f"WITH {steps} SELECT key FROM step_{len(links) - 1}"  # noqa: S608 - names of our own
            written = self._together[shape] = Statement(sql), links
        statement, links = written
        sent: list[object] = []
        for link, given in zip(links, values, strict=True):
            sent += link.sent(given)
        return _key(statement, sent)

    def _one_by_one(self, values: tuple[Mapping[str, object], ...]) -> Any:
        shape, made = self._shape(values), list[object]()
        written = self._apart.get(shape)
        if written is None:
            links = self._links_for(values, is_alone=True)
            written = self._apart[shape] = tuple((Statement(link.sql), link) for link in links)
        with transaction.atomic():
            for (statement, link), given in zip(written, values, strict=True):
                key = _key(statement, link.sent({name: _told(value, made) for name, value in given.items()}))
                if key is None:
                    return None
                made.append(key)
        return made[-1]

    def _shape(self, values: tuple[Mapping[str, object], ...]) -> Hashable:
        """Return what the SQL depends on besides the links: names, and what stands for what earlier links wrote."""
        kinds = tuple([(*given, *map(type, given.values())) for given in values])
        references = self._references.get(kinds)
        if references is None:
            references = self._references[kinds] = tuple(
                (place, name)
                for place, given in enumerate(values)
                for name, value in given.items()
                if isinstance(value, Made | Noting)
            )
        if not references:
            return kinds
        return kinds, *[_reference(values[place][name]) for place, name in references]

    def _links_for(self, values: tuple[Mapping[str, object], ...], *, is_alone: bool) -> tuple[_Written, ...]:
        return tuple(
            link.written(given, place, is_alone=is_alone)
            for place, (link, given) in enumerate(zip(self._links, values, strict=True))
        )


def _key(statement: Statement, values: Sequence[object]) -> Any:
    rows, _ = statement.send(values)
    return rows[0][0] if rows else None


def _reference(value: Any) -> Hashable:
    return (value.name, value.made.link) if isinstance(value, Noting) else value.link


def _told(value: object, made: list[object]) -> object:
    """Return a value in which what earlier links wrote is known."""
    if isinstance(value, Made):
        return made[value.link]
    if isinstance(value, Noting):
        return {**value.document, value.name: made[value.made.link]}
    return value


def _expression(value: object) -> str:
    """Return the expression of a column: the place of a value, or what an earlier link wrote."""
    if isinstance(value, Made):
        return f"step_{value.link}.key"
    if isinstance(value, Noting):
        return f"%s::jsonb || jsonb_build_object('{value.name}', step_{value.made.link}.key)"
    return "%s"


def _with_documents(columns: Columns, noting: Sequence[str], given: Mapping[str, Any]) -> Sequence[object]:
    """Return what is sent where some columns note what an earlier link wrote."""
    return columns.sent({**given, **{name: dict(given[name].document) for name in noting}})


def _all_before(place: int) -> str:
    return ", ".join(f"step_{number}" for number in range(place))
