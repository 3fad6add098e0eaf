"""Every page that people see, for the accessibility gate. A page template without an entry fails the build."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Page as BrowserPage

from tests.accessibility.visitors import Visitor
from tests.browser import give_passkeys, sign_in

NOBODY: Final = (Visitor.NOBODY,)
CITIZEN: Final = (Visitor.CITIZEN,)
KEYHOLDER: Final = (Visitor.KEYHOLDER,)
ANYBODY: Final = (Visitor.NOBODY, Visitor.CITIZEN)
NOBODYS_NUMBER: Final = "99000000042"


@dataclass(frozen=True)
class Page:
    """A page: its template, its Turkish address in the demo, who sees it.

    `state` tells apart entries of one template; `act` brings the page there, as a visitor would. `mistakes` says that
    the page then shows what is wrong with a form. `at_institution`: the address is the first sample institution's,
    which leads here. `english`: the English address, where it is not the same under /en/.
    """

    template: str
    path: str
    visitors: tuple[Visitor, ...] = ANYBODY
    state: str = ""
    act: Callable[[BrowserPage], None] | None = None
    mistakes: bool = False
    at_institution: bool = False
    english: str = ""

    @property
    def name(self) -> str:
        """A short name for test reports."""
        return self.template.removesuffix(".html") + (f" {self.state}" if self.state else "")

    def address(self, language: str) -> str:
        """Return the path in a language."""
        return self.path if language == "tr" else self.english or f"/en{self.path}"


def _send_empty(page: BrowserPage) -> None:
    page.locator("main form[method=post]:has(button)").last.locator("button:not([type=button])").click()


def _fail_to_sign_in(page: BrowserPage) -> None:
    """Try a wrong password until the gateway stops answering."""
    for _attempt in range(8):
        if page.locator("[name=password]").count() == 0:
            return
        page.fill("[name=identity_number]", NOBODYS_NUMBER)
        page.fill("[name=password]", "wrong-password")
        page.press("[name=password]", "Enter")
        page.wait_for_load_state()


def _prove_to_be_another(page: BrowserPage) -> None:
    page.fill("[name=identity_number]", "10000000214")
    page.fill("[name=password]", "Kapi-Demo-2026!")
    page.press("[name=password]", "Enter")
    page.wait_for_load_state()


def _fail_with_a_passkey(page: BrowserPage) -> None:
    with page.expect_navigation():
        page.evaluate("document.querySelector('form[data-passkey]').submit()")


def _show_a_passkey(page: BrowserPage) -> None:
    """Add a passkey the first time; then prove with it that one is its owner, and come back."""
    here = page.url
    if page.locator(".govuk-summary-card").count() == 0:
        give_passkeys(page)
        page.fill("[name=name]", "Telefonum")
        page.click("#passkey")
        page.wait_for_selector(".govuk-summary-card")
    page.goto(here.replace("hesabim/giris-yontemleri", "giris") + "?yeniden=1&sonra=" + urlsplit(here).path)
    page.click("#passkey")
    page.wait_for_url(here)


def _lead_to(end: str) -> Callable[[BrowserPage], None]:
    def act(page: BrowserPage) -> None:
        _show_a_passkey(page)
        page.click(f"main a[href$='{end}']")
        page.wait_for_url(f"**{end}")

    return act


def _begin_a_second_step(page: BrowserPage) -> None:
    page.fill("[name=identity_number]", Visitor.CAREFUL.identity_number)
    page.fill("[name=password]", "Kapi-Demo-2026!")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("[name=code]")


def _begin_a_second_step_and_send_nothing(page: BrowserPage) -> None:
    _begin_a_second_step(page)
    page.locator("main form button").first.click()
    page.wait_for_selector(".govuk-error-summary")


def _be_offered_a_sent_code(page: BrowserPage) -> None:
    """Give the right password, and be asked whether a text message is to be sent: none is before."""
    page.fill("[name=identity_number]", Visitor.RECOVERED.identity_number)
    page.fill("[name=password]", "Kapi-Demo-2026!")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("main button#send")


def _wait_for_a_sent_code(contact: str) -> Callable[[BrowserPage], None]:
    """Come to the field for a code that was sent to `contact`, as the page shows it; one begun before goes on."""

    def act(page: BrowserPage) -> None:
        here = page.url
        page.goto(here.replace("?yeniden=1", "ikinci-adim/"))
        if page.locator("main button#send").count() == 0:
            page.goto(here)
            _be_offered_a_sent_code(page)
        if page.locator("main strong", has_text=contact).count() == 0:
            page.locator("main a", has_text=contact).click()
        page.wait_for_selector(f"main strong:has-text('{contact}')")
        _have_it_sent(page)

    return act


def _have_it_sent(page: BrowserPage) -> None:
    """Have a code sent unless one waits, in patience: two are sent in ten seconds."""
    for _second in range(60):
        if page.locator("[name=code]").count():
            return
        with page.expect_navigation():
            page.locator("main button#send").click()
        if page.locator("[name=code]").count() == 0:
            page.wait_for_timeout(1_000)
    raise AssertionError("no code is sent")


def _read_when_more_can_be_removed(page: BrowserPage) -> None:
    page.wait_for_selector("main .govuk-inset-text")


_WAITING: dict[str, str] = {}  # the page of the code that was asked for last, by the gateway's address


def _have_a_code_sent(page: BrowserPage) -> None:
    """Go to the code that waits, or ask for one: only so many are sent in a while."""
    gateway, here = page.url.split("/hesabim/")[0].removesuffix("/en"), page.url
    if gateway in _WAITING:
        page.goto(here.replace("telefon/", _WAITING[gateway]))
    if page.locator("[name=code]").count() == 0:
        page.goto(here)
        _ask_for_a_code(page, "0532 000 00 00")
    _WAITING[gateway] = page.url.split("/iletisim/")[1]


def _ask_for_a_code(page: BrowserPage, number: str) -> None:
    """Ask in patience: two are sent in ten seconds."""
    for _second in range(60):
        page.fill("[name=phone]", number)
        with page.expect_navigation():
            page.locator("main form button").first.click()
        if page.locator("[name=code]").count():
            return
        page.wait_for_timeout(1_000)
    raise AssertionError("no code is sent")


def _have_a_code_sent_and_enter_none(page: BrowserPage) -> None:
    _have_a_code_sent(page)
    page.locator("main form button").first.click()
    page.wait_for_selector(".govuk-error-summary")


def _add_a_contact_and(end: str) -> Callable[[BrowserPage], None]:
    """Come to the list with a contact, which the first visit adds by the code in the demo's mailbox; then go on."""

    def act(page: BrowserPage) -> None:
        here = page.url
        if page.locator(".govuk-summary-card").count() == 0:
            page.goto(f"{here}telefon/")
            _ask_for_a_code(page, "0531 123 45 67")
            while page.locator("main a[href$='/demo/outbox']").count() == 0:  # it is on its way
                page.wait_for_timeout(200)
                page.reload()
            gateway = here.split("/hesabim/")[0].removesuffix("/en")
            messages = page.context.request.get(f"{gateway}/demo/outbox.json?to=905311234567").json()
            page.fill("[name=code]", messages[0]["body"][-6:])
            page.locator("main form button").first.click()
            page.wait_for_selector(".govuk-summary-card")
            page.goto(here)
        if end:
            page.locator(f"main a[href$='{end}']").first.click()
            page.wait_for_url(f"**{end}")

    return act


