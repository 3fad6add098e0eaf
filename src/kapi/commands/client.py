"""`kapi client`: the institutions' programs that sign citizens in through the gateway."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.utils import timezone
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kapi.commands.client_facts import day_of, facts_of, line_of, print_facts, standing_of
from kapi.commands.client_options import SECRET_DAYS, read_api_scopes, read_jwks, read_scopes, scope_uses, secret_end
from kapi.contexts.openid.errors import (
    ClientIsSuspended,
    ClientNotAcceptable,
    ClientNotFound,
    ClientNotOpen,
    ClientNotSuspended,
)
from kapi.contexts.openid.selectors.clients import get_client, list_clients, list_exceptions, list_in_anothers_sector
from kapi.contexts.openid.services.client_keys import refresh_client_keys
from kapi.contexts.openid.services.clients import close_client, move_client, register_client, reopen_client
from kapi.contexts.openid.services.suspension import resume_client, suspend_client
from kapi.contexts.openid.values.clients import (
    ApiScope,
    Profile,
    Scope,
    SuspensionReason,
)
from kapi.kernel.actors import system
from kapi.kernel.langstring import LangString

app = typer.Typer(help="Register institutions' programs, list them, suspend them, close them.", no_args_is_help=True)
ACTOR = system("command:client")
# A client id may begin with a hyphen, and is no option then.
_TAKES_IDS = {"ignore_unknown_options": True}
_UNKNOWN = "no client has this id; see: kapi client list"
EXCEPTION_DAYS = settings.OPENID.exception_lifetime.days
_SECRET_HELP = (
    f"Without keys, in an exception: the day on which the secret ends; {SECRET_DAYS} days from now if left out."
)
_EXCEPTION_HELP = (
    f"The day on which `baseline` or `edevlet`, an exception, ends; {EXCEPTION_DAYS} days from now if left out."
)


@app.command("add")
def add_client(
    *,
    name: Annotated[str, typer.Option("--name", help="Name that citizens will read, in Turkish.")],
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(
            "--redirect-uri",
            help="Where answers go, letter by letter. Repeatable; needed unless it has nothing but --api-scope.",
        ),
    ] = None,
    name_en: Annotated[str, typer.Option("--name-en", help="The name in English.")] = "",
    jwks: Annotated[
        Path | None,
        typer.Option("--jwks", exists=True, dir_okay=False, help="File with the client's public keys (JWK set)."),
    ] = None,
    jwks_uri: Annotated[str, typer.Option("--jwks-uri", help="Address of the client's public keys instead.")] = "",
    tls_subject: Annotated[
        str,
        typer.Option(
            "--tls-subject",
            help="A name in its TLS certificates instead of keys: KIND:NAME, such as san_dns:program.kurum.gov.tr",
        ),
    ] = "",
    secret_until: Annotated[
        datetime | None, typer.Option("--secret-until", formats=["%Y-%m-%d"], help=_SECRET_HELP)
    ] = None,
    backchannel_logout_uri: Annotated[
        str, typer.Option("--backchannel-logout-uri", help="Where we tell that a session has ended.")
    ] = "",
    post_logout_uri: Annotated[
        list[str] | None, typer.Option("--post-logout-uri", help="Where people may go after signing out. Repeatable.")
    ] = None,
    profile: Annotated[
        Profile,
        typer.Option(
            "--profile",
            help="`fapi` is the rule; `native`: an app on people's devices; `baseline`, and `edevlet` for"
            " programs written for e-Devlet, end on a date; `conformance`: tests.",
        ),
    ] = Profile.FAPI,
    exception_until: Annotated[
        datetime | None,
        typer.Option("--exception-until", "--baseline-until", formats=["%Y-%m-%d"], help=_EXCEPTION_HELP),
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help=f"What it may ask for, of: {', '.join(Scope)}. Repeatable; `openid` always."),
    ] = None,
    api_scope: Annotated[
        list[str] | None,
        typer.Option(
            "--api-scope", help=f"What it may do at the API by itself, of: {', '.join(ApiScope)}. Repeatable."
        ),
    ] = None,
    test: Annotated[
        bool, typer.Option("--test", help="For trying out the API: staff may take short-lived tokens on a work page.")
    ] = False,
    purpose: Annotated[
        list[str] | None,
        typer.Option("--purpose", help="Why, as SCOPE=TEXT (Turkish) or SCOPE:en=TEXT. Repeatable."),
    ] = None,
    legal_basis: Annotated[
        list[str] | None,
        typer.Option("--legal-basis", help="By which law, as SCOPE=TEXT or SCOPE:en=TEXT; without one it is consent."),
    ] = None,
    institution: Annotated[str, typer.Option("--institution", help="The institution's 8-digit code.")] = "",
    sector: Annotated[
        str, typer.Option("--sector", help="Programs of one sector know a person by one subject; else per institution.")
    ] = "",
    client_id: Annotated[str, typer.Option("--client-id", help="An id of your choice; else a random one.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Register a client and print all that the institution needs to know."""
    now = timezone.now()
    own = read_api_scopes(api_scope or [])
    works_alone = bool(own) and not redirect_uri and not scope
    scopes = [] if works_alone else scope_uses(read_scopes(scope or []), purpose or [], legal_basis or [])
    try:
        registered = register_client(
            name=LangString(name, name_en),
            redirect_uris=redirect_uri or [],
            scopes=scopes,
            api_scopes=own,
            is_test=test,
            client_id=client_id,
            institution_code=institution,
            sector=sector,
            profile=profile,
            exception_until=exception_until.replace(tzinfo=UTC) if exception_until else None,
            jwks=read_jwks(jwks),
            jwks_uri=jwks_uri,
            tls_subject=tls_subject,
            secret_until=secret_end(
                secret_until,
                needed=not (jwks or jwks_uri or tls_subject) and profile is not Profile.NATIVE,
                now=now,
            ),
            post_logout_redirect_uris=post_logout_uri or [],
            backchannel_logout_uri=backchannel_logout_uri,
            actor=ACTOR,
            now=now,
        )
    except ClientNotAcceptable as refusal:
        raise _refused(refusal) from None
    print_facts(facts_of(registered), as_json=as_json)
    if jwks_uri and not refresh_client_keys(client_id=registered.id, actor=ACTOR, now=now):
        typer.echo(f"{jwks_uri} gives no keys yet; we ask again when the client first signs in.", err=True)


