"""What axe could not decide and a person has looked at: (rule, part of the element's HTML) -> why it is no barrier."""

from typing import Final

REVIEWED: Final[dict[tuple[str, str], str]] = {
    ("color-contrast", "govuk-pagination__item--ellipsis"): "one sign, too short for axe; it has the colour of text",
    ("color-contrast", "kapi-sorted"): "one sign, too short for axe; it has the colour of the link that it stands in",
}
