"""Doing much in small steps."""

import time
from collections.abc import Callable

# A clean-up gives way after so long; what is left is for its next run.
LONGEST_S = 20.0


def until_done(step: Callable[[int], int], *, batch: int, most: int) -> int:
    """Call `step(batch)`, which returns how many it did, until it does less than a batch; return how many in all.

    At most about `most` are done, and no step is begun after `LONGEST_S` seconds. Each step opens its own transaction,
    so that nobody waits for more than one.
    """
    done, stop_at = 0, time.monotonic() + LONGEST_S
    while done < most and time.monotonic() < stop_at:
        stepped = step(min(batch, most - done))
        done += stepped
        if stepped < batch:
            break
    return done
