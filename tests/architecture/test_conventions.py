"""What the architecture promises and a machine can hold."""

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from datetime import datetime
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from kapi.kernel.actors import Actor
from kapi.kernel.errors import DomainError
from kapi.kernel.events import Event
from tests.architecture.source import ROOT, SOURCE, modules_named, public_functions, python_files, tree_of


class TestImportContracts:
    def test_are_kept(self) -> None:
        command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
        done = subprocess.run(
            command, cwd=ROOT, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


class TestServices:
    def test_take_their_arguments_by_keyword_typed_and_documented(self) -> None:
        faults = []
        for module in modules_named("services"):
            for function in public_functions(module):
                name = f"{module.__name__}.{function.__name__}"
                signature = inspect.signature(function)
                if not (function.__doc__ or "").strip():
                    faults.append(f"{name} has no docstring")
                if any(p.kind is not inspect.Parameter.KEYWORD_ONLY for p in signature.parameters.values()):
                    faults.append(f"{name} takes an argument by position")
                if any(p.annotation is inspect.Parameter.empty for p in signature.parameters.values()):
                    faults.append(f"{name} has an untyped argument")
        assert faults == []

    def test_end_with_actor_and_now(self) -> None:
        faults = []
        for module in modules_named("services"):
            for function in public_functions(module):
                names = list(inspect.signature(function).parameters)
                if names[-2:] != ["actor", "now"]:
                    faults.append(f"{module.__name__}.{function.__name__}({', '.join(names)})")
                    continue
                hints = inspect.get_annotations(function, eval_str=True)
                if (hints["actor"], hints["now"]) != (Actor, datetime):
                    faults.append(f"{module.__name__}.{function.__name__}: actor is an Actor, now a datetime")
        assert faults == []


def _all_events() -> list[type[Event]]:
    for _module in modules_named("events"):
        pass
    return [event for event in Event.__subclasses__() if event.__module__.startswith("kapi.")]


class TestEvents:
    def test_are_named_for_their_context_and_version(self) -> None:
        for event in _all_events():
            context = event.__module__.split(".")[2]
            assert re.fullmatch(rf"{context}\.[a-z_]+\.v[1-9][0-9]*", event.name), event.name

    def test_have_a_reader_or_say_that_they_have_none(self) -> None:
        wrong = [
            event.name
            for event in _all_events()
            if (event.name in settings.OUTBOX_REACTIONS) == ("No reader" in (event.__doc__ or ""))
        ]
        assert wrong == []

    def test_hold_only_primitive_fields(self) -> None:
        allowed = {"str", "int", "bool", "str | None", "int | None"}
        for event in _all_events():
            for field, annotation in inspect.get_annotations(event, eval_str=True).items():
                text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
                if field != "name":
                    base = getattr(
                        annotation, "__supertype__", None
                    )  # a NewType over int or str is as plain as they are
                    assert text in allowed or base in (int, str), f"{event.name}.{field}: {text}"

    def test_are_the_only_names_in_the_reaction_table(self) -> None:
        known = {event.name for event in _all_events()}
        assert set(settings.OUTBOX_REACTIONS) <= known
        for paths in settings.OUTBOX_REACTIONS.values():
            for path in paths:
                module, _, function = path.rpartition(".")
                assert callable(getattr(import_module(module), function))


class TestJobs:
    def test_are_all_scheduled(self) -> None:
        jobs = {
            f"kapi.jobs.{path.stem}.run"
            for path in (SOURCE / "kapi/jobs").glob("*.py")
            if "def run(" in path.read_text()
        }
        assert jobs == set(settings.JOB_SCHEDULE)


class TestTemplates:
    def test_are_all_used(self) -> None:
        templates = {
            str(path.relative_to(folder))
            for folder in (SOURCE / "kapi/sites").glob("*/jinja2")
            for path in folder.rglob("*.html")
        }
        texts = [
            path.read_text(encoding="utf-8") for path in (SOURCE / "kapi").rglob("*") if path.suffix in {".py", ".html"}
        ]
        unused = {name for name in templates if not any(f'"{name}"' in text or f"'{name}'" in text for text in texts)}
        assert unused == set()


class TestMigrations:
    def test_have_one_head_each(self) -> None:
        assert MigrationLoader(None, ignore_no_migrations=True).detect_conflicts() == {}

    def test_never_import_our_code(self) -> None:
        faults = [
            f"{path.relative_to(ROOT)}: {line.strip()}"
            for path in SOURCE.rglob("migrations/*.py")
            for line in path.read_text().splitlines()
            if re.match(r"\s*(from|import) kapi", line)
        ]
        assert faults == []

    def test_are_named_for_what_they_do(self) -> None:
        assert [path.name for path in SOURCE.rglob("migrations/*.py") if "_auto_" in path.name] == []


class TestErrors:
    def test_everything_is_caught_in_three_kinds_of_places_only(self) -> None:
        allowed = re.compile(r"kapi/(foundation/outbox|foundation/jobs|jobs|commands/work|sites/ui)")
        faults = []
        for path in python_files("src"):
            for node in ast.walk(tree_of(path)):
                if allowed.search(str(path)) or not isinstance(node, ast.ExceptHandler):
                    continue
                if node.type is None or (
                    isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}
                ):
                    faults.append(f"{path.relative_to(ROOT)}:{node.lineno}")
        assert faults == []

    def test_have_codes_of_their_own(self) -> None:
        codes: dict[str, str] = {}
        for module in modules_named("errors"):
            for name, error in vars(module).items():
                if inspect.isclass(error) and issubclass(error, DomainError) and error.__module__ == module.__name__:
                    assert codes.setdefault(error.code, name) == name, f"{error.code} is used twice"


