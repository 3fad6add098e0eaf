"""Linked data: statements about things, written as Turtle 1.1 and as JSON-LD 1.1.

Both say the same, so a reader gets one graph from either.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kapi.kernel.langstring import LangString

RDF_TYPE = "a"
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_TO_ESCAPE = re.compile(r'[\\"\x00-\x1f\x7f]')
_NOT_IN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\]')


@dataclass(frozen=True)
class Ref:
    """A thing that is pointed to, by its IRI."""

    iri: str


@dataclass(frozen=True)
class Literal:
    """A value: text in a language, or of a datatype (a prefixed name), or plain."""

    text: str
    language: str = ""
    datatype: str = ""


@dataclass(frozen=True)
class Thing:
    """Statements about one thing: its classes, and (property, value) pairs; all names are prefixed names."""

    iri: str
    classes: tuple[str, ...]
    statements: tuple[tuple[str, Ref | Literal], ...]


def texts(name: str, text: LangString) -> list[tuple[str, Literal]]:
    """Return one statement for each language that `text` has."""
    return [(name, Literal(value, language=language)) for language, value in text.stored().items()]


def to_turtle(things: Iterable[Thing], prefixes: Mapping[str, str]) -> str:
    """Write Turtle."""
    head = [f"@prefix {prefix}: <{_iri(iri)}> ." for prefix, iri in prefixes.items()]
    return "\n".join([*head, "", *(_turtle_block(thing) for thing in things)])


def _turtle_block(thing: Thing) -> str:
    lines = [f"<{_iri(thing.iri)}> a {', '.join(thing.classes)}"]
    lines += [f"    {name} {_turtle_value(value)}" for name, value in thing.statements]
    return " ;\n".join(lines) + " .\n"


def _turtle_value(value: Ref | Literal) -> str:
    if isinstance(value, Ref):
        return f"<{_iri(value.iri)}>"
    quoted = '"' + _TO_ESCAPE.sub(_escape, value.text) + '"'
    if value.language:
        return f"{quoted}@{value.language}"
    return f"{quoted}^^{value.datatype}" if value.datatype else quoted


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _ESCAPED.get(character) or f"\\u{ord(character):04X}"


def _iri(iri: str) -> str:
    return _NOT_IN_IRI.sub(lambda match: f"%{ord(match[0]):02X}", iri)


def to_json_ld(things: Iterable[Thing], prefixes: Mapping[str, str]) -> str:
    """Write JSON-LD: the prefixes as context, the things as one flat graph."""
    graph = [_json_node(thing) for thing in things]
    return json.dumps({"@context": dict(prefixes), "@graph": graph}, ensure_ascii=False, indent=1)


def _json_node(thing: Thing) -> dict[str, object]:
    properties: dict[str, list[dict[str, str]]] = {}
    for name, value in thing.statements:
        properties.setdefault(name, []).append(_json_value(value))
    return {"@id": _iri(thing.iri), "@type": list(thing.classes), **properties}


def _json_value(value: Ref | Literal) -> dict[str, str]:
    if isinstance(value, Ref):
        return {"@id": _iri(value.iri)}
    if value.language:
        return {"@language": value.language, "@value": value.text}
    return {"@type": value.datatype, "@value": value.text} if value.datatype else {"@value": value.text}


def once(things: Sequence[Thing]) -> list[Thing]:
    """Leave out what is said a second time about the same thing."""
    return list({thing.iri: thing for thing in things}.values())
