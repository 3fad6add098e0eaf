"""The token endpoint: its requirements, one function each, and what tokens say."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from kapi.contexts.identity.values import NO_CONTACTS, PersonDetails, VerifiedContacts
from kapi.contexts.openid.errors import (
    InvalidDpopProof,
    InvalidGrant,
    InvalidRequest,
    InvalidToken,
    TokenMissing,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from kapi.contexts.openid.rules.client_authentication import KNOWN as CREDENTIALS
from kapi.contexts.openid.rules.clients import given_since_opening
from kapi.contexts.openid.values.authorization import Parameters
from kapi.contexts.openid.values.clients import ATTRIBUTES, Attribute, ClientRecord, Profile, Scope, Value
from kapi.contexts.openid.values.dpop import Proof
from kapi.contexts.openid.values.settings import OpenidSettings
from kapi.contexts.openid.values.tokens import Granted, GrantRecord, GrantType, PresentedToken

KNOWN = CREDENTIALS | {"grant_type", "code", "redirect_uri", "code_verifier", "scope", "refresh_token"}
_GRANT_TYPES = frozenset[str](GrantType)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_PRESENTED = re.compile(r"(Bearer|DPoP) +([A-Za-z0-9._~+/=-]+)", re.IGNORECASE)
# Two headers arrive as one, with a comma between them.
_TRIED = re.compile(r"(.*, *)?(Bearer|DPoP)( .*)?", re.IGNORECASE)


class TokenAsked(NamedTuple):
    """What came to the token endpoint, from which client, which has proved itself, with which proof of possession."""

    parameters: Parameters
    client: ClientRecord
    proof: Proof | None
    certificate: str = ""  # the thumbprint of that of its connection

    @property
    def confirmation(self) -> dict[str, object]:
        """How the access token names who holds it: by a key (RFC 9449, 6.1), else by a certificate (RFC 8705, 3.1)."""
        if self.proof is not None:
            return {"cnf": {"jkt": self.proof.thumbprint}}
        return {"cnf": {"x5t#S256": self.certificate}} if self.certificate else {}


def grant_type_is_supported(asked: TokenAsked) -> None:
    """RFC 6749, 4.1.3, 4.4.2 and 5.2."""
    if "grant_type" not in asked.parameters:
        raise InvalidRequest("grant_type is missing; authorization_code is expected")
    if asked.parameters["grant_type"] not in _GRANT_TYPES:
        raise UnsupportedGrantType(f"grant_type must be one of {', '.join(GrantType)}")


def proof_is_shown(asked: TokenAsked) -> None:
    """FAPI 2.0 Security Profile, 5.3.2.1: access tokens are bound to a key of their holder, by DPoP or a certificate.

    Those of an app on people's devices are bound by DPoP: it has nothing else to show.
    """
    shown = asked.proof is not None or (asked.certificate != "" and asked.client.profile is Profile.FAPI)
    if asked.client.profile in (Profile.FAPI, Profile.NATIVE) and not shown:
        raise InvalidDpopProof("this client gets access tokens bound to a key only: send a proof in the header DPoP")


def client_redeems_at_this_address(asked: TokenAsked) -> None:
    """What asks as at the e-Devlet gateway redeems its codes at an address of its own."""
    if asked.client.profile is Profile.EDEVLET:
        raise UnauthorizedClient("this client redeems codes at /OAuth2AuthorizationServer/AccessTokenController")


REQUIREMENTS: tuple[Callable[[TokenAsked], None], ...] = (
    grant_type_is_supported,
    client_redeems_at_this_address,
    proof_is_shown,
)


def code_is_given(asked: TokenAsked) -> None:
    """RFC 6749, 4.1.3."""
    if "code" not in asked.parameters:
        raise InvalidRequest("code is missing")


def redirect_uri_is_given(asked: TokenAsked) -> None:
    """OpenID Connect Core 3.1.3.1: required, since it was in the authorization request."""
    if "redirect_uri" not in asked.parameters:
        raise InvalidRequest("redirect_uri is missing")


def code_verifier_is_well_formed(asked: TokenAsked) -> None:
    """RFC 7636, 4.1: 43 to 128 unreserved characters."""
    if not _VERIFIER.fullmatch(asked.parameters.get("code_verifier", "-" * 43)):
        raise InvalidRequest("code_verifier is not 43 to 128 unreserved characters")


CODE_REQUIREMENTS: tuple[Callable[[TokenAsked], None], ...] = (
    code_is_given,
    redirect_uri_is_given,
    code_verifier_is_well_formed,
)


@dataclass(frozen=True)
class Redemption:
    """A code that was found, and who brings it."""

    parameters: Parameters
    client: ClientRecord
    grant: GrantRecord
    proof: Proof | None
    session_is_under_way: bool
    now: datetime


def code_is_this_clients(redemption: Redemption) -> None:
    """RFC 6749, 4.1.3: the code was issued to the client that brings it."""
    if redemption.grant.client_id != redemption.client.id:
        raise InvalidGrant("the code is not known")


def grant_is_alive(redemption: Redemption) -> None:
    """The person has not signed out or taken the approval back since."""
    if redemption.grant.is_revoked:
        raise InvalidGrant("what the code stands for was revoked")


def client_was_not_opened_since(redemption: Redemption) -> None:
    """What was given before a client was closed or suspended does not come back when it is opened again."""
    if not given_since_opening(redemption.grant.issued_at, redemption.client.good_from):
        raise InvalidGrant("what the code stands for was revoked")


def code_is_in_time(redemption: Redemption) -> None:
    """RFC 6749, 4.1.2: codes live shortly."""
    if redemption.now >= redemption.grant.code_expires_at:
        raise InvalidGrant("the code is too old")


def redirect_uri_is_the_same(redemption: Redemption) -> None:
    """RFC 6749, 4.1.3: identical to that of the authorization request."""
    if redemption.parameters["redirect_uri"] != redemption.grant.redirect_uri:
        raise InvalidGrant("redirect_uri differs from that of the authorization request")


def code_verifier_matches(redemption: Redemption) -> None:
    """RFC 7636, 4.6: its SHA-256 is the challenge; none comes where there was no challenge (RFC 9700, 2.1.1)."""
    verifier, challenge = redemption.parameters.get("code_verifier"), redemption.grant.code_challenge
    if verifier is None and not challenge:
        return
    if verifier is None:
        raise InvalidGrant("code_verifier is missing")
    if not hmac.compare_digest(_s256(verifier), challenge):
        raise InvalidGrant("code_verifier does not match the code_challenge")


def key_is_the_one_asked_for(redemption: Redemption) -> None:
    """RFC 9449, 10: a code that was asked for with a key is redeemed by that key only."""
    expected = redemption.grant.dpop_jkt
    if expected and (redemption.proof is None or redemption.proof.thumbprint != expected):
        raise InvalidGrant("the code is bound to a key; a DPoP proof by that key is needed")


def session_is_under_way(redemption: Redemption) -> None:
    """A person who has signed out since is not signed in anywhere anew."""
    if not redemption.session_is_under_way:
        raise InvalidGrant("the session has ended")


REDEMPTION_REQUIREMENTS: tuple[Callable[[Redemption], None], ...] = (
    grant_is_alive,
    client_was_not_opened_since,
    code_is_in_time,
    redirect_uri_is_the_same,
    code_verifier_matches,
    key_is_the_one_asked_for,
    session_is_under_way,
)


def presented_token(authorization: str) -> PresentedToken:
    """Return the access token from the Authorization header (RFC 6750, 2.1), the only place where we read it.

    :raises InvalidRequest: if one of our two schemes is named, and not alone with one token (RFC 6750, 3.1).
    :raises TokenMissing: if there is none.
    """
    found = _PRESENTED.fullmatch(authorization.strip())
    if found is None:
        if _TRIED.fullmatch(authorization.strip()):
            raise InvalidRequest("the Authorization header does not hold one access token")
        raise TokenMissing("an access token is expected in the Authorization header, as DPoP or Bearer")
    return PresentedToken(found.group(2), as_dpop=found.group(1).lower() == "dpop")  # protocol


def token_comes_in_the_header_alone(sent: Iterable[str]) -> None:
    """RFC 6750, 2: in one way only, and of the three we read the header. `sent` are the names of the parameters."""
    if "access_token" in sent:
        raise InvalidRequest("the access token is expected in the Authorization header alone")


def access_token_is_in_time(claims: Mapping[str, Any], settings: OpenidSettings, now: datetime) -> None:
    """RFC 9068, 4: for us, and not over."""
    if claims.get("aud") != settings.issuer or claims.get("exp", 0) <= now.timestamp():
        raise InvalidToken("the access token is over or not for us")


def token_is_presented_by_its_holder(
    claims: Mapping[str, Any], presented: PresentedToken, proof: Proof | None, certificate: str
) -> None:
    """RFC 9449, 7.1 and 7.2: a token bound to a key comes as DPoP with a proof by it; any other comes as Bearer.

    RFC 8705, 3: one bound to a certificate comes over a connection that was made with it.
    """
    confirmation = claims.get("cnf", {})
    if "x5t#S256" in confirmation and not hmac.compare_digest(confirmation["x5t#S256"], certificate):
        raise InvalidToken("the access token is bound to another certificate than that of this connection")
    bound_to = confirmation.get("jkt")
    if bound_to is None:
        if presented.as_dpop:
            raise InvalidToken("the access token is bound to no key; present it as Bearer")
        return
    if not presented.as_dpop:
        raise InvalidToken("the access token is bound to a key; present it as DPoP with a proof by it", scheme="DPoP")
    if proof is None or proof.thumbprint != bound_to:
        raise InvalidToken("the access token is bound to another key than that of the DPoP proof", scheme="DPoP")


def id_token_claims(
    grant: GrantRecord, *, access_token: str, settings: OpenidSettings, now: datetime
) -> dict[str, object]:
    """Return what the ID token says (OpenID Connect Core 2, 3.1.3.6; Back-Channel Logout 1.0, 2.1 for `sid`)."""
    issued_s = int(now.timestamp())
    claims: dict[str, object] = {
        "iss": settings.issuer,
        "sub": grant.subject,
        "aud": grant.client_id,
        "exp": issued_s + int(settings.id_token_lifetime.total_seconds()),
        "iat": issued_s,
        "auth_time": int(grant.authenticated_at.timestamp()),
        "acr": grant.acr,
        "amr": list(grant.amr),
        "sid": grant.sid,
        "at_hash": _left_half(access_token),
    }
    return claims | ({"nonce": grant.nonce} if grant.nonce else {})


def access_token_claims(grant: Granted, *, token_id: str, settings: OpenidSettings, now: datetime) -> dict[str, object]:
    """Return what the access token says (RFC 9068, 2.2) beside who holds it."""
    issued_s = int(now.timestamp())
    return {
        "iss": settings.issuer,
        "sub": grant.subject,
        "aud": settings.issuer,
        "exp": issued_s + int(settings.access_token_lifetime.total_seconds()),
        "iat": issued_s,
        "jti": token_id,
        "client_id": grant.client_id,
        "scope": " ".join(grant.scopes),
        "auth_time": int(grant.authenticated_at.timestamp()),
        "acr": grant.acr,
    }


def attributes_for(
    scopes: Iterable[Scope],
    person: PersonDetails,
    *,
    number: str = "",
    contacts: VerifiedContacts = NO_CONTACTS,
    named: Iterable[Attribute] = (),
) -> dict[Attribute, Value]:
    """Return what the scopes release of a person, and what was asked for by name; what is not known is left out.

    `number` is the identity number, which need not be there unless it is asked for.

    A birth date of which only the year is known is given as the year (OpenID Connect Core 5.1). There are no other
    contacts than verified ones, so that what says whether they are is true, or left out with them.
    """
    known: dict[Attribute, Value] = {
        Attribute.NAME: person.display_name,
        Attribute.GIVEN_NAME: person.given_names,
        Attribute.FAMILY_NAME: person.family_name or "",
        Attribute.BIRTHDATE: _birthdate(person),
        Attribute.IDENTITY_NUMBER: number,
        Attribute.EMAIL: contacts.email.text if contacts.email else "",
        Attribute.EMAIL_VERIFIED: contacts.email is not None,
        Attribute.PHONE_NUMBER: contacts.phone.international if contacts.phone else "",
        Attribute.PHONE_NUMBER_VERIFIED: contacts.phone is not None,
    }
    asked = [*(attribute for scope in scopes for attribute in ATTRIBUTES[scope]), *named]
    return {attribute: value for attribute in asked if (value := known.get(attribute))}


def _birthdate(person: PersonDetails) -> str:
    if person.birth_year is None:
        return ""
    if person.birth_month is None or person.birth_day is None:
        return f"{person.birth_year:04d}"
    return f"{person.birth_year:04d}-{person.birth_month:02d}-{person.birth_day:02d}"


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _left_half(token: str) -> str:
    """OpenID Connect Core 3.1.3.6: the left half of the SHA-256, for ES256."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()
