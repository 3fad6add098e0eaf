"""The parts that answers are made of."""

from typing import Annotated, Literal, Self

from django.utils import translation
from ninja import Schema
from pydantic import Field

from kapi.contexts.catalogue.values import Link, ServiceKind, ServiceLine
from kapi.kernel.langstring import LocalText
from kapi.sites.ui.links import origin_of, page_url

Language = Literal["tr", "en"]

MOST_PAGES = 10_000
MOST_PER_PAGE = 100

LanguageParameter = Annotated[
    Language, Field(description="Language of the texts; where there is no translation the text comes in Turkish.")
]
PageParameter = Annotated[int, Field(ge=1, le=MOST_PAGES, description="Page of the list, from 1.")]
PageSizeParameter = Annotated[int, Field(ge=1, le=MOST_PER_PAGE, description="How many a page holds.")]
InstitutionCode = Annotated[str, Field(pattern="^[0-9]{8}$", description="8-digit institution code.")]
Slug = Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]


class Text(Schema):
    """A text and the language it is in, which need not be the one asked for. Empty: not stated."""

    text: str
    language: Language

    @classmethod
    def of(cls, text: LocalText) -> Self:
        """Take a text of the catalogue."""
        return cls(text=str(text), language="en" if text.language == "en" else "tr")


class Reference(Schema):
    """The code of something, with its title."""

    code: str
    title: Text

    @classmethod
    def of(cls, link: Link) -> Self:
        """Take a link of the catalogue."""
        return cls(code=link.code, title=Text.of(link.title))


class ServiceInList(Schema):
    """A service in a list. `page` is the address of its page for people."""

    code: str
    title: Text
    summary: Text
    institution: Reference
    kind: ServiceKind
    online: bool
    page: str

    @classmethod
    def of(cls, line: ServiceLine, language: Language) -> Self:
        """Take a line of the catalogue."""
        return cls(
            code=line.code,
            title=Text.of(line.title),
            summary=Text.of(line.summary),
            institution=Reference.of(line.institution),
            kind=line.kind,
            online=line.online,
            page=address_for_people("service", line.code, language),
        )


class Mistake(Schema):
    """What is wrong with one part of a request: `where` names it, such as `query.page`."""

    where: str
    problem: str


class Problem(Schema):
    """A problem as RFC 9457 describes it. `errors` lists what is wrong with the request, if that is the problem."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    errors: Annotated[list[Mistake], Field(default_factory=list)]


def address_for_people(name: str, code: str, language: Language) -> str:
    """Return the absolute address of a page of the portal in a language."""
    with translation.override(language):
        path = page_url("portal", name, code=code)
    return path if path.startswith("http") else origin_of("portal") + path
