"""Who may open which page: the whole table."""

from datetime import datetime, timedelta
from typing import Final

import pytest
from django.test import Client

from kapi.contexts.catalogue import services as catalogue
from kapi.contexts.identity.models import Assistance
from kapi.contexts.institutions import services
from kapi.contexts.institutions.models import Emergency
from kapi.contexts.institutions.selectors import memberships_of
from kapi.contexts.institutions.values import Role
from kapi.sites.backoffice import urls
from tests import people
from tests.contexts.catalogue.services_in_tests import EDITOR, titled
from tests.contexts.institutions.institutions_in_tests import OPERATOR
from tests.sites.backoffice.staff import GATEWAY, MINISTRY, at_work
from tests.sites.backoffice.test_clients import request_one
from tests.sites.backoffice.test_tokens_for_tests import add_test_client

ALL: Final = frozenset(Role)
OPERATORS: Final = frozenset({Role.OPERATOR, Role.OPERATOR_APPROVER})
MANAGERS: Final = frozenset({Role.OPERATOR, Role.INSTITUTION_ADMINISTRATOR})
WRITERS: Final = frozenset({Role.SERVICE_EDITOR})
APPROVERS: Final = frozenset({Role.SERVICE_APPROVER})
CLIENTS: Final = frozenset({Role.CLIENT_MANAGER, Role.OPERATOR})
SUPPORT: Final = frozenset({Role.SUPPORT_OFFICER})
DESK: Final = frozenset({Role.DESK_OFFICER})

# Page -> (address, method, the roles for which it opens).
PAGES: Final = {
    "home": ("/yonetim/", "get", ALL),
    "passkey": ("/yonetim/gecis-anahtari/", "get", ALL),
    "assistances": ("/yonetim/destek/", "get", SUPPORT),
    "assistance": ("/yonetim/destek/{assistance}/", "get", SUPPORT),
    "emergencies": ("/yonetim/olaganustu/", "get", OPERATORS | {Role.AUDITOR}),
    "emergency": ("/yonetim/olaganustu/{emergency}/", "get", OPERATORS | {Role.AUDITOR}),
    "desk": ("/yonetim/gise/", "get", DESK),
    "desk_register": ("/yonetim/gise/kayit/", "get", DESK),
    "desk_person": ("/yonetim/gise/kisi/", "get", DESK),
    "desk_correct": ("/yonetim/gise/duzelt/", "get", DESK),
    "desk_issue": ("/yonetim/gise/hesap-ac/", "post", DESK),
    "desk_recover": ("/yonetim/gise/hesap-geri-ver/", "post", DESK),
    "institutions": ("/yonetim/kurumlar/", "get", ALL),
    "institution_propose": ("/yonetim/kurumlar/oner/", "get", {Role.OPERATOR}),
    "institution": (f"/yonetim/kurumlar/{MINISTRY}/", "get", ALL),
    "institution_change": (f"/yonetim/kurumlar/{MINISTRY}/duzenle/", "get", MANAGERS),
    "institution_add_unit": (f"/yonetim/kurumlar/{MINISTRY}/birim-ekle/", "get", MANAGERS),
    "members": (f"/yonetim/kurumlar/{MINISTRY}/gorevliler/", "get", MANAGERS),
    "proposals": ("/yonetim/oneriler/", "get", OPERATORS | MANAGERS),
    "proposal": ("/yonetim/oneriler/{proposal}/", "get", {Role.OPERATOR_APPROVER}),
    "clients": ("/yonetim/istemciler/", "get", CLIENTS | {Role.OPERATOR_APPROVER}),
    "client": ("/yonetim/istemciler/{client}/", "get", CLIENTS | {Role.OPERATOR_APPROVER}),
    "client_change": ("/yonetim/istemciler/{client}/duzenle/", "get", CLIENTS),
    "client_keys": ("/yonetim/istemciler/{client}/anahtarlar/", "get", CLIENTS),
    "client_secret": ("/yonetim/istemciler/{client}/gizli-anahtar/", "get", CLIENTS),
    "client_test_token": ("/yonetim/istemciler/{test_client}/deneme-belirteci/", "get", CLIENTS),
    "client_new": (f"/yonetim/kurumlar/{MINISTRY}/yeni-istemci/", "get", CLIENTS),
    "refusals": ("/yonetim/reddedilen-istekler/", "get", CLIENTS | {Role.OPERATOR_APPROVER}),
    "feedback": ("/yonetim/geri-bildirim/", "get", MANAGERS | WRITERS | APPROVERS),
    "searches": ("/yonetim/bulunamayan-aramalar/", "get", MANAGERS | WRITERS | APPROVERS),
    "barriers": ("/yonetim/engeller/", "get", {Role.OPERATOR}),
    "status": ("/yonetim/durum/", "get", OPERATORS | {Role.AUDITOR}),
    "audit": ("/yonetim/denetim-izi/", "get", OPERATORS | {Role.AUDITOR}),
    "service_new": (f"/yonetim/kurumlar/{MINISTRY}/yeni-hizmet/", "get", WRITERS),
    "services": ("/yonetim/hizmetler/", "get", WRITERS | APPROVERS),
    "service": ("/yonetim/hizmetler/hizmet/", "get", WRITERS | APPROVERS),
    "service_retire": ("/yonetim/hizmetler/hizmet/kapat/", "post", APPROVERS),
    "revision_new": ("/yonetim/hizmetler/hizmet/yeni-surum/", "post", WRITERS),
    "revision": ("/yonetim/surumler/{revision}/", "get", WRITERS | APPROVERS),
    "revision_edit": ("/yonetim/surumler/{revision}/duzenle/", "get", WRITERS),
}


