"""Malformed requests to the other endpoints."""

import json
from collections.abc import Callable, Iterator

from tests.contexts.openid.openid_in_tests import CHALLENGE, POST_LOGOUT_URI, REDIRECT_URI, VERIFIER
from tests.contracts.differential.assertions import ASSERTIONS
from tests.contracts.differential.drafts import FORM, Draft, Endpoint, Held, hash_of
from tests.contracts.differential.proofs import PROOFS
from tests.contracts.differential.spoiling import (
    Malformed,
    Spoil,
    again,
    besides,
    body,
    both,
    by,
    doubled,
    empty,
    given,
    headed,
    header,
    in_capitals,
    in_the_query,
    proved_by_a_stranger,
    proving,
    unproved,
    without,
    without_session,
)

_UNSIGNED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."
_REFERENCE = "urn:ietf:params:oauth:request_uri:"

# What can be wrong with a request that a program posts, besides what it says.
_POSTED: dict[str, Spoil] = {
    "GET": by("GET"),
    "PUT": by("PUT"),
    "DELETE": by("DELETE"),
    "HEAD": by("HEAD"),
    "the form as query": in_the_query,
    "JSON": body(lambda draft: json.dumps(dict(draft.parameters)).encode(), "application/json"),
    "a form called text": headed("Content-Type", "text/plain"),
    "a form of no type": headed("Content-Type", None),
    "the type with a charset": headed("Content-Type", f"{FORM}; charset=utf-8"),
    "nothing": body(b""),
    "bytes that are no text": body(b"\xff\xfe=a"),
    "a secret beside": besides("client_secret", "secret"),
    "Basic beside": header("Authorization", "Basic a3VydW06c2VjcmV0"),
    "a token beside": header("Authorization", "Bearer abc"),
    "an unknown parameter twice": both(besides("unknown", "a"), besides("unknown", "b")),
}


def _four(*names: str) -> Iterator[tuple[str, Spoil]]:
    for name in names:
        yield f"{name} missing", without(name)
        yield f"{name} empty", empty(name)
        yield f"{name} twice", doubled(name)
        yield f"{name} named in capitals", in_capitals(name)


def _valued(values: dict[str, dict[str, str]]) -> Iterator[tuple[str, Spoil]]:
    for name, kinds in values.items():
        yield from ((f"{name} {what}", given(**{name: value})) for what, value in kinds.items())


def _of_the_other(draft: Draft) -> None:
    """Let the other client bring it, well proved."""
    draft.put(client_id=draft.other.id)
    assert draft.assertion is not None
    draft.assertion.claims |= {"iss": draft.other.id, "sub": draft.other.id}
    draft.assertion.key = draft.other.key


# --- authorize


_BROUGHT: dict[str, Spoil] = {
    "another client": given(client_id="baska"),
    "a client nobody knows": given(client_id="kimse"),
    "client_id in capitals": given(client_id="KURUM"),
    "request_uri nobody gave": given(request_uri=_REFERENCE + "a" * 43),
    "request_uri without its secret": given(request_uri=_REFERENCE),
    "request_uri cut off": lambda draft: draft.put(request_uri=draft.held.request_uri[:-1]),
    "request_uri with more": lambda draft: draft.put(request_uri=draft.held.request_uri + "a"),
    "request_uri in capitals": lambda draft: draft.put(request_uri=draft.held.request_uri.upper()),
    "request_uri by https": given(request_uri="https://rp.example/istek"),
    "request_uri no address": given(request_uri="nonsense"),
    "request_uri of 3,000 characters": given(request_uri=_REFERENCE + "a" * 3000),
    "used twice": again(),
    "a state beside": given(state="other"),
    "another redirect_uri beside": given(redirect_uri="https://evil.example/"),
    "another scope beside": given(scope="openid identity_number"),
    "a prompt beside": given(prompt="login"),
    "a request beside": given(request=_UNSIGNED),
    "not pushed": given(
        request_uri=None,
        redirect_uri=REDIRECT_URI,
        response_type="code",
        scope="openid",
        state="s1",
        code_challenge=CHALLENGE,
        code_challenge_method="S256",
    ),
    "not pushed, to another address": given(
        request_uri=None,
        redirect_uri="https://evil.example/",
        response_type="code",
        scope="openid",
        code_challenge=CHALLENGE,
        code_challenge_method="S256",
    ),
    "not pushed, for a token": given(
        request_uri=None, redirect_uri=REDIRECT_URI, response_type="token", scope="openid"
    ),
    "not pushed, for nothing": given(request_uri=None),
    "not pushed, with a request": given(request_uri=None, redirect_uri=REDIRECT_URI, request=_UNSIGNED),
    "nobody is signed in": without_session,
    "POST": by("POST", FORM),
    "POST of JSON": by("POST", "application/json"),
    "PUT": by("PUT", FORM),
    "DELETE": by("DELETE"),
    "an unknown parameter twice": both(besides("unknown", "a"), besides("unknown", "b")),
    "an encoding that is no UTF-8": body(lambda draft: draft.encoded() + b"&state=%ff"),
}


