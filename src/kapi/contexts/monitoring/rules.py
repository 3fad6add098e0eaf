"""Decisions about what people tell us."""

import re
import secrets
from datetime import datetime

from kapi.contexts.monitoring.errors import CommentRefused
from kapi.contexts.monitoring.values import COMMENT_WITHIN, LONGEST_PAGE, MOST_CHARACTERS
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import hide_long_numbers

_CLEAR_LETTERS = "23456789ACDEFHJKLMNPRTUVWXY"
_NUMBER_LENGTH = 8
_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+")
_LONGEST_EMAIL = 254


def words_to_keep(text: str, *, field: str, is_required: bool) -> str:
    """Return `text` as it is stored: without control characters and without numbers that may name a person.

    :raises InvalidValue: reason `empty` or `length` (more than `MOST_CHARACTERS`).
    """
    printable = "".join(c for c in text.replace("\r\n", "\n") if c == "\n" or c.isprintable()).strip()
    if is_required and not printable:
        raise InvalidValue(field, "empty")
    if len(printable) > MOST_CHARACTERS:
        raise InvalidValue(field, "length")
    return hide_long_numbers(printable)


def page_to_keep(page: str) -> str:
    """Return the address of one of our pages as it is stored: its path, without numbers that may name a person."""
    path = re.split(r"[?#]", page, maxsplit=1)[0]
    return hide_long_numbers("".join(c for c in path if c.isprintable()))[:LONGEST_PAGE]


def email_to_keep(email: str) -> str:
    """Return an e-mail address without blanks around it, or "" where none was given.

    :raises InvalidValue: reason `form`. Only the shape is looked at: whether it is theirs shows when we answer.
    """
    address = email.strip()
    if address and not (len(address) <= _LONGEST_EMAIL and address.isprintable() and _EMAIL.fullmatch(address)):
        raise InvalidValue("email", "form")
    return address


def require_room_for_comment(*, text: str, received_at: datetime, now: datetime) -> None:
    """Let words follow an answer once, and soon.

    :raises CommentRefused: if there are words already, or the answer is too old.
    """
    if text or now - received_at > COMMENT_WITHIN:
        raise CommentRefused


def draw_report_number() -> str:
    """Draw a number that people can read out: 8 letters and digits that do not look alike."""
    return "".join(secrets.choice(_CLEAR_LETTERS) for _ in range(_NUMBER_LENGTH))
