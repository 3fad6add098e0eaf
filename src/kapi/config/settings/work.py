"""Work in the background: which reaction answers which event, which job runs how often."""

from kapi.config.environment import ENVIRONMENT
from kapi.config.schedule import SCHEDULE, SIDE_BY_SIDE
from kapi.reactions.table import REACTIONS

REDIS_URL = ENVIRONMENT.redis_url
BROKER_URL = ENVIRONMENT.broker_url
WORK_PROCESSES = ENVIRONMENT.work_processes
# Rings for a job once its rows are committed; empty where each worker looks for itself.
BELL = "kapi.config.celery.ring" if BROKER_URL else ""
OUTBOX_REACTIONS = REACTIONS
OUTBOX_JOB = "kapi.jobs.deliver_outbox.run"
JOB_SCHEDULE = SCHEDULE
JOBS_SIDE_BY_SIDE = SIDE_BY_SIDE
