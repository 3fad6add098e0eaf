"""How long a session lasts."""

from datetime import datetime, timedelta

from kapi.foundation import keys

IDLE = timedelta(minutes=15)
WARNING = timedelta(seconds=150)
LONGEST = timedelta(hours=12)
# So long a right password waits for its second step: long enough to look for a telephone or a printed list.
SECOND_STEP_VALID_FOR = timedelta(minutes=10)
# So long a sign-in that is held off may go on by a code, which first has to be sent.
HELD_OFF_VALID_FOR = timedelta(minutes=10)
# Being seen is written down at most this often; a session may therefore end up to a minute early, never late.
SEEN_EVERY = timedelta(minutes=1)


def expires_at(*, last_seen_at: datetime, ends_at: datetime) -> datetime:
    """Return when a session ends if nothing happens."""
    return min(last_seen_at + IDLE, ends_at)


def is_under_way(*, last_seen_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Tell whether a session that nobody ended still stands."""
    return now < expires_at(last_seen_at=last_seen_at, ends_at=ends_at)


def is_sighting_due(*, last_seen_at: datetime, now: datetime) -> bool:
    """Tell whether it is time to write down that the session was seen."""
    return now - last_seen_at >= SEEN_EVERY


def mark_of(password_hash: str) -> str:
    """Return by what a sign-in that waits notices that the password has changed since."""
    return keys.token_hash(password_hash)
