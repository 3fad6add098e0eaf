"""`kapi card`, and the demo's issuer of certificates."""

from datetime import datetime
from pathlib import Path

import pytest
from pytest_django import Settings
from typer.testing import CliRunner

from kapi.commands.card import app
from kapi.commands.demo_issuer import ensure_issuer
from kapi.config.settings.certificates import read_trust_list
from kapi.contexts.identity.rules.certificates import find_path, is_not_revoked
from kapi.contexts.identity.rules.signatures import check_signature
from kapi.contexts.identity.values import CertificateUse

HOLDER = ("10000000146", "Ayşe Yılmaz")
URL = "http://localhost:8000/demo/iptal.crl"
STATEMENT = b"I am signing in.\r\n"


@pytest.fixture
def folder(tmp_path: Path, settings: Settings, now: datetime) -> Path:
    """The folder of a demo's issuer."""
    settings.DATA_DIR = tmp_path
    made = tmp_path / "demo-issuer"
    ensure_issuer(made, url=URL, holders=[HOLDER], now=now)
    return made


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["sign", *arguments])
    return done.exit_code, done.output


class TestSign:
    @pytest.mark.parametrize("use", [CertificateUse.E_SIGNATURE, CertificateUse.IDENTITY_CARD])
    def test_makes_a_signature_that_the_demo_trusts(
        self, folder: Path, tmp_path: Path, now: datetime, use: CertificateUse
    ) -> None:
        file = tmp_path / "kapi-giris.txt"
        file.write_bytes(STATEMENT)
        code, output = run(str(file), "--card", use)
        assert (code, "kapi-giris.txt.p7s" in output) == (0, True)
        signed = check_signature((tmp_path / "kapi-giris.txt.p7s").read_bytes(), STATEMENT)
        trusted = find_path(signed, read_trust_list(folder), frozenset({use}), now)
        assert trusted.number.digits == HOLDER[0]
        is_not_revoked(trusted, ocsps=[], crls=[(folder / "revoked.crl").read_bytes()], now=now)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [(["--holder", "10000000214"], "no card"), (["--pin", "0"], "does not open"), ([], "no statement")],
    )
    def test_says_what_is_wrong_and_what_to_do(
        self, folder: Path, tmp_path: Path, arguments: list[str], said: str
    ) -> None:
        file = tmp_path / "kapi-giris.txt"
        if said != "no statement":
            file.write_bytes(STATEMENT)
        code, output = run(str(file), *arguments)
        assert (code, said in " ".join(output.split())) == (1, True)


class TestEnsureIssuer:
    def test_keeps_what_is_there_until_the_address_moves(self, folder: Path, now: datetime) -> None:
        card = next(folder.glob("*.p12"))
        before = card.read_bytes()
        ensure_issuer(folder, url=URL, holders=[HOLDER], now=now)
        assert card.read_bytes() == before
        ensure_issuer(folder, url=URL.replace("8000", "9000"), holders=[HOLDER], now=now)
        assert card.read_bytes() != before

    def test_lets_nobody_else_read_its_key(self, folder: Path) -> None:
        assert (folder / "issuer.key").stat().st_mode & 0o077 == 0


class TestReadTrustList:
    @pytest.mark.parametrize(
        "line",
        [
            'certificate = "issuer.pem"\nvouches_for = "e-signature"\npolicies = []',
            'certificate = "issuer.pem"\nvouches_for = "everything"\npolicies = ["1.2.3"]',
            'certificate = "missing.pem"\nvouches_for = "e-signature"\npolicies = ["1.2.3"]',
            'certificate = "issuer.key"\nvouches_for = "e-signature"\npolicies = ["1.2.3"]',
            'vouches_for = "e-signature"\npolicies = ["1.2.3"]',
            'certificate = "issuer.pem"\nvouches_for = "e-signature"\npolicies = ["one"]',
        ],
    )
    def test_names_the_file_and_what_is_expected(self, folder: Path, line: str) -> None:
        (folder / "trust.toml").write_text(f"[[issuer]]\n{line}\n", encoding="utf-8")
        with pytest.raises(ValueError, match=r"trust\.toml.*vouches_for"):
            read_trust_list(folder)
