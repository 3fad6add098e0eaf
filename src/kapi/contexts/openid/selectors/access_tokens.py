"""Access tokens of citizens that come back: whether they are ours, and what they stand on. One query.

The row of a token keeps the hash of its text. A text with that hash is what we signed, letter by letter, so that its
signature says nothing new; that the key was not withdrawn since is asked with the row. Any other text is none of ours.
Where the row keeps no hash (the former release has issued it, and it is over in minutes), the signature is checked.
"""

from typing import Any, NamedTuple

from django.db.models import F, Q, TextField
from django.db.models.functions import Cast

from kapi.contexts.identity.selectors import DETAILS_OF_PERSON, SEALED_NUMBER_OF_PERSON
from kapi.contexts.openid.errors import TokenNotReadable
from kapi.contexts.openid.models import AccessToken
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.selectors.keys import where_key_is_good
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.foundation.keys import token_hash
from kapi.foundation.settled import settings
from kapi.foundation.statements import Question, Slot
from kapi.foundation.turns import Finding, Step

_MOST_CHARACTERS = 64  # of a `jti` or `kid` of ours


class Shown(NamedTuple):
    """A token and what it says, for which nobody has vouched yet."""

    token: str
    claims: jwt.Claims
    kid: str

    @property
    def slots(self) -> dict[str, object]:
        """What is asked about it."""
        return {"id": self.claims["jti"], "token_hash": token_hash(self.token), "kid": self.kid}


class Found(NamedTuple):
    """A token of ours, the grant, visit and client behind it, and what is known of the person; as in `_COLUMNS`.

    `stands`: nobody has taken it back, and its client is open, and was all the time since.
    """

    id: str
    token_hash: str
    scope: str  # empty: all that was granted
    stands: bool
    grant_id: int
    granted: list[str]
    named: dict[str, list[str]] | None
    person_id: int
    principal_id: int | None
    session_id: int
    subject: str
    agent_subject: str
    client_id: str
    institution_code: str | None
    uses: str  # see `selectors.clients.uses_of`
    details: tuple[Any, ...]  # see `identity.selectors.person_details_of`
    sealed_number: bytes


_CLIENT = "grant__visit__client__"
_COLUMNS = (
    *("pk", "token_hash", "scope", "stands", "grant_id", "grant__scopes", "grant__claims"),
    *(f"grant__visit__{name}" for name in ("person_id", "principal_id", "session_id", "subject", "agent_subject")),
    *("grant__visit__client_id", f"{_CLIENT}institution_id", "uses"),
    *(f"grant__visit__person__{name}" for name in (*DETAILS_OF_PERSON, SEALED_NUMBER_OF_PERSON)),
)
_FIRST_DETAIL = _COLUMNS.index(f"grant__visit__person__{DETAILS_OF_PERSON[0]}")


def _stands() -> Q:
    client = {f"{_CLIENT}closed_at": None, "grant__revoked_at": None}
    return Q(**client) & (Q(**{f"{_CLIENT}good_from": None}) | Q(issued_at__gt=F(f"{_CLIENT}good_from")))


def _known() -> Any:
    rows = AccessToken.objects.filter(where_key_is_good(), pk=Slot("id"))
    return rows.filter(Q(token_hash=Slot("token_hash")) | Q(token_hash=""))


_FOUND = Question(
    lambda: _known().annotate(stands=_stands(), uses=Cast(f"{_CLIENT}scopes", TextField())).values_list(*_COLUMNS)
)
_STANDING = Question(
    lambda: (
        AccessToken.objects.filter(_stands(), where_key_is_good(), pk=Slot("id"), token_hash=Slot("token_hash"))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
)


def read_shown(token: str) -> Shown:
    """Return what an access token says that may be a citizen's.

    :raises TokenNotReadable: if it cannot be one of ours.
    """
    header, claims = jwt.before_checking(token)
    if header.get("typ") != jwt.ACCESS_TOKEN:
        raise TokenNotReadable("type")
    if claims.get("iss") != settings.OPENID.issuer:
        raise TokenNotReadable("issuer")
    kid = header.get("kid")
    if not (_may_be_a_name(kid) and _may_be_a_name(claims.get("jti"))):
        raise TokenNotReadable("key")
    return Shown(token, claims, str(kid))


def find_shown(*, token: str) -> tuple[jwt.Claims, Found]:
    """Return what an access token of a citizen says, and what it stands on, good or not. One query.

    :raises TokenNotReadable: if it is not ours.
    """
    shown = read_shown(token)
    row = _FOUND.first(**shown.slots)
    if row is None:
        raise TokenNotReadable("signature")
    found = Found._make((*row[:_FIRST_DETAIL], row[_FIRST_DETAIL:-1], row[-1]))
    if not found.token_hash:
        read_own(token, typ=jwt.ACCESS_TOKEN)
    return shown.claims, found


def finding_standing(shown: Shown) -> Step:
    """Return the step (`take_in_turn`) that finds a token which is ours, and which nobody has taken back."""
    return Finding(_STANDING, **shown.slots)


def stands_by_signature(shown: Shown) -> bool:
    """Tell whether a token that the former release has issued is ours, and nobody has taken it back."""
    if _STANDING.first(**shown.slots | {"token_hash": ""}) is None:
        return False
    try:
        read_own(shown.token, typ=jwt.ACCESS_TOKEN)
    except TokenNotReadable:
        return False
    return True


def _may_be_a_name(value: object) -> bool:
    """Tell whether it may be looked for in the database."""
    return isinstance(value, str) and len(value) <= _MOST_CHARACTERS and value.isascii() and value.isprintable()
