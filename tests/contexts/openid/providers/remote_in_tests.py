"""A signer on another machine, for tests: keys live behind a socket, and nothing but names and signatures comes back.

It stands in for a hardware security module at the port; none was ever tried.
"""

import base64
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socket import create_connection
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey

from kapi.contexts.openid.errors import KeyLost, KeyStoreUnavailable
from kapi.contexts.openid.providers.base import SEALED_AS
from kapi.contexts.openid.values.keys import CreatedKey
from kapi.foundation.keys import open_sealed, seal

PATH = "tests.contexts.openid.providers.remote_in_tests.RemoteKeys"


class Machine:
    """The other machine: its keys by name."""

    def __init__(self) -> None:
        self.keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.asked: list[str] = []
        self.is_down = False

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked."""
        self.asked.append(question["do"])
        if question["do"] == "create":
            name = f"slot-{len(self.asked)}"
            self.keys[name] = ec.generate_private_key(ec.SECP256R1())
            public = ECKey.import_key(self.keys[name].public_key()).as_dict(private=False)
            return {"name": name, "public": public}
        if question["do"] == "sign":
            key = self.keys.get(question["name"])
            if key is None:
                return {"error": "no such key"}
            r, s = decode_dss_signature(key.sign(base64.b64decode(question["message"]), ec.ECDSA(SHA256())))
            return {"signature": base64.b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()}
        self.keys.pop(question.get("name", ""), None)
        return {}


class RemoteKeys:
    """The store: asks the machine, one line of JSON for each question."""

    address: ClassVar[tuple[str, int]] = ("127.0.0.1", 9)

    def create(self) -> CreatedKey:
        """Have a pair made there."""
        told = self._ask({"do": "create"})
        pair = ECKey.import_key(told["public"])
        kid = pair.thumbprint()
        public = {**told["public"], "kid": kid, "use": "sig", "alg": "ES256"}
        return CreatedKey(kid=kid, public=public, handle=seal(told["name"], purpose=SEALED_AS))

    def sign(self, *, kid: str, handle: bytes, message: bytes) -> bytes:
        """Have it sign."""
        named = {"name": open_sealed(handle, purpose=SEALED_AS), "message": base64.b64encode(message).decode()}
        told = self._ask({"do": "sign", **named})
        if "error" in told:
            raise KeyLost
        return base64.b64decode(told["signature"])

    def destroy(self, *, kid: str, handle: bytes) -> None:
        """Have it forget the key."""
        self._ask({"do": "destroy", "name": open_sealed(handle, purpose=SEALED_AS)})

    def check(self) -> None:
        """Ask whether it is there."""
        self._ask({"do": "check"})

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        try:
            with create_connection(self.address, timeout=2) as line, line.makefile("rw") as file:
                file.write(json.dumps(question) + "\n")
                file.flush()
                told = file.readline()
        except OSError:
            raise KeyStoreUnavailable from None
        if not told:
            raise KeyStoreUnavailable
        return dict(json.loads(told))


@contextmanager
def running_machine() -> Iterator[Machine]:
    """Let the machine run."""
    machine = Machine()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            question = json.loads(self.rfile.readline())
            if not machine.is_down:
                self.wfile.write(json.dumps(machine.answer(question)).encode() + b"\n")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        RemoteKeys.address = ("127.0.0.1", server.server_address[1])
        yield machine
        server.shutdown()
        thread.join()
