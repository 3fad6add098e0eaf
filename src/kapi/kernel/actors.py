"""Who does something."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """The kinds of those who act."""

    PERSON = "person"  # a citizen, for themselves
    STAFF = "staff"  # a person in the service of an institution
    CLIENT = "client"  # an institution's program
    SYSTEM = "system"  # the gateway: a job, a reaction, a command
    NOBODY = "nobody"  # not signed in


@dataclass(frozen=True)
class Actor:
    """Who does something: a kind and an id (a row's id or a program's name, never personal data).

    `institution_code` is the institution on whose behalf a member of staff or a client acts, else empty. `emergency` is
    the number of the emergency under which a member of staff acts, else empty; the audit trail marks each such deed.
    """

    kind: ActorKind
    id: str
    institution_code: str = ""
    emergency: str = ""


NOBODY = Actor(ActorKind.NOBODY, "")


def system(name: str) -> Actor:
    """Name the part of the gateway that acts by itself, such as `job:seal_audit`."""
    return Actor(ActorKind.SYSTEM, name)
