"""The sample institution's pages: offers, services that demand sign-in, sign-in and sign-out."""

import hmac
import logging
import secrets
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from flask import Blueprint, Flask, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from requests import RequestException
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from municipality.logout import LogoutTokenRefused, LogoutTokens
from municipality.offers import BY_KIND, Offers
from municipality.sessions import ServerSession, ServerSessions, SessionStore
from municipality.texts import TEXTS

TIMEOUT_S = 10
LARGEST_FORM_BYTES = 64 * 1024
# The university serves people only; at the municipality one may also act for a company.
SCOPES = {"municipality": "openid profile company", "university": "openid profile"}
_log = logging.getLogger("municipality")
pages = Blueprint("pages", __name__)


@dataclass(frozen=True)
class Institution:
    """Who we are and which gateway we trust. `url` and `issuer` have no slash at the end; `key` is a P-256 key."""

    name: str
    kind: str
    url: str
    issuer: str
    client_id: str
    key: ECKey

    @property
    def offers(self) -> Offers:
        """What we offer."""
        return BY_KIND[self.kind]


@dataclass(frozen=True)
class _Parts:
    """What the pages of one running institution share."""

    institution: Institution
    gateway: FlaskOAuth2App
    logout_tokens: LogoutTokens
    store: SessionStore


def create_app(institution: Institution) -> Flask:
    """Build the institution's site."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM_BYTES
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    store = SessionStore()
    port = urlsplit(institution.url).port or 0
    # Ports of one host share their cookies, so the name tells the institutions apart.
    app.session_interface = ServerSessions(
        store, f"{institution.kind}_session_{port}", secure=institution.url.startswith("https://")
    )
    gateway = _register_gateway(app, institution)
    tokens = LogoutTokens(institution.issuer, institution.client_id, lambda fresh: gateway.fetch_jwk_set(force=fresh))
    app.extensions["institution"] = _Parts(institution, gateway, tokens, store)
    app.register_blueprint(pages)
    app.register_blueprint(pages, url_prefix="/en", name="english")
    app.add_url_rule("/giris/donus", view_func=finish_sign_in)
    app.add_url_rule("/jwks.json", view_func=public_keys)
    app.add_url_rule("/backchannel-logout", view_func=end_sessions, methods=["POST"])
    app.context_processor(_shared_values)
    app.after_request(_protect)
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(RequestException, _unreachable_page)
    return app


def _register_gateway(app: Flask, institution: Institution) -> FlaskOAuth2App:
    institution.key.ensure_kid()
    return OAuth(app).register(
        "kapi",
        client_id=institution.client_id,
        client_secret=institution.key,
        server_metadata_url=f"{institution.issuer}/.well-known/openid-configuration",
        client_auth_methods=[PrivateKeyJWT(alg="ES256", headers={"kid": institution.key.kid})],
        client_kwargs={
            "scope": SCOPES[institution.kind],
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "private_key_jwt",
            "default_timeout": TIMEOUT_S,
        },
    )


@pages.get("/")
def home() -> str:
    """Show what we offer."""
    return render_template("home.html")


@pages.get("/hizmet/<code>")
def service(code: str) -> ResponseReturnValue:
    """Serve the signed-in citizen; send everybody else to the gateway first."""
    offer = _parts().institution.offers.get(code)
    if offer is None:
        abort(404)
    if "sub" not in session:
        return _to_gateway(request.path)
    allowed = session.get("services")
    if allowed is not None and code not in allowed:
        return _message("not_covered", 403)
    return render_template("service.html", offer=offer[_language()])


@pages.get("/giris")
def sign_in() -> ResponseReturnValue:
    """Send the citizen to the gateway and back to our home page."""
    return _to_gateway(_address("home"))


@pages.post("/cikis")
def sign_out() -> ResponseReturnValue:
    """End our own session; with `where=everywhere` go on to end the gateway's, and with it every other."""
    if "sub" not in session:
        return redirect(_address("signed_out"))
    _check_form()
    leaving = session.get("leaving", "")
    everywhere = request.form.get("where") == "everywhere"
    _begin_anew()
    if not everywhere:
        return redirect(_address("signed_out"))
    session["leaving"] = leaving
    # 307 sends the form on as it is (RP-Initiated Logout by POST), so that the ID token stands in no address.
    return redirect(_parts().gateway.load_server_metadata()["end_session_endpoint"], 307)


@pages.get("/cikis/tamam")
def signed_out() -> ResponseReturnValue:
    """Say that we know the citizen no longer."""
    expected, state = session.get("leaving", ""), request.args.get("state", "")
    everywhere = bool(expected) and hmac.compare_digest(expected.encode(), state.encode())
    if everywhere:
        _begin_anew()
    return render_template("signed_out.html", everywhere=everywhere)


