"""Turkish text: changing case, folding for search, sorting.

Python's own `lower()` and `upper()` know one alphabet: `"İ".lower()` is two code points and `"I".lower()` is "i".
Everything that people typed goes through here; protocol keys, e-mail domains and header names never do.
"""

import re
import unicodedata

_LOWER = str.maketrans({"I": "ı", "İ": "i"})
_UPPER = str.maketrans({"i": "İ", "ı": "I"})
_ASCII = str.maketrans("ıçğöşüâîû", "icgosuaiu")
LONGEST_ALPHABET_KEY = 120
_ALPHABET = "abcçdefgğhıijklmnoöpqrsştuüvwxyz"
_NOT_WORD = re.compile(r"[^0-9a-z]+")


def lower(text: str) -> str:
    """Return `text` in lower case by Turkish rules, normalised to NFC."""
    return unicodedata.normalize("NFC", text).translate(_LOWER).lower()


def upper(text: str) -> str:
    """Return `text` in upper case by Turkish rules, normalised to NFC."""
    return unicodedata.normalize("NFC", text).translate(_UPPER).upper()


def fold(text: str) -> str:
    """Return the search form of `text`: ASCII letters and digits in lower case, words parted by one space.

    "İKAMETGÂH", "ikametgah" and "Ikametgah" have one form, and so have "ışık" and "isik".
    """
    ascii_only = unicodedata.normalize("NFKD", lower(text).translate(_ASCII))
    # A combining mark has no place between two letters of a word: dropped, not turned into a space.
    bare = "".join(character for character in ascii_only if not unicodedata.combining(character))
    return _NOT_WORD.sub(" ", bare).strip()


def sort_key(text: str) -> tuple[str, str]:
    """Return a key that sorts words as a Turkish dictionary does: c ç d, g ğ h, ı i, o ö, s ş, u ü.

    Marks outside the alphabet (â, é) sort with their plain letter; the text itself breaks ties.
    """
    return lower(text).translate(_RANKS), text


def alphabet_key(text: str) -> str:
    """Return digits that sort as `turkish.sort_key` does, in any collation: two for each of the first 60 characters."""
    return "".join(_rank(letter) for letter in lower(text)[: LONGEST_ALPHABET_KEY // 2])


class _Ranks(dict[int, str]):
    """What each letter sorts as, worked out when it first occurs: `str.translate` then does a name in one go."""

    def __missing__(self, letter: int) -> str:
        plain = chr(letter) if chr(letter) in _ALPHABET else unicodedata.normalize("NFD", chr(letter))[0]
        # Letters sort after digits and signs, which keep their own order below "~".
        self[letter] = f"~{_ALPHABET.index(plain):02d}" if plain in _ALPHABET else plain
        return self[letter]


_RANKS = _Ranks()


def _rank(letter: str) -> str:
    if letter.isspace():
        return "00"
    rank = sort_key(letter)[0]
    if len(rank) == 3:  # a letter of the alphabet: "~" and its place
        return str(40 + int(rank[1:]))
    return f"1{letter}" if letter.isdecimal() and letter.isascii() else "05"
