"""Signing in and tokens over HTTP, per CPU-second of the server, beside `oidc-provider` (npm) doing the same.

Ours is `kapi serve` with one process on PostgreSQL on the same machine, over its Unix socket (unless KAPI_DATABASE_URL
names another), with every setting of both as they come: what is answered is on the disk. `oidc-provider` runs in one
process of Node and keeps everything in memory. The same program asks both for the same, in turn, in the same minutes:
clients prove themselves by `private_key_jwt` (ES256, a fresh `jti` each), proofs of possession carry the server's
nonce, ID tokens and the access tokens of clients are JWTs (ES256). The access tokens of citizens are JWTs here and
opaque there, since its userinfo endpoint takes no others. What the clients sign is signed before, and their CPU is not
counted; nor is PostgreSQL's, which stands in the notes. Each figure is the best of the rounds, for other work on the
machine only ever makes a request dearer.

A complete code flow is a pushed request, the browser of somebody who is signed in and has agreed, the tokens, and the
first answer of userinfo. A sign-in is the page and the form (or the passkey), on a device that is known.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bench.closed_loop import CONNECTIONS, Connection, Deed, Unexpected, cpu_of_family, database_server, drive
from bench.databases import databases, free_port
from bench.figures import Figure, compared
from bench.load import cpu_of_group
from bench.progress import progress
from bench.relying_parties import (
    REDIRECT_URI,
    Browser,
    Client,
    Provider,
    code_from,
    current_nonce,
    discover,
    first_code,
    form_token,
    pushed_request,
    pushed_uri,
    redemption,
    sent,
    token_request,
    userinfo_request,
)
from bench.servers import BIN, ROOT, gateway_settings, kapi, running
from kapi.foundation.passwords import hash_password, password_matches
from tests.passkeys import SoftPasskey

CLIENTS = 4  # of each kind: no one client may have more than 6,000 tokens in five minutes
KINDS = ("plain", "fapi", "offline")
ROUNDS, QUICK_ROUNDS = 3, 1
QUICK_SHARE = 10  # so many times fewer
PEER = "oidc-provider, in memory"
_RATE = "per CPU-second"
_DJANGO = {"DJANGO_SETTINGS_MODULE": "kapi.config.settings"}
_SIGN_IN, _PASSKEY = "/giris/", "/giris/gecis-anahtari/"


@dataclass(frozen=True)
class Citizen:
    """Somebody who signs in: with what, and on which device. The device never holds a session when they begin."""

    number: str
    password: str
    passkey: SoftPasskey
    device: Browser


@dataclass
class Party:
    """A provider that is measured, what its clients and citizens hold, and how much CPU it has used.

    There is one browser with a live session for each connection, and each connection meets every client. `citizens`
    are known of ours alone, as many.
    """

    provider: Provider
    clients: Mapping[str, Sequence[Client]]
    cpu: Callable[[], float]
    browsers: Sequence[Browser]
    citizens: Sequence[Citizen] = ()
    refresh_tokens: list[tuple[Client, str]] = field(default_factory=list)

    def client(self, kind: str, number: int) -> Client:
        """Return the client of a kind that deed number so and so is for."""
        return self.clients[kind][number // CONNECTIONS % CLIENTS]


@dataclass(frozen=True)
class Thing:
    """Something to measure: how to prepare so many of it for a party, how many a round has, and what we promise."""

    prepare: Callable[[Party, int], list[Deed]]
    count: int
    floor: int | None = None
    peer: Callable[[], float] | None = None  # of what `oidc-provider` does not do: the bare work, per CPU-second
    peer_name: str = PEER


@dataclass(frozen=True)
class Measured:
    """How many of it a CPU-second of the server is good for, and the database's CPU for each, in milliseconds."""

    rate: float
    database_ms: float = 0.0


