"""`kapi demo-data`: make everything ready that the demo needs, once. `kapi demo` calls it with its own settings."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.utils import timezone
from joserfc.jwk import ECKey
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from kapi.commands import assets, demo_issuer, demo_people, messages, migrate
from kapi.commands.demo_people import ACTOR, MUNICIPALITY, UNIVERSITY, DemoPerson
from kapi.contexts.catalogue import services as catalogue
from kapi.contexts.institutions.services import load_institutions
from kapi.contexts.openid.selectors.clients import digest_of, find_client, find_waiting_change
from kapi.contexts.openid.services.client_changes import accept_change, change_client
from kapi.contexts.openid.services.clients import register_client
from kapi.contexts.openid.services.keys import ensure_keys
from kapi.contexts.openid.values.clients import ApiScope, ClientRecord, Profile, Scope, ScopeUse
from kapi.kernel.actors import system
from kapi.kernel.langstring import NO_TEXT, LangString

DATA = Path("demo/data")
_FILES = ("people", "institutions", "categories", "life_events", "services", "life_event_steps")
_PURPOSE = LangString(
    "Size adınızla hitap etmek ve hizmeti adınıza yürütmek", "To address you and to serve you by name"
)
_FOR_COMPANIES = LangString("Hizmeti adına işlem yaptığınız şirkete vermek", "To serve the company for which you act")
_REGULATION = LangString(
    "E-Devlet Hizmetlerinin Yürütülmesine İlişkin Usul ve Esaslar Hakkında Yönetmelik "
    "(Resmî Gazete, 3 Eylül 2016, sayı 29820)",
    "Regulation on the Procedures and Principles for Running e-Government Services "
    "(Official Gazette 29820 of 3 September 2016)",
)
# The municipality rests on the law (the approval page informs), the university on consent: both kinds can be tried.
_CLIENTS = {"municipality": (MUNICIPALITY, _REGULATION), "university": (UNIVERSITY, NO_TEXT)}


TEST_CLIENT = "deneme-istemcisi"


@dataclass(frozen=True)
class Place:
    """A sample institution as `kapi demo` starts it."""

    name: str
    kind: str
    url: str
    client_id: str


def demo_data(
    institutions: Annotated[
        str, typer.Argument(help="The sample institutions as JSON: [{name, kind, url, client_id}]")
    ],
) -> None:
    """Create tables, texts, assets, demo data and keys where they are missing, and write demo.json."""
    if not settings.DEMO:
        typer.echo("Demo data are for demo mode only. Call `kapi demo`.", err=True)
        raise typer.Exit(1)
    places = [Place(**place) for place in json.loads(institutions)]
    migrate.migrate(check=False)
    messages.compile_catalogs()
    assets.assets(force=False)
    now = timezone.now()
    for place in places:
        _ensure_key(place)
    ensure_keys(actor=ACTOR, now=now)
    demo_issuer.ensure_issuer(
        settings.DATA_DIR / "demo-issuer",
        url=f"{settings.GATEWAY_URL}/demo/iptal.crl",
        holders=demo_people.holders_of_cards(settings.BASE_DIR / DATA / "people.csv"),
        now=now,
    )
    mark: Path = settings.DATA_DIR / "demo-data.hash"
    wanted = _fingerprint(places)
    if not (mark.exists() and mark.read_text() == wanted and demo_people.is_loaded()):
        people = _load(places, now)
        for place in places:
            _ensure_client(place, now)
        _ensure_test_client(now)
        _write_facts(places, people)
        mark.write_text(wanted)


def _load(places: list[Place], now: datetime) -> list[DemoPerson]:
    """Load everything. Whatever is there already stays; a service whose address changed gets its next revision."""
    folder: Path = settings.BASE_DIR / DATA
    with _progress() as begin:
        rows = (folder / "people.csv").read_text(encoding="utf-8").count("\n") - 1
        people = demo_people.load_people(folder / "people.csv", progress=begin("People", rows), now=now)
        by_role = {person.role: person.id for person in people}
        author, approver = by_role["operator"], by_role["operator2"]
        step = begin("Institutions", 1)
        load_institutions(data=_read("institutions"), author_id=author, approver_id=approver, actor=ACTOR, now=now)
        demo_people.grant_roles(people, now=now)
        step(1)
        rows = _read("services").count(b"\n") - 1
        catalogue.load_catalogue(
            categories=_read("categories"),
            life_events=_read("life_events"),
            services=_read("services"),
            life_event_steps=_read("life_event_steps"),
            places={place.kind: place.url for place in places},
            author_id=author,
            approver_id=approver,
            progress=begin("Services", rows),
            actor=ACTOR,
            now=now,
        )
    return people


def _ensure_client(place: Place, now: datetime) -> None:
    """Register the institution's program. Its id names its port, for addresses of a client never change here."""
    code, legal_basis = _CLIENTS[place.kind]
    scopes = [ScopeUse(Scope.OPENID), ScopeUse(Scope.PROFILE, _PURPOSE, legal_basis)]
    if place.kind == "municipality":  # the university serves people only: both kinds can be tried
        scopes.append(ScopeUse(Scope.COMPANY, _FOR_COMPANIES, legal_basis))
    known = find_client(client_id=place.client_id)
    if known is not None:
        _ensure_scopes(known, scopes, now)
        return
    register_client(
        name=LangString(place.name, ""),
        client_id=place.client_id,
        institution_code=code,
        profile=Profile.BASELINE,  # Authlib, by which it signs in, neither pushes requests nor proves possession
        redirect_uris=[f"{place.url}/giris/donus"],
        scopes=scopes,
        jwks_uri=f"{place.url}/jwks.json",
        post_logout_redirect_uris=[f"{place.url}/cikis/tamam", f"{place.url}/en/cikis/tamam"],
        backchannel_logout_uri=f"{place.url}/backchannel-logout",
        actor=ACTOR,
        now=now,
    )


