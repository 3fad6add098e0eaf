"""What the accessibility statement states: each criterion, how it is held, what is not known yet, and since when.

`docs/accessibility.md` holds the evidence for each row; a test keeps the two alike.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class How(StrEnum):
    """How a criterion is held."""

    PROGRAM = "program"  # a program looks before every change
    DESIGN = "design"  # there is nothing on the pages that could fail it


class State(StrEnum):
    """What may be said of the pages as a whole."""

    FAILS = "fails"  # a criterion is known to fail
    NOT_JUDGED = "not_judged"  # none is, but people have not judged all that programs cannot
    CONFORMS = "conforms"


@dataclass(frozen=True)
class Criterion:
    """A success criterion, and whether a person has to look at it who has not yet."""

    number: str
    level: str
    how: How
    needs_person: bool = False


STANDARD: Final = "WCAG 2.2"
TESTED_ON: Final = date(2026, 11, 22)
"""The day on which somebody last read the statement against the pages and the checks that it names."""
GOOD_FOR: Final = timedelta(days=365)
FAILING: Final[tuple[str, ...]] = ()
"""The numbers of the criteria that are known to fail somewhere."""
CHECKS: Final[tuple[Promise, ...]] = (
    _("the rules of axe-core for WCAG 2.0 to 2.2, A and AA, and its best practices find nothing"),
    _("nothing has to be scrolled sideways at a width of 320 pixels"),
    _("everything can be reached and used with the keyboard, and one sees where one is"),
    _("links and buttons are at least 24 by 24 pixels large, or stand apart"),
    _("the pages can be used with text at 200 percent, and with the system’s own high-contrast colours"),
)
NOT_CHECKED: Final[tuple[Promise, ...]] = (
    _("with screen readers on computers and telephones (NVDA, VoiceOver, TalkBack) and with voice control"),
    _("by people with disabilities"),
    _("by an independent body"),
)
LIMITATIONS: Final[tuple[Promise, ...]] = (
    _("Sign language and easy language are offered only for services whose institution provides them."),
    _(
        "Texts of services come from institutions. Some are harder to read than they should be, and some exist in "
        "Turkish only; those are marked, so that a screen reader pronounces them right."
    ),
    _("This statement does not cover the pages of the institutions that you go on to."),
)
CRITERIA: Final = (
    Criterion("1.1.1", "A", How.PROGRAM),
    Criterion("1.2.1", "A", How.DESIGN),
    Criterion("1.2.2", "A", How.DESIGN),
    Criterion("1.2.3", "A", How.DESIGN),
    Criterion("1.2.4", "AA", How.DESIGN),
    Criterion("1.2.5", "AA", How.DESIGN),
    Criterion("1.3.1", "A", How.PROGRAM, needs_person=True),
    Criterion("1.3.2", "A", How.PROGRAM, needs_person=True),
    Criterion("1.3.3", "A", How.DESIGN),
    Criterion("1.3.4", "AA", How.DESIGN),
    Criterion("1.3.5", "AA", How.PROGRAM),
    Criterion("1.4.1", "A", How.PROGRAM, needs_person=True),
    Criterion("1.4.2", "A", How.DESIGN),
    Criterion("1.4.3", "AA", How.PROGRAM),
    Criterion("1.4.4", "AA", How.PROGRAM),
    Criterion("1.4.5", "AA", How.DESIGN),
    Criterion("1.4.10", "AA", How.PROGRAM),
    Criterion("1.4.11", "AA", How.DESIGN, needs_person=True),
    Criterion("1.4.12", "AA", How.PROGRAM),
    Criterion("1.4.13", "AA", How.DESIGN),
    Criterion("2.1.1", "A", How.PROGRAM),
    Criterion("2.1.2", "A", How.PROGRAM),
    Criterion("2.1.4", "A", How.DESIGN),
    Criterion("2.2.1", "A", How.PROGRAM),
    Criterion("2.2.2", "A", How.PROGRAM),
    Criterion("2.3.1", "A", How.PROGRAM),
    Criterion("2.4.1", "A", How.PROGRAM),
    Criterion("2.4.2", "A", How.PROGRAM, needs_person=True),
    Criterion("2.4.3", "A", How.PROGRAM),
    Criterion("2.4.4", "A", How.PROGRAM, needs_person=True),
    Criterion("2.4.5", "AA", How.DESIGN),
    Criterion("2.4.6", "AA", How.PROGRAM, needs_person=True),
    Criterion("2.4.7", "AA", How.PROGRAM),
    Criterion("2.4.11", "AA", How.PROGRAM),
    Criterion("2.5.1", "A", How.DESIGN),
    Criterion("2.5.2", "A", How.DESIGN),
    Criterion("2.5.3", "A", How.PROGRAM),
    Criterion("2.5.4", "A", How.DESIGN),
    Criterion("2.5.7", "AA", How.DESIGN),
    Criterion("2.5.8", "AA", How.PROGRAM),
    Criterion("3.1.1", "A", How.PROGRAM),
    Criterion("3.1.2", "AA", How.PROGRAM, needs_person=True),
    Criterion("3.2.1", "A", How.DESIGN),
    Criterion("3.2.2", "A", How.DESIGN),
    Criterion("3.2.3", "AA", How.DESIGN),
    Criterion("3.2.4", "AA", How.DESIGN),
    Criterion("3.2.6", "A", How.DESIGN),
    Criterion("3.3.1", "A", How.PROGRAM),
    Criterion("3.3.2", "A", How.PROGRAM),
    Criterion("3.3.3", "AA", How.PROGRAM, needs_person=True),
    Criterion("3.3.4", "AA", How.PROGRAM),
    Criterion("3.3.7", "A", How.DESIGN),
    Criterion("3.3.8", "AA", How.DESIGN),
    Criterion("4.1.2", "A", How.PROGRAM),
    Criterion("4.1.3", "AA", How.PROGRAM, needs_person=True),
)


def state() -> State:
    """Say what may be said, and not more."""
    if FAILING:
        return State.FAILS
    return State.NOT_JUDGED if any(criterion.needs_person for criterion in CRITERIA) else State.CONFORMS
