"""What lists need beside the content: the columns of a service, and titles that sort in the database."""

from kapi.contexts.catalogue.values import ServiceContent
from kapi.kernel import turkish
from kapi.kernel.errors import InvalidValue

LONGEST_KEY = 120


def alphabet_key(text: str) -> str:
    """Return digits that sort as `turkish.sort_key` does, in any collation: two for each of the first 60 characters."""
    return "".join(_rank(letter) for letter in turkish.lower(text)[: LONGEST_KEY // 2])


def _rank(letter: str) -> str:
    if letter.isspace():
        return "00"
    rank = turkish.sort_key(letter)[0]
    if len(rank) == 3:  # a letter of the alphabet: "~" and its place
        return str(40 + int(rank[1:]))
    return f"1{letter}" if letter.isdecimal() and letter.isascii() else "05"


def columns_of(content: ServiceContent) -> dict[str, object]:
    """Return the columns of a service that repeat what its content says.

    :raises InvalidValue: if the Turkish title is missing.
    """
    if not content.title.tr:
        raise InvalidValue("title_tr", "missing")
    return {
        "title": content.title.stored(),
        "summary": content.summary.stored(),
        "sort_tr": alphabet_key(content.title.tr),
        "sort_en": alphabet_key(content.title.text("en")),
        "kind": content.kind,
        "maturity": content.maturity,
        "audience": content.audience,
        "assurance": content.assurance,
        "online": any(channel.type.is_digital for channel in content.channels),
    }
