"""Contexts of the browser: one per kind of visitor and way of looking, kept for all tests, for each begins slowly."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, ViewportSize
from playwright.sync_api import Page as BrowserPage

from tests.accessibility.pages import Page
from tests.accessibility.visitors import Visitor
from tests.architecture.source import ROOT
from tests.browser import DEMO_PASSWORD, RunningDemo, sign_in

AXE: Final = ROOT / "node_modules/axe-core/axe.min.js"
PROBES: Final = Path(__file__).with_name("probes.js")
WIDE: Final[ViewportSize] = {"width": 1280, "height": 900}
NARROW: Final[ViewportSize] = {"width": 320, "height": 256}  # 1280 by 1024 at 400 %
_ISSUE_CODE: Final = """
from django.utils import timezone
from kapi.kernel.identifiers import IdentityNumber
from tests import people
print(people.issue(number=IdentityNumber.parse("{number}"), now=timezone.now())[1].code)
"""
# The proofs are dated ahead, so that they are recent for as long as the gate takes.
_BEGIN_CAREFULLY: Final = """
from datetime import timedelta
from django.utils import timezone
from kapi.contexts.identity import services
from kapi.contexts.identity.models import Session
from kapi.contexts.identity.rules.assurance import write_evidence
from kapi.contexts.identity.values import Proof
from kapi.kernel.identifiers import IdentityNumber
from tests import people
from tests.authenticator_apps import App

now, number = timezone.now(), IdentityNumber.parse("{number}")
people.make_citizen(number=number, password="{password}", now=now)
person = people.sign_in(number=number, password="{password}", now=now).signed_in
setup = services.prepare_totp(session_id=person.session_id, actor=person.actor, now=now)
renewed = services.add_totp(session_id=person.session_id, sealed=setup.sealed, code=App(setup.secret).code(now),
                            name="Telefonum", actor=person.actor, now=now)
proofs = [Proof(method=proof.method, at=now + timedelta(hours=3), authenticator_id=proof.authenticator_id)
          for proof in renewed.signed_in.proofs]
Session.objects.filter(pk=person.session_id).update(evidence=write_evidence(proofs))
print(renewed.token)
"""
# Codes are asked for one after the other, as slowly as one may.
_BEGIN_RECOVERED: Final = """
from datetime import timedelta
from django.utils import timezone
from kapi.contexts.identity import services
from kapi.contexts.identity.models import Account
from kapi.kernel.identifiers import IdentityNumber
from tests import people, sent_codes

end, number = timezone.now(), IdentityNumber.parse("{number}")
moments = [end - timedelta(seconds=15 * left) for left in range(4, -1, -1)]
owner = people.make_citizen(number=number, password="{password}", now=moments[0])
person = people.sign_in(number=number, password="{password}", now=moments[0]).signed_in
phone = sent_codes.add_contact(person, sent_codes.PHONE, now=moments[0])
email = sent_codes.add_contact(person, sent_codes.EMAIL, now=moments[1])
sent_codes.add_step(person, phone, now=moments[2])
shown = {{"session_id": person.session_id, "actor": person.actor, "now": moments[3]}}
asked = services.begin_step_by_contact(**shown, contact_id=email, address="192.0.2.10")
renewed = services.add_step_by_contact(**shown, challenge_id=asked, code=sent_codes.code_of(asked))
Account.objects.filter(pk=owner).update(cooling_off_since=end, cooling_off_until=end + timedelta(hours=24))
print(renewed.token)
"""
_BEGIN_HELD_OFF: Final = """
from datetime import timedelta
from django.utils import timezone
from kapi.contexts.identity.models import HeldOffSignIn
from kapi.foundation import keys

now, token = timezone.now(), "held-off-in-the-gate"
HeldOffSignIn.objects.create(token_hash=keys.token_hash(token), password_mark="x", tried_at=now, code_to="phone",
                             asked_at=now, expires_at=now + timedelta(hours=3))
print(token)
"""
_BEGIN_WATCHFULLY: Final = """
from django.utils import timezone
from kapi.contexts.identity.models import RegisterEntrySetAside
from kapi.contexts.identity.values import SetAsideReason
from kapi.kernel.identifiers import IdentityNumber
from tests import people

