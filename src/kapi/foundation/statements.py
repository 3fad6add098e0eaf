"""Statements that are written once and sent often.

Django writes the SQL of a query anew each time it is asked, which costs several times what asking it does. An endpoint
of a protocol does little else than send a handful of small statements, so there they are written once: by Django, for
each kind of database, and read by Django as always. Nothing of an answer is ever kept.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeVar, cast

from django.db import connection
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models import query as django_query
from django.db.models.query import FlatValuesListIterable, ModelIterable
from django.db.models.sql import UpdateQuery

_Row = TypeVar("_Row")
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


class Question(Generic[_Row]):
    """A query with slots: of rows of a model, with `select_related` or without, or of plain values (`values_list`)."""

    def __init__(self, build: Callable[[], QuerySet[Any, _Row]]) -> None:
        """`build` returns the query, with a `Slot` for each value that is not always the same."""
        self._build = build
        self._written: dict[str, _Written] = {}

    def all(self, **values: object) -> list[_Row]:
        """Ask, with a value for each slot, and return all rows."""
        written = self._written.get(connection.vendor)
        if written is None:
            written = self._written[connection.vendor] = _Written(self._build())
        return cast("list[_Row]", written.ask(values))

    def first(self, **values: object) -> _Row | None:
        """Ask, and return the first row, or None if there is none. The query says itself how many there may be."""
        rows = self.all(**values)
        return rows[0] if rows else None


class _Written:
    """The SQL of a question for one kind of database, and how its rows are read."""

    def __init__(self, query: QuerySet[Any, Any]) -> None:
        compiler: Any = query.query.get_compiler(connection=connection)
        self._sql, self._parameters = compiler.as_sql()
        select = compiler.select
        self._converters = compiler.get_converters([column[0] for column in select])
        kind = cast("Any", query)._iterable_class
        self._is_flat, self._is_of_rows = issubclass(kind, FlatValuesListIterable), issubclass(kind, ModelIterable)
        if self._is_of_rows:
            own = compiler.klass_info["select_fields"]
            self._model, self._own = query.model, slice(own[0], own[-1] + 1)
            self._names = [column[0].target.attname for column in select[self._own]]
            self._related = _populators(compiler.klass_info, select, connection.alias)

    def ask(self, values: dict[str, object]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(self._sql, _filled(self._parameters, values))
            rows = [self._converted(row) for row in cursor.fetchall()]
        if self._is_of_rows:
            return [self._instance(row) for row in rows]
        return [row[0] for row in rows] if self._is_flat else rows

    def _converted(self, row: Sequence[Any]) -> tuple[Any, ...]:
        values = list(row)
        for position, (converters, expression) in self._converters.items():
            for convert in converters:
                values[position] = convert(values[position], expression, connection)
        return tuple(values)

    def _instance(self, row: tuple[Any, ...]) -> Model:
        instance: Model = self._model.from_db(connection.alias, self._names, row[self._own])
        for related in self._related:
            related.populate(row, instance)
        return instance


class Change:
    """An update with slots."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], **columns: object) -> None:
        """`build` returns the rows, `columns` are what is set, with a `Slot` for what is not always the same."""
        self._build, self._columns = build, columns
        self._written: dict[str, tuple[str, tuple[Any, ...]]] = {}

    def make(self, **values: object) -> int:
        """Change the rows, with a value for each slot, by one statement, and return how many there were."""
        if connection.vendor not in self._written:
            query: Any = self._build().query.chain(UpdateQuery)
            query.add_update_values(self._columns)
            self._written[connection.vendor] = query.get_compiler(connection=connection).as_sql()
        sql, parameters = self._written[connection.vendor]
        with connection.cursor() as cursor:
            cursor.execute(sql, _filled(parameters, values))
            return int(cursor.rowcount)


def insert(model: type[Model], **values: object) -> Any:
    """Insert a row by one statement and return its primary key; columns that are not named have their default.

    :raises django.db.IntegrityError: if a constraint forbids it.
    """
    key = cast("Any", model._meta.pk).column
    [[inserted]] = _insert(model, values, f" RETURNING {connection.ops.quote_name(key)}")
    return inserted


def insert_once(model: type[Model], **values: object) -> bool:
    """Insert a row by one statement and tell whether it was: not if one stands there that a unique constraint protects.

    Of any number of parallel calls one inserts. It needs no transaction of its own, and undoes nothing of the caller's.

    :raises django.db.IntegrityError: if any other constraint forbids it.
    """
    return bool(_insert(model, values, " ON CONFLICT DO NOTHING RETURNING 1"))


_INSERTS: Final[dict[tuple[str, type[Model], str, tuple[str, ...]], tuple[str, tuple[Any, ...]]]] = {}


def _insert(model: type[Model], values: dict[str, object], ending: str) -> list[tuple[Any, ...]]:
    question = (connection.vendor, model, ending, tuple(values))
    if question not in _INSERTS:
        _INSERTS[question] = _written_insert(model, tuple(values), ending)
    sql, columns = _INSERTS[question]
    sent = [
        column.get_db_prep_save(
            values[column.attname] if column.attname in values else column.get_default(), connection
        )
        for column in columns
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, sent)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _written_insert(model: type[Model], named: Sequence[str], ending: str) -> tuple[str, tuple[Any, ...]]:
    fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    if unknown := set(named) - set(fields):
        raise TypeError(f"{model.__name__} has no column {', '.join(sorted(unknown))}")
    columns = tuple(field for field in fields.values() if field.attname in named or field.has_default())
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in columns)
    places = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({places}){ending}", columns  # noqa: S608 - names of our own


def _filled(parameters: Sequence[Any], values: dict[str, object]) -> list[Any]:
    return [
        _adapted(values[parameter.name]) if isinstance(parameter, _Marker) else parameter for parameter in parameters
    ]


def _adapted(value: object) -> object:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