def _ensure_test_client(now: datetime) -> None:
    """Register a client with which the institutions' API can be tried by hand; nobody is told its secret."""
    if find_client(client_id=TEST_CLIENT) is None:
        register_client(
            name=LangString("Deneme istemcisi", "Test client"),
            client_id=TEST_CLIENT,
            institution_code=_CLIENTS["municipality"][0],
            profile=Profile.BASELINE,
            redirect_uris=[],
            scopes=[],
            api_scopes=[ApiScope.CLIENTS_READ],
            is_test=True,
            secret_until=now + settings.OPENID.exception_lifetime,
            actor=ACTOR,
            now=now,
        )


def _ensure_scopes(client: ClientRecord, scopes: list[ScopeUse], now: datetime) -> None:
    """Let a program of an older demo ask for what it asks for today; what widens it takes two, as everywhere."""
    if {use.scope for use in scopes} <= set(client.scopes):
        return
    terms = replace(client.terms, scopes=tuple(scopes))
    change_client(client_id=client.id, terms=terms, seen=digest_of(client), actor=ACTOR, now=now)
    waiting = find_waiting_change(client_id=client.id)
    if waiting is not None:
        accept_change(change_id=waiting.id, actor=system("command:demo, the second of two"), now=now)


def _ensure_key(place: Place) -> None:
    path = settings.DATA_DIR / "demo-keys" / f"{place.kind}.pem"
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(ECKey.generate_key("P-256").as_pem(private=True))


def _read(name: str) -> bytes:
    path: Path = settings.BASE_DIR / DATA / f"{name}.csv"
    return path.read_bytes()


def _fingerprint(places: list[Place]) -> str:
    digest = hashlib.sha256(json.dumps([asdict(place) for place in places]).encode())
    for name in _FILES:
        digest.update(_read(name))
    return digest.hexdigest()


def _write_facts(places: list[Place], people: list[DemoPerson]) -> None:
    facts = {
        "gateway": settings.GATEWAY_URL,
        "issuer": settings.LOGIN_URL,
        "institutions": [{"name": place.name, "url": place.url} for place in places],
        "people": [
            {
                "identity_number": person.number.digits,
                "password": demo_people.PASSWORD,
                "name": person.name,
                "note": person.note,
                "note_en": person.note_en,
            }
            for person in people
            if person.has_account
        ],
    }
    path: Path = settings.DATA_DIR / "demo.json"
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)


@contextmanager
def _progress() -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    """Give a function that begins a bar and returns how to move it."""
    columns = (TextColumn("{task.description:<14}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:

        def begin(what: str, total: int) -> Callable[[int], None]:
            task = bars.add_task(what, total=total)
            return lambda done: bars.update(task, completed=done)

        yield begin
