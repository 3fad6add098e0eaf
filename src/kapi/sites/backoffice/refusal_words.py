"""What a refused request means, and what to do: for those who write institutions' programs."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from kapi.contexts.openid.values.refusals import Endpoint


@dataclass(frozen=True)
class Explained:
    """Why a request was refused, and what mends it."""

    why: str
    remedy: str


def endpoint_words() -> dict[Endpoint, str]:
    """Say what each endpoint is for."""
    return {
        Endpoint.AUTHORIZE: _("Sign-in request by the browser"),
        Endpoint.RESUME: _("Sign-in request, after the person signed in"),
        Endpoint.PUSH: _("Pushed sign-in request (PAR)"),
        Endpoint.TOKEN: _("Tokens"),
        Endpoint.USERINFO: _("Data of the person (userinfo)"),
        Endpoint.INTROSPECT: _("Asking about a token"),
        Endpoint.REVOKE: _("Giving a token back"),
        Endpoint.EDEVLET_AUTHORIZE: _("AuthorizationController (e-Devlet)"),
        Endpoint.EDEVLET_TOKEN: _("AccessTokenController (e-Devlet)"),
        Endpoint.EDEVLET_PERSON: _("AuthenticationController (e-Devlet)"),
        Endpoint.API: _("The API"),
    }


def explain(code: str, description: str) -> Explained:
    """Explain a refusal by its code and by what the program was told."""
    for of_code, part, explained in _explanations():
        if of_code == code and part in description:
            return explained
    return Explained(_("The request does not keep to the protocol."), _("Compare it with the guide for institutions."))


def known_codes() -> list[str]:
    """List the codes that are explained, in the order of the alphabet."""
    return sorted({code for code, _part, _explained in _explanations()})


def _explanations() -> list[tuple[str, str, Explained]]:
    """List code, a part of the description (the first that fits counts), and the words."""
    return [
        (
            "redirect_uri_not_registered",
            "",
            Explained(
                _("The redirect address is not, letter by letter, a registered one."),
                _("Send a registered address, or have this one registered: a slash at the end counts too."),
            ),
        ),
        (
            "state_missing",
            "",
            Explained(
                _("The request had no state, so nobody could tell its answer from somebody else's."),
                _("Make a new random state for each sign-in, keep it in the person's session, and compare it."),
            ),
        ),
        (
            "unknown_client",
            "",
            Explained(
                _("The client is closed."),
                _("Ask who let it go live. A closed client gets nothing until it is opened again."),
            ),
        ),
        (
            "client_suspended",
            "",
            Explained(
                _("The client is suspended."), _("Ask the operator why, and until when. Its page says it as well.")
            ),
        ),
        (
            "invalid_client",
            "suspended",
            Explained(
                _("The client is suspended."), _("Ask the operator why, and until when. Its page says it as well.")
            ),
        ),
        (
            "invalid_request_uri",
            "",
            Explained(
                _("The browser brought a pushed request that was used, too old, or another client's."),
                _("Push anew for every sign-in, and send the browser on at once: 60 seconds are left."),
            ),
        ),
        (
            "invalid_client",
            "aud of",
            Explained(
                _("The audience (aud) of the client assertion is not us alone."),
                _("Set aud to exactly what stands in the description, as one text."),
            ),
        ),
        (
            "invalid_client",
            "no registered key",
            Explained(
                _("The client assertion was signed with a key that we do not know."),
                _("Publish the new key before you sign with it, and name it by its kid."),
            ),
        ),
        (
            "invalid_client",
            "used before",
            Explained(
                _("The same client assertion came twice."),
                _("Make a new one, with a new jti, for each request; also when you try again."),
            ),
        ),
        (
            "invalid_client",
            "secret has ended",
            Explained(_("The day on which the secret ends has come."), _("Register keys (private_key_jwt).")),
        ),
        (
            "invalid_client",
            "secret is wrong",
            Explained(_("The secret is not the one that we gave."), _("Use the secret that was last shown.")),
        ),
        (
            "invalid_client",
            "certificate",
            Explained(
                _("The connection was not made with the TLS certificate that this client is registered with."),
                _("Use the mtls_endpoint_aliases of our metadata, and the certificate whose name is registered."),
            ),
        ),
        (
            "invalid_client",
            "exp",
            Explained(
                _("The client assertion is over, or ends too late."),
                _("Set the clock of your server, and let the assertion end within a minute or so."),
            ),
        ),
        (
            "invalid_client",
            "too many",
            Explained(
                _("Too many tries from one address did not prove who they are."),
                _("Mend what the entries before this one say, then wait as long as Retry-After says."),
            ),
        ),
        (
            "invalid_client",
            "",
            Explained(
                _("The program did not prove that it is this client."),
                _("Send what the client is registered for. An entry that you do not recognise may be a stranger's."),
            ),
        ),
        (
            "invalid_grant",
            "used before",
            Explained(
                _("A code came twice. What the first one got was taken back."),
                _("Lead the browser away from the callback page at once, so that reloading sends nothing again."),
            ),
        ),
        (
            "invalid_grant",
            "too old",
            Explained(_("The code came later than a minute."), _("Redeem the code at once, on the server.")),
        ),
        (
            "invalid_grant",
            "redirect_uri differs",
            Explained(
                _("The redirect address is not the one of the sign-in request."), _("Send the very same one again.")
            ),
        ),
        (
            "invalid_grant",
            "code_verifier",
            Explained(
                _("The code_verifier does not fit the code_challenge of the sign-in request."),
                _("Keep the verifier in the session in which the sign-in began, one for each sign-in."),
            ),
        ),
        (
            "invalid_grant",
            "session has ended",
            Explained(
                _("The person signed out while the code was being redeemed."), _("Lead them to the sign-in again.")
            ),
        ),
        (
            "invalid_grant",
            "",
            Explained(
                _("The code or refresh token is not good (any more)."),
                _("Throw it away and lead the person to the sign-in again."),
            ),
        ),
        (
            "invalid_scope",
            "",
            Explained(
                _("The request asks for what this client is not registered for."),
                _("Ask for registered scopes only, or have the scope registered with its purpose."),
            ),
        ),
        (
            "invalid_request",
            "must push",
            Explained(
                _("A client under FAPI 2.0 pushes its requests; this one came by the browser."),
                _("Push the request first (PAR) and send the browser with the request_uri."),
            ),
        ),
        (
            "invalid_request",
            "stand in an address",
            Explained(
                _("Parameters came in the address, where they are written into logs."),
                _("Send them in the body of a POST. Replace the secret if it stood there."),
            ),
        ),
        (
            "invalid_request",
            "code_challenge",
            Explained(
                _("The request has no PKCE challenge that we take."), _("Send code_challenge by the method S256.")
            ),
        ),
        (
            "invalid_request",
            "",
            Explained(
                _("A parameter is missing, comes twice, or is not well formed."), _("The description says which one.")
            ),
        ),
        (
            "unauthorized_client",
            "ended on",
            Explained(
                _("The exception of this client has ended."),
                _("Move to FAPI 2.0, or ask the operator for a later day."),
            ),
        ),
        (
            "unauthorized_client",
            "",
            Explained(
                _("This client is not registered for what it asked."),
                _("Have it registered for this, or ask in the way that the description names."),
            ),
        ),
        (
            "invalid_dpop_proof",
            "",
            Explained(
                _("The proof of possession (DPoP) is missing or does not fit the request."),
                _("Make a proof for each request. Behind a proxy, htu is the address in our metadata, not yours."),
            ),
        ),
        (
            "invalid_token",
            "certificate",
            Explained(
                _("The token is bound to another TLS certificate."), _("Come with the one that it was asked for with.")
            ),
        ),
        (
            "invalid_token",
            "",
            Explained(
                _("The access token is over, was taken back, or is not for this."),
                _("Get a new one. After a sign-out or a withdrawal, lead the person to the sign-in again."),
            ),
        ),
        (
            "insufficient_scope",
            "",
            Explained(
                _("The token is good, but lacks the scope for this."),
                _("Ask for the scope when you get the token, or have it registered."),
            ),
        ),
        (
            "unsupported_grant_type",
            "",
            Explained(_("We give no tokens for this grant type."), _("See grant_types_supported in our metadata.")),
        ),
        (
            "unsupported_response_type",
            "",
            Explained(_("Only the code flow is answered."), _("Send response_type=code.")),
        ),
        (
            "temporarily_unavailable",
            "",
            Explained(
                _("More came than we hear in a short time."),
                _("Wait as long as Retry-After says; keep tokens until they end, instead of asking with every call."),
            ),
        ),
    ]
