"""The form of a client: what it is called, where it sends citizens, what it asks for, how it proves itself."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from kapi.contexts.openid.errors import ClientNotAcceptable
from kapi.contexts.openid.values.clients import ApiScope, ClientTerms, Profile, Scope, ScopeUse
from kapi.kernel.langstring import LangString
from kapi.sites.ui.forms import Form

ASKED: Final = (
    Scope.PROFILE, Scope.BIRTHDATE, Scope.IDENTITY_NUMBER, Scope.EMAIL, Scope.PHONE,
    Scope.COMPANY, Scope.OFFLINE_ACCESS,
)  # fmt: skip
WHY: Final = ("purpose_tr", "purpose_en", "basis_tr", "basis_en")
TERMS: Final = (
    "name_tr", "name_en", "redirect_uris", "post_logout_uris", "backchannel_logout_uri",
    *(f"{scope.value}-{part}" for scope in ASKED for part in ("asked", *WHY)),
    *(f"api-{scope.value}" for scope in ApiScope),
)  # fmt: skip
PROOF: Final = ("proof", "jwks", "jwks_uri", "secret_until")
RULES: Final = "rules"
TEST: Final = "is_test"
OFFERED: Final = (Profile.FAPI, Profile.BASELINE, Profile.EDEVLET, Profile.NATIVE)
MOST_SIGNS: Final = 500
# The openid context names faults by its own arguments.
_FIELD_OF: Final = {
    "redirect_uri": "redirect_uris",
    "post_logout_uri": "post_logout_uris",
    "name": "name_tr",
    "profile": RULES,
    "api_scope": RULES,
    "scope": "identity_number-asked",
}


def scope_names() -> list[tuple[str, str]]:
    """Name what a client can ask for, in the order of the form."""
    names = {
        Scope.PROFILE: _("Name and surname"),
        Scope.BIRTHDATE: _("Date of birth"),
        Scope.IDENTITY_NUMBER: _("Identity number"),
        Scope.EMAIL: _("E-mail address"),
        Scope.PHONE: _("Mobile telephone"),
        Scope.OFFLINE_ACCESS: _("The same while the person is away"),
        Scope.COMPANY: _("Company for which somebody acts"),
    }
    return [(scope.value, names[scope]) for scope in ASKED]


def api_scope_names() -> list[tuple[str, str]]:
    """Name what a program can do at the API by itself, in the order of the form."""
    names = {ApiScope.CLIENTS_READ: _("Read its own registration and state")}
    return [(scope.value, names[scope]) for scope in ApiScope]


def labels() -> dict[str, str]:
    """Say what each field of the terms is called, in the order of the form."""
    of_scope = {
        "asked": _("%(data)s: whether it asks for it"),
        "purpose_tr": _("%(data)s: purpose, Turkish"),
        "purpose_en": _("%(data)s: purpose, English"),
        "basis_tr": _("%(data)s: legal basis, Turkish"),
        "basis_en": _("%(data)s: legal basis, English"),
    }
    return {
        "name_tr": _("Name in Turkish"),
        "name_en": _("Name in English (if any)"),
        "redirect_uris": _("Redirect addresses"),
        "post_logout_uris": _("Addresses after signing out"),
        "backchannel_logout_uri": _("Address for sign-out notices"),
        **{
            f"{scope}-{part}": text % {"data": data} for scope, data in scope_names() for part, text in of_scope.items()
        },
        **{f"api-{scope}": _("API: %(what)s") % {"what": what} for scope, what in api_scope_names()},
    }


def form_of(terms: ClientTerms) -> Form:
    """Fill the form with what holds."""
    values = dict.fromkeys(TERMS, "") | {
        "name_tr": terms.name.tr,
        "name_en": terms.name.en,
        "redirect_uris": "\n".join(terms.redirect_uris),
        "post_logout_uris": "\n".join(terms.post_logout_redirect_uris),
        "backchannel_logout_uri": terms.backchannel_logout_uri,
    }
    for use in terms.scopes:
        if use.scope in ASKED:
            texts = (use.purpose.tr, use.purpose.en, use.legal_basis.tr, use.legal_basis.en)
            values |= {f"{use.scope.value}-{part}": text for part, text in zip(WHY, texts, strict=True)}
            values[f"{use.scope.value}-asked"] = "yes"
    return Form(values | {f"api-{scope.value}": "yes" for scope in terms.api_scopes})


def read_terms(form: Form) -> ClientTerms | Form:
    """Read the form, or return it with what is to be mended."""
    typed = {name: value.strip() for name, value in form.values.items()}
    mistakes = {
        name: _("Shorten the text to %(most)s characters or fewer") % {"most": MOST_SIGNS}
        for name, value in typed.items()
        if name.rpartition("-")[2] in WHY and len(value) > MOST_SIGNS
    }
    asked, api_scopes = _scopes(typed, mistakes), tuple(s for s in ApiScope if typed[f"api-{s.value}"] == "yes")
    serves_citizens = bool(asked or typed["redirect_uris"] or not api_scopes)
    terms = ClientTerms(
        name=LangString(typed["name_tr"], typed["name_en"]),
        redirect_uris=tuple(typed["redirect_uris"].split()),
        post_logout_redirect_uris=tuple(typed["post_logout_uris"].split()),
        backchannel_logout_uri=typed["backchannel_logout_uri"],
        scopes=(ScopeUse(Scope.OPENID), *asked) if serves_citizens else (),
        api_scopes=api_scopes,
    )
    return Form(form.values, mistakes) if mistakes else terms


def read_proof(form: Form) -> dict[str, Any] | Form:
    """Read how the client proves itself: `jwks`, `jwks_uri` or `secret_until`; or return the form as above.

    An app on people's devices does not: whatever was typed there counts for nothing.
    """
    if form.values.get(RULES) == Profile.NATIVE:
        return {}
    typed = {name: value.strip() for name, value in form.values.items()}
    mistakes: dict[str, str] = {}
    read: dict[str, Any] = {}
    if typed["proof"] == "jwks":
        read["jwks"] = _jwks(typed["jwks"], mistakes)
    elif typed["proof"] == "jwks_uri":
        read["jwks_uri"] = typed["jwks_uri"]
        if not typed["jwks_uri"]:
            mistakes["jwks_uri"] = _("Write the address of the keys.")
    else:
        read["secret_until"] = _date(typed["secret_until"], mistakes)
    return Form(form.values, mistakes) if mistakes else read


def read_rules(form: Form) -> Profile:
    """Read which rules the client follows; the exception is never chosen by leaving something out."""
    return next((profile for profile in OFFERED if profile == form.values[RULES]), Profile.FAPI)


def read_keys(form: Form) -> dict[str, Any] | Form:
    """Read the keys of a client that has them pasted or at an address, never a secret."""
    by_address = form.values["proof"] == "jwks_uri"
    return read_proof(Form(form.values | {"proof": "jwks_uri" if by_address else "jwks"}))


def refused(form: Form, refusal: ClientNotAcceptable) -> Form:
    """Return the form with the openid context's refusal in words, at the field it is about."""
    return Form(form.values, {_FIELD_OF.get(refusal.field, refusal.field): _words_of(refusal)})


