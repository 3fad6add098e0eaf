"""Values about clients."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from kapi.kernel.langstring import NO_TEXT, LangString


class Profile(StrEnum):
    """Which rules a client follows."""

    FAPI = "fapi"  # FAPI 2.0 Security Profile: the rule
    BASELINE = "baseline"  # code with PKCE: an exception that ends on a date
    EDEVLET = "edevlet"  # asks as at the e-Devlet gateway: an exception that ends on a date
    NATIVE = "native"  # RFC 8252, an app on people's own devices: outside of FAPI 2.0, which knows no public clients
    CONFORMANCE = "conformance"  # OpenID Connect Core without PKCE, nonce required; demo mode only


# Who does not follow FAPI 2.0, and will have to by a day.
EXCEPTIONS = (Profile.BASELINE, Profile.EDEVLET)


class AuthMethod(StrEnum):
    """How a client proves itself at our endpoints."""

    PRIVATE_KEY_JWT = "private_key_jwt"
    CLIENT_SECRET = "client_secret"  # noqa: S105 - an exception that ends on a date
    TLS_CLIENT_AUTH = "tls_client_auth"  # by a certificate of its connection (RFC 8705, 2.1)
    NONE = "none"  # it cannot: what is on everybody's device is no secret


class Scope(StrEnum):
    """What may be asked for. The attributes of each are in `ATTRIBUTES`."""

    OPENID = "openid"
    PROFILE = "profile"
    BIRTHDATE = "birthdate"
    IDENTITY_NUMBER = "identity_number"
    EMAIL = "email"
    PHONE = "phone"
    OFFLINE_ACCESS = "offline_access"  # to ask again while the person is away (OpenID Connect Core 11)
    COMPANY = "company"  # that people may come here for a legal person, and what is said of it


class Attribute(StrEnum):
    """What may be said about a person, or whom they act for: the claim names of the userinfo answer."""

    NAME = "name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    BIRTHDATE = "birthdate"
    IDENTITY_NUMBER = "identity_number"
    EMAIL = "email"
    EMAIL_VERIFIED = "email_verified"
    PHONE_NUMBER = "phone_number"
    PHONE_NUMBER_VERIFIED = "phone_number_verified"
    COMPANY_NAME = "company_name"
    COMPANY_TAX_NUMBER = "company_tax_number"
    COMPANY_MERSIS_NUMBER = "company_mersis_number"


class ApiScope(StrEnum):
    """What a program may do at the institutions' API by itself, for its institution and for no citizen.

    Named `what.read` or `what.write`; a context that has no endpoint yet has no line here.
    """

    CLIENTS_READ = "clients.read"


ATTRIBUTES: Mapping[Scope, tuple[Attribute, ...]] = {
    Scope.OPENID: (),
    Scope.PROFILE: (Attribute.NAME, Attribute.GIVEN_NAME, Attribute.FAMILY_NAME),
    Scope.BIRTHDATE: (Attribute.BIRTHDATE,),
    Scope.IDENTITY_NUMBER: (Attribute.IDENTITY_NUMBER,),
    Scope.EMAIL: (Attribute.EMAIL, Attribute.EMAIL_VERIFIED),
    Scope.PHONE: (Attribute.PHONE_NUMBER, Attribute.PHONE_NUMBER_VERIFIED),
    Scope.OFFLINE_ACCESS: (),
    Scope.COMPANY: (Attribute.COMPANY_NAME, Attribute.COMPANY_TAX_NUMBER, Attribute.COMPANY_MERSIS_NUMBER),
}
COMPANY_ATTRIBUTES = frozenset(ATTRIBUTES[Scope.COMPANY])
# What people have shown to be theirs, and add and remove themselves.
CONTACT_ATTRIBUTES = frozenset({*ATTRIBUTES[Scope.EMAIL], *ATTRIBUTES[Scope.PHONE]})

Value = str | bool  # of an attribute


class Basis(StrEnum):
    """What a sharing rests on: the law (the page informs), or the person's own consent (which may be withdrawn)."""

    LAW = "law"
    CONSENT = "consent"


