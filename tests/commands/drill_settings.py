"""Settings of a drill: one event, one slow reaction."""

from kapi.config.settings import *  # noqa: F403 - all of them

OUTBOX_REACTIONS = {"drill.done.v1": ("tests.commands.drill.react",)}
