"""Rows that are inserted by statements that are written once (see `statements`)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BigIntegerField, CharField, DateTimeField, ForeignKey, IntegerField, Model, TextField

from kapi.foundation.prepared import Statement

RETURNING_KEY: Final = " RETURNING {key}"
ONCE: Final = " ON CONFLICT DO NOTHING RETURNING 1"


def insert(model: type[Model], **values: object) -> Any:
    """Insert a row by one statement and return its primary key; columns that are not named have their default.

    :raises django.db.IntegrityError: if a constraint forbids it.
    """
    [[inserted]] = insert_by(model, values, RETURNING_KEY)
    return inserted


def insert_once(model: type[Model], **values: object) -> bool:
    """Insert a row by one statement and tell whether it was: not if one stands there that a unique constraint protects.

    Of any number of parallel calls one inserts. It needs no transaction of its own, and undoes nothing of the caller's.

    :raises django.db.IntegrityError: if any other constraint forbids it.
    """
    return bool(insert_by(model, values, ONCE))


_INSERTS: Final[dict[tuple[str, type[Model], str, tuple[str, ...]], tuple[Statement, tuple["Column", ...]]]] = {}


def insert_by(model: type[Model], values: Mapping[str, object], ending: str) -> list[tuple[Any, ...]]:
    """Insert a row by one statement that ends in `RETURNING_KEY`, `ONCE` or the like, and return what it answers."""
    connection = connections[DEFAULT_DB_ALIAS]
    question = (connection.vendor, model, ending, tuple(values))
    written = _INSERTS.get(question)
    if written is None:
        columns = columns_of(model, tuple(values))
        source = f"VALUES ({', '.join(['%s'] * len(columns))})"
        written = _INSERTS[question] = Statement(insert_sql(model, columns, source, ending, connection)), columns
    statement, columns = written
    return statement.send([column.sent(values, connection) for column in columns])[0]


def insert_sql(model: type[Model], columns: Sequence["Column"], source: str, ending: str, connection: Any) -> str:
    """Return the SQL that inserts what `source` yields (VALUES or SELECT); `ending` may name the primary key, {key}."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column.name) for column in columns)
    ending = ending.format(key=key_of(model, connection))
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) {source}{ending}"


def key_of(model: type[Model], connection: Any) -> str:
    """Return the primary key as it is written in SQL."""
    return str(connection.ops.quote_name(cast("Any", model._meta.pk).column))


@cache
def columns_of(model: type[Model], named: tuple[str, ...]) -> tuple["Column", ...]:
    """Return the columns that are written where these have a value, in the model's order: also those with a default.

    :raises TypeError: if the model has no column of such a name.
    """
    fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    if unknown := set(named) - set(fields):
        raise TypeError(f"{model.__name__} has no column {', '.join(sorted(unknown))}")
    return tuple(Column(field) for field in fields.values() if field.attname in named or field.has_default())


class Column:
    """A column that is written, and what the driver takes for it as it is."""

    def __init__(self, field: Any) -> None:
        self.name: str = field.column
        self.attname: str = field.attname
        self._field = field
        target = field.target_field if isinstance(field, ForeignKey) else field
        self._is_text, self._is_moment = type(target) in (CharField, TextField), type(target) is DateTimeField
        self._is_number = isinstance(target, IntegerField | BigIntegerField)

    def sent(self, values: Mapping[str, object], connection: Any) -> Any:
        """Return what is sent of `values`, else of the default."""
        value = values[self.attname] if self.attname in values else self._field.get_default()
        kind = type(value)
        if (kind is str and self._is_text) or (kind is int and self._is_number):
            return value
        if self._is_moment and kind is datetime and cast("datetime", value).tzinfo:
            return connection.ops.adapt_datetimefield_value(value)
        return self._field.get_db_prep_save(value, connection)
