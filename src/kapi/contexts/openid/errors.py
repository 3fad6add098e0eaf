"""The refusals: one class per error code of the specifications, and our own.

A protocol error's `description` is for the client's developers: English, printable ASCII without quotes (RFC 6749,
4.1.2.1), never anything that the request held.
"""

from datetime import timedelta

from kapi.kernel.errors import DomainError


class ProtocolError(DomainError):
    """An error that the specifications name. `status` is the HTTP status where it is not sent by redirect.

    `retry_after` is how long to wait, where the refusal is one of too much (RFC 6585, 4). `client_id` is the client
    that had proved who it is when it was refused; empty where none had.
    """

    code = "protocol_error"
    status: int = 400
    retry_after: timedelta | None = None
    client_id: str = ""

    def __init__(self, description: str) -> None:
        self.description = description
        super().__init__(description)


class InvalidRequest(ProtocolError):
    """A parameter is missing, malformed, repeated or too long (RFC 6749, 4.1.2.1 and 5.2)."""

    code = "invalid_request"

    def __init__(self, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.status = status


class UnsupportedResponseType(ProtocolError):
    """Only `code` is answered (RFC 6749, 4.1.2.1)."""

    code = "unsupported_response_type"


class InvalidScope(ProtocolError):
    """A scope is unknown, or not registered for the client (RFC 6749, 4.1.2.1)."""

    code = "invalid_scope"


class UnauthorizedClient(ProtocolError):
    """The client may not ask in this way (any more) (RFC 6749, 4.1.2.1 and 5.2)."""

    code = "unauthorized_client"


class AccessDenied(ProtocolError):
    """The person said no (RFC 6749, 4.1.2.1)."""

    code = "access_denied"


class UnmetAuthenticationRequirements(ProtocolError):
    """The person did not reach an `acr` that the client cannot do without (OpenID Connect Core 5.5.1.1).

    The word is that of OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
    """

    code = "unmet_authentication_requirements"


class LoginRequired(ProtocolError):
    """The person must sign in, and the client asked for no page (OpenID Connect Core 3.1.2.6)."""

    code = "login_required"


class ConsentRequired(ProtocolError):
    """The person must decide, and the client asked for no page (OpenID Connect Core 3.1.2.6)."""

    code = "consent_required"


class AccountSelectionRequired(ProtocolError):
    """The person must choose for whom they act, and the client asked for no page (OpenID Connect Core 3.1.2.6)."""

    code = "account_selection_required"


class RequestNotSupported(ProtocolError):
    """Request objects are not read (OpenID Connect Core 3.1.2.6)."""

    code = "request_not_supported"


class RequestUriNotSupported(ProtocolError):
    """Request objects are not fetched (OpenID Connect Core 3.1.2.6)."""

    code = "request_uri_not_supported"


class InvalidRequestUri(ProtocolError):
    """The request_uri stands for no pushed request of this client that can still be used (RFC 9126, 4)."""

    code = "invalid_request_uri"


class RegistrationNotSupported(ProtocolError):
    """Clients do not register themselves (OpenID Connect Core 3.1.2.6)."""

    code = "registration_not_supported"


class InvalidClient(ProtocolError):
    """The client did not prove who it is (RFC 6749, 5.2); with `retry_after`, too often."""

    code = "invalid_client"
    status = 401

    def __init__(self, description: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(description)
        if retry_after is not None:
            self.status, self.retry_after = 429, retry_after


class TooManyRequests(ProtocolError):
    """More comes from one origin or one client than we hear (RFC 6585, 4; the word is that of RFC 6749, 4.1.2.1)."""

    code = "temporarily_unavailable"
    status = 429

    def __init__(self, retry_after: timedelta, *, whose: str = "address") -> None:
        self.retry_after: timedelta = retry_after
        super().__init__(f"too many requests from this {whose}; wait as Retry-After says")


class InvalidGrant(ProtocolError):
    """The code is not good: unknown, used, late, or another's (RFC 6749, 5.2)."""

    code = "invalid_grant"


class UnsupportedGrantType(ProtocolError):
    """The grant type is none that we answer (RFC 6749, 5.2)."""

    code = "unsupported_grant_type"


class TokenMissing(ProtocolError):
    """No access token in the Authorization header (RFC 6750, 3.1: an error without a code of its own)."""

    code = "token_missing"
    status = 401


class InvalidToken(ProtocolError):
    """The access token is malformed, over, revoked, not for us or another's (RFC 6750, 3.1; RFC 9449, 7.1).

    `scheme` is the one under which it has to come.
    """

    code = "invalid_token"
    status = 401

    def __init__(self, description: str, *, scheme: str = "Bearer") -> None:
        self.scheme = scheme
        super().__init__(description)


class InsufficientScope(ProtocolError):
    """The access token is good, but not for this (RFC 6750, 3.1). `scope` is what is needed."""

    code = "insufficient_scope"
    status = 403

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"the access token lacks the scope {scope}")


class InvalidDpopProof(ProtocolError):
    """The proof of possession is missing, malformed, late, used, or for another request (RFC 9449, 5 and 7.1)."""

    code = "invalid_dpop_proof"


class UseDpopNonce(ProtocolError):
    """The proof of possession needs the nonce that comes with this answer (RFC 9449, 8 and 9)."""

    code = "use_dpop_nonce"


class UnknownClient(ProtocolError):
    """No open client has this id. Shown as a page: there is no redirect URI to trust."""

    code = "unknown_client"


class ClientSuspended(ProtocolError):
    """The client is suspended. Shown as a page: nothing that it asked for is looked at."""

    code = "client_suspended"
    status = 403


class RedirectUriNotRegistered(ProtocolError):
    """The redirect URI is missing or not, letter by letter, a registered one. Shown as a page."""

    code = "redirect_uri_not_registered"


class StateMissing(ProtocolError):
    """The request has no `state`, by which a client tells its own answers from others'. Shown as a page."""

    code = "state_missing"


class PostLogoutRedirectUriNotRegistered(ProtocolError):
    """The place to go after signing out is not a registered one, or no client was named. Shown as a page."""

    code = "post_logout_redirect_uri_not_registered"


class RequestGone(DomainError):
    """The pending request is unknown, over, answered already, or another browser's."""

    code = "request_gone"


class TermsChanged(DomainError):
    """What the client says about its scopes has changed since the person saw it: they have to be asked anew."""

    code = "terms_changed"


class ClientNotAcceptable(DomainError):
    """A client cannot be registered so. `field` and `reason` are stable words; `hint` says what would do."""

    code = "client_not_acceptable"

    def __init__(self, field: str, reason: str, hint: str) -> None:
        self.field = field
        self.reason = reason
        self.hint = hint
        super().__init__(f"{field}: {hint}")


class ClientNotFound(DomainError):
    """No client has this id."""

    code = "client_not_found"


class ClientIsSuspended(DomainError):
    """A suspended client is resumed, or closed; neither opened nor let go live."""

    code = "client_is_suspended"


class ClientNotOpen(DomainError):
    """A client that is closed, or not live yet, answers nothing that could be suspended."""

    code = "client_not_open"


class ClientNotSuspended(DomainError):
    """There is no suspension that could be lifted."""

    code = "client_not_suspended"


class ClientOutlastsEmergency(DomainError):
    """A live client, and what it may have, outlast an emergency's hour: under one clients are only stopped."""

    code = "client_outlasts_emergency"


class ApprovedByRegistrar(DomainError):
    """Who registered a client does not let it go live."""

    code = "approved_by_registrar"


class ClientChangedMeanwhile(DomainError):
    """Somebody changed the client since the actor last saw it."""

    code = "client_changed_meanwhile"


class ChangeWaits(DomainError):
    """A change of this client waits for another person already; it is decided or withdrawn first."""

    code = "change_waits"


class ChangeNotWaiting(DomainError):
    """No such change waits: it is unknown, decided or withdrawn."""

    code = "change_not_waiting"


class AcceptedByProposer(DomainError):
    """Who asked for a change does not accept it."""

    code = "accepted_by_proposer"


class ClientHasNoSecret(DomainError):
    """The client proves itself by keys."""

    code = "client_has_no_secret"


class KeyStoreUnavailable(ProtocolError):
    """The store of our signing keys does not answer; asking later may help (the word is that of RFC 6749, 4.1.2.1)."""

    code = "server_error"
    status = 503
    retry_after: timedelta | None = timedelta(seconds=5)

    def __init__(self) -> None:
        super().__init__("nothing can be signed at this moment; wait as Retry-After says")


class KeyLost(DomainError):
    """The store of our signing keys cannot sign with this one, and never will."""

    code = "key_lost"


class KeyNotFound(DomainError):
    """We have no signing key of that id."""

    code = "key_not_found"


class NotATestClient(DomainError):
    """Tokens are taken by hand for live test clients only."""

    code = "not_a_test_client"


class KeyTooYoung(DomainError):
    """The next key has not been published long enough for every client to have seen it."""

    code = "key_too_young"


class ApprovalNotWithdrawable(DomainError):
    """Nothing is there to withdraw: no approval that rests on consent."""

    code = "approval_not_withdrawable"


class TokenNotReadable(DomainError):
    """A token is not one that we read: not a JWT, too long, another algorithm, key or signature. `reason` is a word."""

    code = "token_not_readable"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class ClientHasChanged(Exception):
    """A client is not as it was when it was read last: nothing was done, and it has to be read again.

    It never leaves a service that is `as_registered_now`.
    """


class ClientKeysUnavailable(DomainError):
    """The client's keys could not be fetched, and no earlier answer is fresh enough."""

    code = "client_keys_unavailable"