def _scopes(typed: dict[str, str], mistakes: dict[str, str]) -> list[ScopeUse]:
    uses = []
    for scope in ASKED:
        purpose, purpose_en, basis, basis_en = (typed[f"{scope.value}-{part}"] for part in WHY)
        if typed[f"{scope.value}-asked"] != "yes":
            continue
        if not purpose:
            mistakes[f"{scope.value}-purpose_tr"] = _("Say in Turkish why this is asked for. Citizens read it.")
        uses.append(ScopeUse(scope, LangString(purpose, purpose_en), LangString(basis, basis_en)))
    return uses


def _jwks(text: str, mistakes: dict[str, str]) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    mistakes["jwks"] = _('Paste the public keys as a JSON Web Key Set: {"keys": [...]}')
    return None


def _date(text: str, mistakes: dict[str, str]) -> datetime | None:
    try:
        return datetime.strptime(text, "%d.%m.%Y").replace(tzinfo=UTC)
    except ValueError:
        mistakes["secret_until"] = _("Write the day on which the secret ends, such as 31.12.2026.")
        return None


def _words_of(refusal: ClientNotAcceptable) -> str:
    if refusal.field == "scope":
        return _("Programs written for e-Devlet ask for the identity number, and for the name at most.")
    by_reason = {
        "missing": _("At least one address is needed here."),
        "form": _("This cannot be used here. An address needs a host, and no user name and no #fragment."),
        "characters": _("There are blanks or signs in an address that do not belong there."),
        "scheme": _("An address must begin with https://"),
        "length": _("This is too long."),
        "many": _("At most 20 addresses are possible."),
        "keys": _(
            "These are no public keys that we can use: EC keys on P-256, each with a kid, without private parts."
        ),
        "past": _("The day must be in the future."),
        "secret": _("FAPI 2.0 needs keys. Choose keys below, or the exception here."),
        "edevlet": _("Programs written for e-Devlet prove themselves by a secret. Choose it below."),
        "profile": _("Programs of this kind do nothing at the API by themselves."),
        "citizens": _("A test client has no redirect address and asks for nothing of citizens."),
    }
    if refusal.field == "name":
        return _("Enter a Turkish name of at most 200 characters.")
    return by_reason.get(refusal.reason, _("This cannot be used here."))