@app.command("list")
def show_clients(
    institution: Annotated[str | None, typer.Option("--institution", help="Only this institution's.")] = None,
    profile: Annotated[
        Profile | None, typer.Option("--profile", help="Only those of this profile: `baseline` lists the exceptions.")
    ] = None,
    exceptions: Annotated[
        bool,
        typer.Option("--exceptions", help="Only those of every profile that is to end, those that end first first."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List clients: who they are, how they prove themselves, until when an exception lasts and how many days are left.

    Days are counted to the end of the exception or of the secret, whichever comes first.
    """
    now = timezone.now()
    clients = list_exceptions() if exceptions else list_clients(institution_code=institution, profile=profile)
    if exceptions:
        clients = [
            client
            for client in clients
            if institution in (None, client.institution_code) and profile in (None, client.profile)
        ]
    if as_json:
        typer.echo(json.dumps([line_of(client, now) for client in clients], ensure_ascii=False))
        return
    table = Table("client id", "name", "institution", "profile", "until", "proof", "secret ends", "days left", "open")
    for client in clients:
        row = (client.id, client.name.tr, client.institution_code, client.profile, day_of(client.exception_ends_at))
        left = client.days_left(now)
        proof = (client.auth_method, day_of(client.secret_ends_at), "" if left is None else str(left))
        table.add_row(*(escape(text) for text in (*row, *proof, standing_of(client))))
    nobody = f"No client has the profile {profile}." if profile else "No client is registered."
    Console().print(table if clients else f"{nobody} Begin with: kapi client add --help")


@app.command("check")
def check_clients() -> None:
    """Name clients that stand in another institution's sector; exit 1 if there are any.

    Such a client, registered before it was refused, knows people by the same subjects as that institution.
    """
    found = list_in_anothers_sector()
    for client in found:
        typer.echo(
            f"{client.id}: institution {client.institution_code or 'none'}, sector {client.sector}. Close it, and "
            "register the program anew without --sector: it then knows people by other subjects, so tell its people."
        )
    if found:
        raise typer.Exit(1)
    typer.echo("Every client stands in a sector of its own institution, or in one that is no institution's.")


@app.command("profile", context_settings=_TAKES_IDS)
def move(
    client_id: Annotated[str, typer.Argument(help="The client's id, as `kapi client list` shows it.")],
    profile: Annotated[Profile, typer.Argument(help="`fapi`, or an exception: `baseline`, `edevlet`.")],
    until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help=_EXCEPTION_HELP)] = None,
) -> None:
    """Have a client follow another profile, or put off the end of its exception. Citizens stay the same to it."""
    ends_at = until.replace(tzinfo=UTC) if until else None
    try:
        move_client(client_id=client_id, profile=profile, exception_until=ends_at, actor=ACTOR, now=timezone.now())
    except ClientNotFound:
        raise typer.BadParameter(_UNKNOWN) from None
    except ClientNotAcceptable as refusal:
        raise _refused(refusal) from None
    ends = day_of(get_client(client_id=client_id).exception_ends_at)
    typer.echo(f"{client_id} follows {profile} from now on{f', until {ends}' if ends else ''}.")


@app.command("close", context_settings=_TAKES_IDS)
def close(client_id: Annotated[str, typer.Argument(help="The client's id, as `kapi client list` shows it.")]) -> None:
    """Refuse everything a client asks, from now on, until it is opened again."""
    _found(close_client, client_id)
    typer.echo(f"{client_id} is closed. Open it again with: kapi client open {client_id}")


@app.command("open", context_settings=_TAKES_IDS)
def reopen(client_id: Annotated[str, typer.Argument(help="The client's id, as `kapi client list` shows it.")]) -> None:
    """Answer a closed client again."""
    try:
        _found(reopen_client, client_id)
    except ClientIsSuspended:
        raise typer.BadParameter(
            f"{client_id} is suspended; let it go on with: kapi client resume {client_id}"
        ) from None
    typer.echo(f"{client_id} is open.")


@app.command("suspend", context_settings=_TAKES_IDS)
def suspend(
    client_id: Annotated[str, typer.Argument(help="The client's id, as `kapi client list` shows it.")],
    reason: Annotated[
        SuspensionReason,
        typer.Option(
            "--reason",
            help="`leaked`: its keys; `misuse`: it does what it may not; `fault`: it is broken; `asked`: by request.",
        ),
    ],
) -> None:
    """Refuse everything a client asks, from this moment, for a time. It is told which sessions are over."""
    try:
        suspend_client(client_id=client_id, reason=reason, actor=ACTOR, now=timezone.now())
    except ClientNotFound:
        raise typer.BadParameter(_UNKNOWN) from None
    except ClientNotOpen:
        raise typer.BadParameter(f"{client_id} is closed already; see: kapi client list") from None
    typer.echo(f"{client_id} is suspended. Let it go on with: kapi client resume {client_id}")


@app.command("resume", context_settings=_TAKES_IDS)
def resume(client_id: Annotated[str, typer.Argument(help="The client's id, as `kapi client list` shows it.")]) -> None:
    """Answer a suspended client again. What people gave it for the time when they are away is good again."""
    try:
        _found(resume_client, client_id)
    except ClientNotSuspended:
        raise typer.BadParameter(f"{client_id} is not suspended; see: kapi client list") from None
    typer.echo(f"{client_id} is open.")


def _found(deed: Callable[..., None], client_id: str) -> None:
    try:
        deed(client_id=client_id, actor=ACTOR, now=timezone.now())
    except ClientNotFound:
        raise typer.BadParameter(_UNKNOWN) from None


def _refused(refusal: ClientNotAcceptable) -> typer.BadParameter:
    return typer.BadParameter(refusal.hint, param_hint=f"--{refusal.field.replace('_', '-')}")
