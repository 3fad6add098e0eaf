"""Statements that are written once and sent often.

Django writes the SQL of a query anew each time it is asked, which costs several times what asking it does. An endpoint
of a protocol does little else than send a handful of small statements, so there they are written once: by Django, for
each kind of database, and PostgreSQL reads them once for each of its connections. The database is asked each time.
"""

import json
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from itertools import takewhile
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import (
    BigIntegerField,
    CharField,
    DateTimeField,
    Expression,
    Field,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    QuerySet,
    TextField,
)
from django.db.models import query as django_query
from django.db.models.base import ModelState
from django.db.models.query import FlatValuesListIterable, ModelIterable
from django.db.models.sql import UpdateQuery

from kapi.foundation.prepared import Statement

_Row = TypeVar("_Row")
_Made = TypeVar("_Made")
_ONCE: Final = " ON CONFLICT DO NOTHING RETURNING 1"
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

    @staticmethod
    def name_of(parameter: object) -> str | None:
        """Return which slot's value goes in the place of a parameter that Django wrote; None if it is one itself."""
        return parameter.name if isinstance(parameter, _Marker) else None


class Question(Generic[_Row]):
    """A query with slots: of rows of a model, with `select_related` or without, or of plain values (`values_list`)."""

    def __init__(self, build: Callable[[], QuerySet[Any, _Row]]) -> None:
        """`build` returns the query, with a `Slot` for each value that is not always the same."""
        self._build = build
        self._written: dict[str, _Written] = {}

    def all(self, **values: object) -> list[_Row]:
        """Ask, with a value for each slot, and return all rows."""
        written = self._in_this_database()
        return cast("list[_Row]", [written.read(row) for row in written.ask(values)])

    def first(self, **values: object) -> _Row | None:
        """Ask, and return the first row, or None if there is none. The query says itself how many there may be."""
        written = self._in_this_database()
        rows = written.ask(values)
        return cast("_Row", written.read(rows[0])) if rows else None

    def _in_this_database(self) -> "_Written":
        connection = connections[DEFAULT_DB_ALIAS]
        written = self._written.get(connection.vendor)
        if written is None:
            written = self._written[connection.vendor] = _Written(self._build(), connection)
        return written


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
        written = self._in_this_database()
        rows = written.ask(values)
        return self._of(written, rows[0]) if rows else None


class _Written:
    """The SQL of a question for one kind of database, and how its rows are read."""

    def __init__(self, query: QuerySet[Any, Any], connection: Any) -> None:
        compiler: Any = query.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        self._statement, self._places = Statement(sql), _Places(parameters)
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

    def ask(self, values: dict[str, object]) -> list[tuple[Any, ...]]:
        """Return the rows as the driver reads them."""
        return self._statement.send(self._places.filled(values))[0]

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


def _json(value: str | None) -> Any:
    return None if value is None else json.loads(value)


def _maker(model: type[Model], names: Sequence[str]) -> Callable[[Sequence[Any]], Model]:
    """Return what makes a row of the model: as Django's `from_db` does, without its signals, of which we have none."""
    new = cast("Callable[[type[Model]], Model]", model.__new__)

    def make(values: Sequence[Any]) -> Model:
        instance = new(model)
        state = instance._state = ModelState()
        state.adding, state.db = False, DEFAULT_DB_ALIAS
        instance.__dict__.update(zip(names, values, strict=True))
        return instance

    return make


class _Related:
    """The row of a `select_related`: which columns it has, and whom it belongs to."""

    def __init__(self, populator: Any) -> None:
        """`populator` is Django's own."""
        self._django = populator
        self._columns = populator.reorder_for_init or (lambda row: row[populator.cols_start : populator.cols_end])
        self._make = _maker(populator.model_cls, populator.init_list)
        self._related = [_Related(further) for further in populator.related_populators]

    def populate(self, row: tuple[Any, ...], instance: Model) -> None:
        values = self._columns(row)
        found = None
        if values[self._django.pk_idx] is not None:
            found = self._make(values)
            for further in self._related:
                further.populate(row, found)
        self._django.local_setter(instance, found)
        if found is not None:
            self._django.remote_setter(found, instance)