def place_of(role: Role) -> str:
    """Return where somebody of this role works in these tests."""
    return GATEWAY if role in (Role.OPERATOR, Role.OPERATOR_APPROVER, Role.AUDITOR) else MINISTRY


@pytest.fixture
def addresses(institutions: None, now: datetime) -> dict[str, str]:
    """The numbers that addresses hold: a draft and an open proposal."""
    revision = catalogue.draft_service(
        code="hizmet", institution_code=MINISTRY, content=titled("Hizmet"), actor=EDITOR, now=now
    )
    proposal = services.propose_role(person_id=5, institution_code=MINISTRY, role=Role.AUDITOR, actor=OPERATOR, now=now)
    helped = people.register(now=now)
    times = {"asked_at": now, "answer_until": now + timedelta(minutes=1)}
    help_id = Assistance.objects.create(person_id=helped, staff_id=0, staff_session_id=0, **times).pk
    return {
        "revision": str(revision),
        "proposal": str(proposal),
        "client": request_one(now=now),
        "test_client": add_test_client(now=now),
        "assistance": str(help_id),
        "emergency": str(Emergency.objects.create(asked_by=0, reason="x", **times).pk),
    }


def opens(browser: Client, page: str, addresses: dict[str, str]) -> bool:
    """Say whether a page opens; it is either that or the page that says who may."""
    address, method, _roles = PAGES[page]
    answer = getattr(browser, method)(address.format(**addresses))
    assert answer.status_code in (200, 302, 422, 403), page
    return bool(answer.status_code != 403)


class TestDoor:
    def test_every_page_is_in_the_table(self) -> None:
        assert {pattern.name for pattern in urls.urlpatterns} == set(PAGES)

    @pytest.mark.parametrize("role", Role)
    def test_opens_to_whom_it_should(self, addresses: dict[str, str], now: datetime, role: Role) -> None:
        browser = at_work(30, (role, place_of(role)), now=now)
        Assistance.objects.update(staff_id=browser.person_id)  # type: ignore[attr-defined]
        assert {page for page in PAGES if opens(browser, page, addresses)} == {
            page for page, (_address, _method, roles) in PAGES.items() if role in roles
        }

    def test_opens_to_no_citizen(self, addresses: dict[str, str], citizen: Client) -> None:
        assert [page for page in PAGES if opens(citizen, page, addresses)] == []

    def test_sends_strangers_to_the_sign_in_page(self, addresses: dict[str, str], client: Client) -> None:
        for address, method, _roles in PAGES.values():
            answer = getattr(client, method)(address.format(**addresses))
            if method == "get":
                assert answer["Location"].startswith("/giris/"), address
            else:
                assert "/giris/?sonra=" in answer.content.decode(), address

    def test_ends_with_the_role(self, addresses: dict[str, str], officer: Client, now: datetime) -> None:
        (held,) = memberships_of(person_id=officer.person_id, language="tr")  # type: ignore[attr-defined]
        services.revoke_role(membership_id=held.id, actor=OPERATOR, now=now)
        assert officer.get("/yonetim/gise/").status_code == 403
