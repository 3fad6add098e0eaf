"""Which job runs how often: dotted path of a plain function `job(now=...) -> int` -> seconds between two runs."""

SCHEDULE: dict[str, float] = {}
