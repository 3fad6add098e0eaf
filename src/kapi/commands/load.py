"""`kapi load`: take institutions and services from files, whole or not at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kapi.contexts.catalogue import services as catalogue
from kapi.contexts.catalogue.errors import SamePerson
from kapi.contexts.institutions import services as institutions
from kapi.contexts.institutions.errors import AuthorIsApprover
from kapi.contexts.institutions.selectors import operators_in_office, permissions_of
from kapi.contexts.institutions.values import Role
from kapi.foundation.statistics import refresh_statistics
from kapi.kernel.actors import Actor, system
from kapi.kernel.tables import FileRefused, Loaded

app = typer.Typer(
    help="Take institutions and services from files. A file is taken whole, or every fault in it is listed.",
    no_args_is_help=True,
)
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file to load")]
Author = Annotated[
    int | None,
    typer.Option("--author", help="Id of the person who answers for what the file says; else the gateway's operator"),
]
Approver = Annotated[
    int | None,
    typer.Option("--approver", help="Id of the other person, who has read it; else the operators' approver"),
]
Places = Annotated[
    list[str],
    typer.Option("--place", help="NAME=ADDRESS: what {NAME} stands for in web addresses; may be given several times"),
]
MOST_FAULTS_SHOWN = 200
_ACTOR: Actor = system("command:load")


@app.command("institutions")
def load_institutions(file: File, author: Author = None, approver: Approver = None) -> None:
    """Load institutions and units from a CSV file (columns: docs/guides/catalogue.md)."""
    _load("institutions", institutions.load_institutions, file, author, approver)
    refresh_statistics(app_label="institutions")


@app.command("categories")
def load_categories(file: File, author: Author = None, approver: Approver = None) -> None:
    """Load categories from a CSV file."""
    _load("categories", catalogue.load_categories, file, author, approver)


@app.command("life-events")
def load_life_events(file: File, author: Author = None, approver: Approver = None) -> None:
    """Load life events from a CSV file."""
    _load("life events", catalogue.load_life_events, file, author, approver)


@app.command("life-event-steps")
def load_life_event_steps(file: File, author: Author = None, approver: Approver = None) -> None:
    """Replace the steps of the life events that a CSV file names."""
    _load("steps", catalogue.load_life_event_steps, file, author, approver)


@app.command("catalogue")
def load_catalogue(file: File, author: Author = None, approver: Approver = None, place: Places = []) -> None:  # noqa: B006 - typer's form
    """Publish services from a file: CSV, or JSON-LD (.jsonld, .json) as the gateway itself gives it out.

    Loading the same file again changes nothing; a service that changed gets its next revision.
    """
    places = _places(place)
    author_id, approver_id = _two_people(author, approver)
    with _progress() as progress, _refusals(file):
        loaded = catalogue.load_services(
            data=file.read_bytes(),
            places=places,
            author_id=author_id,
            approver_id=approver_id,
            progress=progress,
            actor=_ACTOR,
            now=timezone.now(),
        )
    refresh_statistics(app_label="catalogue")
    _say("services", loaded)


def _load(what: str, load: Callable[..., Loaded], file: Path, author: int | None, approver: int | None) -> None:
    now: datetime = timezone.now()
    author_id, approver_id = _two_people(author, approver)
    with _refusals(file):
        loaded = load(data=file.read_bytes(), author_id=author_id, approver_id=approver_id, actor=_ACTOR, now=now)
    _say(what, loaded)


def _two_people(author: int | None, approver: int | None) -> tuple[int, int]:
    """Return the ids of the two who answer for the file; both must work in the gateway."""
    return (
        _one_at_work("--author", author, Role.OPERATOR),
        _one_at_work("--approver", approver, Role.OPERATOR_APPROVER),
    )


def _one_at_work(option: str, person_id: int | None, role: Role) -> int:
    if person_id is None:
        in_office = sorted(holder for held, holder in operators_in_office() if held is role)
        if not in_office:
            raise typer.BadParameter(
                "nobody is in office yet who could stand in: name a person, or begin with `kapi person operator`",
                param_hint=option,
            )
        return in_office[0]
    if not permissions_of(person_id=person_id):
        raise typer.BadParameter(
            f"nobody with the id {person_id} works in the gateway; the work pages show who has a role",
            param_hint=option,
        )
    return person_id


def _places(pairs: list[str]) -> dict[str, str]:
    places = {}
    for pair in pairs:
        name, equals, address = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair!r}: write NAME=ADDRESS, such as municipality=http://localhost:8001")
        places[name] = address
    return places


@contextmanager
def _refusals(file: Path) -> Iterator[None]:
    """Turn a refusal into words and exit 1."""
    try:
        yield
    except FileRefused as refusal:
        table = Table("row", "column", "what is wrong", "what to do", title=f"{file.name}: nothing was loaded")
        for fault in refusal.faults[:MOST_FAULTS_SHOWN]:
            table.add_row(str(fault.row), fault.column, fault.problem, fault.remedy)
        console = Console(stderr=True)
        console.print(table)
        hidden = len(refusal.faults) - MOST_FAULTS_SHOWN
        more = f", {hidden} of them not shown" if hidden > 0 else ""
        console.print(f"{len(refusal.faults)} faults{more}. Mend the file and load it again.")
        raise typer.Exit(1) from None
    except (SamePerson, AuthorIsApprover):
        typer.echo("Author and approver must be two people: give two different ids.", err=True)
        raise typer.Exit(1) from None


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("services"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("services", total=None)
        yield lambda done: bar.update(task, completed=done)


def _say(what: str, loaded: Loaded) -> None:
    typer.echo(f"{what}: {loaded.added} added, {loaded.changed} changed, {loaded.unchanged} as before")
