"""The programs of institutions."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser
from django.utils import timezone
from joserfc.jwk import ECKey, KeySet

from kapi.contexts.institutions.values import Role
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.services.clients import request_client
from kapi.contexts.openid.values.clients import Profile, Scope, ScopeUse
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.actors import Actor, ActorKind
from kapi.kernel.langstring import LangString
from kapi.sites.ui.words import date
from tests.contexts.institutions.institutions_in_tests import give_role
from tests.sites.backoffice.staff import GATEWAY, MINISTRY, OTHER, at_work, mistakes, rows, words

LIST = "/yonetim/istemciler/"
NEW = f"/yonetim/kurumlar/{MINISTRY}/yeni-istemci/"


def request_one(*, now: datetime, institution_code: str = MINISTRY) -> str:
    """Register a closed client and return its id."""
    registered = request_client(
        name=LangString("Başvuru Programı"),
        institution_code=institution_code,
        redirect_uris=["https://kurum.example/geri"],
        scopes=[ScopeUse(Scope.OPENID)],
        profile=Profile.BASELINE,
        secret_until=now + timedelta(days=30),
        actor=Actor(ActorKind.STAFF, "801"),
        now=now,
    )
    return registered.id


def fields(**more: str) -> dict[str, str]:
    """Return the form as typed: a client with keys that asks for the name."""
    key = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
    return {
        "name_tr": "Başvuru Programı",
        "redirect_uris": "https://kurum.example/geri\r\nhttps://kurum.example/geri2",
        "backchannel_logout_uri": "https://kurum.example/cikis",
        "rules": "fapi",
        "proof": "jwks",
        "jwks": json.dumps(KeySet([key]).as_dict(private=False)),
        "profile-asked": "yes",
        "profile-purpose_tr": "Başvurunuzu adınıza açmak için",
        "profile-basis_tr": "5393 sayılı Kanun",
    } | more


def let_live(browser: Browser, address: str) -> Any:
    """Let a client go live as it is shown."""
    page = BeautifulSoup(browser.get(address).content, "html.parser")
    seen = page.select_one("input[name=seen]")
    assert seen is not None
    return browser.post(address, {"deed": "approve", "seen": seen["value"]}, follow=True)


@pytest.fixture
def manager(institutions: None, now: datetime) -> Browser:
    """The browser of one who registers the ministry's clients."""
    return at_work(15, (Role.CLIENT_MANAGER, MINISTRY), now=now, name="Can")


class TestNewClient:
    def test_registers_a_closed_client(self, manager: Browser) -> None:
        answer = manager.post(NEW, fields())
        row = Client.objects.get()
        assert row.pk in words(answer)
        assert row.closed_at is not None
        assert row.redirect_uris == ["https://kurum.example/geri", "https://kurum.example/geri2"]
        assert row.scopes["profile"]["legal_basis"] == {"tr": "5393 sayılı Kanun"}
        assert "identity_number" not in row.scopes

    def test_shows_a_secret_once(self, manager: Browser) -> None:
        answer = manager.post(NEW, fields(rules="baseline", proof="secret", secret_until="31.12.2099"))
        assert "no-store" in answer["Cache-Control"]
        assert "Gizli anahtar yalnızca şimdi" in words(answer)
        assert "Gizli anahtar yalnızca" not in words(manager.get(f"{LIST}{Client.objects.get().pk}/"))

    @pytest.mark.parametrize(("chosen", "said"), [("fapi", "FAPI 2.0"), ("", "FAPI 2.0"), ("baseline", "istisna")])
    def test_follows_fapi_2_unless_the_exception_is_chosen(self, manager: Browser, chosen: str, said: str) -> None:
        manager.post(NEW, fields(rules=chosen))
        row = Client.objects.get()
        assert row.profile == (chosen or "fapi")
        page = words(manager.get(f"{LIST}{row.pk}/"))
        assert said in page
        if row.exception_ends_at is not None:
            assert date(row.exception_ends_at) in page

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"name_tr": ""}, "name_tr"),
            ({"redirect_uris": ""}, "redirect_uris"),
            ({"redirect_uris": "http://kurum.example/geri"}, "redirect_uris"),
            ({"redirect_uris": "https://kurum.example/#x"}, "redirect_uris"),
            ({"post_logout_uris": "x"}, "post_logout_uris"),
            ({"backchannel_logout_uri": "ftp://x"}, "backchannel_logout_uri"),
            ({"jwks": "keys"}, "jwks"),
            ({"jwks": "[]"}, "jwks"),
            ({"jwks": '{"keys": []}'}, "jwks"),
            ({"jwks": "[" * 100_000}, "jwks"),
            ({"proof": "jwks_uri"}, "jwks_uri"),
            ({"proof": "secret", "secret_until": "soon"}, "secret_until"),
            ({"proof": "secret", "secret_until": "01.01.2020"}, "secret_until"),
            ({"proof": "secret", "secret_until": "31.12.2099"}, "rules"),
            ({"profile-purpose_tr": ""}, "profile-purpose_tr"),
            ({"profile-purpose_en": "x" * 501}, "profile-purpose_en"),
        ],
    )
    def test_says_what_is_wrong(self, manager: Browser, typed: dict[str, str], field: str) -> None:
        answer = manager.post(NEW, fields(**typed))
        assert answer.status_code == 422
        assert [where for _, where in mistakes(answer)] == [f"#{field}"]
        assert not Client.objects.exists()

    def test_registers_nothing_elsewhere(self, manager: Browser) -> None:
        assert manager.post(f"/yonetim/kurumlar/{OTHER}/yeni-istemci/", fields()).status_code == 403


