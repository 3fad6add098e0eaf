"""Malformed pushes, and pushes that both servers take but that a browser then gets no code for."""

import json
from collections.abc import Iterator

from tests.contexts.openid.openid_in_tests import CHALLENGE, REDIRECT_URI, VERIFIER
from tests.contracts.differential.assertions import ASSERTIONS
from tests.contracts.differential.drafts import FORM, Draft, Endpoint
from tests.contracts.differential.proofs import PROOFS
from tests.contracts.differential.spoiling import (
    Malformed,
    Spoil,
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
    unproved,
    without,
)

_NAMES = (
    "client_id",
    "client_assertion_type",
    "client_assertion",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)

_VALUES: dict[str, dict[str, str]] = {
    "response_type": {
        "token": "token",
        "id_token": "id_token",
        "code id_token": "code id_token",
        "code token": "code token",
        "none": "none",
        "in capitals": "CODE",
        "with a word nobody knows": "code unknown",
        "with a space": " code",
    },
    "response_mode": {
        "fragment": "fragment",
        "form_post": "form_post",
        "jwt": "jwt",
        "query.jwt": "query.jwt",
        "in capitals": "QUERY",
        "unknown": "pigeon",
    },
    "scope": {
        "without openid": "profile",
        "one nobody knows": "openid unknown",
        "one this client may not have": "openid birthdate",
        "in capitals": "OPENID profile",
        "with commas": "openid,profile",
        "with a tab": "openid\tprofile",
        "with quotes": 'openid "profile"',
        "with a backslash": "openid pro\\file",
        "beyond ASCII": "openid şehir",
        "1,100 characters": "openid " + "a" * 1093,
    },
    "redirect_uri": {
        "with a slash": REDIRECT_URI + "/",
        "with a query": REDIRECT_URI + "?a=b",
        "with an empty query": REDIRECT_URI + "?",
        "with a fragment": REDIRECT_URI + "#a",
        "host in capitals": "https://RP.EXAMPLE/geri",
        "path in capitals": "https://rp.example/GERI",
        "by http": "http://rp.example/geri",
        "with the usual port": "https://rp.example:443/geri",
        "another port": "https://rp.example:8443/geri",
        "with user information": "https://rp.example@evil.example/geri",
        "another host": "https://evil.example/geri",
        "below": REDIRECT_URI + "/alt",
        "with dots": "https://rp.example/a/../geri",
        "percent-encoded": "https://rp.example/ger%69",
        "relative": "/geri",
        "a script": "javascript:alert(1)",
        "with a space": REDIRECT_URI + " ",
        "with a line break": REDIRECT_URI + "\r\n",
        "3,000 characters": REDIRECT_URI + "?" + "a" * 3000,
    },
    "code_challenge": {
        "42 characters": CHALLENGE[:42],
        "44 characters": CHALLENGE + "a",
        "padded": CHALLENGE + "=",
        "of another alphabet": "+" + CHALLENGE[1:],
        "128 characters": "a" * 128,
        "129 characters": "a" * 129,
        "with a space": CHALLENGE[:42] + " ",
        "of another verifier": VERIFIER[:42] + "A",
    },
    "code_challenge_method": {
        "plain": "plain",
        "in small letters": "s256",
        "S512": "S512",
        "two": "S256 plain",
        "none": "none",
    },
    "dpop_jkt": {"of another key": CHALLENGE, "malformed": "a", "padded": CHALLENGE + "="},
    "prompt": {
        "none": "none",
        "login": "login",
        "consent": "consent",
        "select_account": "select_account",
        "create": "create",
        "none and login": "none login",
        "none and consent": "consent none",
        "login and consent": "login consent",
        "none twice": "none none",
        "in capitals": "NONE",
        "one nobody knows beside login": "login unknown",
        "with commas": "login,consent",
    },
    "max_age": {
        "negative": "-1",
        "a fraction": "1.5",
        "a word": "abc",
        "an exponent": "1e3",
        "zero": "0",
        "with a space": " 5",
        "with a sign": "+5",
        "hexadecimal": "0x10",
        "20 digits": "9" * 20,
        "10 digits": "9" * 10,
        "of today": "3600",
        "infinite": "Infinity",
        "with a unit": "10s",
    },
    "id_token_hint": {
        "no JWT": "nonsense",
        "three empty parts": "..",
        "unsigned": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
    },
    "request": {"unsigned": "eyJhbGciOiJub25lIn0.e30.", "no JWT": "nonsense"},
    "request_uri": {"by https": "https://rp.example/istek", "pushed": "urn:ietf:params:oauth:request_uri:" + "a" * 43},
    "registration": {"empty": "{}"},
    "acr_values": {"unknown": "unknown", "600 characters": "a" * 600},
    "state": {
        "2,000 characters": "s" * 2000,
        "3,000 characters": "s" * 3000,
        "with a NUL": "a\0",
        "with a line break": "a\r\nb",
        "beyond ASCII": "şğü",
        "with quotes": '"<>',
    },
    "nonce": {"500 characters": "n" * 500, "600 characters": "n" * 600, "with a NUL": "a\0", "beyond ASCII": "şğü"},
    "ui_locales": {"unknown": "xx", "malformed": "!!", "600 characters": "a" * 600},
    "display": {"unknown": "hologram"},
    "login_hint": {"600 characters": "a" * 600},
    "client_id": {
        "unknown": "kimse",
        "another's": "baska",
        "in capitals": "KURUM",
        "with a space": "kurum ",
        "600 characters": "a" * 600,
        "with a NUL": "kurum\0",
    },
    "client_assertion_type": {
        "another": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
        "in capitals": "URN:IETF:PARAMS:OAUTH:CLIENT-ASSERTION-TYPE:JWT-BEARER",
    },
}

