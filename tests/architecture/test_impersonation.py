"""No code path makes a session for another person: who helps, decides or runs the machine never becomes another."""

import ast
import inspect
from pathlib import Path
from typing import Final

from kapi.contexts.identity.values import RenewedSession, StartedSession
from tests.architecture.source import SOURCE, modules_named, public_functions, python_files, tree_of

# The demo's people choose their passwords as they would themselves, with the codes that it has just issued to them.
KNOWS_ITS_PEOPLE: Final = frozenset({"kapi/commands/demo_people.py"})
# What writes rows of the model that it is handed (`inserts.py`, `turns.py` and `chains.py` of `foundation`).
INSERTING: Final = frozenset({"insert", "insert_once", "Once", "Row", "Inserting"})


def session_giving_services() -> set[str]:
    """Return the names of services that hand out a session's token."""
    return {
        function.__name__
        for module in modules_named("services")
        for function in public_functions(module)
        if inspect.get_annotations(function, eval_str=True).get("return") in (StartedSession, RenewedSession)
    }


def named_in(path: Path) -> set[str]:
    """Return every name and attribute that a file uses."""
    nodes = ast.walk(tree_of(path))
    return {node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in nodes}


def makes_session(call: ast.Call) -> bool:
    """Tell whether a call makes the row of a session: by Django, or by a statement of ours that is handed the model."""
    written = ast.unparse(call.func)
    by_django = written == "Session" or (written.startswith("Session.objects.") and "create" in written)
    is_handed = "Session" in {ast.unparse(argument) for argument in call.args}
    return by_django or (is_handed and written.rpartition(".")[2] in INSERTING)


class TestSessions:
    def test_are_made_in_one_place(self) -> None:
        makers = {
            str(path.relative_to(SOURCE))
            for path in python_files("src/kapi")
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Call) and makes_session(node)
        }
        assert makers == {"kapi/contexts/identity/services/entrance.py"}

    def test_are_given_to_whoever_signs_in_and_to_nobody_at_work(self) -> None:
        giving = session_giving_services()
        assert {"sign_in_with_password", "sign_in_with_passkey", "strengthen_session"} <= giving
        users = {
            str(path.relative_to(SOURCE))
            for path in python_files("src/kapi")
            if "contexts" not in path.parts and named_in(path) & giving
        }
        outside = {name for name in users if not name.startswith("kapi/sites/login/")}
        assert outside == KNOWS_ITS_PEOPLE

    def test_are_no_business_of_the_help_desk(self) -> None:
        giving = session_giving_services() | {"begin_session", "renew_session"}
        for name in ("contexts/identity/services/assistance.py", "contexts/identity/services/accounts.py"):
            assert named_in(SOURCE / "kapi" / name) & giving == set()
