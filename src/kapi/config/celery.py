"""RabbitMQ wakes workers and spreads work over machines (`KAPI_BROKER_URL`), through Celery.

A message says which job to look at, never what there is to do: the rows say that. A lost, doubled or late message does
no harm, and without a broker workers go on looking for themselves.
"""

import os
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kapi.config.settings")

from amqp.exceptions import AMQPError
from celery import Celery
from django.conf import settings
from django.utils.module_loading import import_string
from kombu import Exchange, Queue
from kombu.exceptions import KombuError

# Named, not imported: Celery reads this module before Django's apps are ready.
RUN_JOB_NOW = "kapi.commands.work.run_job_now"
QUEUE = "kapi.jobs"
CONNECT_TIMEOUT_S = 3
CONFIRM_TIMEOUT_S = 5
# A message that nobody took for so long says nothing any more: the worker has long looked for itself.
MESSAGE_LIFE_S = 60
MOST_WAITING = 10_000

app = Celery("kapi", broker=settings.BROKER_URL)
app.conf.update(
    task_queues=[
        Queue(
            QUEUE,
            Exchange(QUEUE, type="topic"),
            routing_key=QUEUE,
            queue_arguments={"x-queue-type": "quorum", "x-max-length": MOST_WAITING, "x-overflow": "drop-head"},
        )
    ],
    task_default_queue=QUEUE,
    task_default_exchange=QUEUE,
    task_default_routing_key=QUEUE,
    task_ignore_result=True,
    # A worker that dies has not answered for its message, and another one gets it.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    task_serializer="json",
    accept_content=["json"],
    broker_connection_timeout=CONNECT_TIMEOUT_S,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_heartbeat=30,
    # Publishing is over when RabbitMQ has confirmed it.
    broker_transport_options={"confirm_publish": True},
    # Nothing of ours is delayed by the broker; these queues of Celery's stay empty.
    broker_native_delayed_delivery_queue_type="classic",
)


@app.task(name="kapi.run_job")
def run_job(path: str) -> int:
    """Look at one job now. Only jobs that claim their rows themselves may run beside the schedule."""
    run_job_now: Callable[[str], int] = import_string(RUN_JOB_NOW)
    return run_job_now(path) if path in settings.JOBS_SIDE_BY_SIDE else 0


def ring(job: str) -> None:
    """Tell one worker to look at `job`, and return when RabbitMQ has confirmed it.

    :raises ConnectionError: if it does not.
    """
    try:
        # The stubs do not know what Celery hands on to kombu.
        run_job.apply_async(  # type: ignore[call-arg]
            (job,), retry=False, expiration=MESSAGE_LIFE_S, confirm_timeout=CONFIRM_TIMEOUT_S
        )
    except (KombuError, AMQPError) as failure:
        raise ConnectionError(type(failure).__name__) from failure