_CLAIMS: dict[str, str] = {
    "no JSON": "nonsense",
    "a list": "[]",
    "a text": '"name"',
    "null": "null",
    "a number": "1",
    "empty": "{}",
    "of other members only": '{"other": {}}',
    "a list of claims": '{"userinfo": ["name"]}',
    "a text of claims": '{"userinfo": "name"}',
    "a number of claims": '{"id_token": 1}',
    "a claim as text": '{"userinfo": {"name": "Deniz"}}',
    "a claim as list": '{"id_token": {"name": ["Deniz"]}}',
    "a claim as boolean": '{"userinfo": {"name": true}}',
    "essential as text": '{"userinfo": {"name": {"essential": "yes"}}}',
    "values as text": '{"userinfo": {"name": {"values": "Deniz"}}}',
    "value and values": '{"userinfo": {"name": {"value": "a", "values": ["b"]}}}',
    "a part twice": '{"userinfo": {}, "userinfo": {"name": null}}',
    "cut off": '{"userinfo": {',
    "a part that is null": '{"userinfo": null, "id_token": {}}',
    "nested deeply": "[" * 3000,
    "9,000 characters": json.dumps({"userinfo": {"a" * 9000: None}}),
    "another person": '{"id_token": {"sub": {"value": "somebody else"}}}',
    "two persons": '{"id_token": {"sub": {"values": ["a", "b"]}}}',
    "a person as number": '{"id_token": {"sub": {"value": 5}}}',
    "an acr as number": '{"id_token": {"acr": {"essential": true, "values": [5]}}}',
    "an acr that nobody has": '{"id_token": {"acr": {"essential": true, "value": "unknown"}}}',
    "a claim nobody knows": '{"userinfo": {"shoe_size": {"essential": true}}}',
    "well formed": '{"userinfo": {"name": {"essential": true}}}',
}

_HTTP: dict[str, Spoil] = {
    "GET": by("GET"),
    "PUT": by("PUT"),
    "DELETE": by("DELETE"),
    "HEAD": by("HEAD"),
    "PATCH": by("PATCH"),
    "the form as query": in_the_query,
    "a part of the form as query": lambda draft: _moved(draft, "scope"),
    "JSON": body(lambda draft: json.dumps(dict(draft.parameters)).encode(), "application/json"),
    "a form called JSON": headed("Content-Type", "application/json"),
    "a form called text": headed("Content-Type", "text/plain"),
    "a form of no type": headed("Content-Type", None),
    "a form called multipart": headed("Content-Type", "multipart/form-data; boundary=a"),
    "the type in capitals": headed("Content-Type", FORM.upper()),
    "the type with a charset": headed("Content-Type", f"{FORM}; charset=utf-8"),
    "nothing": body(b""),
    "bytes that are no text": body(b"\xff\xfe=a"),
    "an encoding that is no UTF-8": body(lambda draft: draft.encoded() + b"&ui_locales=%ff"),
    "an encoding that is none": body(lambda draft: draft.encoded() + b"&ui_locales=%zz"),
    "200 parameters": lambda draft: draft.parameters.extend((f"p{number}", "a") for number in range(200)),
    "an unknown parameter twice": both(besides("unknown", "a"), besides("unknown", "b")),
    "a secret beside": besides("client_secret", "secret"),
    "Basic beside": header("Authorization", "Basic a3VydW06c2VjcmV0"),
    "a token beside": header("Authorization", "Bearer abc"),
    "no proof": unproved,
}


def _moved(draft: Draft, name: str) -> None:
    draft.query = f"{name}={draft.value(name).replace(' ', '+')}"
    without(name)(draft)


def _requests() -> Iterator[tuple[str, Spoil]]:
    for name in _NAMES:
        yield f"{name} missing", without(name)
        yield f"{name} empty", empty(name)
        yield f"{name} twice", doubled(name)
        yield f"{name} named in capitals", in_capitals(name)
    for name, values in _VALUES.items():
        yield from ((f"{name} {what}", given(**{name: value})) for what, value in values.items())
    yield from ((f"claims {what}", given(claims=text)) for what, text in _CLAIMS.items())
    yield from _HTTP.items()
    yield "dpop_jkt of another key, without a proof", both(given(dpop_jkt=CHALLENGE), unproved)
    yield "id_token_hint of ours", lambda draft: draft.put(id_token_hint=draft.held.id_token)
    yield "id_token_hint an access token", lambda draft: draft.put(id_token_hint=draft.held.access_token)
    yield from ((f"assertion {name}", spoil) for name, spoil in ASSERTIONS.items())
    yield from ((f"proof {name}", spoil) for name, spoil in PROOFS.items())


REQUESTS = [Malformed(Endpoint.PAR, name, spoil) for name, spoil in _requests()]
