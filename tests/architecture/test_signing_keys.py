"""The secret halves of our signing keys are touched behind their port alone."""

import ast
from pathlib import Path

from tests.architecture.source import python_files, tree_of

# What makes, opens or writes out the secret half of a key pair, in the libraries that we have.
SECRET = {
    "generate_key",
    "generate_private_key",
    "private_key",
    "get_private_key",
    "private_bytes",
    "private_numbers",
    "load_pem_private_key",
    "load_der_private_key",
    "derive_private_key",
    "decode_dss_signature",
}
BEHIND_THE_PORT = "src/kapi/contexts/openid/providers/software.py"
# The demo's institutions, and its issuer of certificates, have keys of their own.
OF_OTHERS = {"src/kapi/commands/demo_data.py", "src/kapi/commands/demo_issuer.py"}


def names_in(path: Path) -> set[str]:
    nodes = list(ast.walk(tree_of(path)))
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return names | {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}


class TestSecretHalves:
    def test_are_touched_by_the_store_alone(self) -> None:
        touching = {str(path) for path in python_files("src/kapi") if names_in(path) & SECRET}
        ours = {path[path.index("src/kapi") :] for path in touching} - OF_OTHERS
        assert ours == {BEHIND_THE_PORT}
