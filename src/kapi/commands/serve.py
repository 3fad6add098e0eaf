"""`kapi serve`: the gateway's pages and protocol, in production shape."""

import logging
from typing import Annotated

import typer
from django.conf import settings
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

# A request that does not end in this time is abandoned when the server stops.
STOP_TIMEOUT_S = 20
# Slow senders of headers are cut off, so that they cannot hold connections for nothing.
HEADER_TIMEOUT_MS = 10_000
_log = logging.getLogger(__name__)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on, else KAPI_LISTEN_HOST")] = settings.LISTEN_HOST,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port to listen on, else KAPI_LISTEN_PORT")
    ] = settings.LISTEN_PORT,
    processes: Annotated[
        int, typer.Option(min=1, help="Processes, about one per core, else KAPI_PROCESSES")
    ] = settings.SERVE_PROCESSES,
    threads: Annotated[
        int, typer.Option(min=1, help="Threads of each process, else KAPI_THREADS")
    ] = settings.SERVE_THREADS,
) -> None:
    """Serve the gateway until SIGTERM or Ctrl-C.

    Requests that have begun are answered before it stops. There is no access log: addresses of pages may tell what
    people look for. Count requests at the proxy.
    """
    _log.info("serving on http://%s:%s with %s x %s threads", host, port, processes, threads)
    Server(
        "kapi.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT_MS),
        log_level=LogLevels.warning,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_TIMEOUT_S,
    ).serve()
    _log.info("stopped")