class Change:
    """An update with slots."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], **columns: object) -> None:
        """`build` returns the rows, `columns` are what is set, with a `Slot` for what is not always the same."""
        self._build, self._columns = build, columns
        self._written: dict[str, tuple[Statement, _Places]] = {}

    def make(self, **values: object) -> int:
        """Change the rows, with a value for each slot, by one statement, and return how many there were."""
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor not in self._written:
            query: Any = self._build().query.chain(UpdateQuery)
            query.add_update_values(self._columns)
            sql, parameters = query.get_compiler(connection=connection).as_sql()
            self._written[connection.vendor] = Statement(sql), _Places(parameters)
        statement, places = self._written[connection.vendor]
        return statement.send(places.filled(values))[1]


def insert(model: type[Model], **values: object) -> Any:
    """Insert a row by one statement and return its primary key; columns that are not named have their default.

    :raises django.db.IntegrityError: if a constraint forbids it.
    """
    [[inserted]] = _insert(model, values, _RETURNING_KEY)
    return inserted


def insert_once(model: type[Model], **values: object) -> bool:
    """Insert a row by one statement and tell whether it was: not if one stands there that a unique constraint protects.

    Of any number of parallel calls one inserts. It needs no transaction of its own, and undoes nothing of the caller's.

    :raises django.db.IntegrityError: if any other constraint forbids it.
    """
    return bool(_insert(model, values, _ONCE))


_RETURNING_KEY: Final = " RETURNING {key}"


class Step(Protocol):
    """One of several things that are done in turn, each only if all before it were."""

    @property
    def form(self) -> Hashable | None:
        """Return what its SQL depends on; None if it is not done by SQL."""
        ...

    def written(self, name: str, source: str, connection: Any) -> str:
        """Return it as a query `name` of a WITH, which has a row if it was done; `source` ends its SELECT."""
        ...

    def sent(self, connection: Any) -> list[Any]:
        """Return the values for its places."""
        ...

    def take(self) -> bool:
        """Do it by itself and tell whether it was done."""
        ...


class Once:
    """A row that is inserted unless one stands there that a unique constraint protects, as by `insert_once`."""

    _ending = _ONCE

    def __init__(self, model: type[Model], **values: object) -> None:
        self.form: Hashable = (type(self), model, tuple(values))
        self._model, self._values = model, values

    def written(self, name: str, source: str, connection: Any) -> str:
        """Return it as a query of a WITH."""
        places = f"SELECT {{places}}{source}"
        return f"{name} AS ({_insert_sql(self._model, tuple(self._values), places, self._ending, connection)})"

    def sent(self, connection: Any) -> list[Any]:
        """Return the values of its columns."""
        return [column.sent(self._values, connection) for column in _columns(self._model, tuple(self._values))]

    def take(self) -> bool:
        """Insert it by itself."""
        return bool(_insert(self._model, self._values, self._ending))


class Row(Once):
    """A row that is inserted, as by `insert`: a constraint that forbids it undoes all that was done with it."""

    _ending = " RETURNING 1"


_IN_TURN: Final[dict[tuple[Hashable, ...], Statement]] = {}


def take_in_turn(*steps: Step) -> int:
    """Take steps in turn until one is not done, and return how many were; what was done stays done.

    On PostgreSQL neighbours are one statement, which waits for the disk once; elsewhere each is one.
    """
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
    """Return the steps at the beginning that can be one statement, at least one."""
    if connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        return steps[:1]
    return list(takewhile(lambda step: step.form is not None, steps)) or steps[:1]


def _taken_together(steps: Sequence[Step]) -> int:
    connection = connections[DEFAULT_DB_ALIAS]
    form = tuple(step.form for step in steps)
    statement = _IN_TURN.get(form)
    if statement is None:
        names = [f"step_{number}" for number in range(len(steps))]
        sources = ["", *(f" FROM {name}" for name in names)]
        queries = [
            step.written(name, source, connection) for step, name, source in zip(steps, names, sources, strict=False)
        ]
        counted = " + ".join(f"(SELECT count(*) FROM {name})" for name in names)  # noqa: S608 - names of our own
        statement = _IN_TURN[form] = Statement(f"WITH {', '.join(queries)} SELECT {counted}")
    [[done]] = statement.send([value for step in steps for value in step.sent(connection)])[0]
    return int(done)


_INSERTS: Final[dict[tuple[str, type[Model], str, tuple[str, ...]], tuple[Statement, tuple["_Column", ...]]]] = {}


def _insert(model: type[Model], values: dict[str, object], ending: str) -> list[tuple[Any, ...]]:
    connection = connections[DEFAULT_DB_ALIAS]
    question = (connection.vendor, model, ending, tuple(values))
    written = _INSERTS.get(question)
    if written is None:
        written = _INSERTS[question] = _written_insert(model, tuple(values), ending, connection)
    statement, columns = written
    return statement.send([column.sent(values, connection) for column in columns])[0]


def _written_insert(
    model: type[Model], named: tuple[str, ...], ending: str, connection: Any
) -> tuple[Statement, tuple["_Column", ...]]:
    sql = _insert_sql(model, named, "VALUES ({places})", ending, connection)
    return Statement(sql), _columns(model, named)


def _insert_sql(model: type[Model], named: tuple[str, ...], what: str, ending: str, connection: Any) -> str:
    quote = connection.ops.quote_name
    columns = _columns(model, named)
    names = ", ".join(quote(column.name) for column in columns)
    what = what.format(places=", ".join(["%s"] * len(columns)))
    ending = ending.format(key=quote(cast("Any", model._meta.pk).column))
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) {what}{ending}"


@cache
def _columns(model: type[Model], named: tuple[str, ...]) -> tuple["_Column", ...]:
    fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    if unknown := set(named) - set(fields):
        raise TypeError(f"{model.__name__} has no column {', '.join(sorted(unknown))}")
    return tuple(_Column(field) for field in fields.values() if field.attname in named or field.has_default())


class _Column:
    """A column that is written, and what the driver takes for it as it is."""

    def __init__(self, field: Any) -> None:
        self.name: str = field.column
        self._field = field
        target = field.target_field if isinstance(field, ForeignKey) else field
        self._is_text, self._is_moment = type(target) in (CharField, TextField), type(target) is DateTimeField
        self._is_number = isinstance(target, IntegerField | BigIntegerField)

    def sent(self, values: dict[str, object], connection: Any) -> Any:
        """Return what is sent of `values`, else of the default."""
        value = values[self._field.attname] if self._field.attname in values else self._field.get_default()
        kind = type(value)
        if (kind is str and self._is_text) or (kind is int and self._is_number):
            return value
        if self._is_moment and kind is datetime and cast("datetime", value).tzinfo:
            return connection.ops.adapt_datetimefield_value(value)
        return self._field.get_db_prep_save(value, connection)


class _Places:
    """The values of a statement: some are known, the others have a slot."""

    def __init__(self, parameters: Sequence[Any]) -> None:
        self._places = [
            (parameter.name, None) if isinstance(parameter, _Marker) else (None, parameter) for parameter in parameters
        ]

    def filled(self, values: dict[str, object]) -> list[Any]:
        """Return all values, in their order."""
        return [value if name is None else _adapted(values[name]) for name, value in self._places]


def _adapted(value: object) -> object:
    if type(value) is datetime:
        return connections[DEFAULT_DB_ALIAS].ops.adapt_datetimefield_value(value)
    return value
