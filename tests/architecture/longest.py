"""Print our ten longest functions and files: the tails are what readers suffer from."""
# ruff: noqa: T201 - a program that prints

import ast
from pathlib import Path

from tests.architecture.source import ROOT, python_files, tree_of

MOST = 10
FOLDERS = ("src", "demo", "bench", "tests")


def longest_functions(paths: list[Path]) -> list[tuple[int, str]]:
    """List lines and place of every function, the longest first."""
    found = [
        (_length(node), f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
        for path in paths
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return sorted(found, reverse=True)


def longest_files(paths: list[Path]) -> list[tuple[int, str]]:
    """List lines and name of every file, the longest first."""
    found = [(len(path.read_text(encoding="utf-8").splitlines()), str(path.relative_to(ROOT))) for path in paths]
    return sorted(found, reverse=True)


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def main() -> None:
    """Print both lists."""
    paths = list(python_files(*FOLDERS))
    for title, found in (("functions", longest_functions(paths)), ("files", longest_files(paths))):
        print(f"\nOur {MOST} longest {title} (lines):")
        for lines, name in found[:MOST]:
            print(f"  {lines:5} {name}")


if __name__ == "__main__":
    main()
