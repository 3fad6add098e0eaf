"""`kapi demo-data`: make everything ready that the demo needs, once. `kapi demo` calls it with its own settings."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from django.conf import settings
from joserfc.jwk import ECKey, KeySet

from kapi.commands import assets, messages, migrate

PASSWORD = "Kapi-Demo-2026!"  # noqa: S105 - printed for everyone who tries the demo


def demo_data(
    institutions: Annotated[str, typer.Argument(help="The sample institutions as JSON: [{name, kind, url}]")],
) -> None:
    """Create database, texts, assets, demo data and keys where they are missing, and write demo.json.

    :raises Exit: outside demo mode.
    """
    if not settings.DEMO:
        typer.echo("Demo data are for demo mode only. Call `kapi demo`.", err=True)
        raise typer.Exit(1)
    migrate.migrate(check=False)
    messages.compile_catalogs()
    assets.assets(force=False)
    given: list[dict[str, str]] = json.loads(institutions)
    for institution in given:
        _ensure_key(institution["kind"])
    _write_facts(given, [])


def _ensure_key(client_id: str) -> dict[str, Any]:
    """Make the institution's private key where it is missing, and return its public JWK set."""
    path = settings.DATA_DIR / "demo-keys" / f"{client_id}.pem"
    if path.exists():
        key = ECKey.import_key(path.read_bytes())
    else:
        key = ECKey.generate_key("P-256")
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key.as_pem(private=True))
    key.ensure_kid()
    return dict(KeySet([key]).as_dict(private=False))


def _write_facts(institutions: list[dict[str, str]], people: list[dict[str, str]]) -> None:
    facts = {
        "gateway": settings.GATEWAY_URL,
        "issuer": settings.LOGIN_URL,
        "institutions": [{"name": i["name"], "url": i["url"]} for i in institutions],
        "people": people,
    }
    path: Path = settings.DATA_DIR / "demo.json"
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)
