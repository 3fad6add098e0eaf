"""Text in two languages says which one it gave."""

import copy
import pickle

from kapi.kernel.langstring import LangString, LocalText


class TestText:
    def test_gives_the_language_asked_for(self) -> None:
        text = LangString("Öğrenci belgesi", "Student certificate").text("en")
        assert (text, text.language) == ("Student certificate", "en")

    def test_falls_back_to_turkish_and_says_so(self) -> None:
        text = LangString("Öğrenci belgesi").text("en")
        assert (text, text.language) == ("Öğrenci belgesi", "tr")

    def test_falls_back_to_english_where_there_is_no_turkish(self) -> None:
        text = LangString("", "Student certificate").text("tr")
        assert (text, text.language) == ("Student certificate", "en")

    def test_is_empty_where_nothing_is_said(self) -> None:
        assert (LangString("").text("en"), LangString("").text("en").language) == ("", "tr")
        assert not LangString("")


class TestLocalText:
    def test_keeps_its_language_when_it_is_copied_or_pickled(self) -> None:
        text = LocalText("Öğrenci", "tr")
        for other in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
            assert (other, other.language, type(other)) == ("Öğrenci", "tr", LocalText)


class TestStored:
    def test_comes_back_as_it_went_in(self) -> None:
        for text in (LangString("a", "b"), LangString("a"), LangString("", "b"), LangString("")):
            assert LangString.read(text.stored()) == text
