"""Nothing that is sealed can be forgotten when the secret key changes."""

import ast
from importlib import import_module
from pathlib import Path

from django.apps import apps
from django.db import models

from kapi.config.sealed import PASSING_DIGESTS, PASSING_PURPOSES, SEALED_COLUMNS
from tests.architecture.source import SOURCE, python_files, tree_of

SEALING = {"seal", "open_sealed"}
DIGESTING = {"digest", "digests"}


def our_columns() -> list[tuple[str, "models.Field[object, object]"]]:
    return [
        (f"{model._meta.label}.{field.name}", field)
        for model in apps.get_models()
        if model.__module__.startswith("kapi.")
        for field in model._meta.concrete_fields
    ]


def purposes_of(functions: set[str]) -> dict[str, str]:
    """Return the purposes that our code gives to these functions of `foundation.keys`, and where."""
    found: dict[str, str] = {}
    for path in python_files("src/kapi"):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and _name(node.func) in functions:
                found |= {_value(path, word.value): str(path) for word in node.keywords if word.arg == "purpose"}
    found.pop("", None)
    return found


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _value(path: Path, node: ast.expr) -> str:
    """Work out a purpose where it is used; empty where a function only hands one on."""
    module = import_module(".".join(path.relative_to(SOURCE).with_suffix("").parts))
    try:
        return str(eval(compile(ast.Expression(node), str(path), "eval"), vars(module)))
    except NameError:
        return ""


class TestSealedColumns:
    def test_are_all_listed(self) -> None:
        listed = {column.name for column in SEALED_COLUMNS}
        sealed = {name for name, field in our_columns() if isinstance(field, models.BinaryField)}
        named = {name for name, _field in our_columns() if name.endswith("_sealed")}
        assert sealed | named == listed

    def test_have_their_digests_listed(self) -> None:
        listed = {f"{column.model}.{column.digest}" for column in SEALED_COLUMNS if column.digest}
        assert {name for name, _field in our_columns() if name.endswith("_digest")} == listed | PASSING_DIGESTS


class TestPurposes:
    def test_of_seals_are_all_listed(self) -> None:
        listed = {column.purpose for column in SEALED_COLUMNS}
        assert set(purposes_of(SEALING)) - set(PASSING_PURPOSES) == listed

    def test_of_digests_are_those_of_a_listed_column_or_passing(self) -> None:
        listed = {column.purpose for column in SEALED_COLUMNS if column.digest}
        assert set(purposes_of(DIGESTING)) - set(PASSING_PURPOSES) == listed

    def test_that_pass_are_in_use(self) -> None:
        assert set(PASSING_PURPOSES) <= set(purposes_of(SEALING | DIGESTING))
