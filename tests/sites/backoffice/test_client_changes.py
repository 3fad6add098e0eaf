"""Changing the programs of institutions."""

import json
from datetime import datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser

from kapi.contexts.institutions.values import Role
from kapi.contexts.openid.models import Client, ClientChange
from kapi.contexts.openid.services.clients import reopen_client
from tests.contexts.institutions.institutions_in_tests import give_role
from tests.contexts.openid.openid_in_tests import key_set, new_key
from tests.people import DESK
from tests.sites.backoffice.staff import GATEWAY, MINISTRY, OTHER, at_work, mistakes, rows, words
from tests.sites.backoffice.test_clients import LIST, let_live, request_one


@pytest.fixture
def manager(institutions: None, now: datetime) -> Browser:
    """The browser of one who changes the ministry's clients."""
    return at_work(15, (Role.CLIENT_MANAGER, MINISTRY), now=now, name="Can")


@pytest.fixture
def live(institutions: None, now: datetime) -> str:
    """The address of a live client of the ministry."""
    client_id = request_one(now=now)
    reopen_client(client_id=client_id, actor=DESK, now=now)
    return f"{LIST}{client_id}/"


def filled_in(answer: Any) -> dict[str, str]:
    """Return what the form of a client would send as it stands."""
    form = BeautifulSoup(answer.content, "html.parser").select("main form")[-1]
    sent = {
        str(control["name"]): str(control.get("value", "")) for control in form.select("input:not([type=checkbox])")
    }
    sent |= {str(control["name"]): control.get_text().removeprefix("\n") for control in form.select("textarea")}
    return sent | {str(box["name"]): "yes" for box in form.select("input[type=checkbox][checked]")}


def save(browser: Browser, address: str, **changes: str) -> Any:
    form = f"{address}duzenle/"
    return browser.post(form, filled_in(browser.get(form)) | changes, follow=True)


ASKS_FOR_THE_BIRTHDATE = {"birthdate-asked": "yes", "birthdate-purpose_tr": "Yaşınızı bilmek için"}


