"""What can be wrong with a proof of possession, wherever it comes."""

from tests.contracts.differential.drafts import Draft
from tests.contracts.differential.spoiling import (
    PROOF,
    Here,
    Seconds,
    Spoil,
    as_text,
    both,
    by_public_key,
    claiming,
    header,
    proved_by_rsa,
    proving,
    proving_by,
    showing,
    showing_the_private_key,
    signed_with,
    with_signature,
)


def _elsewhere(change: str) -> Spoil:
    """Name the right address in another spelling, or with more; `{}` is the path."""

    def spoil(draft: Draft) -> None:
        proving(htu=Here(change.format(draft.path)))(draft)

    return spoil


def _in_capitals(draft: Draft) -> None:
    scheme, _, rest = draft.issuer.partition("://")
    proving(htu=f"{scheme.upper()}://{rest.upper()}{draft.path}")(draft)


def _twice(draft: Draft) -> None:
    header("DPoP", _signed)(draft)


def _signed(draft: Draft) -> str:
    assert draft.proof is not None
    return draft.proof.signed()


PROOFS: dict[str, Spoil] = {
    "typ missing": proving_by(typ=None),
    "typ JWT": proving_by(typ="JWT"),
    "typ in capitals": proving_by(typ="DPOP+JWT"),
    "typ with application": proving_by(typ="application/dpop+jwt"),
    "alg none": both(proving_by(alg="none"), with_signature(PROOF, "")),
    "alg HS256 with the public key": by_public_key(PROOF),
    "alg RS256": proved_by_rsa,
    "alg ES384 but a key for ES256": both(proving_by(alg="ES384"), with_signature(PROOF, "AAAA")),
    "alg missing": both(proving_by(alg=None), with_signature(PROOF, "AAAA")),
    "crit with a member nobody knows": proving_by(crit=["bread"], bread="a"),
    "an unknown header member": proving_by(extra="a"),
    "a kid": proving_by(kid="a"),
    "jwk missing": proving_by(jwk=None),
    "jwk a text": proving_by(jwk="key"),
    "jwk a list": proving_by(jwk=[]),
    "jwk empty": proving_by(jwk={}),
    "jwk private": showing_the_private_key,
    "jwk symmetric": proving_by(jwk={"kty": "oct", "k": "AAAA"}),
    "jwk of another key": signed_with(PROOF),
    "jwk off the curve": showing(x="AAAA" * 10 + "AAA"),
    "jwk of a curve nobody knows": showing(crv="P-257"),
    "jwk without y": showing(y=None),
    "jwk for encryption": showing(use="enc"),
    "jwk for another alg": showing(alg="PS256"),
    "htm missing": proving(htm=None),
    "htm in small letters": lambda draft: proving(htm=draft.method.lower())(draft),
    "htm another": proving(htm="PUT"),
    "htm a number": proving(htm=5),
    "htu missing": proving(htu=None),
    "htu empty": proving(htu=""),
    "htu another host": proving(htu="https://other.example/oidc/token"),
    "htu another path": proving(htu=Here("/oidc/jwks")),
    "htu without a path": proving(htu=Here()),
    "htu relative": lambda draft: proving(htu=draft.path)(draft),
    "htu with a query": _elsewhere("{}?a=b"),
    "htu with a fragment": _elsewhere("{}#a"),
    "htu with a slash": _elsewhere("{}/"),
    "htu with two slashes": _elsewhere("/{}"),
    "htu in capitals": _in_capitals,
    "htu with scheme and host in capitals": lambda draft: proving(htu=draft.issuer.upper() + draft.path)(draft),
    "htu with dots": _elsewhere("/a/..{}"),
    "htu percent-encoded": lambda draft: proving(htu=draft.issuer + draft.path.replace("oidc", "%6fidc"))(draft),
    "htu by https": lambda draft: proving(htu=draft.issuer.replace("http:", "https:") + draft.path)(draft),
    "htu with user information": lambda draft: proving(htu=draft.issuer.replace("//", "//a@") + draft.path)(draft),
    "htu a number": proving(htu=5),
    "htu a list": lambda draft: proving(htu=[draft.issuer + draft.path])(draft),
    "iat missing": proving(iat=None),
    "iat in ten seconds": proving(iat=Seconds(10)),
    "iat ten seconds ago": proving(iat=Seconds(-10)),
    "iat in an hour": proving(iat=Seconds(3600)),
    "iat an hour ago": proving(iat=Seconds(-3600)),
    "iat a text": proving(iat=Seconds(0, as_text=True)),
    "iat a fraction": proving(iat=Seconds(0.5)),
    "iat negative": proving(iat=-1),
    "iat huge": proving(iat=10**30),
    "iat null": proving(iat="null"),
    "exp past": proving(exp=Seconds(-300)),
    "exp a text": proving(exp="soon"),
    "nbf in five minutes": proving(nbf=Seconds(300)),
    "jti missing": proving(jti=None),
    "jti empty": proving(jti=""),
    "jti a number": proving(jti=5),
    "jti of 600 characters": proving(jti="a" * 600),
    "nonce missing": proving(nonce=None),
    "nonce empty": proving(nonce=""),
    "nonce of somebody else": proving(nonce="eyJ7S_zG.eyJH0-Z.HX4w-7v"),
    "nonce a number": proving(nonce=5),
    "an unknown claim": proving(extra="a"),
    "twice": _twice,
    "two in one header": as_text(PROOF, lambda text: f"{text}, {text}"),
    "no JWT": as_text(PROOF, lambda _: "nonsense"),
    "empty": as_text(PROOF, lambda _: ""),
    "without its signature": with_signature(PROOF, ""),
    "with a short signature": with_signature(PROOF, "AAAA"),
    "of four parts": as_text(PROOF, lambda text: text + ".AAAA"),
    "of claims that are a list": claiming(PROOF, b"[]"),
    "of claims that are no JSON": claiming(PROOF, b"nonsense"),
    "of 10,000 characters": proving(extra="a" * 10_000),
}
