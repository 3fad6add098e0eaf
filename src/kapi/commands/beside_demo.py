"""Commands typed beside a demo (`kapi client add`, `kapi audit verify`) act on that demo.

The demo leaves its settings in its data folder; the `kapi` program takes them where its caller has none of their own.
This module knows no Django: settings are read after it.
"""

import json
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Final

_FILE: Final = "demo-settings.json"
# Whoever set one of these knows which gateway they mean.
_OWN_CHOICE: Final = ("KAPI_GATEWAY_URL", "KAPI_DATABASE_URL", "KAPI_SECRET_KEY", "KAPI_DEMO")


def leave_settings(environment: Mapping[str, str]) -> None:
    """Write down what the demo's processes read, for its owner's eyes only: a database address may hold a password."""
    kept = {name: value for name, value in environment.items() if name.startswith("KAPI_")}
    file = Path(environment["KAPI_DATA_DIR"]) / _FILE
    file.touch(mode=0o600)
    file.write_text(json.dumps(kept, indent=1), encoding="utf-8")


def take_settings(environment: MutableMapping[str, str]) -> None:
    """Add the settings of the demo whose data folder this is, if there is one and the caller chose no other gateway."""
    if any(environment.get(name) for name in _OWN_CHOICE):
        return
    try:
        found = json.loads((Path(environment.get("KAPI_DATA_DIR", "var")) / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for name, value in found.items():
        environment.setdefault(name, value)
