"""The main job: find a service, sign in once, be served by two institutions, see what was shared, sign out of all."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser import RunningDemo
from tests.journeys.citizen import Citizen, Hands, Keyboard, Pointer

pytestmark = pytest.mark.browser

MUNICIPALITY = "Demoşehir Belediyesi"
UNIVERSITY = "Örnek Üniversitesi"


@dataclass(frozen=True)
class Words:
    """What pages and buttons are called in one language."""

    home: str
    student_certificate: str
    residence: str
    go_to_service: str
    number: str
    password: str
    sign_in: str
    asks: str
    full_name: str
    share: str
    welcome: str
    visits: str
    visited: str
    sharings: str
    by_consent: str
    by_law: str
    sign_out: str
    signed_out: str
    look_again: str
    told: str
    being_told: str
    institution_signed_in: str


TURKISH = Words(
    home="/",
    student_certificate="Öğrenci Belgesi Sorgulama",
    residence="Yerleşim Yeri (İkametgâh) Belgesi Alma",
    go_to_service="Hizmete git",
    number="Kimlik numarası",
    password="Şifre",
    sign_in="Giriş yap",
    asks="bilgilerinizi istiyor",
    full_name="Ad soyad",
    share="Paylaş ve devam et",
    welcome="Hoş geldiniz, {name}",
    visits="Bütün ziyaretler ve girişler",
    visited="Giriş yapılarak gidilen kurum: ",
    sharings="Hangi bilgiler, neden",
    by_consent="Rızanızla",
    by_law="Yönetmelik",
    sign_out="Çıkış yap",
    signed_out="Çıkış yaptınız",
    look_again="Hepsine haber verilip verilmediğine bak",
    told="Haber verildi",
    being_told="Haber veriliyor",
    institution_signed_in="Giriş yapan:",
)
ENGLISH = Words(
    home="/en/",
    student_certificate="Get a student certificate",
    residence="Get a proof of residence",
    go_to_service="Go to the service",
    number="Identity number",
    password="Password",
    sign_in="Sign in",
    asks="asks for your data",
    full_name="Full name",
    share="Share and go on",
    welcome="Welcome, {name}",
    visits="All visits and sign-ins",
    visited="Went signed in to: ",
    sharings="Which data, and why",
    by_consent="By your consent",
    by_law="Regulation",
    sign_out="Sign out",
    signed_out="You are signed out",
    look_again="See whether all have been told by now",
    told="Told",
    being_told="Being told",
    institution_signed_in="Signed in:",
)


@dataclass(frozen=True)
class Way:
    """How one run of the journey is made, and by which person of the demo."""

    words: Words
    scripts: bool
    hands: Hands
    person: int


WAYS = {
    "turkish": Way(TURKISH, scripts=True, hands=Pointer(), person=0),
    "turkish, keyboard, no scripts": Way(TURKISH, scripts=False, hands=Keyboard(), person=1),
    "english": Way(ENGLISH, scripts=True, hands=Pointer(), person=2),
    "english, keyboard, no scripts": Way(ENGLISH, scripts=False, hands=Keyboard(), person=3),
}


class TestMainJourney:
    @pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
    def test_leads_from_a_search_to_two_institutions_and_out_again(
        self, demo: RunningDemo, chromium: Browser, way: Way
    ) -> None:
        words, person = way.words, demo.facts["people"][way.person]
        context = chromium.new_context(java_script_enabled=way.scripts)
        citizen = Citizen(context.new_page(), way.hands)
        gateway, municipality = demo.gateway, demo.institution(MUNICIPALITY)
        university = demo.institution(UNIVERSITY)

        # Find a service with the words people use, and go there.
        citizen.opens(gateway + words.home)
        citizen.searches_for("ogrnci belge")
        citizen.follows(words.student_certificate)
        citizen.presses(words.go_to_service)
        citizen.is_at(gateway)

        # Sign in, see who asks for what, agree, arrive.
        citizen.sees(UNIVERSITY)
        citizen.writes(words.number, person["identity_number"])
        citizen.writes(words.password, person["password"])
        citizen.presses(words.sign_in)
        citizen.sees(words.asks)
        citizen.sees(words.full_name)
        citizen.sees(person["name"])
        held = citizen.cookies()
        citizen.presses(words.share)
        citizen.is_at(f"{university}{words.home}hizmet/ogrenci-belgesi")
        citizen.sees(words.welcome.format(name=person["name"]))

        # Back at the gateway: the visit and what was shared.
        citizen.opens(gateway + words.home)
        citizen.follows(person["name"])
        citizen.follows(words.visits)
        citizen.sees(words.visited + UNIVERSITY)
        citizen.follows(person["name"])
        citizen.follows(words.sharings)
        citizen.sees(UNIVERSITY)
        citizen.sees(words.by_consent)

        # A second institution: no password, only its own question.
        citizen.searches_for("İKAMETGAH")
        citizen.follows(words.residence)
        citizen.presses(words.go_to_service)
        citizen.sees(words.by_law)
        citizen.presses(words.share)
        citizen.is_at(f"{municipality}{words.home}hizmet/yerlesim-yeri-belgesi")
        citizen.sees(words.welcome.format(name=person["name"]))

        # Out of the gateway and of both.
        held += citizen.cookies()
        citizen.opens(f"{gateway}{words.home}cikis/")
        citizen.sees(UNIVERSITY)
        citizen.sees(MUNICIPALITY)
        citizen.presses(words.sign_out)
        citizen.sees(words.signed_out)
        citizen.looks_again(words.look_again, while_it_says=words.being_told)
        citizen.sees_times(words.told, 2)
        for institution in (university, municipality):
            citizen.opens(institution)
            citizen.does_not_see(TURKISH.institution_signed_in)
        citizen.opens(f"{gateway}{words.home}hesabim/")
        citizen.is_at(f"{gateway}{words.home}giris/")

        _check_that_nothing_leaked(demo, citizen, person, held)
        context.close()


def _check_that_nothing_leaked(demo: RunningDemo, citizen: Citizen, person: dict[str, str], held: list[str]) -> None:
    """Look for secrets in every address, every Referer, and all that any process has logged at DEBUG."""
    codes = [code for url in citizen.addresses for code in parse_qs(urlsplit(url).query).get("code", [])]
    assert len(codes) == 2
    log = "".join(demo.log)
    assert "DEBUG" in log
    secrets = {person["identity_number"], person["password"], *held}
    assert [name for name in secrets if any(name in url for url in citizen.addresses)] == []
    assert [name for name in secrets.union(codes) if any(name in url for url in citizen.referers)] == []
    names_and_numbers_in_welcome = {person["identity_number"], person["password"]}
    assert [name for name in secrets.union(codes) - names_and_numbers_in_welcome if name in log] == []
    after_welcome = log.partition("Ctrl-C stops the demo")[2]
    assert [name for name in names_and_numbers_in_welcome if name in after_welcome] == []
    assert "eyJ" not in log  # how every JWT begins
