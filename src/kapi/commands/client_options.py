"""How `kapi client add` reads what is said of a client."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import typer

from kapi.contexts.openid.values.clients import (
    ApiScope,
    Scope,
    ScopeUse,
)
from kapi.kernel.langstring import LANGUAGES, LangString

SECRET_DAYS = 180
_Kind = TypeVar("_Kind", Scope, ApiScope)


def read_jwks(path: Path | None) -> dict[str, Any] | None:
    """Read a file with a JWK set; what is no set is left for the service to refuse."""
    if path is None:
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise typer.BadParameter("this file is not JSON", param_hint="--jwks") from None
    return document if isinstance(document, dict) else {}


def secret_end(given: datetime | None, *, needed: bool, now: datetime) -> datetime | None:
    """Return when a secret ends: at the start of the named day, or after the usual time if one is needed."""
    if given is not None:
        return given.replace(tzinfo=UTC)
    return now + timedelta(days=SECRET_DAYS) if needed else None


def read_scopes(given: Iterable[str]) -> list[Scope]:
    """Read scopes, named one by one or in one text parted by blanks, as requests have them; OpenID Connect's is one."""
    return list(dict.fromkeys([Scope.OPENID, *_named(given, Scope, "--scope")]))


def read_api_scopes(given: Iterable[str]) -> list[ApiScope]:
    """Read scopes of the API, named one by one or in one text parted by blanks."""
    return _named(given, ApiScope, "--api-scope")


def _named(given: Iterable[str], kind: type[_Kind], option: str) -> list[_Kind]:
    names = [name for text in given for name in text.split()]
    unknown = [name for name in names if name not in list(kind)]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is not one of: {', '.join(kind)}", param_hint=option)
    return [kind(name) for name in dict.fromkeys(names)]


def scope_uses(chosen: list[Scope], purposes: Iterable[str], bases: Iterable[str]) -> list[ScopeUse]:
    """Put each scope together with why it is asked for and by which law."""
    why = _texts("--purpose", purposes, chosen)
    law = _texts("--legal-basis", bases, chosen)
    return [ScopeUse(scope, LangString.read(why[scope]), LangString.read(law[scope])) for scope in chosen]


def _texts(option: str, given: Iterable[str], chosen: list[Scope]) -> dict[Scope, dict[str, str]]:
    texts: dict[Scope, dict[str, str]] = {scope: {} for scope in chosen}
    for item in given:
        key, equals, text = item.partition("=")
        name, _, language = key.partition(":")
        if not equals or not text.strip() or name not in list(chosen) or language not in ("", *LANGUAGES):
            hint = f"write SCOPE=TEXT or SCOPE:en=TEXT, where SCOPE is one of: {', '.join(chosen)}"
            raise typer.BadParameter(hint, param_hint=option)
        texts[Scope(name)][language or "tr"] = text.strip()
    return texts
