"""Text that citizens read in more than one language: the names and descriptions of services and institutions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

FIRST_LANGUAGE = "tr"
LANGUAGES = ("tr", "en")


class LocalText(str):
    """A text together with the language that it is in, which need not be the one asked for.

    Prints like any text. A page marks it with `lang` when `language` is not the page's own (WCAG 3.1.2).
    """

    language: str

    def __new__(cls, text: str, language: str) -> Self:
        made = super().__new__(cls, text)
        made.language = language
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """Let it be copied and pickled with its language, the one argument more than `str` has."""
        return str(self), self.language


@dataclass(frozen=True)
class LangString:
    """A text in Turkish and, where it was translated, in English."""

    tr: str
    en: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, str]) -> Self:
        """Read what `stored` gave: `{"tr": ..., "en": ...}`, either of which may be missing."""
        return cls(tr=stored.get("tr", ""), en=stored.get("en", ""))

    def stored(self) -> dict[str, str]:
        """Return the form for a JSON column, without languages that have no text."""
        return {language: text for language in LANGUAGES if (text := getattr(self, language))}

    def text(self, language: str) -> LocalText:
        """Return the text in `language`, else in Turkish, else in English."""
        wanted = getattr(self, language, "")
        if wanted:
            return LocalText(wanted, language)
        return LocalText(self.tr, "tr") if self.tr else LocalText(self.en, "en" if self.en else FIRST_LANGUAGE)

    def __bool__(self) -> bool:
        return bool(self.tr or self.en)


NO_TEXT = LangString("")
