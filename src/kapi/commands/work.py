"""`kapi work`: a worker, which carries events to reactions and runs the jobs of the schedule."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated

import typer
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from kapi.commands.children import end_with_parent
from kapi.commands.safety import refuse_a_public_key
from kapi.foundation.jobs import selectors, services

TICK_S = 0.5
SIGN_OF_LIFE_S = 5
RESTART_AFTER_S = 5
_log = logging.getLogger(__name__)


def work(
    processes: Annotated[
        int, typer.Option(min=1, help="With a broker: processes that share what it spreads, else KAPI_WORK_PROCESSES")
    ] = settings.WORK_PROCESSES,
) -> None:
    """Run a worker until SIGTERM or Ctrl-C.

    The batch that has begun is finished before it stops. Any number of workers may run, on any number of machines.
    A worker that is killed loses nothing: what it had claimed is taken over by another when the lease runs out.
    Settings are KAPI_* variables: docs/guides/operator.md lists them.
    """
    refuse_a_public_key()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    name = f"{socket.gethostname()[:60]}:{os.getpid()}"
    _log.info("worker %s begins", name)
    schedule: dict[str, float] = settings.JOB_SCHEDULE
    side_by_side = {path: every for path, every in schedule.items() if path in settings.JOBS_SIDE_BY_SIDE}
    threads = [threading.Thread(target=_show_life, args=(name, stop), name="life")]
    # Each in a thread of its own, so that a slow one does not hold up the others.
    threads += [threading.Thread(target=_repeat, args=(path, s, stop), name=path) for path, s in side_by_side.items()]
    if settings.BROKER_URL:
        threads.append(threading.Thread(target=_listen, args=(processes, stop), name="listen"))
    for lane, paths in settings.JOB_LANES.items():
        jobs = {path: every for path, every in schedule.items() if path in paths}
        threads.append(threading.Thread(target=_run_schedule, args=(jobs, name, stop), name=lane))
    for thread in threads:
        thread.start()
    while not stop.is_set():
        # With a limit: without one Python may sleep through two signals that come together.
        stop.wait(TICK_S)
    for thread in threads:
        thread.join()
    _patiently(lambda: services.leave(worker=name))
    _log.info("worker %s stopped", name)


def run_job_now(path: str) -> int:
    """Run a job that claims its rows itself, now; return how many things were done."""
    return services.run(path=path, now=timezone.now()).done


def _listen(processes: int, stop: threading.Event) -> None:
    """Keep Celery listening to the broker beside us. Without it, or while the broker is away, we look for ourselves."""
    command = [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "--app",
        "kapi.config.celery",
        "worker",
        "--loglevel",
        "ERROR" if settings.LOG_LEVEL == "ERROR" else "WARNING",
    ]
    command += ["--concurrency", str(processes), "--without-gossip", "--without-mingle"]
    while not stop.is_set():
        celery = subprocess.Popen(  # noqa: S603 - our own program and arguments
            command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # a second Ctrl-C would make Celery drop what it is doing
            preexec_fn=partial(end_with_parent, signal.SIGTERM),  # noqa: PLW1509 - it only calls prctl
        )
        while celery.poll() is None and not stop.wait(TICK_S):
            pass
        if celery.poll() is None:
            celery.terminate()
            celery.wait()
        elif not stop.wait(RESTART_AFTER_S):
            _log.warning("the listener ended with %s; starting it again", celery.returncode)


def _repeat(path: str, every_s: float, stop: threading.Event) -> None:
    """Run a job that claims its rows itself, again and again."""
    while not stop.is_set():
        run_job_now(path)
        close_old_connections()
        stop.wait(every_s)
    connection.close()


def _run_schedule(jobs: dict[str, float], name: str, stop: threading.Event) -> None:
    """Run the jobs of a lane that are due and that no other worker runs, one after the other."""
    enlisted = False
    while not stop.is_set():
        enlisted = enlisted or _patiently(lambda: services.enlist_jobs(paths=jobs, now=timezone.now()))
        _patiently(lambda: _run_due(jobs, name, stop))
        close_old_connections()
        stop.wait(TICK_S)
    connection.close()


def _run_due(jobs: dict[str, float], name: str, stop: threading.Event) -> None:
    for path in selectors.due_jobs(paths=jobs, now=timezone.now()):
        if stop.is_set():
            return
        services.run_leased(path=path, every_s=jobs[path], worker=name, clock=timezone.now)


def _show_life(name: str, stop: threading.Event) -> None:
    """Show signs of life from a thread of its own, so that a long job does not look like a dead worker."""
    started_at: datetime = timezone.now()
    while not stop.is_set():
        _patiently(lambda: services.show_life(worker=name, started_at=started_at, now=timezone.now()))
        close_old_connections()
        stop.wait(SIGN_OF_LIFE_S)
    connection.close()


def _patiently(step: Callable[[], None]) -> bool:
    """Take a step that needs the database; tell whether it was there. A worker outlives a database that restarts."""
    try:
        step()
    except DatabaseError as failure:
        _log.warning("the database does not answer (%s); trying again", type(failure).__name__)
        close_old_connections()
        return False
    return True
