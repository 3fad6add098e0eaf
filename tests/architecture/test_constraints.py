"""What must always be true is refused by the database also where a column is empty.

SQL knows a third answer: a comparison with nothing is neither true nor false, and a check constraint that comes out so
lets the row pass. So every condition is asked here with each of its columns empty that may be.
"""

import itertools
import re
import sqlite3
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.apps import apps
from django.db import models
from django.db.models.constraints import CheckConstraint
from django.db.models.expressions import F
from django.db.utils import ConnectionHandler

_EMPTY: Final = None
# Beside what a condition names itself: nothing, an empty text, two that differ.
_VALUES: Final = (_EMPTY, "", 1, 2)
_MOST: Final = 400_000


def _checks() -> list[tuple[type[models.Model], CheckConstraint]]:
    return [
        (model, constraint)
        for model in apps.get_models()
        if model.__module__.startswith("kapi.")
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint)
    ]


def _leaves(node: Any) -> Iterator[tuple[str, Any]]:
    for child in getattr(node, "children", [node]):
        if isinstance(child, tuple):
            yield child
        else:
            yield from _leaves(child)


def _columns(model: type[models.Model], condition: Any) -> dict[str, tuple[Any, ...]]:
    """Return what each column of a condition is tried with: all that it is compared to, and nothing if it may be."""
    found: dict[str, set[Any]] = {}
    for lookup, value in _leaves(condition):
        compared = value if isinstance(value, list | tuple) else [value]
        others = [each.deconstruct()[1][0] for each in compared if isinstance(each, F)]
        plain = {each for each in compared if isinstance(each, str | int | bytes) and not isinstance(each, bool)}
        for name in (lookup.split("__")[0], *others):
            found.setdefault(name, set()).update(plain)
    columns = {}
    for name, values in found.items():
        field: Any = model._meta.get_field(name)
        tried = [value for value in (*_VALUES, *sorted(values, key=str)) if value is not _EMPTY or field.null]
        columns[str(field.column)] = tuple(dict.fromkeys(tried))
    return columns


def _unknown(model: type[models.Model], constraint: CheckConstraint) -> dict[str, Any] | None:
    """Return a row of which the database would not know whether it keeps the constraint, if there is one."""
    outside = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})["default"]
    sql = str(constraint.constraint_sql(model, outside.schema_editor(collect_sql=True)))
    columns = _columns(model, constraint.condition)
    rows = list(itertools.islice(itertools.product(*columns.values()), _MOST + 1))
    assert len(rows) <= _MOST, f"{constraint.name}: too many ways to fill it"
    names = ", ".join(f'"{column}"' for column in columns)
    database = sqlite3.connect(":memory:")
    try:
        database.create_function("REGEXP", 2, lambda pattern, text: bool(re.search(pattern, str(text))))
        database.execute(f"CREATE TABLE tried ({names})")
        database.executemany(f"INSERT INTO tried VALUES ({', '.join('?' * len(columns))})", rows)
        _name, _check, condition = sql.partition(" CHECK ")
        found = database.execute(f"SELECT * FROM tried WHERE ({condition}) IS NULL LIMIT 1").fetchone()
    finally:
        database.close()
    return None if found is None else dict(zip(columns, found, strict=True))


class TestCheckConstraint:
    @pytest.mark.parametrize(("model", "constraint"), _checks(), ids=lambda value: getattr(value, "name", None))
    def test_answers_yes_or_no_whatever_is_empty(self, model: type[models.Model], constraint: CheckConstraint) -> None:
        assert _unknown(model, constraint) is None

    def test_a_comparison_with_nothing_would_be_found(self) -> None:
        account = apps.get_model("identity", "Account")
        careless = models.Q(cooling_off_since=None) | models.Q(cooling_off_until__gt=F("cooling_off_since"))
        found = _unknown(account, CheckConstraint(condition=careless, name="careless"))
        assert found is not None
        assert found["cooling_off_until"] is None