def _doubt_a_device(page: BrowserPage) -> None:
    """Be asked about a device that is not this one: the account is opened on another first."""
    elsewhere = page.context.browser.new_context()  # type: ignore[union-attr]
    sign_in(elsewhere, "/".join(page.url.split("/")[:3]), number=Visitor.KEYHOLDER.identity_number)
    elsewhere.close()
    page.reload()
    page.locator("main a[href*='bu-ben-degildim/oturum/']").first.click()
    page.wait_for_selector("main [name=extent]")


def _disown_a_device(page: BrowserPage) -> None:
    _doubt_a_device(page)
    page.check("[name=extent][value=those]")
    page.locator("main form button").click()
    page.wait_for_selector(".govuk-notification-banner")


def _make_recovery_codes(page: BrowserPage) -> None:
    page.locator("main form button").click()
    page.wait_for_selector(".kapi-codes")


def _ask_a_telephone(number: str) -> Callable[[BrowserPage], None]:
    """Ask one of the demo's telephones (kapi.commands.demo_issuer), or come back while it is still waited for."""

    def act(page: BrowserPage) -> None:
        asked = page.evaluate("name => JSON.parse(localStorage.getItem(name) || '[0, \"\"]')", number)
        if page.evaluate("Date.now()") - asked[0] < 120_000:
            page.goto(page.url + asked[1])
            return
        page.fill("[name=identity_number]", Visitor.CITIZEN.identity_number)
        page.fill("[name=phone]", number)
        page.locator("main form button").first.click()
        page.wait_for_url("**/mobil-imza/*/**")
        signature_id = page.url.rstrip("/").rpartition("/")[2]
        page.evaluate(
            "([name, id]) => localStorage.setItem(name, JSON.stringify([Date.now(), id + '/']))", [number, signature_id]
        )

    return act


