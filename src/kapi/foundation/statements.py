"""Statements that are written once and sent often.

Django writes the SQL of a query anew each time it is asked, which costs several times what asking it does. An endpoint
of a protocol does little else than send a handful of small statements, so there they are written once: by Django, for
each kind of database, and PostgreSQL reads them once for each of its connections. The database is asked each time.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Field, JSONField, Model, QuerySet, TextField
from django.db.models import query as django_query
from django.db.models.base import ModelState
from django.db.models.query import FlatValuesListIterable, ModelIterable
from django.db.models.sql import UpdateQuery

from kapi.foundation.prepared import Rows, Statement, in_order, send_together

_Row = TypeVar("_Row")
_Made = TypeVar("_Made")
_Answer = TypeVar("_Answer")
_populators: Final[Any] = django_query.get_related_populators


class _Marker:
    """Stands among the parameters of a statement for a value that is known when it is sent."""

    def __init__(self, name: str) -> None:
        self.name = name


class Slot(Expression):
    """A value of a `Question` that is given when it is asked: a text, a number or a moment."""

    def __init__(self, name: str) -> None:
        super().__init__(output_field=Field())
        self._marker = _Marker(name)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Write the place of the value."""
        return "%s", [self._marker]


class Version(Expression):
    """Which version of its row a query has found, as a text: on PostgreSQL, where no two are alike; elsewhere nothing.

    A version is known by who wrote it and where it lies (`xmin` and `ctid`, PostgreSQL 15, 5.5 System Columns).
    """

    def __init__(self) -> None:
        super().__init__(output_field=TextField())

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Write it for the row that the query is about."""
        if connection.vendor != "postgresql":
            return "NULL", []
        row = compiler.quote_name_unless_alias(compiler.query.get_initial_alias())
        return f"({row}.xmin::text || {row}.ctid::text)", []


class Asking(Generic[_Made]):
    """Something that is to be asked, by itself or together with others, and its answer, once it was."""

    answer: _Made

    def __init__(self, statement: Statement, values: Sequence[object], read: Callable[[Rows], _Made]) -> None:
        """`read` makes the answer of the rows."""
        self.statement, self.values, self.read = statement, values, read

    def alone(self) -> _Made:
        """Ask by itself and return the answer."""
        self.answer = self.read(self.statement.send(self.values)[0])
        return self.answer


def ask_together(*askings: Asking[Any] | None) -> None:
    """Ask for several things at once (see `send_together`): each has its answer then; those that are None are left out.

    :raises django.db.Error: the kinds that Django raises.
    """
    there = [asking for asking in askings if asking is not None]
    for asking, rows in zip(there, send_together([(one.statement, one.values) for one in there]), strict=True):
        asking.answer = asking.read(rows)


class Question(Generic[_Row]):
    """A query with slots: of rows of a model, with `select_related` or without, or of plain values (`values_list`)."""

    def __init__(self, build: Callable[[], QuerySet[Any, _Row]]) -> None:
        """`build` returns the query, with a `Slot` for each value that is not always the same."""
        self._build = build

    def all(self, **values: object) -> list[_Row]:
        """Ask, with a value for each slot, and return all rows."""
        written = self._written
        rows: list[Any] = written.ask(values)
        return [written.read(row) for row in rows]

    def first(self, **values: object) -> _Row | None:
        """Ask, and return the first row, or None if there is none. The query says itself how many there may be."""
        written = self._written
        rows: list[Any] = written.ask(values)
        return written.read(rows[0]) if rows else None

    def asking(self, read: Callable[[_Row | None], _Made], **values: object) -> Asking[_Made]:
        """Return that as something to be asked, of which `read` makes the answer from the first row, or from None."""
        written = self._written
        return Asking(
            written.statement, written.filled(values), lambda rows: read(written.read(rows[0]) if rows else None)
        )

    @property
    def sql(self) -> str:
        """The SQL for this database."""
        return self._written.sql

    def filled(self, values: Mapping[str, object]) -> Sequence[object]:
        """Return what goes in the places of its SQL, with a value for each slot."""
        return self._written.filled(values)

    @cached_property
    def _written(self) -> "_Written":
        return _Written(self._build(), connections[DEFAULT_DB_ALIAS])


class Reading(Question[_Row], Generic[_Row, _Made]):
    """A question of which each answer is made into a value that is good for as long as the row says the same.

    The row itself, with all that was asked of it, is what the value is found by: a row that has changed makes another
    one. Only for values that never change, and that hold nothing of people.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, _Row]], make: Callable[[_Row], _Made], *, most: int) -> None:
        """`make` depends on its row alone; what it made of the `most` last rows is kept."""
        super().__init__(build)
        self._of = lru_cache(maxsize=most)(lambda written, row: make(written.read(row)))

    def find(self, **values: object) -> _Made | None:
        """Ask, and return what is made of the first row, or None if there is none."""
        written = self._written
        rows = written.ask(values)
        return self._of(written, rows[0]) if rows else None


