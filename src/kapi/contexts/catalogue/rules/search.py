"""Finding services by the words people use: what is indexed, how alike two words are, how well a service fits.

Words are compared one by one in their folded form (`turkish.fold`), so ASCII typing and capitals change nothing.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import mul

from kapi.contexts.catalogue.values import ServiceContent
from kapi.kernel import turkish
from kapi.kernel.langstring import LangString

TITLE, SYNONYM, KEYWORD, SUMMARY = 4, 4, 2, 1
LONGEST_WORD = 60
LONGEST_QUERY = 300
MOST_WORDS = 12
LEAST_SIMILARITY = 0.5
# Two forms of one stem share at least so many letters at their beginning.
SAME_BEGINNING = 3
LEAST_SCORE, LEAST_SHARE_OF_BEST = 0.1, 0.35
# So much of a query must occur somewhere in a service, whatever the weight of the place.
LEAST_COVERED = 0.4

# Words that people put around what they look for. They count only when there is nothing else.
_EMPTY = """
acaba ama bana ben benim bir bu da daha de diye en etmek gibi hangi hem icin ile ise istiyorum ki kim lazim mi mu nasil
ne neden nedir nerede nereden nereye olan olarak olur sonra ve veya ya yok yapilir yapiliyor alinir aliniyor
a am an and are at can do does for from get how i in is it me my need of on or the to want what when where with you your
"""
EMPTY_WORDS = frozenset(_EMPTY.split())

# Any number does: only the relation between words matters. About the size of a national catalogue.
_CATALOGUE_SIZE = 10_000
_SOFTENED = str.maketrans("bdg", "ptk")
_VOWELS = str.maketrans("", "", "aeiou")


@dataclass(frozen=True)
class QueryWord:
    """A word of a query, the indexed words that it may stand for (with similarity), and how telling it is."""

    text: str
    similar: Mapping[str, float]
    telling: float


def query_words(query: str) -> list[str]:
    """Return the folded words of a query, at most 12, without empty ones unless it has no others."""
    words = list(dict.fromkeys(word[:LONGEST_WORD] for word in turkish.fold(query[:LONGEST_QUERY]).split()))
    meaning = [word for word in words if word not in EMPTY_WORDS]
    return (meaning or words)[:MOST_WORDS]


def phrases_of(content: ServiceContent, institution_name: LangString) -> list[tuple[int, str]]:
    """Return the folded phrases by which a service is found, each with its weight."""
    weighted = [
        *((TITLE, title) for title in content.title.stored().values()),
        *((SYNONYM, synonym) for synonym in content.synonyms),
        *((KEYWORD, keyword) for keyword in (*content.keywords_tr, *content.keywords_en)),
        *((SUMMARY, summary) for summary in content.summary.stored().values()),
        *((SUMMARY, name) for name in institution_name.stored().values()),
    ]
    folded = [(weight, turkish.fold(text)) for weight, text in weighted]
    return list(dict.fromkeys((weight, text) for weight, text in folded if text))


def weighted_words(phrases: Iterable[tuple[int, str]]) -> dict[str, int]:
    """Return each word of the phrases with the weight of the best phrase that has it."""
    best: dict[str, int] = {}
    for weight, phrase in phrases:
        for word in phrase.split():
            if word not in EMPTY_WORDS:
                best[word[:LONGEST_WORD]] = max(weight, best.get(word[:LONGEST_WORD], 0))
    return best


def write_phrases(phrases: Iterable[tuple[int, str]]) -> str:
    """Return the phrases as stored: one per line, each behind its weight."""
    return "\n".join(f"{weight}{phrase}" for weight, phrase in phrases)


def read_phrases(stored: str) -> list[tuple[int, list[str]]]:
    """Read what `write_phrases` wrote, each phrase as its words."""
    return [(int(line[0]), line[1:].split()) for line in stored.split("\n") if line]


def similarity(typed: str, word: str, *, typed_is_known: bool) -> float:
    """Say how likely somebody who typed `typed` means `word`, from 0 to 1. Both are folded.

    If what they typed is itself a known word, `word` can only be another form of it, never what they mistyped.
    """
    if typed == word:
        return 1.0
    if typed.isdigit():  # another number is something else, however like it looks
        return 0.0
    alike = _same_stem(typed, word)
    if not typed_is_known:
        alike = max(alike, _slip(typed, word))
    return alike


def _same_stem(typed: str, word: str) -> float:
    """Compare as forms of one stem: Turkish and English put their suffixes behind it."""
    shorter, longer = sorted((len(typed), len(word)))
    common = _common_prefix(typed, word)
    if common == shorter:
        return 0.0 if shorter < SAME_BEGINNING else (0.4 if shorter == 3 else 0.55) + 0.4 * shorter / longer
    if common >= 4 and common >= 0.7 * shorter:
        return 0.45 + 0.45 * common / longer
    if common >= SAME_BEGINNING and _skeleton(typed) == _skeleton(word) and len(_skeleton(word)) >= 3:
        return 0.8  # a vowel dropped or a consonant softened: kayit, kaydi
    return 0.0


def _slip(typed: str, word: str) -> float:
    """Compare as a word and its mistyped form."""
    shorter = min(len(typed), len(word))
    # An edit changes two letters of the alphabets at most; counting these costs a tenth of comparing the words.
    if abs(len(typed) - len(word)) <= 2 and shorter >= 3 and (others := len(set(typed) ^ set(word))) <= 4:
        start = 1.0 if typed[0] == word[0] else 0.85
        if others <= 2 and _are_within(1, typed, word):
            return start * (0.62 if shorter == 3 else min(0.82 + 0.01 * shorter, 0.92))
        if shorter >= 6 and _are_within(2, typed, word):
            return start * 0.74
    skeleton = _skeleton(word)
    if len(skeleton) >= 4 and _skeleton(typed) == skeleton:
        return 0.78
    shared = _shared_trigrams(typed, word)
    return 0.25 + 0.6 * shared if shared >= 0.45 else 0.0


def _common_prefix(one: str, other: str) -> int:
    length = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        length += 1
    return length


def _skeleton(word: str) -> str:
    return word.translate(_SOFTENED).translate(_VOWELS)


def trigrams(word: str) -> set[str]:
    """Return the trigrams of a word, padded as pg_trgm does: two blanks before, one behind."""
    return set(map("".join, _trigrams(word)))


def _trigrams(word: str) -> set[tuple[str, str, str]]:
    padded = f"  {word} "
    return set(zip(padded, padded[1:], padded[2:], strict=False))


def _shared_trigrams(one: str, other: str) -> float:
    mine, theirs = _trigrams(one), _trigrams(other)
    return 2 * len(mine & theirs) / (len(mine) + len(theirs))


def _are_within(edits: int, one: str, other: str) -> bool:
    """Say whether so many edits at most (1 or 2) part two words; a swap of neighbours counts as one.

    Their distance itself is not worked out (optimal string alignment): it takes much longer for most words, which are
    not alike at all.
    """
    longer = len(one) - len(other)
    if not -edits <= longer <= edits:
        return False
    same = _common_prefix(one, other)
    one, other = one[same:], other[same:]
    is_swapped = one[:2] == other[1::-1]
    if edits == 1:
        return one[1:] == other[1:] or one == other[1:] or one[1:] == other or (is_swapped and one[2:] == other[2:])
    return (
        _are_within(1, one[1:], other[1:])
        or _are_within(1, one, other[1:])
        or _are_within(1, one[1:], other)
        or (is_swapped and _are_within(1, one[2:], other[2:]))
    )


def telling(services: int) -> float:
    """Say how telling a word is that occurs in so many services: rare words say more."""
    return math.log(1 + _CATALOGUE_SIZE / max(services, 1))


class Scorer:
    """Says how well services fit one query. Made once per query, asked for each of its candidates."""

    def __init__(self, words: Sequence[QueryWord]) -> None:
        self._telling = [word.telling for word in words]
        self._total = sum(self._telling)
        # Each indexed word that the query may mean: for which of its words it stands, and how well.
        self._meanings: dict[str, list[tuple[int, float]]] = {}
        for place, word in enumerate(words):
            for other, value in word.similar.items():
                self._meanings.setdefault(other, []).append((place, value))
        # The same few of these words occur together in one phrase after the other.
        self._known: dict[frozenset[str], tuple[list[float], float]] = {}

    def score(self, phrases: Iterable[tuple[int, list[str]]], *, prominence: float) -> float:
        """Say how well a service fits, from 0 (too little of the query occurs in it) to about 1.1.

        Half of it is how much of the query occurs anywhere in the service, half how well its best phrase fits as a
        whole; `prominence` (0 to 1: how much a service is used) decides between equals.
        """
        if not self._total:
            return 0.0
        meant = self._meanings.keys()
        there: dict[int, frozenset[str]] = {}
        best_fit = 0.0
        for weight, phrase in phrases:
            if meant.isdisjoint(phrase):
                continue
            words = frozenset(meant & phrase)
            there[weight] = there[weight] | words if weight in there else words
            if weight > SUMMARY:
                answered = sum(map(len, filter(words.__contains__, phrase))) / sum(map(len, phrase))
                fit = self._fit(words)[1] * (0.6 + 0.4 * answered) * (1.0 if weight == TITLE else 0.8)
                best_fit = max(best_fit, fit)
        if self._fit(frozenset().union(*there.values()))[1] < LEAST_COVERED:
            return 0.0
        by_weight = [[weight / TITLE * value for value in self._fit(words)[0]] for weight, words in there.items()]
        return (0.5 * self._share(map(max, zip(*by_weight, strict=True))) + 0.5 * best_fit) * (1 + 0.1 * prominence)

    def _share(self, fits: Iterable[float]) -> float:
        """Return how much of the query is there, the telling words counting more."""
        found: float = sum(map(mul, self._telling, fits))
        return found / self._total

    def _fit(self, words: frozenset[str]) -> tuple[list[float], float]:
        """Return how well each word of the query occurs among words that it may mean, and how much of it is there."""
        known = self._known.get(words)
        if known is None:
            fits = [0.0] * len(self._telling)
            for word in words:
                for place, value in self._meanings[word]:
                    fits[place] = max(fits[place], value)
            known = self._known[words] = fits, self._share(fits)
        return known


def prominence(*, usage: int, audience: int | None) -> float:
    """Return how much a service stands out by its use, or before anybody used it by whom it is for; from 0 to 1."""
    return min(math.log10(1 + usage + (audience or 0) / 1000) / 7, 1.0)