def _be_sent_by_who_insists(page: BrowserPage) -> None:
    """Come from the first sample institution, as if it did not serve who has proved themselves by password alone."""
    here = urlsplit(page.url)
    institution = f"http://{here.hostname}:{(here.port or 0) + 1}"
    asked = {
        "client_id": f"municipality-{(here.port or 0) + 1}",
        "redirect_uri": f"{institution}/giris/donus",
        "response_type": "code",
        "scope": "openid",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        "state": "s",
        "nonce": "n",
        "claims": '{"id_token": {"acr": {"essential": true, "values": ["urn:kapi:loa:substantial"]}}}',
        "ui_locales": "en" if here.path.startswith("/en/") else "tr",
    }
    page.goto(f"http://{here.netloc}/oidc/authorize?{urlencode(asked)}")
    page.wait_for_url("**/daha-guclu/**")


def _let_the_session_near_its_end(page: BrowserPage) -> None:
    page.evaluate("document.querySelector('[data-session-end]').showModal()")


def _act_for_a_company(page: BrowserPage) -> None:
    """Choose the company and come back to the page, which now shows it."""
    here = page.url
    page.locator("main [name=principal]:not([value=self])").first.check()
    page.locator("main form button").click()
    page.goto(here)
    page.wait_for_selector(".kapi-principal")


def _wait_for_the_question(page: BrowserPage) -> None:
    """Be asked, and not let through: the visitor must be one for whom no journey has agreed to anything."""
    page.wait_for_selector("main button[value=allow]")


def _arrive_for_a_company(page: BrowserPage) -> None:
    """Choose a company for which nobody has agreed to anything yet, and go on to an institution."""
    _act_for_a_company(page)
    page.goto(page.url.removesuffix("kimin-adina/") + "hizmet/su-borcu/git/")
    page.wait_for_selector("main button[value=allow]")


def _find_at_the_desk(number: str) -> Callable[[BrowserPage], None]:
    def act(page: BrowserPage) -> None:
        page.fill("[name=identity_number]", number)
        page.press("[name=identity_number]", "Enter")
        page.wait_for_selector("#deeds")

    return act


def _make_a_support_code(page: BrowserPage) -> None:
    """Make one, after ending the help that was asked for or given before."""
    while page.locator("main button[value=end]").count():
        with page.expect_navigation():
            page.locator("main button[value=end]").first.click()
    page.click("main button[value=code]")
    page.wait_for_selector(".govuk-panel__title")


def _help(page: BrowserPage) -> None:
    """Type the code that a citizen reads out in a browser of their own, and let them agree."""
    browser = page.context.browser
    assert browser is not None
    gateway = "/".join(page.url.split("/")[:3])
    context = browser.new_context()
    sign_in(context, gateway)
    citizen = context.new_page()
    citizen.goto(f"{gateway}/hesabim/destek/")
    _make_a_support_code(citizen)
    page.fill("[name=code]", citizen.locator(".govuk-panel__title").inner_text())
    page.locator("main form button").first.click()
    page.wait_for_selector("main button[value=end]")
    citizen.goto(f"{gateway}/hesabim/destek/")
    citizen.click("main button[value=agree]")
    citizen.wait_for_load_state()
    context.close()
    page.reload()
    page.wait_for_selector("#deeds")


