"""Questions about authorization requests, approvals and visits."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet

from kapi.contexts.identity.selectors import person_of_session
from kapi.contexts.institutions.selectors import lines_of
from kapi.contexts.openid.errors import RequestGone
from kapi.contexts.openid.models import Approval, PendingAuthorization, PushedRequest, Subject, Visit
from kapi.contexts.openid.rules.approvals import (
    Given,
    agreed_scopes,
    asked_scopes,
    digest_of,
    rests_on_consent,
    terms_of,
)
from kapi.contexts.openid.rules.principals import without_company
from kapi.contexts.openid.rules.pushed import secret_of
from kapi.contexts.openid.rules.redirects import origin_of
from kapi.contexts.openid.selectors.clients import COLUMNS, MOST_KEPT, as_record, from_columns
from kapi.contexts.openid.values.authorization import (
    ApprovalRecord,
    AuthorizationRequest,
    ClaimsAsked,
    PendingRequest,
    Prompt,
    PushedRecord,
    VisitRecord,
)
from kapi.contexts.openid.values.clients import Attribute, ClientRecord, Scope
from kapi.foundation.keys import token_hash
from kapi.foundation.statements import Asking, Question, ReadingBeside, Slot
from kapi.kernel.langstring import LANGUAGES, NO_TEXT, LangString

_ID = re.compile(r"[A-Za-z0-9_-]{43}")

Found = tuple[PushedRecord, ClientRecord, tuple[Given, ...]]
"""What a reference stands for, good or not, whose it is, and what a person has answered that client, the last first."""


_PUSHED = ReadingBeside(
    lambda: (
        PushedRequest.objects.filter(pk=Slot("reference_hash"))
        .annotate(
            answer=FilteredRelation(
                "client__approval",
                condition=Q(
                    client__approval__person_id=person_of_session(),
                    client__approval__principal_id=None,
                    client__approval__withdrawn_at=None,
                ),
            )
        )
        .order_by("-answer__given_at", "-answer__pk")
        .values_list(
            *("pk", "request", "expires_at", "used_at", "answer__terms", "answer__left_out"),
            *(f"client__{name}" for name in COLUMNS),
        )
    ),
    from_columns,
    beside=6,
    most=MOST_KEPT,
)
_OWN_ANSWERS = Question(
    lambda: (
        Approval.objects.filter(
            person_id=Slot("person_id"), client_id=Slot("client_id"), principal_id=None, withdrawn_at=None
        )
        .order_by("-given_at", "-pk")
        .values_list("terms", "left_out")
    )
)
_ANSWERS_FOR_ANOTHER = Question(
    lambda: (
        Approval.objects.filter(
            person_id=Slot("person_id"),
            client_id=Slot("client_id"),
            principal_id=Slot("principal_id"),
            withdrawn_at=None,
        )
        .order_by("-given_at", "-pk")
        .values_list("terms", "left_out")
    )
)


def get_pending_request(
    *, request_id: str, browser: str, person_id: int | None, principal_id: int | None = None, now: datetime
) -> PendingRequest:
    """Return what the pages show about a request that waits; `person_id` is who is signed in, if anybody.

    `principal_id` is the legal person whom they act for; of who acts for themselves nothing about one is asked.

    :raises RequestGone: if it is unknown, over, answered, or another browser's.
    """
    row = waiting(request_id, browser, now).select_related("client").first()
    if row is None:
        raise RequestGone
    client, request = as_record(row.client), request_of(row.request)
    scopes = request.scopes if principal_id is not None else without_company(request.scopes)
    agreed = scopes_agreed_to(person_id, client, scopes, principal_id) if person_id is not None else None
    return PendingRequest(
        id=row.pk,
        client_id=client.id,
        client_name=client.name,
        institution_code=client.institution_code,
        institution_name=institution_name(client.institution_code),
        scopes=asked_scopes(client, scopes),
        terms=digest_of(terms_of(client, scopes)),
        redirect_origin=origin_of(request.redirect_uri),
        already_agreed=agreed is not None,
        language=request.language,
        expires_at=row.expires_at,
        wanted_acrs=request.wanted_acrs,
    )


def asking_for_pushed(*, request_uri: str, session_token: str) -> Asking[Found | None] | None:
    """Return what a reference stands for as something to be asked, with the answers of whose session has this token.

    The answers are those that the person gave for themselves. None where nothing is asked: it is no reference of ours.
    """
    secret = secret_of(request_uri)
    if not secret:
        return None
    return _PUSHED.asking_all(_found, reference_hash=token_hash(secret), session_hash=token_hash(session_token))


def _found(rows: list[tuple[tuple[Any, ...], ClientRecord]]) -> Found | None:
    if not rows:
        return None
    (reference, request, expires_at, used_at, *_), client = rows[0]
    answers = (columns[-2:] for columns, _ in rows)
    given = tuple(_given(terms, left_out) for terms, left_out in answers if terms is not None)
    return PushedRecord(reference, request_of(request), expires_at, used_at is not None), client, given


def visits_of(
    *, person_id: int, since: datetime | None = None, until: datetime | None = None, limit: int = 100
) -> list[VisitRecord]:
    """Return the latest visits of a person to institutions' programs, the last first.

    `since` (inclusive) and `until` (exclusive) narrow them to those that began in between.
    """
    rows = Visit.objects.filter(person_id=person_id).select_related("client", "principal")
    rows = rows.order_by("-first_at", "-pk")
    if since is not None:
        rows = rows.filter(first_at__gte=since)
    if until is not None:
        rows = rows.filter(first_at__lt=until)
    return [_visit(row) for row in rows[:limit]]


def visits_in(*, session_id: int) -> list[VisitRecord]:
    """Return which clients have seen a session, the first first."""
    rows = Visit.objects.filter(session_id=session_id).select_related("client", "principal")
    return [_visit(row) for row in rows.order_by("first_at", "pk")]


def approvals_of(*, person_id: int) -> list[ApprovalRecord]:
    """Return the approvals of a person that are still good, the last given first."""
    rows = Approval.objects.filter(person_id=person_id, withdrawn_at=None).select_related("client", "principal")
    return [_approval(row) for row in rows.order_by("-given_at", "-pk")]


def waiting(request_id: str, browser: str, now: datetime) -> QuerySet[PendingAuthorization]:
    """Return the request of that id if it waits and is this browser's (or nobody's yet)."""
    if not _ID.fullmatch(request_id) or not browser:
        return PendingAuthorization.objects.none()
    mine = Q(browser_hash=token_hash(browser)) | Q(browser_hash="")
    return PendingAuthorization.objects.filter(
        mine, pk=request_id, finished_at=None, expires_at__gt=now, client__closed_at=None
    ).order_by("pk")


def scopes_agreed_to(
    person_id: int, client: ClientRecord, scopes: Sequence[Scope], principal_id: int | None = None
) -> tuple[Scope, ...] | None:
    """Return what of a wish the person has agreed to give, on the terms of today; None if they have to be asked.

    What they said for one principal (None: themselves) is no answer for another. The last answer counts. One query.
    """
    if principal_id is None:
        answers = _OWN_ANSWERS.all(person_id=person_id, client_id=client.id)
    else:
        answers = _ANSWERS_FOR_ANOTHER.all(person_id=person_id, client_id=client.id, principal_id=principal_id)
    return agreed_scopes(terms_of(client, scopes), (_given(terms, left_out) for terms, left_out in answers))


def subject_of(person_id: int, sector: str) -> str:
    """Return the name under which the sector knows the person, empty if it does not. One query."""
    name = Subject.objects.filter(person_id=person_id, sector=sector).values_list("name", flat=True)
    return name.order_by("pk").first() or ""


def institution_name(code: str) -> LangString:
    """Return an institution's name in every language it has; nothing where no institution is named."""
    if not code:
        return NO_TEXT
    names = {language: lines_of([code], language=language)[code].name for language in LANGUAGES}
    return LangString.read({language: name for language, name in names.items() if name.language == language})


