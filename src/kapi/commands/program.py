"""Where `kapi` begins. `kapi demo` starts the others with settings of its own, so it must not read ours before."""

import sys


def main() -> None:
    """Run the program."""
    if sys.argv[1:2] == ["demo"]:
        from kapi.commands import demo  # noqa: PLC0415 - see the module's first line

        demo.app()
    else:
        from kapi.commands.main import main as run  # noqa: PLC0415

        run()