class TestClients:
    def test_lists_those_of_ones_institutions(self, manager: Browser, operator: Browser, now: datetime) -> None:
        request_one(now=now)
        request_one(now=now, institution_code=OTHER)
        assert [row[1] for row in rows(manager.get(LIST))] == ["Örnek Bakanlığı"]
        assert len(rows(operator.get(LIST))) == 2

    def test_lists_the_exceptions_with_the_days_that_are_left(
        self, manager: Browser, approver: Browser, now: datetime
    ) -> None:
        manager.post(NEW, fields())
        request_one(now=now)
        Client.objects.filter(profile="baseline").update(secret_ends_at=timezone.now() + timedelta(days=3, hours=1))
        assert len(rows(manager.get(LIST))) == 2
        page = manager.get(LIST, {"yalniz": "istisna", "sirala": "bitis"})
        assert [row[3].endswith("3 gün kaldı") for row in rows(page)] == [True]
        link = BeautifulSoup(manager.get(LIST).content, "html.parser").select_one(f"a[href^='{LIST}?yalniz=istisna']")
        assert link is not None


class TestSuspension:
    def test_takes_one_person_and_a_reason_and_an_approver_to_lift_it(
        self, manager: Browser, approver: Browser
    ) -> None:
        manager.post(NEW, fields())
        address = f"{LIST}{Client.objects.get().pk}/"
        let_live(approver, address)
        missing = manager.post(address, {"deed": "suspend"})
        assert (missing.status_code, mistakes(missing)[0][1]) == (422, "#reason")
        done = manager.post(address, {"deed": "suspend", "reason": "misuse"}, follow=True)
        assert "İstemci durduruldu" in words(done)
        assert "Amacı dışında işler yapıyor" in words(done)
        assert Client.objects.get().suspended_for == "misuse"
        assert "Durduruldu" in rows(manager.get(LIST))[0][-1]
        assert manager.post(address, {"deed": "resume"}).status_code == 403
        assert "Let it go live" not in words(approver.get(f"/en{address}"))
        assert "İstemci yeniden açık" in words(approver.post(address, {"deed": "resume"}, follow=True))
        assert Client.objects.get().closed_at is None
        assert "durdurulmuş değil" in words(approver.post(address, {"deed": "resume"}))
        trail = AuditRecord.objects.filter(action__in=["openid.client_suspended", "openid.client_resumed"])
        assert [record.actor_kind for record in trail.order_by("pk")] == ["staff", "staff"]


class TestClient:
    def test_goes_live_through_another_person(self, manager: Browser, approver: Browser) -> None:
        manager.post(NEW, fields())
        address = f"{LIST}{Client.objects.get().pk}/"
        assert manager.post(address, {"deed": "approve"}).status_code == 403
        assert "İstemci artık açık" in words(let_live(approver, address))
        assert Client.objects.get().closed_at is None
        assert AuditRecord.objects.filter(action="openid.client_approved").count() == 1

    def test_never_through_who_registered_it(self, manager: Browser, now: datetime) -> None:
        give_role(manager.person_id, GATEWAY, Role.OPERATOR_APPROVER, now=now)  # type: ignore[attr-defined]
        manager.post(NEW, fields())
        answer = let_live(manager, f"{LIST}{Client.objects.get().pk}/")
        assert answer.status_code == 422
        assert "Bu istemciyi siz kaydettiniz veya değiştirdiniz" in words(answer)
        assert Client.objects.get().closed_at is not None

    def test_is_closed_by_one_person(self, manager: Browser, approver: Browser, now: datetime) -> None:
        address = f"{LIST}{request_one(now=now)}/"
        let_live(approver, address)
        assert "İstemci kapatıldı" in words(manager.post(address, {"deed": "close"}, follow=True))

    def test_is_not_for_those_who_work_elsewhere(self, manager: Browser, now: datetime) -> None:
        assert manager.get(f"{LIST}{request_one(now=now, institution_code=OTHER)}/").status_code == 403
        assert manager.get(f"{LIST}nobody/").status_code == 404
        assert manager.post(f"{LIST}{request_one(now=now)}/", {"deed": "burn"}).status_code == 422
