"""Which passwords are accepted."""

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kapi.contexts.identity.rules.passwords import LEAST, MOST, find_fault
from kapi.contexts.identity.values import PasswordFault, PersonId, PersonRecord
from kapi.kernel.identifiers import IdentityNumber

PERSON = PersonRecord(
    person_id=PersonId(1),
    identity_number=IdentityNumber.parse("10000000146"),
    given_names="Şükrü Çağrı",
    family_name="Özışık",
    birth_year=1987,
    birth_month=3,
    birth_day=9,
)


def fault_of(password: str) -> PasswordFault | None:
    """Ask about one password of the person above."""
    return find_fault(password, person=PERSON, brand="Kapı")


class TestFindFault:
    @pytest.mark.parametrize(
        "password",
        [
            "Kapi-Demo-2026!",
            "üç kuru yaprak düştü",
            "correct horse battery staple",
            "mor vapur 3 simit yer",
            "j7Kq-2vTz-9pWm-x",
            "тихий вечер у моря",
            "海辺の静かな夕暮れに猫が歩いていた",
            "😀🐢🌵🎺🧦🍉😀🐢🌵🎺🧦🍉😀🐢🌵",
            "839201746529183",
            "çaydanlıkta unutulan fincan",
            "%&/(=?_-:;,.<>|",
        ],
    )
    def test_accepts_what_nobody_guesses_first(self, password: str) -> None:
        assert fault_of(password) is None

    @pytest.mark.parametrize(
        ("password", "fault"),
        [
            ("x7!kQ9", PasswordFault.TOO_SHORT),
            ("kısa ama benim", PasswordFault.TOO_SHORT),
            ("ab cd ef " * 20, PasswordFault.TOO_LONG),
            ("trustno1trustno1", PasswordFault.COMMON),
            ("1234superman1234567", PasswordFault.COMMON),
            ("Superman!!2026!!", PasswordFault.COMMON),
            ("passwordpassword", PasswordFault.COMMON),
            ("aaaaaaaaaaaaaaaa", PasswordFault.OBVIOUS),
            ("Galatasaray1905!", PasswordFault.COMMON),
            ("fenerbahçe 1907 şampiyon", PasswordFault.OBVIOUS),
            ("FENERBAHÇE_İSTANBUL", PasswordFault.OBVIOUS),
            ("Kapı-Şifrem-2026!", PasswordFault.OBVIOUS),
            ("benim yeni şifrem 1", PasswordFault.OBVIOUS),
            ("S3v1y0rum-Canım!", PasswordFault.OBVIOUS),
            ("qwertyuiop123456", PasswordFault.COMMON),
            ("1qaz2wsx3edc4rfv", PasswordFault.COMMON),
            ("asdfghjklşi,asdf", PasswordFault.OBVIOUS),
            ("fgğıodrnhpqwfgğı", PasswordFault.OBVIOUS),
            ("987654321abcdefg", PasswordFault.COMMON),
            ("17.05.1999-17/05/1999", PasswordFault.OBVIOUS),
            ("................", PasswordFault.OBVIOUS),
            ("               ", PasswordFault.OBVIOUS),
            ("edevlet34istanbul", PasswordFault.OBVIOUS),
            ("Ahmet&Ayşe=Aşk♥1", PasswordFault.OBVIOUS),
            ("Şükrü Özışık 1987", PasswordFault.PERSONAL),
            ("sukru.ozisik.0903", PasswordFault.PERSONAL),
            ("SÜKRÜCAGRIOZISIK!", PasswordFault.PERSONAL),
            ("10000000146-şükrü", PasswordFault.PERSONAL),
            ("Çağrı10000000146", PasswordFault.PERSONAL),
        ],
    )
    def test_says_what_is_wrong_with_the_obvious(self, password: str, fault: PasswordFault) -> None:
        assert fault_of(password) == fault

    @given(st.text(max_size=200))
    def test_has_an_answer_for_every_text(self, password: str) -> None:
        fault = fault_of(password)
        assert (fault is PasswordFault.TOO_SHORT) == (len(password) < LEAST)
        assert (fault is PasswordFault.TOO_LONG) == (len(password) > MOST)

    @given(st.text(st.sampled_from("bcdfghjklmnprstvyz0123456789"), min_size=24, max_size=60))
    def test_asks_for_no_kinds_of_signs(self, password: str) -> None:
        """Random small letters and digits are accepted, and nothing is gained or lost by writing them large."""
        assume(len(set(password)) > 12)
        fault = fault_of(password)
        assert fault in {None, PasswordFault.OBVIOUS, PasswordFault.COMMON}
        assert fault_of(password.upper()) == fault

    @given(st.sampled_from(["galatasaray1905!!", "Kapı-Şifrem-2026!", "Şükrü Özışık 1987"]))
    def test_is_not_fooled_by_composition(self, password: str) -> None:
        decomposed = unicodedata.normalize("NFD", password)
        assert fault_of(unicodedata.normalize("NFC", decomposed)) is not None