now = timezone.now()
for reason in SetAsideReason:
    RegisterEntrySetAside.objects.get_or_create(source="dummy", number="gate-" + reason, reason=reason,
                                                defaults={{"received_at": now}})
print(people.sign_in(number=IdentityNumber.parse("{number}"), password="{password}", now=now).token)
"""
_BEGINNINGS: Final = {
    Visitor.CAREFUL: _BEGIN_CAREFULLY,
    Visitor.RECOVERED: _BEGIN_RECOVERED,
    Visitor.HELD_OFF: _BEGIN_HELD_OFF,
    Visitor.WATCHFUL: _BEGIN_WATCHFULLY,
}
_BROKEN_RULES: Final = ("Content Security Policy", "Permissions-Policy", "Trusted", "Refused")


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.exists():
        pytest.fail("axe-core is not installed: run `.venv/bin/kapi assets --with-tests`")
    return AXE.read_text(encoding="utf-8")


@dataclass
class Opened:
    """A page that stands open, and what the browser complained of."""

    page: BrowserPage
    complaints: list[str] = field(default_factory=list)

    def ask(self, question: str) -> Any:
        """Ask the page one of the probes (tests/accessibility/probes.js)."""
        return self.page.evaluate(f"__probes.{question}")


@dataclass
class Reader:
    """Opens pages as a kind of visitor, in a way of looking (viewport, colours)."""

    browser: Browser
    demo: RunningDemo
    opened: dict[Visitor, Opened] = field(default_factory=dict)

    def open(self, page: Page, language: str, visitor: Visitor, viewport: ViewportSize = WIDE) -> Opened:
        """Open the page in the state that its entry means, on a white screen."""
        opened = self._place_of(visitor)
        opened.complaints.clear()
        opened.page.set_viewport_size(viewport)
        opened.page.emulate_media(color_scheme="light", forced_colors="none")
        site = self.demo.facts["institutions"][0]["url"] if page.at_institution else self.demo.gateway
        opened.page.goto(site + page.address(language))
        if page.act is None:
            assert urlsplit(opened.page.url).path == urlsplit(page.address(language)).path, "it leads elsewhere"
        else:
            page.act(opened.page)
            opened.page.wait_for_load_state()
        opened.page.evaluate(PROBES.read_text(encoding="utf-8"))
        return opened

    def _place_of(self, visitor: Visitor) -> Opened:
        if visitor not in self.opened:
            context = self.browser.new_context()
            if visitor in _BEGINNINGS:
                is_held_off = visitor is Visitor.HELD_OFF
                number = "" if is_held_off else visitor.identity_number
                begin = _BEGINNINGS[visitor].format(number=number, password=DEMO_PASSWORD)
                # The demo's cookies are named after its port.
                name = f"kapi_{'begun' if is_held_off else 'session'}_{urlsplit(self.demo.gateway).port}"
                token = self.demo.python(begin).strip()
                context.add_cookies([{"name": name, "value": token, "url": self.demo.gateway}])
            elif visitor is not Visitor.NOBODY:
                sign_in(context, self.demo.gateway, number=visitor.identity_number, password=self._password_of(visitor))
            self.opened[visitor] = _watched(context)
        return self.opened[visitor]

    def _password_of(self, visitor: Visitor) -> str:
        if visitor is not Visitor.NEWCOMER:
            return DEMO_PASSWORD
        return self.demo.python(_ISSUE_CODE.format(number=visitor.identity_number)).strip()


@pytest.fixture(scope="session")
def reader(chromium: Browser, demo: RunningDemo) -> Iterator[Reader]:
    """Opens any page as any visitor."""
    made = Reader(chromium, demo)
    yield made
    for opened in made.opened.values():
        opened.page.context.close()


def _watched(context: BrowserContext) -> Opened:
    opened = Opened(context.new_page())

    def on_console(message: ConsoleMessage) -> None:
        if any(words in message.text for words in _BROKEN_RULES):
            opened.complaints.append(message.text)

    opened.page.on("console", on_console)
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    return opened
