"""The help desk's pages, and the citizen's page beside them."""

from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client

from kapi.contexts.identity.models import Assistance, Authenticator, Session
from kapi.contexts.identity.values import AssistanceEnd, SessionId
from kapi.contexts.institutions.values import Role
from tests import people
from tests.sites.backoffice.staff import MINISTRY, at_work, mistakes, number, words

DESK, CITIZEN = "/yonetim/destek/", "/hesabim/destek/"


@pytest.fixture
def helper(institutions: None, now: datetime) -> Client:
    """The browser of an officer at the help desk."""
    return at_work(2, (Role.SUPPORT_OFFICER, MINISTRY), now=now, name="Selin")


def code_of(citizen: Client) -> str:
    page = BeautifulSoup(citizen.post(CITIZEN, {"deed": "code"}).content, "html.parser")
    title = page.select_one(".govuk-panel__title")
    assert title is not None
    return title.get_text(strip=True)


def ask(helper: Client, citizen: Client) -> str:
    """Ask with the citizen's code and return the address of the help."""
    answer = helper.post(DESK, {"code": code_of(citizen)})
    assert answer.status_code == 302
    return str(answer["Location"])


def answer_with(citizen: Client, deed: str) -> str:
    """Press a button of the citizen's page and return what the page says then."""
    field = BeautifulSoup(citizen.get(CITIZEN).content, "html.parser").select_one("[name=help]")
    return words(citizen.post(CITIZEN, {"deed": deed, "help": field["value"] if field else "0"}, follow=True))


class TestHelp:
    def test_is_shown_after_agreement_and_not_before(self, helper: Client, citizen: Client) -> None:
        place = ask(helper, citizen)
        waiting = words(helper.get(place))
        assert "Daha önce hiçbir şey gösterilmez" in waiting
        assert "Açık oturumlar" not in waiting
        asked = words(citizen.get(CITIZEN))
        assert "Örnek Bakanlığı" in asked
        assert f"{helper.person_id} numaralı görevli" in asked  # type: ignore[attr-defined]
        assert "Size yardım ediliyor" in answer_with(citizen, "agree")
        page = words(helper.get(place))
        assert "Açık oturumlar 1" in page
        assert "Ayşe" not in page
        assert number(1).digits not in page
        assert "Hesaba baktı" in words(citizen.get(CITIZEN))
        assert "· Örnek Bakanlığı ·" in words(citizen.get("/hesabim/giris-gecmisi/"))

    def test_ends_when_the_citizen_says_so_and_stays_on_their_page(self, helper: Client, citizen: Client) -> None:
        place = ask(helper, citizen)
        answer_with(citizen, "agree")
        helper.get(place)
        assert "Siz bitirdiniz" in answer_with(citizen, "end")
        for answer in (helper.get(place), helper.post(place, {"deed": "sessions"}, follow=True)):
            assert "Bu destek bitti" in words(answer)
        assert "Hesaba baktı" in words(citizen.get(CITIZEN))

    def test_stays_for_the_citizen_page_by_page(self, citizen: Client, now: datetime) -> None:
        over = {"asked_at": now, "answer_until": now, "ended_at": now, "end_reason": AssistanceEnd.BY_TIME}
        Assistance.objects.bulk_create(
            Assistance(
                person_id=citizen.person_id,  # type: ignore[attr-defined]
                staff_id=900_000 + nth,
                staff_session_id=1,
                institution_code=MINISTRY,
                **over,
            )
            for nth in range(60)
        )
        address, shown = CITIZEN, []
        for lines in (25, 25, 10):
            page = BeautifulSoup(citizen.get(address).content, "html.parser")
            listed = [line.get_text() for line in page.select(".kapi-timeline__what")]
            assert len(listed) == lines
            shown += listed
            link = page.select_one(".govuk-pagination__next a")
            address = CITIZEN + str(link["href"]) if link else ""
        assert address == ""
        assert len(set(shown)) == 60

    def test_can_be_declined(self, helper: Client, citizen: Client) -> None:
        place = ask(helper, citizen)
        assert "Kabul etmediniz" in answer_with(citizen, "end")
        assert "Bu destek bitti" in words(helper.get(place))

    def test_suggests_what_only_the_citizen_does(self, helper: Client, citizen: Client, now: datetime) -> None:
        session = Session.objects.get(person_id=citizen.person_id, ended_at=None)  # type: ignore[attr-defined]
        people.prove_with_passkey(SessionId(session.pk), now=now)
        passkey = Authenticator.objects.get(person_id=session.person_id)
        place = ask(helper, citizen)
        answer_with(citizen, "agree")
        helper.post(place, {"deed": "removal", "authenticator": str(passkey.pk)})
        helper.post(place, {"deed": "desk"})
        page = citizen.get(CITIZEN)
        assert f'href="/hesabim/giris-yontemleri/{passkey.pk}/kaldir/"' in page.content.decode()
        assert "Yalnızca başvuru noktasının yardım edebileceğini söyledi" in words(page)
        assert Authenticator.objects.filter(pk=passkey.pk).exists()

    @pytest.mark.parametrize(
        ("sent", "status"),
        [({"deed": "x"}, 422), ({"deed": "lane", "lane": "x"}, 404), ({"deed": "removal", "authenticator": "x"}, 422)],
    )
    def test_refuses_nonsense(self, helper: Client, citizen: Client, sent: dict[str, str], status: int) -> None:
        place = ask(helper, citizen)
        answer_with(citizen, "agree")
        assert helper.post(place, sent).status_code == status

    def test_is_nobody_elses(self, helper: Client, citizen: Client, now: datetime) -> None:
        place = ask(helper, citizen)
        colleague = at_work(3, (Role.SUPPORT_OFFICER, MINISTRY), now=now)
        assert colleague.get(place).status_code == 404
        assert colleague.post(place, {"deed": "end"}).status_code == 404

    def test_gives_the_helper_no_session_of_the_citizen(self, helper: Client, citizen: Client) -> None:
        own = helper.cookies[settings.SESSION_COOKIE_NAME].value
        before = Session.objects.count()
        place = ask(helper, citizen)
        answer_with(citizen, "agree")
        for deed in ("sessions", "desk", "end"):
            answer = helper.post(place, {"deed": deed})
            assert settings.SESSION_COOKIE_NAME not in answer.cookies
        assert helper.cookies[settings.SESSION_COOKIE_NAME].value == own
        assert Session.objects.count() == before


class TestCode:
    def test_is_asked_for_and_nothing_else(self, helper: Client) -> None:
        for typed in ("", "AAAA-AAAA", number(1).digits):
            answer = helper.post(DESK, {"code": typed})
            assert answer.status_code == 422
            assert mistakes(answer)[0][1] == "#code"
            assert not typed or typed not in answer.content.decode()

    def test_is_refused_to_its_own_maker(self, helper: Client) -> None:
        assert "sizin kendi kodunuz" in words(helper.post(DESK, {"code": code_of(helper)}))

    def test_leads_to_what_is_under_way(self, helper: Client, citizen: Client) -> None:
        place = ask(helper, citizen)
        assert f'href="{place}"' in helper.get(DESK).content.decode()
