"""Statements: what the holder of a certificate signs to sign in, readable by them and good for nothing else.

Nothing is stored when one is made, as with challenges of passkeys: what is handed out carries its moment and our keyed
digest over all that the statement says and over the browser that it was made for. A row is written when one is used.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils import timezone

from kapi.contexts.identity.errors import CertificateRefused
from kapi.contexts.identity.values import CertificateFault
from kapi.foundation import keys

# Long enough to find the card, its reader and the program that signs.
VALID_FOR: Final = timedelta(minutes=15)
_FORM = re.compile(r"[A-Za-z0-9_-]{43}\.[0-9]{10,11}\.[0-9a-f]{64}")
_PURPOSE: Final = "statement"

_WORDS: Final = """\
{brand}: GİRİŞ BEYANI / SIGN-IN STATEMENT

Bu belgeyi imzalayarak {site} adresinde kendim olarak oturum açıyorum.
By signing this document I am signing in as myself at {site}.

Adres / Address: {site}
Gidilen yer / Going to: {going_to}
Hazırlandığı an / Made at: {made_at}
Geçerlilik sonu / Good until: {ends_at}
Tek kullanımlık sayı / One-time number: {nonce}

DİKKAT: Bu belgeyi yalnızca tarayıcınızın adres çubuğunda {site} yazıyorsa imzalayın.
Telefonla, mesajla veya başka bir siteden imzalamanızı isteyen sizi kandırıyordur.
CAUTION: Sign this document only if your browser's address bar says {site}.
Whoever asks you to sign it by phone, message or on another site is deceiving you.
"""


@dataclass(frozen=True)
class Statement:
    """What one is signed for: the sign-in site's address, where the person is going, and the browser it is made for."""

    site: str
    brand: str
    going_to: str
    browser: str


def make_handle(statement: Statement, now: datetime) -> str:
    """Make a fresh statement and return its handle, which pages carry about; alone it is worth nothing."""
    start = f"{secrets.token_urlsafe(32)}.{int(now.timestamp())}"
    return f"{start}.{keys.digest(_bound(statement, start), purpose=_PURPOSE)}"


def handle_is_ours(handle: str, statement: Statement, now: datetime) -> None:
    """Only what we have made for this browser and these words, and lately, can be used.

    :raises CertificateRefused: if it is anything else.
    """
    if not statement.browser or not _FORM.fullmatch(handle):
        raise CertificateRefused(CertificateFault.CHALLENGE)
    start, _dot, seal = handle.rpartition(".")
    digests = keys.digests(_bound(statement, start), purpose=_PURPOSE)
    is_ours = any(hmac.compare_digest(seal, digest) for digest in digests)
    if not is_ours or now >= ends_at(handle):
        raise CertificateRefused(CertificateFault.CHALLENGE)


def ends_at(handle: str) -> datetime:
    """Return when a handle that is ours stops being good."""
    return datetime.fromtimestamp(int(handle.split(".")[1]), tz=UTC) + VALID_FOR


def document_of(handle: str, statement: Statement) -> bytes:
    """Return what is to be signed, byte for byte. Lines end in CR LF, into which programs that sign mail turn all."""
    return _words(statement, handle.rpartition(".")[0]).replace("\n", "\r\n").encode()


def _words(statement: Statement, start: str) -> str:
    nonce, _dot, made = start.partition(".")
    made_at = datetime.fromtimestamp(int(made), tz=timezone.get_default_timezone())
    return _WORDS.format(
        brand=statement.brand,
        site=statement.site,
        going_to=" ".join(statement.going_to.split()) or statement.brand,
        made_at=made_at.isoformat(),
        ends_at=(made_at + VALID_FOR).isoformat(),
        nonce=nonce,
    )


def _bound(statement: Statement, start: str) -> str:
    return f"{_words(statement, start)}|{statement.browser}"
