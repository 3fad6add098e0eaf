"""The parameter `claims` (OpenID Connect Core 5.5): single attributes, for userinfo or for the ID token.

It asks for no more than scopes do, only in smaller pieces: the person is asked about the scope that an attribute
belongs to, with the purpose and the law that are registered for it, and only what was named is given. What a client is
not registered for, and what we do not know, is left out, as if it were not known of the person (5.5.1: never an error).
Values that an attribute shall have are not looked at: they would be data about a person in a request.
"""

import json
from collections.abc import Iterable
from typing import Any

from kapi.contexts.identity.values import Assurance, SignedIn
from kapi.contexts.openid.errors import InvalidRequest, UnmetAuthenticationRequirements
from kapi.contexts.openid.values.authorization import AuthorizationRequest, ClaimsAsked
from kapi.contexts.openid.values.clients import ATTRIBUTES, Attribute, ClientRecord, Scope

SCOPE_OF = {attribute: scope for scope, attributes in ATTRIBUTES.items() for attribute in attributes}
_MOST_CHARACTERS = 255


def check_claims(text: str) -> None:
    """Hold the parameter against the form that the specification gives it.

    :raises InvalidRequest: if it is not formed so.
    """
    try:
        asked = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise InvalidRequest("claims is not a JSON object that names each member once") from None
    if not isinstance(asked, dict):
        raise InvalidRequest("claims is not a JSON object")
    for name in ("userinfo", "id_token"):
        part = asked.get(name, {})
        if not (isinstance(part, dict) and all(map(_is_wish, part.values()))):
            raise InvalidRequest(f"claims: {name} must hold claims, each null or an object as 5.5.1 has it")
    if not all(map(_is_text, [*_subjects(asked), *_values(_part(asked, "id_token").get("acr"))])):
        raise InvalidRequest("claims: values of sub and acr are texts of up to 255 printable characters")
    if len(set(_subjects(asked))) > 1:
        raise InvalidRequest("claims expects more than one sub")


def read_claims(text: str, client: ClientRecord) -> ClaimsAsked:
    """Return what a well-formed `claims` asks for of what we know and this client may have."""
    asked = json.loads(text)
    subjects, acr = _subjects(asked), _part(asked, "id_token").get("acr")
    return ClaimsAsked(
        userinfo=within(_part(asked, "userinfo"), client.scopes),
        id_token=within(_part(asked, "id_token"), client.scopes),
        essential_acrs=tuple(_values(acr)) if acr and acr.get("essential") else (),
        subject=subjects[0] if subjects else "",
    )


def scopes_of(attributes: Iterable[Attribute]) -> frozenset[Scope]:
    """Return the scopes that attributes belong to: what the person is asked about."""
    return frozenset(SCOPE_OF[attribute] for attribute in attributes)


def within(attributes: Iterable[str], scopes: Iterable[Scope]) -> tuple[Attribute, ...]:
    """Return those attributes whose scope is among these, in the order of `Attribute`."""
    named, allowed = set(attributes), set(scopes)
    return tuple(attribute for attribute in Attribute if attribute in named and SCOPE_OF[attribute] in allowed)


def assurance_for(request: AuthorizationRequest, session: SignedIn) -> Assurance:
    """Return the first that the sign-in bears out of what the client wants; else the most that it bears out.

    :raises UnmetAuthenticationRequirements: if it bears out none of it (OpenID Connect Core 5.5.1.1).
    """
    found = session.find_assurance(request.wanted_acrs)
    if found is None and request.claims.essential_acrs:
        raise UnmetAuthenticationRequirements("the sign-in bears out no acr that claims says is essential")
    return found or session.assurances[0]


def claims_to_give(claims: ClaimsAsked, shared: Iterable[Scope]) -> dict[str, list[str]] | None:
    """Return what the person lets us give of what was asked for one by one, in the form for a JSON column."""
    if not (claims.userinfo or claims.id_token):
        return None
    agreed = list(shared)
    parts = {"userinfo": within(claims.userinfo, agreed), "id_token": within(claims.id_token, agreed)}
    return {name: list(attributes) for name, attributes in parts.items()} if any(parts.values()) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member comes twice")
    return members


def _part(asked: dict[str, Any], name: str) -> dict[str, Any]:
    part: dict[str, Any] = asked.get(name) or {}
    return part


def _is_wish(wish: object) -> bool:
    """OpenID Connect Core 5.5.1: `essential` is a boolean, `values` a list; other members are not understood."""
    if wish is None:
        return True
    if not isinstance(wish, dict) or not isinstance(wish.get("essential", False), bool):
        return False
    return isinstance(wish.get("values", []), list) and not ("value" in wish and "values" in wish)


def _is_text(value: object) -> bool:
    """Tell whether a value may be one of ours: what JSON escapes can hide NUL and half a character."""
    return isinstance(value, str) and 0 < len(value) <= _MOST_CHARACTERS and value.isprintable()


def _subjects(asked: dict[str, Any]) -> list[Any]:
    return [value for name in ("userinfo", "id_token") for value in _values(_part(asked, name).get("sub"))]


def _values(wish: dict[str, Any] | None) -> list[Any]:
    if wish is None:
        return []
    return [wish["value"]] if "value" in wish else list(wish.get("values", []))