# --- token, refresh


_REDEEMED: dict[str, dict[str, str]] = {
    "grant_type": {
        "nobody knows": "unknown",
        "password": "password",
        "implicit": "implicit",
        "in capitals": "AUTHORIZATION_CODE",
        "another": "refresh_token",
        "of devices": "urn:ietf:params:oauth:grant-type:device_code",
        "with a space": "authorization_code ",
        "of assertions": "urn:ietf:params:oauth:grant-type:jwt-bearer",
    },
    "code": {
        "nobody gave": "a" * 43,
        "with a NUL": "a\0",
        "beyond ASCII": "şğü",
        "of 5,000 characters": "a" * 5000,
        "a JWT": _UNSIGNED,
    },
    "redirect_uri": {
        "another": "https://rp.example/baska",
        "with a slash": REDIRECT_URI + "/",
        "in capitals": REDIRECT_URI.upper(),
        "of somebody else": "https://evil.example/",
    },
    "code_verifier": {
        "wrong": "a" * 43,
        "the challenge": CHALLENGE,
        "42 characters": VERIFIER[:42],
        "129 characters": "a" * 129,
        "padded": VERIFIER + "=",
        "with a space": VERIFIER + " ",
        "in capitals": VERIFIER.upper(),
        "beyond ASCII": "ş" * 43,
    },
    "client_id": {"unknown": "kimse", "another's": "baska"},
    "scope": {"beside": "openid", "more beside": "openid identity_number", "malformed beside": '"'},
    "client_assertion_type": {"another": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
    "resource": {"beside": "https://other.example/"},
}

_TOKEN: dict[str, Spoil] = {
    "code of another client": _of_the_other,
    "code cut off": lambda draft: draft.put(code=draft.held.code[:-1]),
    "code with more": lambda draft: draft.put(code=draft.held.code + "a"),
    "code in capitals": lambda draft: draft.put(code=draft.held.code.upper() + "A"),
    "code used twice": again(anew=True),
    "no proof": unproved,
    "proof by another key than pushed with": proved_by_a_stranger,
    "assertion only in the query": lambda draft: _in_query(draft, "client_assertion"),
}

_REFRESHED: dict[str, Spoil] = {
    "token nobody gave": given(refresh_token="a" * 43),
    "token cut off": lambda draft: draft.put(refresh_token=draft.held.refresh_token[:-1]),
    "token with more": lambda draft: draft.put(refresh_token=draft.held.refresh_token + "a"),
    "token of another client": _of_the_other,
    "an access token": lambda draft: draft.put(refresh_token=draft.held.access_token),
    "an ID token": lambda draft: draft.put(refresh_token=draft.held.id_token),
    "token with a NUL": given(refresh_token="a\0"),
    "token beyond ASCII": given(refresh_token="şğü"),
    "less scope": given(scope="openid"),
    "more scope": given(scope="openid identity_number"),
    "a scope nobody knows": given(scope="openid unknown"),
    "a scope in capitals": given(scope="OPENID"),
    "as a code": given(grant_type="authorization_code"),
    "no proof": unproved,
    "proof by another key": proved_by_a_stranger,
    "assertion missing": without("client_assertion"),
}


def _in_query(draft: Draft, name: str) -> None:
    value = draft.value(name)
    without(name)(draft)
    draft.query = f"{name}={value}"


# --- userinfo


def _shown(form: Callable[[Held], str]) -> Spoil:
    """Send something else as the header, with a proof that is for the last word of it."""

    def spoil(draft: Draft) -> None:
        text = form(draft.held)
        headed("Authorization", text)(draft)
        assert draft.proof is not None
        draft.proof.claims["ath"] = hash_of(text.rpartition(" ")[2])

    return spoil


def _moved_token(draft: Draft) -> None:
    headed("Authorization", None)(draft)
    draft.parameters.append(("access_token", draft.held.access_token))


def _token_as(form: str) -> Spoil:
    return _shown(lambda held: form.format(held.access_token))


_ASKED: dict[str, Spoil] = {
    "no token": headed("Authorization", None),
    "no token and no proof": both(headed("Authorization", None), unproved),
    "as Bearer": _token_as("Bearer {}"),
    "as Bearer without a proof": both(_token_as("Bearer {}"), unproved),
    "as dpop in small letters": _token_as("dpop {}"),
    "as a scheme nobody knows": _token_as("Token {}"),
    "as Basic": headed("Authorization", "Basic a3VydW06c2VjcmV0"),
    "without a scheme": _token_as("{}"),
    "the scheme alone": headed("Authorization", "DPoP"),
    "two tokens": _token_as("DPoP {0} {0}"),
    "two tokens with a comma": _token_as("DPoP {0}, DPoP {0}"),
    "the header twice": header("Authorization", lambda draft: f"DPoP {draft.held.access_token}"),
    "Basic before it in one header": _token_as("Basic a3VydW06c2VjcmV0, DPoP {}"),
    "Basic after it in one header": _token_as("DPoP {}, Basic a3VydW06c2VjcmV0"),
    "token nobody gave": _shown(lambda _: "DPoP abc"),
    "token cut off": _shown(lambda held: f"DPoP {held.access_token[:-1]}"),
    "token with more": _shown(lambda held: f"DPoP {held.access_token}a"),
    "token with other characters": _token_as("DPoP {}ş"),
    "an ID token": _shown(lambda held: f"DPoP {held.id_token}"),
    "a refresh token": _shown(lambda held: f"DPoP {held.refresh_token}"),
    "no proof": unproved,
    "proof by another key": proved_by_a_stranger,
    "ath missing": proving(ath=None),
    "ath wrong": proving(ath=CHALLENGE),
    "ath empty": proving(ath=""),
    "ath a number": proving(ath=5),
    "ath padded": lambda draft: proving(ath=hash_of(draft.held.access_token) + "=")(draft),
    "token in the query": _moved_token,
    "token in the query beside": lambda draft: draft.parameters.append(("access_token", draft.held.access_token)),
    "token in the form": both(by("POST", FORM), _moved_token),
    "token in the form beside": both(
        by("POST", FORM), lambda draft: draft.parameters.append(("access_token", draft.held.access_token))
    ),
    "POST": by("POST", FORM),
    "POST without a type": by("POST"),
    "POST of JSON": both(by("POST", "application/json"), body(b"{}")),
    "PUT": by("PUT"),
    "DELETE": by("DELETE"),
    "proof used twice": again(),
}


# --- logout


def _hint(change: str) -> Spoil:
    def spoil(draft: Draft) -> None:
        head, _, signature = draft.held.id_token.split(".")
        draft.put(
            id_token_hint={
                "other claims": f"{head}.eyJzdWIiOiJhIn0.{signature}",
                "no signature": draft.held.id_token.rpartition(".")[0] + ".",
            }[change]
        )

    return spoil


_SIGNED_OUT: dict[str, Spoil] = {
    "hint no JWT": given(id_token_hint="nonsense"),
    "hint three empty parts": given(id_token_hint=".."),
    "hint unsigned": given(id_token_hint=_UNSIGNED),
    "hint with other claims": _hint("other claims"),
    "hint without its signature": _hint("no signature"),
    "hint an access token": lambda draft: draft.put(id_token_hint=draft.held.access_token),
    "hint of 9,000 characters": given(id_token_hint="a" * 9000),
    "client_id beside": given(client_id="kurum"),
    "client_id another's beside": given(client_id="baska"),
    "client_id unknown beside": given(client_id="kimse"),
    "client_id alone": given(id_token_hint=None, client_id="kurum"),
    "client_id unknown alone": given(id_token_hint=None, client_id="kimse", post_logout_redirect_uri=None),
    "client_id with a NUL alone": given(id_token_hint=None, client_id="kurum\0", post_logout_redirect_uri=None),
    "address with a slash": given(post_logout_redirect_uri=POST_LOGOUT_URI + "/"),
    "address with a query": given(post_logout_redirect_uri=POST_LOGOUT_URI + "?a=b"),
    "address with a fragment": given(post_logout_redirect_uri=POST_LOGOUT_URI + "#a"),
    "address in capitals": given(post_logout_redirect_uri=POST_LOGOUT_URI.upper()),
    "address of signing in": given(post_logout_redirect_uri=REDIRECT_URI),
    "address of somebody else": given(post_logout_redirect_uri="https://evil.example/"),
    "address relative": given(post_logout_redirect_uri="/cikis"),
    "address a script": given(post_logout_redirect_uri="javascript:alert(1)"),
    "address of somebody else, nobody named": given(
        id_token_hint=None, post_logout_redirect_uri="https://evil.example/"
    ),
    "state of 2,000 characters": given(state="s" * 2000),
    "state with a line break": given(state="a\r\nb"),
    "state beyond ASCII": given(state="şğü"),
    "state alone": given(id_token_hint=None, post_logout_redirect_uri=None),
    "nothing": given(id_token_hint=None, post_logout_redirect_uri=None, state=None),
    "an unknown parameter twice": both(besides("unknown", "a"), besides("unknown", "b")),
    "POST": by("POST", FORM),
    "POST of JSON": by("POST", "application/json"),
    "PUT": by("PUT", FORM),
    "DELETE": by("DELETE"),
}


def _all() -> Iterator[tuple[Endpoint, str, Spoil]]:
    for name, spoil in (*_four("client_id", "request_uri"), *_BROUGHT.items()):
        yield Endpoint.AUTHORIZE, name, spoil
    names = (
        "client_id",
        "client_assertion_type",
        "client_assertion",
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
    )
    for name, spoil in (*_four(*names), *_valued(_REDEEMED), *_TOKEN.items(), *_POSTED.items()):
        yield Endpoint.TOKEN, name, spoil
    for name, spoil in ASSERTIONS.items():
        yield Endpoint.REFRESH, f"assertion {name}", spoil
    for name, spoil in PROOFS.items():
        yield Endpoint.REFRESH, f"proof {name}", spoil
    for name, spoil in (*_four("grant_type", "refresh_token"), *_REFRESHED.items()):
        yield Endpoint.REFRESH, name, spoil
    for name, spoil in (*_ASKED.items(), *((f"proof {name}", spoil) for name, spoil in PROOFS.items())):
        yield Endpoint.USERINFO, name, spoil
    for name, spoil in (*_four("id_token_hint", "post_logout_redirect_uri", "state"), *_SIGNED_OUT.items()):
        yield Endpoint.LOGOUT, name, spoil


REQUESTS = [Malformed(*row) for row in _all()]