class ReadingBeside(Question[tuple[Any, ...]], Generic[_Made]):
    """A question of plain values, of which the last of each row are made into a value that is kept, as by `Reading`."""

    def __init__(
        self,
        build: Callable[[], QuerySet[Any, tuple[Any, ...]]],
        make: Callable[[tuple[Any, ...]], _Made],
        *,
        beside: int,
        most: int,
    ) -> None:
        """`beside` is how many columns stand before those that `make` takes, and are read each time."""
        super().__init__(build)
        self._beside = beside
        self._of = lru_cache(maxsize=most)(lambda written, row: make(written.read((None,) * beside + row)[beside:]))

    def find_all(self, **values: object) -> list[tuple[tuple[Any, ...], _Made]]:
        """Ask, and return of all rows the columns that are read each time, and what is made of the others."""
        return self._found(self._written.ask(values))

    def asking_all(
        self, read: Callable[[list[tuple[tuple[Any, ...], _Made]]], _Answer], **values: object
    ) -> Asking[_Answer]:
        """Return that as something to be asked, of which `read` makes the answer."""
        written = self._written
        return Asking(written.statement, written.filled(values), lambda rows: read(self._found(rows)))

    def _found(self, rows: Rows) -> list[tuple[tuple[Any, ...], _Made]]:
        written, beside = self._written, self._beside
        found = []
        for row in rows:
            kept = row[beside:]
            found.append((written.read(row[:beside] + (None,) * len(kept))[:beside], self._of(written, kept)))
        return found


class _Written:
    """The SQL of a question for the kind of database that this process has, and how its rows are read."""

    def __init__(self, query: QuerySet[Any, Any], connection: Any) -> None:
        compiler: Any = query.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        self.statement, self._places = Statement(sql), Places(parameters)
        select = compiler.select
        self._readers = [
            (position, _reader(converters, expression))
            for position, (converters, expression) in compiler.get_converters([column[0] for column in select]).items()
        ]
        kind = cast("Any", query)._iterable_class
        self._is_flat, self._is_of_rows = issubclass(kind, FlatValuesListIterable), issubclass(kind, ModelIterable)
        if self._is_of_rows:
            own = compiler.klass_info["select_fields"]
            self._own = slice(own[0], own[-1] + 1)
            self._make = _maker(query.model, [column[0].target.attname for column in select[self._own]])
            self._related = [_Related(populator) for populator in _populators(compiler.klass_info, select, "")]
            self._extra = [(name, at) for name, at in (compiler.annotation_col_map or {}).items()]

    @property
    def sql(self) -> str:
        """What is sent."""
        return self.statement.sql

    def filled(self, values: Mapping[str, object]) -> Sequence[object]:
        """Return all values, in their order."""
        return self._places.filled(values)

    def ask(self, values: dict[str, object]) -> list[tuple[Any, ...]]:
        """Return the rows as the driver reads them."""
        return self.statement.send(self._places.filled(values))[0]

    def read(self, row: tuple[Any, ...]) -> Any:
        """Return what Django makes of a row."""
        if self._readers:
            converted = list(row)
            for position, read in self._readers:
                converted[position] = read(converted[position])
            row = tuple(converted)
        if not self._is_of_rows:
            return row[0] if self._is_flat else row
        instance = self._make(row[self._own])
        for related in self._related:
            related.populate(row, instance)
        for name, at in self._extra:
            setattr(instance, name, row[at])
        return instance