def request_of(stored: dict[str, Any]) -> AuthorizationRequest:
    """Read a request back."""
    return AuthorizationRequest(
        **stored
        | {
            "scopes": tuple(Scope(name) for name in stored["scopes"]),
            "prompts": frozenset(Prompt(name) for name in stored["prompts"]),
            # What the former release kept says nothing about claims.
            "claimed": tuple(Scope(name) for name in stored.get("claimed", ())),
            "claims": _claims(stored.get("claims", {})),
            "acr_values": tuple(stored.get("acr_values", ())),
        }
    )


def _given(terms: Mapping[str, str], left_out: str) -> Given:
    return Given(terms, frozenset(left_out.split()))


def _claims(stored: dict[str, Any]) -> ClaimsAsked:
    return ClaimsAsked(
        userinfo=tuple(Attribute(name) for name in stored.get("userinfo", ())),
        id_token=tuple(Attribute(name) for name in stored.get("id_token", ())),
        essential_acrs=tuple(stored.get("essential_acrs", ())),
        subject=stored.get("subject", ""),
    )


def stored_request(request: AuthorizationRequest) -> dict[str, Any]:
    """Return a request in the form for a JSON column."""
    return request._asdict() | {"prompts": sorted(request.prompts), "claims": dict(vars(request.claims))}


def _visit(row: Visit) -> VisitRecord:
    return VisitRecord(
        client_id=row.client_id,
        client_name=LangString.read(row.client.name),
        session_id=row.session_id,
        principal_name=row.principal.name if row.principal else "",
        first_at=row.first_at,
        last_at=row.last_at,
        hears_of_logout=bool(row.client.backchannel_logout_uri),
    )


def _approval(row: Approval) -> ApprovalRecord:
    client = as_record(row.client)
    asked, left_out = (tuple(Scope(name) for name in names.split()) for names in (row.scope, row.left_out))
    return ApprovalRecord(
        client_id=client.id,
        client_name=client.name,
        principal_id=row.principal_id,
        principal_name=row.principal.name if row.principal else "",
        scopes=tuple(scope for scope in asked if scope not in left_out),
        left_out=left_out,
        given_at=row.given_at,
        is_withdrawable=rests_on_consent(client, asked),
    )
