"""`kapi institution`: look at institutions, who works for them, and what waits for a second person."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from kapi.contexts.catalogue.selectors import services_per_institution
from kapi.contexts.catalogue.services import rebuild_search_index
from kapi.contexts.institutions import selectors
from kapi.contexts.institutions.values import InstitutionLine
from kapi.kernel.actors import system

app = typer.Typer(
    help="Look at institutions, who works for them, and what waits for a second person. "
    "`kapi load institutions` takes them from a file.",
    no_args_is_help=True,
)
Code = Annotated[str, typer.Argument(help="8-digit code of the institution")]
Language = Annotated[str, typer.Option("--language", help="tr or en")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]


@app.command("list")
def list_institutions(
    search: Annotated[str, typer.Option("--search", help="Words of the name, or the beginning of the code")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most lines")] = 200,
    language: Language = "tr",
    as_json: AsJson = False,
) -> None:
    """List the institutions that stand below no other, or those that a search finds."""
    if search:
        lines = selectors.search_institutions(query=search, limit=limit, language=language)
    else:
        lines = selectors.top_institutions(language=language)[:limit]
    counts = services_per_institution()
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False))
        return
    table = Table("code", "name", "kind", "services")
    for line in lines:
        table.add_row(line.code, line.name, line.kind, str(counts.get(line.code, 0)))
    Console().print(table if lines else "No institution. `kapi load institutions FILE` takes them from a file.")


@app.command("show")
def show(code: Code, language: Language = "tr", as_json: AsJson = False) -> None:
    """Show an institution, what stands directly below it, and who holds which role there."""
    view = selectors.find_institution(code, language=language)
    if view is None:
        typer.echo(f"No institution has the code {code}. `kapi institution list --search WORDS` finds it.", err=True)
        raise typer.Exit(1)
    units = list(selectors.children_of(code, language=language).lines)
    members = selectors.members_of(institution_code=code, language=language)
    if as_json:
        facts = {**asdict(view), "units": [asdict(unit) for unit in units]}
        facts["members"] = [{"person_id": member.person_id, "role": member.role} for member in members]
        typer.echo(json.dumps(facts, ensure_ascii=False))
        return
    console = Console()
    console.print(f"[bold]{view.name}[/bold]  {view.code}  {view.kind}  {view.url}")
    trail = " > ".join(line.name for line in view.ancestors)
    console.print(trail or "stands below no other")
    console.print(_tree(view.name, units))
    table = Table("person", "role", "since", title="roles")
    for member in members:
        table.add_row(str(member.person_id), member.role, f"{member.granted_at:%Y-%m-%d}")
    console.print(table if members else "Nobody holds a role at this institution itself.")


@app.command("proposals")
def proposals(as_json: AsJson = False) -> None:
    """List what waits for a second person. It is decided on the work pages, by somebody who did not propose it."""
    waiting = selectors.open_proposals()
    if as_json:
        typer.echo(json.dumps([asdict(proposal) for proposal in waiting], ensure_ascii=False, default=str))
        return
    table = Table("number", "what", "institution", "proposed by", "since")
    for proposal in waiting:
        since = f"{proposal.proposed_at:%Y-%m-%d %H:%M}"
        table.add_row(str(proposal.id), proposal.kind, proposal.institution_code, str(proposal.proposed_by), since)
    Console().print(table if waiting else "Nothing waits for a second person.")


@app.command("reindex")
def reindex() -> None:
    """Write the search index of all services anew, as after an upgrade that changes what is indexed."""
    with Console(stderr=True).status("Writing the search index"):
        count = rebuild_search_index(actor=system("command:institution"), now=timezone.now())
    typer.echo(f"services={count}")


def _tree(name: str, units: list[InstitutionLine]) -> Tree:
    tree = Tree(name)
    for unit in units:
        tree.add(f"{unit.code}  {unit.name}")
    return tree
