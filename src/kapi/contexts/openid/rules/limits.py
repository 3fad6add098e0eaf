"""How much the protocol endpoints hear from one origin (an IPv4 address, an IPv6 /64).

They stop programs that repeat a mistake and people who want to wear us out; none of them guards a secret, since all
that could be guessed here has 128 random bits or more. So none may ever shut an institution out because of what others
do: nothing is counted by client alone (its id is public), and whoever proves itself by a key passes whatever was
counted. Good requests at the token and userinfo endpoints are not counted at all: an institution sends those of all its
citizens from one address.
"""

from datetime import timedelta

from kapi.contexts.openid.errors import TooManyRequests
from kapi.foundation.limits.values import Budget, Decision

# Failed proofs of one client from one origin; of all ids that are no client's together. A program with a wrong clock or
# an old key fails with every citizen who comes: a hundred are enough to be seen, and few enough not to be felt.
FAILED_PROOFS = (Budget(100, timedelta(minutes=5)), Budget(2000, timedelta(hours=24)))
# Bad access tokens from one origin. An institution's queue may try old ones again and again: one a second is its share.
BAD_TOKENS = (Budget(300, timedelta(minutes=5)),)
# Tokens that one client gets for itself, counted once it has proved who it is, so that nobody else can use them up. A
# token serves for five minutes: twenty a second is a loop that asks for one with every call.
MACHINE_TOKENS = (Budget(6000, timedelta(minutes=5)),)
# Requests that browsers bring, from one origin: each may leave a row that waits for a person. Twenty a second for five
# minutes is a ministry behind one address at nine o'clock, and more than any person or loop of redirects needs.
BROUGHT = (Budget(6000, timedelta(minutes=5)),)
# Refused requests that are written down for those who write the clients. A program with a fault makes the same request
# again and again: a hundred tell as much as thousands. Strangers may name any client: what nobody has proved to be a
# client's has a share of its own, a small one, of an origin and of the client, and takes nothing from what was proved.
NOTES_OF_CLIENT = (Budget(120, timedelta(minutes=5)),)
NOTES_FROM_ORIGIN = (Budget(60, timedelta(minutes=5)),)
NOTES_OF_STRANGERS = (Budget(20, timedelta(minutes=5)),)


def are_not_too_many(counted: Decision) -> None:
    """Refuse what came too often from one origin; it hears when it may come again.

    :raises TooManyRequests: if it did.
    """
    if not counted.allowed:
        raise TooManyRequests(counted.retry_after)
