"""Our source, as the architecture tests read it."""

import ast
import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
CONTEXTS = sorted(path.name for path in (SOURCE / "kapi/contexts").iterdir() if (path / "__init__.py").exists())


def python_files(*folders: str) -> list[Path]:
    """List our Python files below the folders (relative to the root)."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tree_of(path: Path) -> ast.Module:
    """Parse one file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def modules_named(name: str) -> Iterator[ModuleType]:
    """Import the module or package `name` of each context, and the modules inside where it is a package."""
    for context in CONTEXTS:
        base = SOURCE / "kapi/contexts" / context / name
        if not (base.is_dir() or base.with_suffix(".py").exists()):
            continue
        module = import_module(f"kapi.contexts.{context}.{name}")
        yield module
        if hasattr(module, "__path__"):
            for info in pkgutil.walk_packages(module.__path__, f"{module.__name__}."):
                yield import_module(info.name)


def public_functions(module: ModuleType) -> Iterator[FunctionType]:
    """Give the public functions that the module itself defines."""
    for name, function in vars(module).items():
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
            yield function
