"""Settings of a drill: a call that hangs in one lane, a quick job in another."""

from kapi.config.settings import *  # noqa: F403 - all of them

HANGS, QUICK = "tests.commands.drill.hang", "tests.commands.drill.tick"
JOB_SCHEDULE = {HANGS: 0.1, QUICK: 0.1}
JOB_LANES = {"prompt": frozenset({QUICK}), "calls": frozenset({HANGS})}
