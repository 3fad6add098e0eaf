"""Writes of which each is made only where the one before it was: one statement on PostgreSQL, else one transaction.

An endpoint of a protocol uses something up, writes down what comes of it, and records that: sent one by one, with the
beginning and the end of their transaction, these are six journeys to the database instead of one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol, cast

from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.db.models.sql import UpdateQuery

from kapi.foundation.prepared import Statement
from kapi.foundation.statements import Slot


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
        return _Written(f"{sql} RETURNING {_key_of(rows.model)}", tuple(_asked(one) for one in parameters))


class Inserting:
    """A new row of a model. With `once` it is none where one stands already that a unique constraint protects."""

    def __init__(self, model: type[Model], *, once: bool = False) -> None:
        """Columns for which no value is given have their default."""
        self._model, self._once = model, once

    def written(self, values: Mapping[str, object], place: int, *, is_alone: bool) -> _Written:
        """Write it: as a row of values alone, or one selected from what the links before it wrote."""
        fields: dict[str, Any] = {field.attname: field for field in self._model._meta.concrete_fields}
        if unknown := set(values) - set(fields):
            raise TypeError(f"{self._model.__name__} has no column {', '.join(sorted(unknown))}")
        columns = [field for field in fields.values() if field.attname in values or field.has_default()]
        given = {field.attname: _given(field, values, is_alone=is_alone) for field in columns}
        names = ", ".join(connection.ops.quote_name(field.column) for field in columns)
        places = ", ".join(expression for expression, _ in given.values())
        source = f" FROM {_all_before(place)}" if place and not is_alone else ""
        ending = " ON CONFLICT DO NOTHING" if self._once else ""
        table = connection.ops.quote_name(self._model._meta.db_table)
        # SQLite takes ON CONFLICT behind a SELECT for a join without WHERE.
        sql = (
            f"INSERT INTO {table} ({names}) SELECT {places}{source} WHERE true{ending} RETURNING {_key_of(self._model)}"
        )
        return _Written(sql, tuple(value for _, value in given.values() if value is not None))


class Chain:
    """Writes in their order. What may find nothing to write stands before what always does: nothing is taken back."""

    def __init__(self, *links: Link) -> None:
        """`links` are the writes."""
        self._links = links
        self._written: dict[tuple[object, ...], tuple[_Written, ...]] = {}

    def make(self, *values: Mapping[str, object]) -> Any:
        """Make the writes, with the values of each link, and return the last one's primary key; None if one made none.

        Of a link that updates they are those of its slots, of one that inserts those of its columns.

        :raises django.db.IntegrityError: if a constraint forbids one of them; then none is made.
        """
        return self._at_once(values) if connection.vendor == "postgresql" else self._one_by_one(values)

    def _at_once(self, values: tuple[Mapping[str, object], ...]) -> Any:
        links = self._in_this_database(values, is_alone=False)
        steps = ", ".join(f"step_{place} (key) AS ({link.sql})" for place, link in enumerate(links))
        sql = f"WITH {steps} SELECT key FROM step_{len(links) - 1}"  # noqa: S608 - names of our own
        sent = [read(given) for link, given in zip(links, values, strict=True) for read in link.values]
        return _send(sql, sent)

    def _one_by_one(self, values: tuple[Mapping[str, object], ...]) -> Any:
        made: list[object] = []
        with transaction.atomic():
            for link, given in zip(self._in_this_database(values, is_alone=True), values, strict=True):
                told = {name: _told(value, made) for name, value in given.items()}
                key = _send(link.sql, [read(told) for read in link.values])
                if key is None:
                    return None
                made.append(key)
        return made[-1]

    def _in_this_database(self, values: tuple[Mapping[str, object], ...], *, is_alone: bool) -> tuple[_Written, ...]:
        kind = (connection.vendor, *(_shape(given) for given in values))
        if kind not in self._written:
            self._written[kind] = tuple(
                link.written(given, place, is_alone=is_alone)
                for place, (link, given) in enumerate(zip(self._links, values, strict=True))
            )
        return self._written[kind]


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
    field: Any, values: Mapping[str, object], *, is_alone: bool
) -> tuple[str, Callable[[Mapping[str, object]], object] | None]:
    """Return the expression of a column and how the value in it is read, if there is one."""
    name, value = field.attname, values.get(field.attname)
    if isinstance(value, Made) and not is_alone:
        return f"step_{value.link}.key", None
    if isinstance(value, Noting) and not is_alone:
        member = f"jsonb_build_object('{value.name}', step_{value.made.link}.key)"
        return f"%s::jsonb || {member}", lambda given: _saved(field, cast("Noting", given[name]).document)
    return "%s", lambda given: _saved(field, given[name] if name in given else field.get_default())


def _saved(field: Any, value: object) -> object:
    return field.get_db_prep_save(dict(value) if isinstance(value, Mapping) else value, connection)


def _asked(parameter: object) -> Callable[[Mapping[str, object]], object]:
    """Return how a value of an update is found: in its slot, or where Django wrote it."""
    name = Slot.name_of(parameter)
    return (lambda _: parameter) if name is None else (lambda given: _adapted(given[name]))


def _adapted(value: object) -> object:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _all_before(place: int) -> str:
    return ", ".join(f"step_{number}" for number in range(place))


def _key_of(model: type[Model]) -> str:
    return connection.ops.quote_name(cast("Any", model._meta.pk).column)


@cache
def _statement(sql: str) -> Statement:
    return Statement(sql)


def _send(sql: str, values: list[object]) -> Any:
    rows, _ = _statement(sql).send(values)
    return rows[0][0] if rows else None