def finish_sign_in() -> ResponseReturnValue:
    """Receive the citizen from the gateway: check the answer, redeem the code, keep the name and nothing more."""
    parts = _parts()
    state = request.args.get("state", "")
    stored = parts.gateway.framework.get_state_data(session, state)
    # The issuer in the answer (RFC 9207): a code of another gateway must not be sent to ours.
    if stored is None or request.args.get("iss") != parts.institution.issuer:
        return _message("failed", 400)
    g.language = "en" if stored["next"].startswith("/en/") else "tr"
    try:
        token = parts.gateway.authorize_access_token(claims_options=_expected_claims(parts.institution))
        person = parts.gateway.userinfo(token=token)
    except OAuthError as refusal:
        _log.info("the gateway refused: %s", refusal.error)
        parts.gateway.framework.clear_state_data(session, state)
        return _message("denied", 403) if refusal.error == "access_denied" else _message("failed", 400)
    except JoseError as wrong:
        _log.warning("the ID token does not hold: %s", wrong.error)
        return _message("failed", 400)
    claims = token["userinfo"]
    if person.get("sub") != claims["sub"]:
        return _message("failed", 400)
    _begin_anew()
    # Who acts for a company stands within `act` (RFC 8693, 4.1); the rest of the answer is then the company's.
    agent = person.get("act", person)
    session.update(sub=claims["sub"], sid=claims.get("sid"), name=_name(agent), id_token=token["id_token"])
    if "act" in claims:
        session.update(company=person.get("company_name", ""), services=claims.get("mandate", {}).get("services"))
    return redirect(stored["next"])


def public_keys() -> ResponseReturnValue:
    """Publish our public key, by which the gateway knows that it is us who redeem a code."""
    keys = KeySet([_parts().institution.key]).as_dict(private=False)
    return dict(keys), 200, {"Cache-Control": "public, max-age=300"}


def end_sessions() -> ResponseReturnValue:
    """Take the gateway's word that somebody signed out there (OpenID Connect Back-Channel Logout 1.0)."""
    try:
        logout = _parts().logout_tokens.read(request.form.get("logout_token", ""))
    except LogoutTokenRefused as refusal:
        _log.warning("a logout token was refused: %s", refusal)
        return {"error": "invalid_request"}, 400, {"Cache-Control": "no-store"}
    _parts().store.end(sid=logout.sid, sub=logout.sub)
    return "", 200, {"Cache-Control": "no-store"}


def _to_gateway(next_address: str) -> Response:
    gateway = _parts().gateway
    redirect_uri = _parts().institution.url + url_for("finish_sign_in")
    asked = gateway.create_authorization_url(redirect_uri, ui_locales=_language())
    gateway.save_authorize_data(redirect_uri=redirect_uri, next=next_address, **asked)
    return redirect(asked["url"])


def _expected_claims(institution: Institution) -> dict[str, Any]:
    return {
        "iss": {"essential": True, "value": institution.issuer},
        "aud": {"essential": True, "value": institution.client_id},
    }


def _name(person: dict[str, Any]) -> str:
    parts = (person.get("given_name"), person.get("family_name"))
    return str(person.get("name") or " ".join(part for part in parts if part))


def _begin_anew() -> None:
    session.clear()
    cast("ServerSession", session).change_id()


def _parts() -> _Parts:
    return cast("_Parts", current_app.extensions["institution"])


def _language() -> str:
    by_path = "en" if request.path.split("/")[1] == "en" else "tr"
    return str(g.get("language", by_path))


def _address(page: str, **values: Any) -> str:
    return url_for(f"{'english' if _language() == 'en' else 'pages'}.{page}", **values)


def _form_token() -> str:
    if "form_token" not in session:
        session["form_token"] = secrets.token_urlsafe(16)
    return str(session["form_token"])


def _leaving_form() -> dict[str, str]:
    """What the gateway wants to know from someone who signs out everywhere."""
    if "leaving" not in session:
        session["leaving"] = secrets.token_urlsafe(16)
    parts = _parts()
    return {
        "id_token_hint": session["id_token"],
        "client_id": parts.institution.client_id,
        "post_logout_redirect_uri": parts.institution.url + _address("signed_out"),
        "state": session["leaving"],
        "ui_locales": _language(),
    }


def _check_form() -> None:
    expected = session.get("form_token", "")
    if not expected or not hmac.compare_digest(expected.encode(), request.form.get("form_token", "").encode()):
        abort(400)


def _shared_values() -> dict[str, Any]:
    institution = _parts().institution
    language = _language()
    has_twin = request.method == "GET" and (request.endpoint or "").startswith(("pages.", "english."))
    twin = request.path.removeprefix("/en") if language == "en" else f"/en{request.path}"
    return {
        "institution": institution,
        "offers": {code: names[language] for code, names in institution.offers.items()},
        "t": TEXTS[language],
        "language": language,
        "twin_address": twin if has_twin else "/" if language == "en" else "/en/",
        "address": _address,
        "form_token": _form_token,
        "leaving_form": _leaving_form,
        "is_signed_in": "sub" in session,
        "person_name": session.get("name", ""),
        "company": session.get("company"),
        "limited": session.get("services") is not None,
    }


def _message(words: str, status: int) -> ResponseReturnValue:
    return render_template("message.html", words=words), status


def _error_page(error: HTTPException) -> ResponseReturnValue:
    if error.code is not None and error.code < 400:
        return error
    return _message("not_found" if error.code == 404 else "refused", error.code or 500)


def _unreachable_page(_error: RequestException) -> ResponseReturnValue:
    return _message("unreachable", 503)


def _protect(response: Response) -> Response:
    issuer = _parts().institution.issuer
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {issuer}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