def run(*, quick: bool, only: Sequence[str] = ()) -> list[Figure]:
    """Measure what is named in `only` (nothing: all); `quick` takes a tenth, once."""
    if unknown := set(only) - set(THINGS):
        raise SystemExit(f"{', '.join(sorted(unknown))}: write one of {', '.join(THINGS)}")
    chosen = {name: thing for name, thing in THINGS.items() if not only or name in only}
    for database in databases():
        if database.name != "PostgreSQL":
            continue
        with progress(steps=len(chosen) + 1) as begin, tempfile.TemporaryDirectory(prefix="kapi-bench-") as folder:
            begin("setting up")
            url = database.environment["KAPI_DATABASE_URL"]
            server = database_server(url)
            if server is None:
                raise SystemExit("PostgreSQL runs on another machine, where its CPU cannot be read.")
            with _parties(Path(folder), database.environment) as (ours, theirs):
                return [
                    _figure(name, thing, ours, theirs, server, quick=quick, begin=begin)
                    for name, thing in chosen.items()
                ]
    return []


def _figure(
    name: str, thing: Thing, ours: Party, theirs: Party, server: int, *, quick: bool, begin: Callable[[str], None]
) -> Figure:
    begin(name)
    rounds, count = (QUICK_ROUNDS, max(CONNECTIONS, thing.count // QUICK_SHARE)) if quick else (ROUNDS, thing.count)
    parties = [ours] if thing.peer else [ours, theirs]
    for party in parties:  # Node compiles what runs often, Python imports what it meets
        drive(thing.prepare(party, max(CONNECTIONS, count // 4)), port=party.provider.port)
    found = [[_measure(thing, party, count, server) for party in parties] for _ in range(rounds)]
    best = [max((of_round[number] for of_round in found), key=lambda one: one.rate) for number in range(len(parties))]
    peer_value = thing.peer() if thing.peer else best[1].rate
    note = f"{1000 / best[0].rate:.2f} ms of our CPU each, {best[0].database_ms:.2f} ms of PostgreSQL's beside it"
    if thing.floor:
        note += f"; floor {thing.floor} {'met' if best[0].rate >= thing.floor else 'missed'}"
    return compared(name, best[0].rate, _RATE, peer=thing.peer_name, peer_value=peer_value, note=note)


def _measure(thing: Thing, party: Party, count: int, server: int) -> Measured:
    party.provider = replace(party.provider, nonce=current_nonce(party.provider, party.client("fapi", 0)))
    deeds = thing.prepare(party, count)
    cpu, database_cpu = party.cpu(), cpu_of_family(server)
    drive(deeds, port=party.provider.port)
    used, database_used = party.cpu() - cpu, cpu_of_family(server) - database_cpu
    return Measured(count / max(used, 0.01), 1000 * database_used / count)


# --- what is measured ---


def _get(path: Callable[[Provider], str]) -> Callable[[Party, int], list[Deed]]:
    def prepare(party: Party, count: int) -> list[Deed]:
        def deed(connection: Connection) -> None:
            connection.send("GET", path(party.provider), wanted=200)

        return [deed] * count

    return prepare


def _client_credentials(kind: str) -> Callable[[Party, int], list[Deed]]:
    def prepare(party: Party, count: int) -> list[Deed]:
        form = {"grant_type": "client_credentials", "scope": "clients.read"}
        return [_ask(party, kind, number, form, with_proof=kind != "plain") for number in range(count)]

    return prepare


def _ask(
    party: Party, kind: str, number: int, form: Mapping[str, str], *, with_proof: bool, endpoint: str = "token"
) -> Deed:
    request = token_request(party.provider, party.client(kind, number), form, with_proof=with_proof, endpoint=endpoint)

    def deed(connection: Connection) -> None:
        sent(connection, request)

    return deed


def _pushes(party: Party, count: int) -> list[Deed]:
    def push(number: int) -> Deed:
        request = pushed_request(party.provider, party.client("fapi", number))

        def deed(connection: Connection) -> None:
            pushed_uri(connection, request)

        return deed

    return [push(number) for number in range(count)]


def _code_flows(party: Party, count: int) -> list[Deed]:
    return [_code_flow(party, party.client("fapi", number)) for number in range(count)]


def _code_flow(party: Party, client: Client) -> Deed:
    provider = party.provider
    push = pushed_request(provider, client)
    # All but the code is known before: signed now, sent later.
    method, path, form, headers = token_request(provider, client, redemption("CODE"), with_proof=True)

    def deed(connection: Connection) -> None:
        browser = party.browsers[connection.number]
        code = code_from(connection, provider, client, browser, pushed_uri(connection, push))
        redeem = (method, path, form.replace(b"code=CODE", f"code={code}".encode()), headers)
        token = json.loads(sent(connection, redeem).body)["access_token"]
        sent(connection, userinfo_request(provider, client, token))

    return deed


def _refreshes(party: Party, count: int, tokens: list[tuple[Client, str]] | None = None) -> list[Deed]:
    def refresh(number: int) -> Deed:
        client, refresh_token = party.refresh_tokens[number % len(party.refresh_tokens)]
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        request = token_request(party.provider, client, form, with_proof=True)

        def deed(connection: Connection) -> None:
            answer = sent(connection, request)
            if tokens is not None:
                tokens.append((client, json.loads(answer.body)["access_token"]))

        return deed

    return [refresh(number) for number in range(count)]


def _fresh_tokens(party: Party, count: int) -> list[tuple[Client, str]]:
    """Return so many access tokens that nobody has shown yet."""
    tokens: list[tuple[Client, str]] = []
    drive(_refreshes(party, count, tokens), port=party.provider.port)
    return tokens


def _userinfos(party: Party, count: int) -> list[Deed]:
    def ask(client: Client, token: str) -> Deed:
        request = userinfo_request(party.provider, client, token)

        def deed(connection: Connection) -> None:
            sent(connection, request)

        return deed

    return [ask(client, token) for client, token in _fresh_tokens(party, count)]


def _introspections(party: Party, count: int) -> list[Deed]:
    tokens = _fresh_tokens(party, CONNECTIONS * CLIENTS)

    def ask(number: int) -> Deed:
        client, token = tokens[number % len(tokens)]
        request = token_request(party.provider, client, {"token": token}, with_proof=False, endpoint="introspection")

        def deed(connection: Connection) -> None:
            if json.loads(sent(connection, request).body)["active"] is not True:
                raise Unexpected("a good token is not active")

        return deed

    return [ask(number) for number in range(count)]


def _password_sign_ins(party: Party, count: int) -> list[Deed]:
    def deed(connection: Connection) -> None:
        citizen = party.citizens[connection.number]
        page = citizen.device.get(connection, _SIGN_IN, wanted=200)
        form = {"identity_number": citizen.number, "password": citizen.password}
        citizen.device.post(connection, _SIGN_IN, form_token(page) | form, wanted=302)
        del citizen.device.cookies["kapi_session"]

    return [deed] * count


def _passkey_sign_ins(party: Party, count: int) -> list[Deed]:
    origin = {"origin": f"http://localhost:{party.provider.port}"}

    def deed(connection: Connection) -> None:
        citizen = party.citizens[connection.number]
        page = citizen.device.get(connection, _SIGN_IN, wanted=200)
        options = json.loads(citizen.device.get(connection, f"{_PASSKEY}istek", wanted=200).body)
        shown = citizen.passkey.get(options, client=origin, rp_id=options["rpId"])
        citizen.device.post(connection, _PASSKEY, form_token(page) | {"passkey": shown}, wanted=302)
        del citizen.device.cookies["kapi_session"]

    return [deed] * count


def _hashes() -> float:
    """Return how many passwords are hashed with a CPU-second, and nothing else."""
    encoded = hash_password("uc kuru yaprak dustu 7")
    return _alone(lambda: password_matches("uc kuru yaprak dustu 7", encoded), 30)


def _signature_checks() -> float:
    """Return how many signatures are checked with a CPU-second, and nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    signature, public = key.sign(b"shown", ec.ECDSA(SHA256())), key.public_key()
    return _alone(lambda: public.verify(signature, b"shown", ec.ECDSA(SHA256())), 2000)


def _alone(deed: Callable[[], object], count: int) -> float:
    began = time.process_time()
    for _ in range(count):
        deed()
    return count / (time.process_time() - began)


THINGS: Mapping[str, Thing] = {
    "discovery": Thing(_get(lambda _: "/.well-known/openid-configuration"), 6000),
    "jwks": Thing(_get(lambda provider: urlsplit(str(provider.metadata["jwks_uri"])).path), 6000),
    "client credentials": Thing(_client_credentials("plain"), 2000, floor=300),
    "client credentials dpop": Thing(_client_credentials("fapi"), 2000),
    "par": Thing(_pushes, 2000),
    "code flow": Thing(_code_flows, 400, floor=70),
    "refresh": Thing(_refreshes, 1600),
    "userinfo": Thing(_userinfos, 1600),
    "introspection": Thing(_introspections, 2000),
    "password sign-in": Thing(
        _password_sign_ins, 80, floor=20, peer=_hashes, peer_name="hashing the password, and nothing else"
    ),
    "passkey sign-in": Thing(
        _passkey_sign_ins, 200, peer=_signature_checks, peer_name="checking the signature, and nothing else"
    ),
}


# --- who is measured ---


@contextmanager
def _parties(folder: Path, database: Mapping[str, str]) -> Iterator[tuple[Party, Party]]:
    clients = {kind: [Client(f"{kind}-{number}", kind) for number in range(CLIENTS)] for kind in KINDS}
    wanted = {
        "clients": [client.registration for kind in KINDS for client in clients[kind]],
        "redirect_uri": REDIRECT_URI,
        "people": CONNECTIONS,
    }
    with _gateway(folder, database, clients, wanted) as ours, _oidc_provider(folder, clients, wanted) as theirs:
        for party in (ours, theirs):
            party.provider = replace(party.provider, nonce=current_nonce(party.provider, clients["fapi"][0]))
            _visit_all(party)
        yield ours, theirs


@contextmanager
def _gateway(
    folder: Path, database: Mapping[str, str], clients: Mapping[str, Sequence[Client]], wanted: Mapping[str, Any]
) -> Iterator[Party]:
    port = free_port()
    settings = {**gateway_settings(folder, port), **database, "KAPI_LOG_LEVEL": "ERROR", **_DJANGO}
    kapi(settings, "migrate")
    kapi(settings, "assets")
    done = subprocess.run(
        [sys.executable, "-m", "bench.identity_here"], env=settings,
        cwd=ROOT, input=json.dumps(wanted), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    people = json.loads(done.stdout)
    with running([str(BIN / "kapi"), "serve", "--port", str(port), "--processes", "1"], settings, port) as group:
        yield Party(
            discover(port),
            clients,
            cpu=lambda: cpu_of_group(group),
            browsers=[Browser({"kapi_session": person["session"]}) for person in people],
            citizens=[_citizen(person) for person in people],
        )


def _citizen(person: Mapping[str, str]) -> Citizen:
    key = load_pem_private_key(person["passkey_key"].encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("a passkey of P-256 is expected")
    passkey = SoftPasskey(
        owner=base64.b64decode(person["passkey_owner"]),
        key=key,
        credential_id=base64.b64decode(person["passkey_id"]),
    )
    return Citizen(person["number"], person["password"], passkey, Browser({"kapi_device": person["device"]}))


@contextmanager
def _oidc_provider(folder: Path, clients: Mapping[str, Sequence[Client]], wanted: Mapping[str, Any]) -> Iterator[Party]:
    port, told = free_port(), folder / "oidc_provider.json"
    told.write_text(json.dumps(wanted), encoding="utf-8")
    if not (ROOT / "node_modules/oidc-provider").exists():
        raise SystemExit("oidc-provider is not installed: call `kapi assets --with-tests`.")
    environment = dict(os.environ) | {"NODE_ENV": "production"}
    command = [str(BIN / "node"), "bench/oidc_provider.mjs", str(port), str(told)]
    with running(command, environment, port) as group:
        browsers = [Browser() for _ in range(CONNECTIONS)]
        yield Party(discover(port), clients, cpu=lambda: cpu_of_group(group), browsers=browsers)


def _visit_all(party: Party) -> None:
    """Have each citizen agree to each client, and keep the refresh tokens that come of it."""
    for number, browser in enumerate(party.browsers):
        connection = Connection(party.provider.port, number)
        for client in (*party.clients["fapi"], *party.clients["offline"]):
            push = pushed_request(party.provider, client)
            code = first_code(connection, party.provider, client, browser, push)
            redeem = token_request(party.provider, client, redemption(code), with_proof=True)
            answer = json.loads(sent(connection, redeem).body)
            if client.kind == "offline":
                party.refresh_tokens.append((client, answer["refresh_token"]))
        connection.close()
