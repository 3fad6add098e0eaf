"""A gateway of a few lines for tests of the sample institution: it signs what it is told, right or wrong."""

import base64
import hashlib
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from werkzeug.serving import make_server


@dataclass
class SmallGateway:
    """Its answers can be bent: `id_claims` and `person` replace claims, `key` may be exchanged after a start."""

    client_key: ECKey
    client_id: str = "belediye"
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "1"}))
    published: KeySet | None = None
    issuer: str = ""
    nonce: str = ""
    challenge: str = ""
    id_claims: dict[str, Any] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "p1", "name": "Ayşe Yılmaz", "birthdate": "1987"})

    def sign(self, claims: dict[str, Any], typ: str = "JWT") -> str:
        """Sign claims with the present key."""
        return jwt.encode({"alg": "ES256", "kid": str(self.key.kid), "typ": typ}, claims, self.key)

    def logout_token(self, typ: str = "logout+jwt", **changes: Any) -> str:
        """Make a logout token; a change to None leaves the claim out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": now,
            "exp": now + 120,
            "jti": f"j{time.monotonic_ns()}",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            "sub": "p1",
            "sid": "s1",
        } | changes
        return self.sign({name: value for name, value in claims.items() if value is not None}, typ)

    def build(self) -> Flask:
        """Build its site."""
        app = Flask("small_gateway")
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._metadata)
        app.add_url_rule(
            "/jwks", "jwks", view_func=lambda: (self.published or KeySet([self.key])).as_dict(private=False)
        )
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/userinfo", "userinfo", view_func=lambda: self.person)
        return app

    def _metadata(self) -> ResponseReturnValue:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end-session",
            "id_token_signing_alg_values_supported": ["ES256"],
        }

    def _token(self) -> ResponseReturnValue:
        assertion = jwt.decode(request.form["client_assertion"], self.client_key, algorithms=["ES256"]).claims
        verifier = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        is_right = (
            request.form["code"] == "c1"
            and assertion["sub"] == self.client_id
            and assertion["aud"] == f"{self.issuer}/token"
            and base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() == self.challenge
        )
        if not is_right:
            return {"error": "invalid_grant"}, 400
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "p1",
            "aud": self.client_id,
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            "sid": "s1",
        }
        id_token = self.sign(claims | self.id_claims)
        return {"access_token": "t1", "token_type": "Bearer", "expires_in": 300, "id_token": id_token}

    def start(self) -> "threading.Thread":
        """Serve on a free port of loopback; `stop` ends it."""
        self._server = make_server("127.0.0.1", 0, self.build(), threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        return thread

    def stop(self, thread: threading.Thread) -> None:
        """Stop serving."""
        self._server.shutdown()
        thread.join()
        self._server.server_close()
