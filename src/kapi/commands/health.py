"""`kapi health`: ask a gateway of this machine how it is; for systemd, containers and people."""

import http.client
import json
import time
from typing import Annotated
from urllib.parse import urlsplit

import typer
from django.conf import settings

ANSWER_TIMEOUT_S = 5
LOOK_EVERY_S = 0.2


def health(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the gateway, else KAPI_LISTEN_PORT")
    ] = settings.LISTEN_PORT,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for an answer")] = 0,
    only_answering: Annotated[
        bool, typer.Option("--only-answering", help="Exit 0 as soon as it answers, also if it is unwell")
    ] = False,
) -> None:
    """Print what the gateway at 127.0.0.1:PORT says of itself; exit 0 if it is well, 1 if it is unwell or silent."""
    end = time.monotonic() + wait
    while (answer := _ask(port)) is None and time.monotonic() < end:
        time.sleep(LOOK_EVERY_S)
    if answer is None:
        typer.echo(f"Nothing answers at 127.0.0.1:{port}.", err=True)
        raise typer.Exit(1)
    typer.echo(json.dumps(answer))
    raise typer.Exit(0 if only_answering or answer.get("status") == "ok" else 1)


def _ask(port: int) -> dict[str, str] | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_TIMEOUT_S)
    try:
        # It answers to its own names only.
        connection.request("GET", "/saglik", headers={"Host": urlsplit(settings.GATEWAY_URL).netloc})
        return dict(json.loads(connection.getresponse().read()))
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
