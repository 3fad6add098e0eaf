"""Help and the accessibility statement."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue import selectors as catalogue
from kapi.sites.portal import conformance
from kapi.sites.portal.conformance import How, State
from kapi.sites.portal.facts import Fact
from kapi.sites.ui.links import origin_of
from kapi.sites.ui.public import public_page
from kapi.sites.ui.words import date

IDLE_MINUTES: Final = 15


@require_safe
@public_page
def help_page(request: HttpRequest) -> HttpResponse:
    """Say how to find a service, sign in, and see what was shared."""
    values = {"idle_minutes": IDLE_MINUTES, "login_origin": origin_of("login")}
    return render(request, "portal/help.html", values)


@require_safe
@public_page
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say how accessible the site is, how we know, and what is missing."""
    now = timezone.now()
    reported, answered = catalogue.count_barriers(since=now - conformance.GOOD_FOR)
    due_on = conformance.TESTED_ON + conformance.GOOD_FOR
    values = {
        "operator": settings.OPERATOR_NAME,
        "facts": _facts(),
        "is_not_judged": conformance.state() is State.NOT_JUDGED,
        "checks": conformance.CHECKS,
        "not_checked": conformance.NOT_CHECKED,
        "limitations": conformance.LIMITATIONS,
        "reported": reported,
        "answered": answered,
        "reviewed_on": conformance.TESTED_ON,
        "due_on": due_on,
        "is_overdue": timezone.localdate(now) > due_on,
    }
    return render(request, "portal/accessibility.html", values)


def _facts() -> list[Fact]:
    """Sum the table of criteria up."""
    states = {
        State.FAILS: _("Some criteria are not met: %(numbers)s") % {"numbers": ", ".join(conformance.FAILING)},
        State.NOT_JUDGED: _("No failure is known. People have not judged yet what programs cannot judge."),
        State.CONFORMS: _("All criteria are met."),
    }
    held = {how: sum(criterion.how is how for criterion in conformance.CRITERIA) for how in How}
    open_ones = [criterion.number for criterion in conformance.CRITERIA if criterion.needs_person]
    return [
        Fact(_("Standard"), _("%(standard)s, levels A and AA") % {"standard": conformance.STANDARD}),
        Fact(_("Criteria in all"), str(len(conformance.CRITERIA))),
        Fact(_("State"), states[conformance.state()]),
        Fact(_("Criteria that programs check before every change"), str(held[How.PROGRAM])),
        Fact(_("Criteria that nothing on these pages can fail, such as those for videos"), str(held[How.DESIGN])),
        Fact(
            _("Criteria of both kinds at which a person still has to look"),
            f"{len(open_ones)}: {', '.join(open_ones)}" if open_ones else _("None"),
        ),
        Fact(_("Tested on"), date(conformance.TESTED_ON)),
    ]