@dataclass(frozen=True)
class ScopeUse:
    """Why one client asks for one scope. Without a legal basis it rests on consent."""

    scope: Scope
    purpose: LangString = NO_TEXT
    legal_basis: LangString = NO_TEXT

    @property
    def basis(self) -> Basis:
        """What the sharing rests on."""
        return Basis.LAW if self.legal_basis else Basis.CONSENT

    @cached_property
    def digest(self) -> str:
        """A digest of all that the approval page says about it: attributes, purpose, legal basis."""
        said = [self.scope, list(ATTRIBUTES[self.scope]), self.purpose.stored(), self.legal_basis.stored()]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class ClientTerms:
    """What a client is called, where it may send citizens, what it may ask for and why: all of it but its proof."""

    name: LangString
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    scopes: tuple[ScopeUse, ...] = ()
    api_scopes: tuple[ApiScope, ...] = ()

    @property
    def serves_citizens(self) -> bool:
        """Whether citizens sign in to it: what has nothing but scopes of the API works by itself only."""
        return bool(self.scopes or self.redirect_uris or not self.api_scopes)


class Widening(StrEnum):
    """How a change gives a client more than it had. Such a change of a live client takes two people."""

    SCOPE = "scope"  # it asks for something new
    API_SCOPE = "api_scope"  # it may do something new at the API
    HOST = "host"  # it sends citizens to a new host
    LEGAL_BASIS = "legal_basis"  # it claims a law that it did not claim before


class ChangeState(StrEnum):
    """Where a change of a client stands."""

    WAITING = "waiting"
    APPLIED = "applied"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class SuspensionReason(StrEnum):
    """Why a client is suspended."""

    LEAKED = "leaked"  # its keys or its secret may be in wrong hands
    MISUSE = "misuse"  # it asks for or does what it is not there for
    FAULT = "fault"  # it is broken and does harm, to people or to us
    ASKED = "asked"  # the institution asks for it


@dataclass(frozen=True)
class Suspension:
    """Since when and why a client is suspended."""

    at: datetime
    reason: SuspensionReason


@dataclass(frozen=True)
class ClientRecord:
    """A client as the pipeline sees it. One that is suspended is not open.

    Where it was opened again, codes and tokens given until `good_from` are good for nothing.
    """

    id: str
    institution_code: str
    name: LangString
    profile: Profile
    auth_method: AuthMethod
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str
    sector: str
    scopes: Mapping[Scope, ScopeUse]
    jwks: Mapping[str, Any] | None
    jwks_uri: str
    secret_hash: str
    secret_ends_at: datetime | None
    exception_ends_at: datetime | None
    is_open: bool
    api_scopes: tuple[ApiScope, ...] = ()
    is_test: bool = False
    tls_subject: str = ""
    suspension: Suspension | None = None
    good_from: datetime | None = None

    @property
    def is_exception(self) -> bool:
        """Whether it follows a profile that is to end."""
        return self.profile in EXCEPTIONS

    @property
    def ends_at(self) -> datetime | None:
        """When it stops working unless somebody acts: its exception or its secret has ended by then."""
        ends = [at for at in (self.exception_ends_at, self.secret_ends_at) if at is not None]
        return min(ends, default=None)

    def days_left(self, now: datetime) -> int | None:
        """Whole days until then, 0 on the last one and after it; None where nothing ends."""
        return None if self.ends_at is None else max(0, (self.ends_at - now).days)

    @property
    def terms(self) -> ClientTerms:
        """The part that a change can be asked for."""
        return ClientTerms(
            name=self.name,
            redirect_uris=self.redirect_uris,
            post_logout_redirect_uris=self.post_logout_redirect_uris,
            backchannel_logout_uri=self.backchannel_logout_uri,
            scopes=tuple(self.scopes.values()),
            api_scopes=self.api_scopes,
        )


@dataclass(frozen=True)
class ClientChange:
    """A change of a client that waits for another person. `proposed_by` is the id of who asked for it."""

    id: int
    client_id: str
    terms: ClientTerms
    proposed_by: str
    proposed_at: datetime


@dataclass(frozen=True)
class RegisteredClient:
    """A client just registered, or given a new secret. `secret` is shown once and stored nowhere."""

    id: str
    auth_method: AuthMethod
    secret: str | None
    secret_ends_at: datetime | None