class TestChange:
    def test_holds_at_once_where_nothing_more_is_given(self, manager: Browser, live: str) -> None:
        answer = save(manager, live, name_tr="Yeni Ad", redirect_uris="https://kurum.example/yeni")
        assert "Değişiklik kaydedildi ve artık geçerli" in words(answer)
        row = Client.objects.get()
        assert (row.name, row.redirect_uris) == ({"tr": "Yeni Ad"}, ["https://kurum.example/yeni"])

    def test_waits_where_the_program_may_do_more_by_itself(self, manager: Browser, live: str) -> None:
        text = words(save(manager, live, **{"api-clients.read": "yes"}))
        assert "API’de daha önce yapamadığı bir şeyi yapabilecek" in text
        assert "API: Kendi kaydını ve durumunu okumak Önce: Yok Sonra: Evet" in text
        assert Client.objects.get().api_scopes == ""

    def test_loses_nothing_where_nothing_is_typed(self, manager: Browser, live: str) -> None:
        save(manager, live, name_tr="A", **ASKS_FOR_THE_BIRTHDATE)
        Client.objects.update(api_scopes="clients.read")
        before = Client.objects.values().get()
        save(manager, live)
        assert Client.objects.values().get() == before

    def test_waits_for_another_person_where_more_is_given(self, manager: Browser, approver: Browser, live: str) -> None:
        answer = save(manager, live, redirect_uris="https://baska.example/geri", **ASKS_FOR_THE_BIRTHDATE)
        text = words(answer)
        assert "Başka bir kişi kabul edene kadar bekliyor" in text
        assert "daha önce isteyemediği bilgileri istiyor" in text
        assert "daha önce göndermediği bir sunucuya" in text
        assert "Dönüş adresleri Önce: https://kurum.example/geri Sonra: https://baska.example/geri" in text
        assert "Doğum tarihi: istenip istenmediği Önce: Yok Sonra: Evet" in text
        assert "Can" in text
        assert "Değişikliği kabul et" not in text
        assert "Değişiklik bekliyor" in str(rows(manager.get(LIST)))
        assert "bekleyen istemci değişiklikleri : 1" in words(approver.get("/yonetim/"))
        assert Client.objects.get().redirect_uris == ["https://kurum.example/geri"]

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"name_tr": ""}, "name_tr"),
            ({"redirect_uris": ""}, "redirect_uris"),
            ({"redirect_uris": "http://kurum.example/geri"}, "redirect_uris"),
            ({"post_logout_uris": "x"}, "post_logout_uris"),
            ({"backchannel_logout_uri": "ftp://x"}, "backchannel_logout_uri"),
            ({"birthdate-asked": "yes"}, "birthdate-purpose_tr"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(
        self, manager: Browser, live: str, typed: dict[str, str], field: str
    ) -> None:
        before = Client.objects.values().get()
        answer = save(manager, live, **({"name_tr": "Yeni Ad"} | typed))
        assert answer.status_code == 422
        assert [where for _, where in mistakes(answer)] == [f"#{field}"]
        if "name_tr" not in typed:
            assert filled_in(answer)["name_tr"] == "Yeni Ad"
        assert Client.objects.values().get() == before

    def test_keeps_what_was_typed_when_somebody_was_faster(self, manager: Browser, live: str) -> None:
        form = f"{live}duzenle/"
        sent = filled_in(manager.get(form))
        manager.post(form, sent | {"name_tr": "Birinci"})
        answer = manager.post(form, sent | {"name_tr": "İkinci"})
        assert "biri bu istemciyi değiştirdi" in words(answer)
        assert filled_in(answer)["name_tr"] == "İkinci"
        assert Client.objects.get().name == {"tr": "Birinci"}

    def test_comes_one_after_the_other(self, manager: Browser, live: str) -> None:
        save(manager, live, **ASKS_FOR_THE_BIRTHDATE)
        answer = save(manager, live, name_tr="Yeni Ad")
        assert answer.status_code == 422
        assert "zaten bekliyor" in words(answer)

    def test_is_not_for_those_who_work_elsewhere(self, manager: Browser, now: datetime) -> None:
        elsewhere = f"{LIST}{request_one(now=now, institution_code=OTHER)}/"
        for page in ("duzenle", "anahtarlar", "gizli-anahtar"):
            assert manager.get(f"{elsewhere}{page}/").status_code == 403
            assert manager.get(f"{LIST}nobody/{page}/").status_code == 404


class TestDecide:
    def decide(self, browser: Browser, address: str, deed: str) -> Any:
        return browser.post(address, {"deed": deed, "change": ClientChange.objects.get().pk}, follow=True)

    def test_accepts_what_another_person_asked_for(self, manager: Browser, approver: Browser, live: str) -> None:
        save(manager, live, **ASKS_FOR_THE_BIRTHDATE)
        assert "Değişiklik kabul edildi" in words(self.decide(approver, live, "accept"))
        assert "birthdate" in Client.objects.get().scopes

    @pytest.mark.parametrize(("deed", "said"), [("reject", "reddedildi"), ("withdraw", "geri alındı")])
    def test_leaves_everything_as_it_was(
        self, manager: Browser, approver: Browser, live: str, deed: str, said: str
    ) -> None:
        save(manager, live, **ASKS_FOR_THE_BIRTHDATE)
        answer = self.decide({"reject": approver, "withdraw": manager}[deed], live, deed)
        assert f"Değişiklik {said}" in words(answer)
        assert "birthdate" not in Client.objects.get().scopes

    def test_is_not_for_who_asked(self, manager: Browser, live: str, now: datetime) -> None:
        assert self.forbidden(manager, live, "accept")
        give_role(manager.person_id, GATEWAY, Role.OPERATOR_APPROVER, now=now)  # type: ignore[attr-defined]
        answer = self.decide(manager, live, "accept")
        assert answer.status_code == 422
        assert "Bu değişikliği siz istediniz" in words(answer)
        assert "birthdate" not in Client.objects.get().scopes

    def forbidden(self, manager: Browser, live: str, deed: str) -> bool:
        save(manager, live, **ASKS_FOR_THE_BIRTHDATE)
        return bool(self.decide(manager, live, deed).status_code == 403)

    def test_says_where_nothing_waits_any_more(self, manager: Browser, approver: Browser, live: str) -> None:
        save(manager, live, **ASKS_FOR_THE_BIRTHDATE)
        self.decide(manager, live, "withdraw")
        answer = self.decide(approver, live, "accept")
        assert answer.status_code == 422
        assert "Bu değişiklik artık beklemiyor" in words(answer)

    def test_lets_no_client_live_that_changed_behind_ones_back(
        self, manager: Browser, approver: Browser, live: str
    ) -> None:
        manager.post(live, {"deed": "close"})
        answer = approver.post(live, {"deed": "approve", "seen": "what it was"})
        assert answer.status_code == 422
        assert "biri bu istemciyi değiştirdi" in words(answer)
        assert "İstemci artık açık" in words(let_live(approver, live))


class TestKeys:
    def test_are_replaced_at_once(self, manager: Browser, live: str) -> None:
        keys = key_set(new_key("yeni"))
        answer = manager.post(f"{live}anahtarlar/", {"proof": "jwks", "jwks": json.dumps(keys)}, follow=True)
        assert "Anahtarlar değiştirildi" in words(answer)
        row = Client.objects.get()
        assert (row.jwks, row.secret_hash) == (keys, "")
        manager.post(f"{live}anahtarlar/", {"proof": "jwks_uri", "jwks_uri": "https://kurum.example/jwks"})
        assert Client.objects.get().jwks_uri == "https://kurum.example/jwks"

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({}, "jwks"),
            ({"proof": "secret", "secret_until": "31.12.2099"}, "jwks"),
            ({"jwks": '{"keys": []}'}, "jwks"),
            ({"proof": "jwks_uri"}, "jwks_uri"),
            ({"proof": "jwks_uri", "jwks_uri": "http://kurum.example/"}, "jwks_uri"),
        ],
    )
    def test_say_what_is_wrong_with_them(self, manager: Browser, live: str, typed: dict[str, str], field: str) -> None:
        before = Client.objects.values().get()
        answer = manager.post(f"{live}anahtarlar/", typed)
        assert answer.status_code == 422
        assert [where for _, where in mistakes(answer)] == [f"#{field}"]
        assert Client.objects.values().get() == before


