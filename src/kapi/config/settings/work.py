"""Work in the background: which reaction answers which event, which job runs how often."""

from kapi.config.environment import ENVIRONMENT
from kapi.config.schedule import SCHEDULE, SIDE_BY_SIDE
from kapi.reactions.table import REACTIONS

REDIS_URL = ENVIRONMENT.redis_url
BROKER_URL = ENVIRONMENT.broker_url
OUTBOX_REACTIONS = REACTIONS
JOB_SCHEDULE = SCHEDULE
JOBS_SIDE_BY_SIDE = SIDE_BY_SIDE