def _reader(converters: Sequence[Callable[..., Any]], expression: Any) -> Callable[[Any], Any]:
    """Return the converters of a column as one function of its value."""
    field = expression.output_field
    if type(field) is JSONField and field.decoder is None and len(converters) == 1:
        return _json

    def read(value: Any) -> Any:
        connection = connections[DEFAULT_DB_ALIAS]
        for convert in converters:
            value = convert(value, expression, connection)
        return value

    return read


_JSON: Final = json.JSONDecoder()


def _json(value: str | None) -> Any:
    """Read what the database has found to be JSON: there is nothing before it and nothing after it."""
    return None if value is None else _JSON.raw_decode(value)[0]


class _ReadState(ModelState):
    """The state of a row that was read."""

    adding = False
    db = DEFAULT_DB_ALIAS


def _maker(model: type[Model], names: Sequence[str]) -> Callable[[Sequence[Any]], Model]:
    """Return what makes a row of the model: as Django's `from_db` does, without its signals, of which we have none."""
    new = cast("Callable[[type[Model]], Model]", model.__new__)

    def make(values: Sequence[Any]) -> Model:
        instance = new(model)
        instance._state = _ReadState()
        instance.__dict__.update(zip(names, values))  # noqa: B905 - they are the statement's own columns
        return instance

    return make


class _Related:
    """The row of a `select_related`: which columns it has, and whom it belongs to."""

    def __init__(self, populator: Any) -> None:
        """`populator` is Django's own."""
        self._key = populator.pk_idx
        self._columns = populator.reorder_for_init or itemgetter(slice(populator.cols_start, populator.cols_end))
        self._make = _maker(populator.model_cls, populator.init_list)
        self._related = [_Related(further) for further in populator.related_populators]
        self._put, self._put_back = populator.local_setter, populator.remote_setter

    def populate(self, row: tuple[Any, ...], instance: Model) -> None:
        values = self._columns(row)
        if values[self._key] is None:
            self._put(instance, None)
            return
        found = self._make(values)
        for further in self._related:
            further.populate(row, found)
        self._put(instance, found)
        self._put_back(found, instance)


class Change:
    """An update with slots."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], **columns: object) -> None:
        """`build` returns the rows, `columns` are what is set, with a `Slot` for what is not always the same."""
        self._build, self._columns = build, columns

    def make(self, **values: object) -> int:
        """Change the rows, with a value for each slot, by one statement, and return how many there were."""
        statement, places = self._written
        return statement.send(places.filled(values))[1]

    @property
    def sql(self) -> str:
        """The SQL for this database."""
        return self._written[0].sql

    def filled(self, values: Mapping[str, object]) -> Sequence[object]:
        """Return the values for the places of its SQL."""
        return self._written[1].filled(values)

    @cached_property
    def _written(self) -> tuple[Statement, "Places"]:
        query: Any = self._build().query.chain(UpdateQuery)
        query.add_update_values(self._columns)
        sql, parameters = query.get_compiler(connection=connections[DEFAULT_DB_ALIAS]).as_sql()
        return Statement(sql), Places(parameters)


class Places:
    """The values of a statement: some are known, the others have a slot."""

    def __init__(self, parameters: Sequence[Any]) -> None:
        """`parameters` are what Django wrote."""
        slots = [parameter.name if isinstance(parameter, _Marker) else None for parameter in parameters]
        keys = [f" {place}" if name is None else name for place, name in enumerate(slots)]
        self._known = {key: parameter for key, name, parameter in zip(keys, slots, parameters, strict=True) if not name}
        self._in_order = in_order(keys)

    def filled(self, values: Mapping[str, object]) -> Sequence[object]:
        """Return all values, in their order."""
        return self._in_order({**self._known, **values} if self._known else values)
