"""How many wrong tries are heard, and from whom.

A stranger who knows a number must not be able to shut its owner out. So the tries are counted in lanes: a device that
has signed in to the account before has a lane of its own, which nobody else can fill. All other tries share the
account's, after each origin has spent its own small share. Each lane has windows that grow: who goes on waits longer.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from kapi.foundation.limits.values import Budget

# How many times the share of one place all have together who come from nowhere that could be read.
_NOWHERE: Final = 100

# Of one origin (an IPv4 address, an IPv6 /64) at all numbers together. Wide, because thousands of people may stand
# behind one address of a mobile network; successes give their count back.
ORIGIN = (Budget(60, timedelta(minutes=5)), Budget(1000, timedelta(hours=24)))
# Of one origin at one number.
ORIGIN_AND_NUMBER = (Budget(5, timedelta(minutes=15)), Budget(10, timedelta(hours=24)))
# Of all unknown devices together at one number. NIST SP 800-63B-4, 3.2.2 allows 100 failures in a row. A week: a longer
# window would let a hundred tries from a dozen addresses keep an owner's new device out for as long.
NUMBER = (Budget(30, timedelta(hours=1)), Budget(60, timedelta(hours=24)), Budget(100, timedelta(days=7)))
# Of a network (IPv4 /24, IPv6 /48) at one number, once one of the two above is spent: tries that are still compared,
# and let in whoever knows the password at a network from which the owner has signed in before. Behind one address of a
# school or a mobile network stand the owner and the stranger alike.
PLACE = (Budget(10, timedelta(minutes=15)), Budget(20, timedelta(hours=24)))
# Of one known device at its account.
DEVICE = (Budget(5, timedelta(minutes=5)), Budget(15, timedelta(hours=1)), Budget(30, timedelta(hours=24)))
# Of one origin, for passkeys that are refused: nobody guesses one, so this is against work and noise. It is a lane of
# its own: what is sent here keeps nobody behind the same address from signing in with a password.
PASSKEY_ORIGIN = (Budget(60, timedelta(minutes=5)), Budget(1000, timedelta(hours=24)))
# Of one passkey that is somebody's: what its holder may do wrong.
PASSKEY = (Budget(20, timedelta(minutes=5)), Budget(100, timedelta(hours=24)))
# Of one origin, for signatures that are refused. Nobody guesses one; each costs a verification, and the last steps of
# it a question to an issuer.
CERTIFICATE_ORIGIN = (Budget(30, timedelta(minutes=5)), Budget(500, timedelta(hours=24)))
# Mobile signatures that are asked for: each has somebody's telephone light up. To one telephone, whoever
# asks; from one origin; from one network (IPv4 /24, IPv6 /48), behind which thousands stand.
MOBILE_TO_TELEPHONE = (Budget(3, timedelta(minutes=10)), Budget(20, timedelta(hours=24)))
MOBILE_ORIGIN = (Budget(10, timedelta(minutes=10)), Budget(60, timedelta(hours=24)))
MOBILE_NETWORK = (Budget(100, timedelta(minutes=10)), Budget(2000, timedelta(hours=24)))
# Of one session, at the present password when it is to be changed.
PRESENT_PASSWORD = (Budget(5, timedelta(minutes=15)), Budget(15, timedelta(hours=24)))
# Second steps that went wrong, after a right password. Of a million codes three are good at any moment, for each app of
# the person: with one app, who knows the password guesses right in one week of 6,600.
SECOND_STEP_ORIGIN = (Budget(5, timedelta(minutes=15)), Budget(10, timedelta(hours=24)))  # one origin at one account
SECOND_STEP_ACCOUNT = (Budget(10, timedelta(hours=1)), Budget(20, timedelta(hours=24)), Budget(50, timedelta(days=7)))
SECOND_STEP_DEVICE = (Budget(5, timedelta(minutes=5)), Budget(15, timedelta(hours=1)), Budget(30, timedelta(hours=24)))
# Of one origin at one account, for recovery codes: nobody guesses one, so there is no lane that strangers could fill.
RECOVERY_CODE_ORIGIN = (Budget(10, timedelta(minutes=15)), Budget(50, timedelta(hours=24)))
# Codes that one person makes for the help desk, and wrong ones that one member of staff types (of 10^11).
SUPPORT_CODES = (Budget(30, timedelta(minutes=15)), Budget(100, timedelta(hours=24)))
SUPPORT_CODE_TRIES = (Budget(30, timedelta(minutes=15)), Budget(300, timedelta(hours=24)))
# Of one session, at the first code of an app that is being added.
TOTP_SETUP = (Budget(10, timedelta(minutes=15)), Budget(40, timedelta(hours=24)))
# Codes that are sent, each of which costs money and rings somebody's telephone. Of one person in one place: signed in,
# or at the second step on a known device or from an origin.
CODES = (Budget(2, timedelta(seconds=10)), Budget(10, timedelta(minutes=5)), Budget(40, timedelta(hours=24)))
# Of one person, to contacts that they want to add.
CONTACT_CODES = (Budget(20, timedelta(hours=24)),)
# To one address, whoever asks: nobody has strangers' telephones ring.
CODES_TO_ADDRESS = (Budget(10, timedelta(minutes=15)), Budget(30, timedelta(hours=24)))
# Of one network (IPv4 /24, IPv6 /48) for all people together. Wide, for thousands may stand behind one.
CODES_FROM_NETWORK = (Budget(300, timedelta(minutes=5)), Budget(5000, timedelta(hours=24)))
# Of the whole gateway to one block of 100,000 telephone numbers, against those who earn by messages to numbers of
# theirs: one number in twenty of a block in an hour is more than any morning brings.
CODES_TO_BLOCK = (Budget(5000, timedelta(hours=1)), Budget(20_000, timedelta(hours=24)))
# Codes that somebody asks for whose sign-in is held off, right or wrong: of one such sign-in. The pages say this limit.
HELD_OFF_ASKS = (Budget(1, timedelta(seconds=20)), Budget(3, timedelta(minutes=15)))
# Messages to one person's contacts by that, whoever asks and from wherever. Only who knows the password has one sent,
# and nobody is told of this limit, for then it would tell that a password is right: so low that a thief who asks again
# and again for everybody rings each telephone a few times a day, and that nobody earns by messages to a contact that
# is theirs.
HELD_OFF_CODES = (Budget(3, timedelta(minutes=15)), Budget(5, timedelta(hours=24)))
# Wrong codes at one account by that, which nobody is told of either. With what the second step hears besides
# (`SECOND_STEP_ACCOUNT`) these are 70 in a week: an app's code is guessed right in one week of 4,700.
HELD_OFF_TRIES = (Budget(10, timedelta(hours=24)), Budget(20, timedelta(days=7)))
# Of one held-off sign-in: then the password is asked for again, which has lanes of its own.
HELD_OFF_MOST_TRIES = 5
# Of one session, at codes that were sent to it.
SENT_CODE_TRIES = (Budget(10, timedelta(minutes=15)), Budget(40, timedelta(hours=24)))


def at(place: str, budgets: tuple[Budget, ...]) -> tuple[Budget, ...]:
    """Return the budgets of a place, which is an origin or a network, or of all that come from nowhere (an empty one).

    A proxy that hands on no address makes everybody come from there: with the share of one place one stranger would
    shut all out, and with none nothing would be counted.
    """
    return budgets if place else tuple(replace(budget, limit=budget.limit * _NOWHERE) for budget in budgets)
