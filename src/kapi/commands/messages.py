"""`kapi messages`: the texts of the sites in Turkish, without GNU gettext."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings

LANGUAGE: Final = "tr"
_METHODS: Final = [("**/jinja2/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
_OPTIONS: Final = {"**/jinja2/**.html": {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do"}}
_KEYWORDS: Final = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

# Without dates and versions, which would change in every file at every run. After a number Turkish has one form.
_HEADER: Final = b"""\
msgid ""
msgstr ""
"Language: tr\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one text of one site."""

    site: str
    text: str
    reason: str

    def __str__(self) -> str:
        return f"{self.site}: {self.reason}: {self.text!r}"


def messages(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 if a text is missing or stale.")
    ] = False,
    compile_only: Annotated[bool, typer.Option("--compile", help="Only compile what has been translated.")] = False,
) -> None:
    """Find every text of the sites, bring the Turkish files up to date, compile them.

    New texts come into sites/SITE/locale/tr/LC_MESSAGES/django.po with an empty translation; texts that no page
    uses any more leave it. Write the Turkish there and run this again.
    """
    if check:
        faults = find_faults()
        for fault in faults:
            typer.echo(str(fault))
        raise typer.Exit(1 if faults else 0)
    if not compile_only:
        for folder in site_folders():
            _update(folder)
    count = compile_catalogs()
    empty = [fault for fault in find_faults() if not compile_only]
    typer.echo(f"{count} files compiled; {len(empty)} texts wait for a translation.")
    for fault in empty:
        typer.echo(str(fault))


def site_folders() -> list[Path]:
    """List the folders of the sites whose texts are kept beside them."""
    return [Path(path).parent for path in settings.LOCALE_PATHS]


def compile_catalogs() -> int:
    """Compile every Turkish file that is newer than its compiled form; return how many were. Safe side by side."""
    count = 0
    for folder in site_folders():
        source = _po(folder)
        target = source.with_suffix(".mo")
        if not source.exists() or (target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns):
            continue
        unfinished = target.with_suffix(f".{os.getpid()}.tmp")
        with unfinished.open("wb") as file:
            write_mo(file, _read(folder))
        unfinished.replace(target)
        count += 1
    return count


def find_faults() -> list[Fault]:
    """List texts without Turkish, Turkish without a text, doubtful ones, and one text told in two ways."""
    faults = []
    told: dict[tuple[object, object], tuple[str, object]] = {}
    for folder in site_folders():
        site, used, known = folder.name, _extract(folder), _read(folder)
        for message in _texts(used):
            translated = known.get(message.id, message.context)
            if translated is None or not _is_complete(translated):
                faults.append(Fault(site, _text(message), "no Turkish yet"))
                continue
            if translated.fuzzy or list(translated.check(known)):
                faults.append(Fault(site, _text(message), "doubtful: fuzzy, or its placeholders differ"))
            first = told.setdefault((message.context, message.id), (site, translated.string))
            if first[1] != translated.string:
                faults.append(Fault(site, _text(message), f"told otherwise in {first[0]}; use a context"))
        faults += [Fault(site, _text(message), "no page uses it") for message in _texts(known) if _lacks(used, message)]
    return faults


def _update(folder: Path) -> None:
    used = _extract(folder)
    if not len(used) and not _po(folder).exists():
        return
    known = _read(folder)
    known.update(used, no_fuzzy_matching=True, update_creation_date=False)
    known.obsolete.clear()
    _po(folder).parent.mkdir(parents=True, exist_ok=True)
    with _po(folder).open("wb") as file:
        file.write(_HEADER)
        write_po(file, known, width=120, omit_header=True, sort_by_file=True, include_lineno=False)


def _extract(folder: Path) -> Catalog:
    catalog = Catalog(locale=LANGUAGE)
    for name, _line, text, comments, context in extract_from_dir(
        folder, _METHODS, _OPTIONS, keywords=_KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    ):
        catalog.add(text, None, [(f"{folder.name}/{name}", 0)], auto_comments=comments, context=context)
    return catalog


def _read(folder: Path) -> Catalog:
    path = _po(folder)
    if not path.exists():
        return Catalog(locale=LANGUAGE)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE, abort_invalid=True)


def _po(folder: Path) -> Path:
    return folder / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def _texts(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _text(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _is_complete(message: Message) -> bool:
    forms = message.string
    return all([forms] if isinstance(forms, str) else forms or [""])


def _lacks(catalog: Catalog, message: Message) -> bool:
    return catalog.get(message.id, message.context) is None