def _ask_for_emergency_rights(page: BrowserPage) -> None:
    """Ask, or open what was asked for before."""
    if page.locator("main tbody a").count() == 0:
        page.fill("[name=reason]", "Yanlış bir hizmet yayında ve onay sorumlusu yok.")
        page.locator("main form button").last.click()
    else:
        _open_the_first(page)
    page.wait_for_selector("#deeds")


def _correct_at_the_desk(page: BrowserPage) -> None:
    _find_at_the_desk("10000000146")(page)
    page.locator("main a[href*='/duzelt/']").click()
    page.wait_for_selector("#reason")


def _check_a_correction(page: BrowserPage) -> None:
    _correct_at_the_desk(page)
    page.fill("[name=family_name]", "Deneme")
    page.check("[name=reason][value=court]")
    page.locator("main form button").click()
    page.wait_for_selector("main button[value=save]")


def _hand_out_a_code(page: BrowserPage) -> None:
    _find_at_the_desk("10000000528")(page)
    if page.locator("#seen").count():
        page.check("#seen")
    page.locator("#deeds button").click()
    page.wait_for_selector(".kapi-code")


def _open_the_first(page: BrowserPage) -> None:
    page.locator("main tbody a").first.click()
    page.wait_for_load_state()


def _propose_an_institution(page: BrowserPage) -> None:
    page.fill("[name=code]", "98765432")
    page.fill("[name=name_tr]", "Deneme Kurumu")
    page.select_option("[name=kind]", "agency")
    page.locator("main form button").click()
    page.wait_for_selector("#decision")


def _propose_and_list(page: BrowserPage) -> None:
    _propose_an_institution(page)
    page.goto(page.url.rsplit("/", 2)[0] + "/")
    page.wait_for_selector("main tbody a")


def _register_a_client(page: BrowserPage) -> None:
    page.fill("[name=name_tr]", "Deneme Programı")
    page.fill("[name=redirect_uris]", "https://kurum.example/geri")
    page.check("[name=rules][value=baseline]")
    page.check("[name=proof][value=secret]")
    page.fill("[name=secret_until]", "31.12.2099")
    page.locator("main form button").click()
    page.wait_for_selector("main a[href*='/istemciler/']")


def _then_open(link: str) -> Callable[[BrowserPage], None]:
    """Open the first of a list, and on its page the link whose address ends so."""

    def act(page: BrowserPage) -> None:
        _open_the_first(page)
        page.locator(f"main a[href$='{link}']").click()
        page.wait_for_load_state()

    return act


def _take_a_test_token(page: BrowserPage) -> None:
    page.locator("main form button").click()
    page.wait_for_selector("#token")


def _begin_a_new_secret(page: BrowserPage) -> None:
    _register_a_client(page)
    page.locator("main a[href*='/istemciler/']").last.click()
    page.locator("main a[href$='/gizli-anahtar/']").click()
    page.wait_for_selector("#sure")


def _and_back(page: BrowserPage, path: str, act: Callable[[BrowserPage], None]) -> None:
    """Do something on a page of the portal and come back to this one, which shows it."""
    here = page.url
    page.goto(here.split("/en/")[0].split("/yonetim/")[0] + path)
    act(page)
    page.goto(here)
    page.wait_for_selector("main tbody")


def _have_a_request_refused(page: BrowserPage) -> None:
    """Ask for the first client of the list what it may not, and come back to the page that says so."""

    def act(clients: BrowserPage) -> None:
        link = clients.locator("main tbody a").first.get_attribute("href") or ""
        site, client_id = clients.url.split("/yonetim/")[0], link.rstrip("/").rpartition("/")[2]
        clients.goto(f"{site}/oidc/authorize?client_id={client_id}&redirect_uri=https://kurum.example/")

    _and_back(page, "/yonetim/istemciler/", act)


def _leave_feedback(page: BrowserPage) -> None:
    def act(portal: BrowserPage) -> None:
        with portal.expect_navigation():
            portal.locator(".kapi-useful button").first.click()

    _and_back(page, "/hizmet/su-borcu/", act)


