"""What is signed with a certificate."""

from datetime import datetime

from django.conf import settings

from kapi.contexts.identity.rules import statements

MOBILE_SIGNATURE = "mobile-signature"  # the purpose under which signatures that came are sealed


def new_statement(*, browser: str, going_to: str, now: datetime) -> str:
    """Make a statement to be signed with a certificate, for this browser, and return its handle. Writes nothing.

    `going_to` names where the person is going, empty if they are only signing in.
    """
    return statements.make_handle(statement_for(browser=browser, going_to=going_to), now)


def statement_document(*, handle: str, browser: str, going_to: str, now: datetime) -> bytes:
    """Return the document to be signed, byte for byte as it must be.

    :raises CertificateRefused: if the handle is not ours, too old, another browser's, or made for going elsewhere.
    """
    statement = statement_for(browser=browser, going_to=going_to)
    statements.handle_is_ours(handle, statement, now)
    return statements.document_of(handle, statement)


def statement_for(*, browser: str, going_to: str) -> statements.Statement:
    """Return what statements of this gateway are about."""
    return statements.Statement(
        site=settings.CERTIFICATES.site, brand=settings.BRAND_NAME, going_to=going_to, browser=browser
    )
