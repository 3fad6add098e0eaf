"""`kapi card`: sign with the cards of the demo's people, in the place of a card reader and a signing program."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from django.conf import settings

from kapi.commands.demo_issuer import PIN, card_of
from kapi.contexts.identity.values import CertificateUse
from kapi.foundation.cades import sign

app = typer.Typer(help="Sign with the cards of the demo's people, without any card.", no_args_is_help=True)
# What a browser takes is no longer than this; a statement has about a thousand bytes.
_MOST_BYTES = 1_000_000


@app.callback()
def card() -> None:
    """Sign with the cards of the demo's people, without any card."""


@app.command("sign")
def sign_file(
    file: Annotated[Path, typer.Argument(help="The statement that the sign-in page gave, such as kapi-giris.txt.")],
    number: Annotated[str, typer.Option("--holder", help="Whose card: the identity number of a demo person.")] = (
        "10000000146"
    ),
    use: Annotated[
        CertificateUse, typer.Option("--card", help="Which card: that of an e-signature, or the identity card.")
    ] = CertificateUse.E_SIGNATURE,
    pkcs: Annotated[Path | None, typer.Option("--p12", help="Another PKCS#12 file, in the place of a card.")] = None,
    pin: Annotated[str, typer.Option(help="What opens the card.")] = PIN,
) -> None:
    """Sign a statement and write the signature beside it, as FILE.p7s, to be sent on the sign-in page."""
    path = pkcs or card_of(settings.DATA_DIR / "demo-issuer", number, use)
    if not path.is_file():
        _refuse(f"There is no card at {path}. Start the demo first (make demo), or name a file with --p12.")
    if not file.is_file() or file.stat().st_size > _MOST_BYTES:
        _refuse(f"{file} is no statement. Download it from the page “Sign in with a certificate”.")
    try:
        opened = pkcs12.load_pkcs12(path.read_bytes(), pin.encode())
    except ValueError:
        _refuse(f"{path} does not open with this PIN. The demo's cards open with {PIN}.")
    key, own = opened.key, opened.cert
    if own is None or not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        _refuse(f"{path} holds no certificate with a key that can sign.")
    others = [each.certificate for each in opened.additional_certs]
    target = file.with_name(f"{file.name}.p7s")
    target.write_bytes(sign(file.read_bytes(), certificate=own.certificate, key=key, others=others))
    typer.echo(f"Signed. Send this file on the sign-in page: {target}")


def _refuse(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(1)