def _report_a_barrier(page: BrowserPage) -> None:
    def act(portal: BrowserPage) -> None:
        portal.fill("main textarea", "Düğme okunmuyor.")
        with portal.expect_navigation():
            portal.locator("main form button").last.click()

    _and_back(page, "/erisilebilirlik/engel-bildir/", act)


def _search_in_vain(page: BrowserPage) -> None:
    _and_back(page, "/ara?q=qqqqxyz", lambda portal: portal.wait_for_load_state())


def _send_with_no_session(page: BrowserPage) -> None:
    """Send a form as somebody does whose session has ended meanwhile."""
    page.evaluate("document.querySelector('main form[method=post]').action = location.pathname.replace"
                  "('geri-bildirim', 'hesabim/sifre')")  # fmt: skip
    page.fill("main textarea", "Bir söz")
    _send_empty(page)
    page.wait_for_selector("main a[target=_blank]")


def _send_without_proof(page: BrowserPage) -> None:
    page.evaluate("document.querySelector('main form[method=post] [name=csrfmiddlewaretoken]').value = 'x'")
    page.fill("main textarea", "Bir söz")
    _send_empty(page)
    page.wait_for_selector("main form", state="detached")


def _see_what_was_set_aside(page: BrowserPage) -> None:
    page.wait_for_selector("main th:has-text('gate-name')")


def _ask_for_half(page: BrowserPage) -> None:
    page.fill("[name=subject_id]", "12")
    page.locator("main form button").click()
    page.wait_for_selector(".govuk-error-summary")


CAREFUL: Final = (Visitor.CAREFUL,)
RECOVERED: Final = (Visitor.RECOVERED,)
HELD_OFF: Final = (Visitor.HELD_OFF,)
AUTHOR: Final = (Visitor.AUTHOR,)
MANAGER: Final = (Visitor.MANAGER,)
DESK: Final = (Visitor.DESK,)
OPERATOR: Final = (Visitor.OPERATOR,)
_TEST_TOKEN: Final = "/yonetim/istemciler/deneme-istemcisi/deneme-belirteci/"

