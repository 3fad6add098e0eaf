"""When so many wrong passwords come, for so many different numbers, that somebody is trying lists of them.

Who tries stolen pairs of number and password needs one try for each, from an address that has tried little: no counter
of a number or an origin notices. What shows is the whole: of the tries on unknown devices, how many different numbers
were tried in vain, beside how many people came in. People mistype, at their own number; in a quiet hour about every
fourth try of theirs on a new device is wrong.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Watch:
    """A window over the whole gateway: at least so many different numbers in vain mean something."""

    window: timedelta
    least_failed: int


# The first notices a flood within minutes, the second one that trickles in all day.
WATCHES = (Watch(timedelta(minutes=10), 100), Watch(timedelta(hours=24), 400))
# How many numbers were tried in vain for each one that came in.
FAILED_FOR_EACH_ENTERED = 2
# A number counts once in so long, however often it is tried: one forgetful person, or one guesser at one number, says
# nothing about lists; and who has one account of their own cannot make it look quiet.
NUMBER_COUNTS_ONCE_IN = timedelta(hours=24)
# So long it lasts after it was last noticed.
LASTS = timedelta(hours=1)
PROLONGED_BELOW = LASTS / 2

ALARM = "pressure:alarm"  # the counter that stands at one while it lasts
BEGAN = "pressure:began"  # the counter whose window began when the alarm was last raised anew
BEGAN_IS_KEPT_FOR = timedelta(days=400)


def is_a_list(*, failed: int, entered: int, watch: Watch) -> bool:
    """Tell whether so many different numbers in vain are more than people who mistype."""
    return failed >= watch.least_failed and failed >= FAILED_FOR_EACH_ENTERED * entered
