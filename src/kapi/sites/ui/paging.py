"""Lists in pages: which stretch is shown, and the links to the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _

PAGE = "sayfa"
_MOST_PAGES = 10_000


class NoSuchPage(Exception):
    """The number of the page is no number, or there is no such page."""


@dataclass(frozen=True)
class Paging:
    """A page of a list: `page` counts from 1 and there is always at least one."""

    page: int
    pages: int
    total: int
    component: dict[str, Any]

    @classmethod
    def of(cls, request: HttpRequest, *, total: int, size: int, keep: Iterable[str] = ()) -> Self:
        """Work out the links around the page that was asked for; `keep` names what else they take along.

        :raises NoSuchPage: if the list has no such page.
        """
        page, pages = page_asked_for(request), max(1, -(-total // size))
        if page > pages:
            raise NoSuchPage
        kept = {name: value for name in keep if (value := request.GET.get(name, ""))}
        return cls(page, pages, total, _component(kept, page, pages))


def page_asked_for(request: HttpRequest) -> int:
    """Read the number of the page from the address; 1 if it names none.

    :raises NoSuchPage: if it is not a number from 1 on.
    """
    asked = request.GET.get(PAGE, "1")
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 5 and 1 <= int(asked) <= _MOST_PAGES):
        raise NoSuchPage
    return int(asked)


def _component(kept: dict[str, str], page: int, pages: int) -> dict[str, Any]:
    """Describe the links as govuk-frontend's pagination takes them: first, last, and the neighbours of this page."""
    component: dict[str, Any] = {"landmarkLabel": _("Pages"), "items": []}
    if page > 1:
        component["previous"] = {"text": _("Previous page"), "href": _address(kept, page - 1)}
    if page < pages:
        component["next"] = {"text": _("Next page"), "href": _address(kept, page + 1)}
    shown = sorted({1, page - 1, page, page + 1, pages} & set(range(1, pages + 1)))
    for before, number in zip([0, *shown], shown, strict=False):
        if number - before > 1:
            component["items"].append({"ellipsis": True})
        component["items"].append(
            {
                "number": number,
                "href": _address(kept, number),
                "current": number == page,
                "visuallyHiddenText": _("Page %(page)s") % {"page": number},
            }
        )
    return component


def _address(kept: dict[str, str], page: int) -> str:
    return "?" + urlencode(kept | ({PAGE: page} if page > 1 else {}))
