"""How alike words are, as a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.catalogue.rules.search import (
    LEAST_SIMILARITY,
    QueryWord,
    Scorer,
    prominence,
    query_words,
    read_phrases,
    similarity,
    telling,
    weighted_words,
    write_phrases,
)

words = st.text("abcdefgikmnoprstuvyz0123456789", min_size=1, max_size=14)


class TestQueryWords:
    def test_leaves_out_words_without_meaning(self) -> None:
        assert query_words("Öğrenci belgesini nasıl alabilirim ve nereden?") == ["ogrenci", "belgesini", "alabilirim"]

    def test_keeps_them_where_there_is_nothing_else(self) -> None:
        assert query_words("nasıl") == ["nasil"]

    def test_keeps_twelve_at_most_and_each_once(self) -> None:
        assert query_words("su su " + " ".join(f"kelime{n}" for n in range(30))) == [
            "su",
            *(f"kelime{n}" for n in range(11)),
        ]


class TestSimilarity:
    @pytest.mark.parametrize(
        ("typed", "word"),
        [
            ("belge", "belgesi"),
            ("belgelerinden", "belge"),
            ("borcum", "borcu"),
            ("kaydi", "kayit"),
            ("kitabi", "kitap"),
            ("izni", "izin"),
            ("ogrnci", "ogrenci"),
            ("ogrecni", "ogrenci"),
            ("pasoport", "pasaport"),
            ("ehlyet", "ehliyet"),
            ("vrgi", "vergi"),
            ("certificates", "certificate"),
        ],
    )  # fmt: skip
    def test_knows_forms_and_slips_of_a_word(self, typed: str, word: str) -> None:
        assert similarity(typed, word, typed_is_known=False) >= 0.6

    @pytest.mark.parametrize(
        ("typed", "word"),
        [("su", "suc"), ("vergi", "dergi"), ("kira", "kirmizi"), ("emlak", "emekli"), ("tapu", "paso")],
    )
    def test_does_not_take_a_known_word_for_another(self, typed: str, word: str) -> None:
        assert similarity(typed, word, typed_is_known=True) < LEAST_SIMILARITY

    @given(words, words)
    def test_is_a_share_and_one_for_the_same_word_only(self, one: str, other: str) -> None:
        for known in (True, False):
            assert 0 <= similarity(one, other, typed_is_known=known) <= 1
            assert (similarity(one, other, typed_is_known=known) == 1) == (one == other)

    @given(words, words)
    def test_a_known_word_is_never_more_like_another_than_an_unknown_one(self, one: str, other: str) -> None:
        assert similarity(one, other, typed_is_known=True) <= similarity(one, other, typed_is_known=False)

    @pytest.mark.parametrize("other", ["100", "1000000014", "10000000147", "1000"])
    def test_of_a_number_to_another_is_none(self, other: str) -> None:
        assert similarity("10000000146", other, typed_is_known=False) == 0
        assert similarity("10000000146", "10000000146", typed_is_known=False) == 1


class TestScore:
    def test_prefers_the_phrase_that_fits_as_a_whole(self) -> None:
        asked = [QueryWord("su", {"su": 1.0}, 2.0), QueryWord("borcu", {"borcu": 1.0}, 1.0)]
        short = Scorer(asked).score([(4, ["su", "borcu"])], prominence=0)
        long = Scorer(asked).score([(4, ["su", "ve", "kanal", "borcu", "odeme", "islemleri"])], prominence=0)
        apart = Scorer(asked).score([(4, ["su", "aboneligi"]), (4, ["emlak", "borcu"])], prominence=0)
        assert short == pytest.approx(1.0)
        assert short > long > apart > 0

    def test_counts_titles_above_keywords_above_summaries(self) -> None:
        asked = [QueryWord("su", {"su": 1.0}, 2.0)]
        values = [Scorer(asked).score([(weight, ["su"])], prominence=0) for weight in (4, 2, 1)]
        assert values == sorted(values, reverse=True)
        assert len(set(values)) == 3

    def test_lets_use_decide_between_equals_only(self) -> None:
        asked = [QueryWord("su", {"su": 1.0, "suyu": 0.6}, 2.0)]
        assert Scorer(asked).score([(4, ["su"])], prominence=1) > Scorer(asked).score([(4, ["su"])], prominence=0)
        assert Scorer(asked).score([(4, ["su"])], prominence=0) > Scorer(asked).score([(4, ["suyu"])], prominence=1)

    def test_is_nothing_where_too_little_of_the_query_occurs(self) -> None:
        asked = [QueryWord("e", {"e": 1.0}, 1.0), QueryWord("devlet", {"devir": 0.5}, 4.0)]
        assert Scorer(asked).score([(4, ["e", "ticaret"])], prominence=1) == 0
        assert Scorer(asked).score([(4, ["e", "devir"])], prominence=0) > 0

    def test_is_nothing_without_a_word(self) -> None:
        assert Scorer([]).score([(4, ["su"])], prominence=1) == 0
        assert Scorer([QueryWord("x", {}, 0.0)]).score([(4, ["su"])], prominence=1) == 0


class TestTelling:
    def test_rare_words_say_more(self) -> None:
        assert telling(1) > telling(100) > telling(10_000) > 0


class TestProminence:
    def test_is_a_share_that_grows_with_use(self) -> None:
        values = [prominence(usage=usage, audience=None) for usage in (0, 10, 1_000, 10**9)]
        assert values == sorted(values)
        assert (values[0], values[-1]) == (0, 1)

    def test_goes_by_audience_before_anybody_used_it(self) -> None:
        assert prominence(usage=0, audience=7_000_000) > prominence(usage=0, audience=100)


class TestPhrases:
    def test_come_back_as_they_went_in(self) -> None:
        phrases = [(4, "su borcu"), (1, "borc odeme")]
        assert read_phrases(write_phrases(phrases)) == [(4, ["su", "borcu"]), (1, ["borc", "odeme"])]

    def test_give_each_word_its_best_weight(self) -> None:
        assert weighted_words([(1, "su ve borc"), (4, "borc")]) == {"su": 1, "borc": 4}
