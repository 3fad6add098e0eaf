"""How `kapi serve` listens."""

from kapi.config.environment import ENVIRONMENT

LISTEN_HOST = ENVIRONMENT.listen_host
LISTEN_PORT = ENVIRONMENT.listen_port
SERVE_PROCESSES = ENVIRONMENT.processes
SERVE_THREADS = ENVIRONMENT.threads
