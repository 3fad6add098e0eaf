"""Work in the background: which reaction answers which event, which job runs how often, how long rows are kept."""

from datetime import timedelta

from kapi.config.environment import ENVIRONMENT
from kapi.config.schedule import LANES, SCHEDULE, SIDE_BY_SIDE
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
JOB_LANES = LANES
KEEP_HISTORY = timedelta(days=ENVIRONMENT.keep_history_days)
