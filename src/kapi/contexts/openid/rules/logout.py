"""Signing out: what a client may ask for, and how it is told (OpenID Connect RP-Initiated and Back-Channel Logout)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kapi.contexts.openid.errors import InvalidRequest, PostLogoutRedirectUriNotRegistered, UnknownClient
from kapi.contexts.openid.rules.redirects import with_parameters
from kapi.contexts.openid.values.authorization import Parameters
from kapi.contexts.openid.values.clients import ClientRecord
from kapi.contexts.openid.values.logout import LogoutCause, SignOutKind
from kapi.contexts.openid.values.tokens import IdTokenHint

KNOWN = frozenset({"id_token_hint", "client_id", "post_logout_redirect_uri", "state"})
EVENT = "http://schemas.openid.net/event/backchannel-logout"
# CAEP 1.0, 3.1: said beside the logout itself, where the client should do more than sign somebody out.
SESSION_REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
REASONS = {
    LogoutCause.MISUSE: {
        "tr": "Kişi bu oturumun kendisine ait olmadığını bildirdi.",
        "en": "The person reports that this session was not theirs.",
    },
}
TRY_FOR = timedelta(hours=24)
TOKEN_LIFETIME = timedelta(minutes=2)
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(hours=2)


@dataclass(frozen=True)
class SignOutAsked:
    """What came. `hint` is None without an ID token of ours; `client` is None where nobody could be told from it."""

    parameters: Parameters
    hint: IdTokenHint | None
    client: ClientRecord | None


def client_is_known(asked: SignOutAsked) -> None:
    """RP-Initiated Logout 2: `client_id`, where it comes, is a client of ours."""
    if "client_id" in asked.parameters and asked.client is None:
        raise UnknownClient("no client of this id is registered")


def hint_is_the_clients(asked: SignOutAsked) -> None:
    """RP-Initiated Logout 2: `client_id` and `id_token_hint` speak of the same client."""
    if asked.hint and asked.parameters.get("client_id", asked.hint.client_id) != asked.hint.client_id:
        raise InvalidRequest("id_token_hint was issued to another client than client_id")


def post_logout_redirect_uri_is_registered(asked: SignOutAsked) -> None:
    """RP-Initiated Logout 3: it matches a registered one letter by letter, of a client that we can tell."""
    uri = asked.parameters.get("post_logout_redirect_uri")
    if uri is not None and (asked.client is None or uri not in asked.client.post_logout_redirect_uris):
        raise PostLogoutRedirectUriNotRegistered(
            "post_logout_redirect_uri is not letter by letter a registered one, or neither client_id nor an"
            " id_token_hint of ours tells whose it is"
        )


SIGN_OUT_REQUIREMENTS: tuple[Callable[[SignOutAsked], None], ...] = (
    client_is_known,
    hint_is_the_clients,
    post_logout_redirect_uri_is_registered,
)


def place_after(asked: SignOutAsked) -> str:
    """Return where the browser goes afterwards, empty where the client named no place."""
    uri, state = asked.parameters.get("post_logout_redirect_uri", ""), asked.parameters.get("state")
    return with_parameters(uri, {"state": state}) if uri and state else uri


def sign_out_kind(*, hinted_session: int | None, session: int | None, url: str) -> SignOutKind:
    """Tell what happens next: only who shows an ID token of this very session ends it without a question."""
    if session is None:
        return SignOutKind.REDIRECT if url else SignOutKind.DONE
    return SignOutKind.END_SESSION if hinted_session == session else SignOutKind.CONFIRM


def logout_token_claims(
    *,
    issuer: str,
    client_id: str,
    subject: str,
    sid: str,
    token_id: str,
    cause: LogoutCause = LogoutCause.NONE,
    caused_at: datetime | None = None,
    now: datetime,
) -> dict[str, object]:
    """Return what a logout token says (Back-Channel Logout 1.0, 2.4); never a nonce.

    With a `cause` it is a second event of the same token (RFC 8417, 2.2), in the form of CAEP, of the moment
    `caused_at`. A client that does not know it reads a logout, as ever.
    """
    issued_s = int(now.timestamp())
    return {
        "iss": issuer,
        "sub": subject,
        "aud": client_id,
        "iat": issued_s,
        "exp": issued_s + int(TOKEN_LIFETIME.total_seconds()),
        "jti": token_id,
        "events": {EVENT: {}} | _caused(cause, caused_at or now),
        "sid": sid,
    }


def _caused(cause: LogoutCause, caused_at: datetime) -> dict[str, object]:
    if cause is LogoutCause.NONE:
        return {}
    return {
        SESSION_REVOKED: {
            "event_timestamp": int(caused_at.timestamp()),
            "initiating_entity": "user",
            "reason_admin": REASONS[cause],
        }
    }


def is_confirmation(status: int) -> bool:
    """Back-Channel Logout 1.0, 2.8: 200; and 204, which some frameworks turn an empty 200 into."""
    return status in (200, 204)


def next_try_at(*, attempts: int, created_at: datetime, now: datetime) -> datetime | None:
    """Return when to try again after `attempts` failures: ever later, and not after a day."""
    wait = min(_FIRST_WAIT * 3 ** min(attempts - 1, 10), _LONGEST_WAIT)
    return now + wait if now + wait <= created_at + TRY_FOR else None
