"""Rows that are inserted by statements that are written once (see `statements`)."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any, Final, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    TextField,
)

from kapi.foundation.prepared import Statement, in_order

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


_INSERTS: Final[dict[tuple[type[Model], str, tuple[str, ...]], tuple[Statement, "Columns"]]] = {}


def insert_by(model: type[Model], values: Mapping[str, object], ending: str) -> list[tuple[Any, ...]]:
    """Insert a row by one statement that ends in `RETURNING_KEY`, `ONCE` or the like, and return what it answers."""
    form = (model, ending, tuple(values))
    written = _INSERTS.get(form)
    if written is None:
        columns = columns_of(model, tuple(values))
        source = f"VALUES ({', '.join(['%s'] * len(columns.names))})"
        written = _INSERTS[form] = Statement(insert_sql(model, columns.names, source, ending)), columns
    statement, columns = written
    return statement.send(columns.sent(values))[0]


def insert_sql(model: type[Model], names: Sequence[str], source: str, ending: str) -> str:
    """Return the SQL that inserts what `source` yields (VALUES or SELECT) into the columns of these attributes.

    `ending` may name the primary key, {key}.
    """
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    columns = {field.attname: quote(str(field.column)) for field in model._meta.concrete_fields}
    into = ", ".join(columns[name] for name in names)
    ending = ending.format(key=key_of(model))
    return f"INSERT INTO {quote(model._meta.db_table)} ({into}) {source}{ending}"


def key_of(model: type[Model]) -> str:
    """Return the primary key as it is written in SQL."""
    return str(connections[DEFAULT_DB_ALIAS].ops.quote_name(cast("Any", model._meta.pk).column))


@cache
def columns_of(model: type[Model], named: tuple[str, ...]) -> "Columns":
    """Return the columns that are written where these have a value, in the model's order: also those with a default.

    :raises TypeError: if the model has no column of such a name.
    """
    return Columns(model, named)


_Adapt = Callable[[Any], Any]


class Columns:
    """Columns that are written, and how their values are adapted to the database."""

    def __init__(self, model: type[Model], named: Sequence[str], *, without: Sequence[str] = ()) -> None:
        """Those that are `named`, and those with a default; `without` those whose values the statement finds itself.

        :raises TypeError: if the model has no column of such a name.
        """
        fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
        if unknown := set(named) - set(fields):
            raise TypeError(f"{model.__name__} has no column {', '.join(sorted(unknown))}")
        written = [name for name, field in fields.items() if name in named or field.has_default()]
        self.names = tuple(written)
        self._fields = [fields[name] for name in written if name not in without]
        defaults = {name: fields[name] for name in written if name not in named}
        self._always = {name: field.get_default() for name, field in defaults.items() if not callable(field.default)}
        self._made = {name: field.get_default for name, field in defaults.items() if callable(field.default)}
        self._in_order = in_order([field.attname for field in self._fields])
        self._adapting: dict[tuple[type, ...], list[tuple[int, _Adapt]]] = {}

    def sent(self, values: Mapping[str, object]) -> Sequence[object]:
        """Return what is sent of `values`, else of the defaults."""
        if self._always:
            values = {**self._always, **values}
        if self._made:
            values = {**{name: make() for name, make in self._made.items()}, **values}
        row = self._in_order(values)
        kinds = tuple(map(type, row))
        adapting = self._adapting.get(kinds)
        if adapting is None:
            adapting = self._adapting[kinds] = self._adapting_of(kinds)
        if adapting:
            row = list(row)
            for place, adapt in adapting:
                row[place] = adapt(row[place])
        return row

    def _adapting_of(self, kinds: Sequence[type]) -> list[tuple[int, _Adapt]]:
        """Return what is to be done to values of these kinds, by place: for each set of kinds it is found out once."""
        adapts = [_adapt(field, kind) for field, kind in zip(self._fields, kinds, strict=True)]
        return [(place, adapt) for place, adapt in enumerate(adapts) if adapt is not None]


def _adapt(field: Any, kind: type) -> _Adapt | None:
    """Return what adapts a value of a kind to a field, as `get_db_prep_save` does; None if it is sent as it is."""
    target = field
    while isinstance(target, ForeignKey):
        target = target.target_field
    plain = {CharField: str, TextField: str, BooleanField: bool, DateTimeField: datetime}.get(type(target))
    if isinstance(target, IntegerField):
        plain = int
    if plain is not None and kind is type(None):
        return None
    if plain is datetime and kind is datetime:
        return partial(_adapt_moment, field)
    if plain is kind or (plain is str and issubclass(kind, str)):
        return None
    if type(target) is JSONField and target.encoder is None and kind in (dict, list):
        return _JSON.encode
    return partial(_adapt_by_field, field)


_JSON: Final = json.JSONEncoder()


def _adapt_moment(field: Any, moment: datetime) -> object:
    return moment if moment.tzinfo else _adapt_by_field(field, moment)


def _adapt_by_field(field: Any, value: object) -> object:
    return field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])
