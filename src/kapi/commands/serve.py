"""`kapi serve`: the gateway's pages and protocol, in production shape."""

import gc
import logging
import signal
from functools import partial
from typing import Annotated

import typer
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.utils.module_loading import import_string
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from kapi.commands.children import end_with_parent
from kapi.commands.ports import why_taken
from kapi.commands.safety import refuse_a_public_key, warn_of_proxies_addresses

# A request that does not end in this time is abandoned when the server stops.
STOP_TIMEOUT_S = 20
# Slow senders of headers are cut off, so that they cannot hold connections for nothing.
HEADER_TIMEOUT_MS = 10_000
# Threads that end take their connection to the database along: as late as Granian allows.
IDLE_THREADS_END_AFTER_S = 600
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
    people look for. Count requests at the proxy. Settings are KAPI_* variables: docs/guides/operator.md lists them.
    """
    # Loaded before the processes fork off, so that they share its memory and answer their first request quickly.
    application = import_string(settings.WSGI_APPLICATION)
    refuse_a_public_key()
    warn_of_proxies_addresses()
    if why := why_taken(host, port):
        typer.echo(
            f"Nothing can listen at {host}:{port}: {why}. Stop the program that does, or choose another port by --port "
            "or KAPI_LISTEN_PORT.",
            err=True,
        )
        raise typer.Exit(1)
    if not (settings.STATIC_ROOT / "staticfiles.json").exists():
        _log.warning("no static files in %s, so pages fail: call `kapi assets`", settings.STATIC_ROOT)
    _keep_what_is_loaded()
    _log.info("serving on http://%s:%s with %s x %s threads", host, port, processes, threads)
    Server(
        "kapi.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        blocking_threads_idle_timeout=IDLE_THREADS_END_AFTER_S,
        # HTTP/2 is the proxy's: without TLS nobody honest speaks it here, and the time limit below would not hold.
        http=HTTPModes.http1,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT_MS),
        log_level=LogLevels.error if settings.LOG_LEVEL == "ERROR" else LogLevels.warning,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_TIMEOUT_S,
    ).serve(target_loader=partial(_begin_process, application), wrap_loader=False)
    _log.info("stopped")


def _keep_what_is_loaded() -> None:
    """Have the garbage collector leave alone what stands until the end.

    Its marks would make of 40 MB that the processes share a copy for each of them, and each full collection would walk
    through 120,000 objects for a tenth of a second. How often it looks is left as it is: that costs a code flow 5 us.
    """
    gc.collect()
    gc.freeze()


def _begin_process(application: WSGIHandler) -> WSGIHandler:
    """Settle a process that has just forked off, and give it the application."""
    # Ctrl-C reaches every process of a terminal; the first one stops the others, by SIGTERM.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Otherwise the port would stay taken by processes that nobody can stop.
    end_with_parent(signal.SIGKILL)
    return application
