"""`/hesabim/paylasimlar/`: which data went to which institution, when and why; taking back a consent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.institutions.selectors import lines_of
from kapi.contexts.openid.errors import ApprovalNotWithdrawable, ClientNotFound
from kapi.contexts.openid.selectors.authorization import approvals_of
from kapi.contexts.openid.selectors.sharing import sharings_of
from kapi.contexts.openid.services.sharing import withdraw_approval
from kapi.contexts.openid.values.authorization import ApprovalRecord
from kapi.contexts.openid.values.clients import Basis
from kapi.contexts.openid.values.sharing import SharedScope, SharingRecord
from kapi.kernel.langstring import FIRST_LANGUAGE, LocalText
from kapi.sites.login.attributes import words_for, words_for_scopes
from kapi.sites.login.people import person_of
from kapi.sites.login.reports import report_url
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import require_sign_in
from kapi.sites.ui.words import local

_PAGE = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DIGITS = 17  # microseconds until the year 5138


@dataclass(frozen=True)
class Shared:
    """What one scope handed over, and why."""

    what: str
    purpose: LocalText
    legal_basis: LocalText
    rested_on_consent: bool


@dataclass(frozen=True)
class SharingRow:
    """One occasion as the page shows it."""

    at: datetime
    client: LocalText
    institution: LocalText | None
    principal: str
    shared: tuple[Shared, ...]
    report_url: str


@dataclass(frozen=True)
class ApprovalRow:
    """A remembered answer as the page shows it."""

    client_id: str
    client: LocalText
    principal_id: int | None
    principal: str
    what: str
    left_out: str
    given_at: datetime
    is_withdrawable: bool


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
def sharings(request: HttpRequest) -> HttpResponse:
    """List what was shared, newest first; the field `client` takes back the consent given to it.

    With `principal` it is the one given for that legal person.
    """
    person = person_of(request)
    if request.method == "POST":
        return _withdraw(request)
    before = _read_moment(request.GET.get("once", ""))
    found = sharings_of(person_id=person.person_id, limit=_PAGE + 1, before=before)
    context = {
        "rows": _rows(found[:_PAGE]),
        "older_than": _written(found[_PAGE - 1].at) if len(found) > _PAGE else "",
        "approvals": [_approval(approval) for approval in approvals_of(person_id=person.person_id)],
        "withdrawn": request.GET.get("geri-alindi") == "1",
    }
    return render(request, "login/sharings.html", context)


def _withdraw(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    try:
        withdraw_approval(
            person_id=person.person_id,
            client_id=request.POST.get("client", "").replace("\0", ""),  # which PostgreSQL cannot be asked for
            principal_id=_readable_id(request.POST.get("principal", "")),
            actor=person.actor,
            now=timezone.now(),
        )
    except (ApprovalNotWithdrawable, ClientNotFound):
        return HttpResponseRedirect(page_url("login", "sharings"))  # the list shows what is
    return HttpResponseRedirect(page_url("login", "sharings", query={"geri-alindi": "1"}))


def _rows(records: Iterable[SharingRecord]) -> list[SharingRow]:
    records = list(records)
    codes = sorted({record.institution_code for record in records if record.institution_code})
    lines = lines_of(codes, language=get_language() or FIRST_LANGUAGE) if codes else {}
    return [
        SharingRow(
            at=record.at,
            client=local(record.client_name),
            institution=lines[record.institution_code].name if record.institution_code in lines else None,
            principal=record.principal_name,
            shared=tuple(_shared(scope) for scope in record.scopes),
            report_url=report_url("paylasim", record.sharing_id),
        )
        for record in records
    ]


def _shared(scope: SharedScope) -> Shared:
    return Shared(
        what=words_for(scope.attributes),
        purpose=local(scope.purpose),
        legal_basis=local(scope.legal_basis),
        rested_on_consent=scope.basis is Basis.CONSENT,
    )


def _approval(record: ApprovalRecord) -> ApprovalRow:
    return ApprovalRow(
        client_id=record.client_id,
        client=local(record.client_name),
        principal_id=record.principal_id,
        principal=record.principal_name,
        what=words_for_scopes(record.scopes),
        left_out=words_for_scopes(record.left_out),
        given_at=record.given_at,
        is_withdrawable=record.is_withdrawable,
    )


def _readable_id(text: str) -> int | None:
    fits = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if fits else None


def _written(moment: datetime) -> str:
    return str((moment - _EPOCH) // timedelta(microseconds=1))


def _read_moment(text: str) -> datetime | None:
    fits = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return _EPOCH + timedelta(microseconds=int(text)) if fits else None