class TestTurkishText:
    def test_changes_case_in_one_module_only(self) -> None:
        """`.lower()` on protocol text says so in a comment on its line: `# protocol`."""
        faults = []
        for path in python_files("src"):
            if path.name == "turkish.py" or "migrations" in path.parts:
                continue
            lines = path.read_text(encoding="utf-8").splitlines()
            for node in ast.walk(tree_of(path)):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args):
                    continue
                if node.func.attr in {"lower", "upper", "casefold", "title", "capitalize"}:
                    line = (node.end_lineno or node.lineno) - 1
                    if "# protocol" not in lines[line]:
                        faults.append(f"{path.relative_to(ROOT)}:{node.lineno}")
        assert faults == []


class TestSettings:
    def test_have_one_short_file_per_theme(self) -> None:
        for path in (SOURCE / "kapi/config/settings").glob("*.py"):
            assert len(path.read_text().splitlines()) < 120, path.name

    def test_are_all_described(self) -> None:
        environment = import_module("kapi.config.environment").Environment
        assert [name for name, field in environment.model_fields.items() if not field.description] == []


class TestProject:
    def test_gives_a_reason_for_every_dependency(self) -> None:
        text = (ROOT / "pyproject.toml").read_text()
        named = tomllib.loads(text)
        lists = [named["project"]["dependencies"], named["build-system"]["requires"]]
        lists += [*named["project"]["optional-dependencies"].values(), *named["dependency-groups"].values()]
        without = [
            dependency
            for dependency in (item for items in lists for item in items)
            if not any(f'"{dependency}"' in line and "  # " in line for line in text.splitlines())
        ]
        assert without == []

    def test_shows_every_file_to_the_type_checker(self) -> None:
        seen = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["files"]
        listed = subprocess.run(
            ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
        assert [name for name in listed if name.split("/")[0] not in seen] == []

    def test_has_no_unfinished_places(self) -> None:
        word = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XXX|NotImplementedError)\b")
        faults = [
            str(path) for path in python_files("src", "demo", "bench") if word.search(path.read_text(encoding="utf-8"))
        ]
        assert faults == []


@pytest.mark.parametrize(
    "app", [config.label for config in apps.get_app_configs() if config.name.startswith("kapi.sites")]
)
def test_sites_own_no_table(app: str) -> None:
    assert list(apps.get_app_config(app).get_models()) == []