PAGES: Final = [
    Page("ui/error.html", "/boyle-bir-sayfa-yok/"),
    Page("ui/error.html", "/geri-bildirim/", NOBODY, "session gone", _send_with_no_session),
    Page("ui/error.html", "/geri-bildirim/", NOBODY, "no proof of origin", _send_without_proof),
    Page("ui/gallery.html", "/demo/bilesenler/"),
    Page("demo/outbox.html", "/demo/outbox"),
    Page("portal/home.html", "/"),
    Page("portal/search.html", "/ara?q=ogrnci+belge"),
    Page("portal/search.html", "/ara?q=qqqq", state="without results", visitors=NOBODY),
    Page("portal/service.html", "/hizmet/yerlesim-yeri-belgesi/"),
    Page("portal/life_events.html", "/yasam-olaylari/"),
    Page("portal/life_event.html", "/yasam-olaylari/universite/"),
    Page("portal/categories.html", "/kategoriler/"),
    Page("portal/category.html", "/kategoriler/egitim/"),
    Page("portal/institutions.html", "/kurumlar/"),
    Page("portal/institution.html", "/kurumlar/90002001/"),
    Page("portal/standards.html", "/kurumlar/90002001/hizmet-standartlari/"),
    Page("portal/my_pages.html", "/sayfam/", CITIZEN),
    Page("portal/help.html", "/yardim/"),
    Page("portal/accessibility.html", "/erisilebilirlik/"),
    Page("portal/barrier.html", "/erisilebilirlik/engel-bildir/"),
    Page("portal/barrier.html", "/erisilebilirlik/engel-bildir/", NOBODY, "empty", _send_empty, mistakes=True),
    Page("portal/barrier_received.html", "/erisilebilirlik/engel-bildir/alindi/"),
    Page("portal/privacy.html", "/gizlilik/"),
    Page("portal/feedback.html", "/geri-bildirim/"),
    Page("portal/feedback.html", "/geri-bildirim/", NOBODY, "empty", _send_empty, mistakes=True),
    Page("portal/feedback_received.html", "/geri-bildirim/alindi/"),
    Page("login/sign_in.html", "/giris/", NOBODY),
    Page("login/sign_in.html", "/giris/", NOBODY, "empty", _send_empty, mistakes=True),
    Page("login/sign_in.html", "/giris/", NOBODY, "passkey refused", _fail_with_a_passkey, mistakes=True),
    Page("login/sign_in.html", "/giris/?yeniden=1", CITIZEN, "again"),
    Page("login/certificate.html", "/giris/sertifika/", NOBODY),
    Page("login/certificate.html", "/giris/sertifika/", NOBODY, "empty", _send_empty, mistakes=True),
    Page("login/certificate.html", "/giris/sertifika/?yeniden=1", CITIZEN, "again"),
    Page("login/mobile_signature.html", "/giris/mobil-imza/", NOBODY),
    Page("login/mobile_signature.html", "/giris/mobil-imza/", NOBODY, "empty", _send_empty, mistakes=True),
    Page("login/mobile_signature_wait.html", "/giris/mobil-imza/", NOBODY, act=_ask_a_telephone("0500 000 00 03")),
    Page("login/mobile_signature_wait.html", "/giris/mobil-imza/", NOBODY, "over", _ask_a_telephone("0500 000 00 09")),
    Page("login/stronger_proof.html", "/hesabim/", CITIZEN, act=_be_sent_by_who_insists),
    Page("login/another_person.html", "/giris/?yeniden=1", CITIZEN, act=_prove_to_be_another),
    Page("login/too_many_attempts.html", "/giris/", NOBODY, act=_fail_to_sign_in),
    Page("login/second_step.html", "/giris/?yeniden=1", CAREFUL, act=_begin_a_second_step),
    Page(
        "login/second_step.html",
        "/giris/?yeniden=1",
        CAREFUL,
        "empty",
        _begin_a_second_step_and_send_nothing,
        mistakes=True,
    ),
    Page("login/second_step.html", "/giris/?yeniden=1", RECOVERED, "code not sent yet", _be_offered_a_sent_code),
    Page("login/second_step.html", "/giris/?yeniden=1", RECOVERED, "text message", _wait_for_a_sent_code("05**")),
    Page("login/second_step.html", "/giris/?yeniden=1", RECOVERED, "e-mail", _wait_for_a_sent_code("@")),
    Page("login/held_off.html", "/giris/kod-ile/", HELD_OFF),
    Page("login/held_off.html", "/giris/kod-ile/", HELD_OFF, "empty", _send_empty, mistakes=True),
    Page("login/totp.html", "/hesabim/giris-yontemleri/uygulama/", CAREFUL),
    Page("login/totp.html", "/hesabim/giris-yontemleri/uygulama/", CAREFUL, "empty", _send_empty, mistakes=True),
    Page("login/recovery_codes.html", "/hesabim/giris-yontemleri/kurtarma-kodlari/", CAREFUL),
    Page(
        "login/recovery_codes_made.html",
        "/hesabim/giris-yontemleri/kurtarma-kodlari/",
        CAREFUL,
        act=_make_recovery_codes,
    ),
    Page("login/first_password.html", "/giris/ilk-sifre/", (Visitor.NEWCOMER,)),
    Page("login/first_password.html", "/giris/ilk-sifre/", (Visitor.NEWCOMER,), "empty", _send_empty, mistakes=True),
    Page("login/approval.html", "/giris", CAREFUL, act=_wait_for_the_question, at_institution=True),
    Page("login/approval.html", "/kimin-adina/", (Visitor.REPRESENTATIVE,), "for a company", _arrive_for_a_company),
    Page(
        "login/fault.html",
        "/oidc/authorize?client_id=x&ui_locales=tr",
        english="/oidc/authorize?client_id=x&ui_locales=en",
    ),
    Page("login/extension.html", "/oturum/uzat/", CITIZEN),
    Page("login/account.html", "/hesabim/", CITIZEN),
    Page("login/account.html", "/hesabim/", CITIZEN, "session about to end", _let_the_session_near_its_end),
    Page("login/acting.html", "/kimin-adina/", CITIZEN),
    Page("login/acting.html", "/kimin-adina/", (Visitor.REPRESENTATIVE,), "for a company", _act_for_a_company),
    Page("login/sessions.html", "/hesabim/oturumlar/", CITIZEN),
    Page("login/history.html", "/hesabim/giris-gecmisi/", CITIZEN),
    Page("login/sharings.html", "/hesabim/paylasimlar/", CITIZEN),
    Page("login/misuse.html", "/hesabim/oturumlar/", KEYHOLDER, act=_doubt_a_device),
    Page("login/misuse_reports.html", "/hesabim/oturumlar/", KEYHOLDER, act=_disown_a_device),
    Page("login/misuse_guidance.html", "/bu-ben-degildim/"),
    Page("login/authenticators.html", "/hesabim/giris-yontemleri/", CITIZEN),
    Page("login/authenticators.html", "/hesabim/giris-yontemleri/", KEYHOLDER, "with a passkey", _show_a_passkey),
    Page("login/rename_authenticator.html", "/hesabim/giris-yontemleri/", KEYHOLDER, act=_lead_to("/ad/")),
    Page("login/remove_authenticator.html", "/hesabim/giris-yontemleri/", KEYHOLDER, act=_lead_to("/kaldir/")),
    Page("login/contacts.html", "/hesabim/iletisim/", CITIZEN),
    Page("login/contact_form.html", "/hesabim/iletisim/telefon/", CAREFUL),
    Page("login/contact_form.html", "/hesabim/iletisim/e-posta/", CAREFUL, "empty", _send_empty, mistakes=True),
    Page("login/contact_code.html", "/hesabim/iletisim/telefon/", CAREFUL, act=_have_a_code_sent),
    Page(
        "login/contact_code.html",
        "/hesabim/iletisim/telefon/",
        CAREFUL,
        "empty",
        _have_a_code_sent_and_enter_none,
        mistakes=True,
    ),
    Page("login/step_by_contact.html", "/hesabim/iletisim/", CAREFUL, act=_add_a_contact_and("/giriste-sor/")),
    Page("login/remove_contact.html", "/hesabim/iletisim/", CAREFUL, act=_add_a_contact_and("/kaldir/")),
    Page("login/contacts.html", "/hesabim/iletisim/", CAREFUL, "with a contact", _add_a_contact_and("")),
    Page("login/contacts.html", "/hesabim/iletisim/", RECOVERED, "cooling off", _read_when_more_can_be_removed),
    Page(
        "login/authenticators.html",
        "/hesabim/giris-yontemleri/",
        RECOVERED,
        "cooling off",
        _read_when_more_can_be_removed,
    ),
    Page("login/assistance.html", "/hesabim/destek/", CITIZEN, act=_make_a_support_code),
    Page("login/password.html", "/hesabim/sifre/", CITIZEN),
    Page("login/password.html", "/hesabim/sifre/", CITIZEN, "empty", _send_empty, mistakes=True),
    Page("login/password.html", "/hesabim/sifre/", RECOVERED, "cooling off"),
    Page("login/password_changed.html", "/hesabim/sifre/degisti/", CITIZEN),
    Page("login/sign_out.html", "/cikis/"),
    Page("login/signed_out.html", "/cikis/tamam/"),
    Page("backoffice/home.html", "/yonetim/", (Visitor.AUTHOR, Visitor.OPERATOR)),
    Page("backoffice/assistances.html", "/yonetim/destek/", DESK),
    Page("backoffice/assistances.html", "/yonetim/destek/", DESK, "empty", _send_empty, mistakes=True),
    Page("backoffice/assistance.html", "/yonetim/destek/", DESK, act=_help),
    Page("backoffice/emergencies.html", "/yonetim/olaganustu/", OPERATOR),
    Page("backoffice/emergencies.html", "/yonetim/olaganustu/", OPERATOR, "empty", _send_empty, mistakes=True),
    Page("backoffice/emergency.html", "/yonetim/olaganustu/", OPERATOR, act=_ask_for_emergency_rights),
    Page("backoffice/proof.html", "/yonetim/gecis-anahtari/", DESK),
    Page("backoffice/desk.html", "/yonetim/gise/", DESK),
    Page("backoffice/desk.html", "/yonetim/gise/", DESK, "empty", _send_empty, mistakes=True),
    Page("backoffice/registration.html", "/yonetim/gise/kayit/", DESK),
    Page("backoffice/registration.html", "/yonetim/gise/kayit/", DESK, "empty", _send_empty, mistakes=True),
    Page("backoffice/person.html", "/yonetim/gise/", DESK, act=_find_at_the_desk("10000000146")),
    Page("backoffice/correction.html", "/yonetim/gise/", DESK, act=_correct_at_the_desk),
    Page("backoffice/correction_check.html", "/yonetim/gise/", DESK, act=_check_a_correction),
    Page("backoffice/code.html", "/yonetim/gise/", DESK, act=_hand_out_a_code),
    Page("backoffice/institutions.html", "/yonetim/kurumlar/", OPERATOR),
    Page("backoffice/institution.html", "/yonetim/kurumlar/90003001/", MANAGER),
    Page("backoffice/institution_form.html", "/yonetim/kurumlar/90003001/duzenle/", MANAGER),
    Page("backoffice/members.html", "/yonetim/kurumlar/90003001/gorevliler/", MANAGER),
    Page("backoffice/proposals.html", "/yonetim/kurumlar/oner/", OPERATOR, act=_propose_and_list),
    Page("backoffice/proposals.html", "/yonetim/oneriler/", MANAGER, "empty"),
    Page("backoffice/proposal.html", "/yonetim/kurumlar/oner/", OPERATOR, act=_propose_an_institution),
    Page("backoffice/services.html", "/yonetim/hizmetler/", AUTHOR),
    Page("backoffice/service.html", "/yonetim/hizmetler/su-borcu/", AUTHOR),
    Page("backoffice/revision.html", "/yonetim/hizmetler/su-borcu/", AUTHOR, act=_open_the_first),
    Page("backoffice/revision_form.html", "/yonetim/kurumlar/90002001/yeni-hizmet/", AUTHOR),
    Page("backoffice/clients.html", "/yonetim/istemciler/", OPERATOR),
    Page("backoffice/client.html", "/yonetim/istemciler/", OPERATOR, act=_open_the_first),
    Page("backoffice/test_token.html", _TEST_TOKEN, OPERATOR),
    Page("backoffice/test_token.html", _TEST_TOKEN, OPERATOR, state="taken", act=_take_a_test_token),
    Page("backoffice/refusals.html", "/yonetim/reddedilen-istekler/", OPERATOR, act=_have_a_request_refused),
    Page("backoffice/client_change.html", "/yonetim/istemciler/", OPERATOR, act=_then_open("/duzenle/")),
    Page("backoffice/client_keys.html", "/yonetim/istemciler/", OPERATOR, act=_then_open("/anahtarlar/")),
    Page("backoffice/client_secret.html", "/yonetim/kurumlar/90002001/yeni-istemci/", AUTHOR, act=_begin_a_new_secret),
    Page("backoffice/client_form.html", "/yonetim/kurumlar/90002001/yeni-istemci/", AUTHOR),
    Page(
        "backoffice/client_registered.html", "/yonetim/kurumlar/90002001/yeni-istemci/", AUTHOR, act=_register_a_client
    ),
    Page("backoffice/feedback.html", "/yonetim/geri-bildirim/", OPERATOR, act=_leave_feedback),
    Page("backoffice/barriers.html", "/yonetim/engeller/", OPERATOR, act=_report_a_barrier),
    Page("backoffice/searches.html", "/yonetim/bulunamayan-aramalar/", OPERATOR, act=_search_in_vain),
    Page("backoffice/status.html", "/yonetim/durum/", OPERATOR),
    Page("backoffice/status.html", "/yonetim/durum/", (Visitor.WATCHFUL,), "set aside", _see_what_was_set_aside),
    Page("backoffice/audit.html", "/yonetim/denetim-izi/", OPERATOR),
    Page("backoffice/audit.html", "/yonetim/denetim-izi/", OPERATOR, "mistaken", _ask_for_half, mistakes=True),
]