class TestSecret:
    def test_is_replaced_once_somebody_says_that_it_is_meant(self, manager: Browser, live: str) -> None:
        before = Client.objects.get().secret_hash
        assert [where for _, where in mistakes(manager.post(f"{live}gizli-anahtar/"))] == ["#sure"]
        assert Client.objects.get().secret_hash == before
        answer = manager.post(f"{live}gizli-anahtar/", {"sure": "yes"})
        assert "Gizli anahtar yalnızca şimdi" in words(answer)
        assert "no-store" in answer["Cache-Control"]
        assert Client.objects.get().secret_hash != before

    def test_is_not_made_for_a_client_with_keys(self, manager: Browser, live: str) -> None:
        manager.post(f"{live}anahtarlar/", {"proof": "jwks_uri", "jwks_uri": "https://kurum.example/jwks"})
        assert "Gizli anahtarı yok" in words(manager.post(f"{live}gizli-anahtar/", {"sure": "yes"}))
        assert "Yeni gizli anahtar" not in words(manager.get(live))

    def test_is_not_made_after_its_day(self, manager: Browser, live: str, now: datetime) -> None:
        Client.objects.update(secret_ends_at=now)
        assert "bittiği gün geçti" in words(manager.post(f"{live}gizli-anahtar/", {"sure": "yes"}))
