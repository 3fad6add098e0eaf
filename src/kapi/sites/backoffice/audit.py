"""`/yonetim/denetim-izi/`: who did what to what, when. Ids only, and whoever reads it is written down as well.

What is asked for comes by POST, is read, and goes on as an address that can be kept: an identity number that somebody
typed by mistake never comes into one.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods

from kapi.contexts.institutions.values import Permission
from kapi.foundation.audit.selectors import Place, RecordsAsked, RecordView, each_record, records
from kapi.foundation.audit.services import record
from kapi.kernel.actors import ActorKind
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import IdentityNumber
from kapi.sites.backoffice.door import Staff, for_staff, staff_of
from kapi.sites.backoffice.looks import count_audit_file, count_audit_page
from kapi.sites.ui.errors import too_many_requests
from kapi.sites.ui.forms import Form, read_form
from kapi.sites.ui.links import page_url
from kapi.sites.ui.sheets import csv_file
from kapi.sites.ui.words import moment

PAGE_SIZE: Final = 50
MOST_IN_FILE: Final = 100_000
BEFORE: Final = "before"
_FIELDS: Final = ("actor_kind", "actor_id", "subject_kind", "subject_id", "since", "until", "action")
_WORD: Final = re.compile(r"[A-Za-z0-9_.:\-]{1,80}")
_PLACE: Final = re.compile(r"([0-9]{1,16})-([0-9]{1,18})")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS: Final = range(2000, 2200)

ACTORS: Final[dict[ActorKind, Promise]] = {
    ActorKind.PERSON: pgettext_lazy("actor", "Citizen"),
    ActorKind.STAFF: pgettext_lazy("actor", "Member of staff"),
    ActorKind.CLIENT: pgettext_lazy("actor", "Client"),
    ActorKind.SYSTEM: pgettext_lazy("actor", "The gateway itself"),
    ActorKind.NOBODY: pgettext_lazy("actor", "Nobody signed in"),
}


@dataclass(frozen=True)
class Line:
    """A record as the page shows it; the links narrow the list down to the same actor, subject or action."""

    record: RecordView
    at: str
    actor: str
    actor_href: str
    subject_href: str
    action_href: str
    details: tuple[tuple[str, str], ...]


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.READ_AUDIT)
def audit(request: HttpRequest) -> HttpResponseBase:
    """List the records, the newest first, or give them as a file (`format=csv`)."""
    staff, now = staff_of(request), timezone.now()
    if not staff.may_everywhere(Permission.READ_AUDIT):
        raise PermissionDenied
    if request.method == "POST":
        form = read_form(request, *_FIELDS)
        asked = _read(form)
        return _refused(request, asked) if isinstance(asked, Form) else HttpResponseRedirect(_address(form.values))
    values = {name: request.GET.get(name, "") for name in _FIELDS}
    asked, wanted = _read(Form(values)), request.GET.get("format", "")
    if isinstance(asked, Form) or wanted not in ("", "csv"):
        raise Http404
    before = _place(request.GET.get(BEFORE, ""))
    looks = count_audit_file(staff, now=now) if wanted else count_audit_page(staff, now=now)
    if not looks.allowed:
        return too_many_requests(request, retry_after=looks.retry_after)
    _write_down(staff, values, now, wanted)
    if wanted:
        return csv_file(_cells(asked), name="denetim-izi.csv")
    return _page(request, asked, values, before)


def _page(request: HttpRequest, asked: RecordsAsked, values: dict[str, str], before: Place | None) -> HttpResponse:
    found = records(asked=asked, before=before, limit=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    older = _address(values, {BEFORE: _written(shown[-1].place)}) if len(found) > PAGE_SIZE else ""
    context = {
        "form": Form(values),
        "lines": [_line(view) for view in shown],
        "older": older,
        "newest": _address(values) if before else "",
        "file": _address(values, {"format": "csv"}),
        "mistakes": [],
    }
    return render(request, "backoffice/audit.html", context | _around())


def _refused(request: HttpRequest, form: Form) -> HttpResponse:
    context = {"form": form, "mistakes": form.error_list, "lines": [], "older": "", "newest": "", "file": ""}
    return render(request, "backoffice/audit.html", context | _around(), status=422)


def _around() -> dict[str, object]:
    kinds = [{"value": kind.value, "text": str(text)} for kind, text in ACTORS.items()]
    return {"kinds": [{"value": "", "text": _("Anybody")}, *kinds], "most": MOST_IN_FILE}


def _write_down(staff: Staff, values: Mapping[str, str], now: datetime, wanted: str) -> None:
    details: dict[str, object] = {name: value for name, value in values.items() if value}
    if wanted:
        details["format"] = wanted
    record(
        action="audit.read", subject_kind="audit_trail", subject_id="", actor=staff.actor(), now=now, details=details
    )


def _line(view: RecordView) -> Line:
    actor = str(ACTORS[ActorKind(view.actor_kind)])
    subject = {"subject_kind": view.subject_kind, "subject_id": view.subject_id}
    return Line(
        record=view,
        # Minutes would leave the order of deeds open.
        at=f"{moment(view.at)}:{view.at.second:02}",
        actor=f"{actor} {view.actor_id}".strip(),
        actor_href=_address({"actor_kind": view.actor_kind, "actor_id": view.actor_id}),
        subject_href=_address(subject) if view.subject_id else "",
        action_href=_address({"action": view.action}),
        details=tuple((name, _written_out(value)) for name, value in view.details.items()),
    )


def _cells(asked: RecordsAsked) -> Iterator[Iterable[str]]:
    yield "id", "at", "actor_kind", "actor_id", "institution_code", "action", "subject_kind", "subject_id", "details"
    for view in each_record(asked=asked, most=MOST_IN_FILE):
        at = view.at.astimezone(UTC).isoformat(timespec="microseconds")
        who = (view.actor_kind, view.actor_id, view.institution_code)
        what = (view.action, view.subject_kind, view.subject_id, _written_out(view.details))
        yield str(view.id), at, *who, *what


def _written_out(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _address(values: Mapping[str, str], more: Mapping[str, str] | None = None) -> str:
    query = {name: value.strip() for name, value in values.items() if value.strip()} | dict(more or {})
    return page_url("backoffice", "audit", query=query)


def _read(form: Form) -> RecordsAsked | Form:
    """Read what is asked for, or return the form with what is to be mended; an identity number is not kept in it."""
    typed = {name: value.strip() for name, value in form.values.items()}
    mistakes: dict[str, str] = {}
    for name in ("actor_id", "subject_kind", "subject_id", "action"):
        if typed[name] and not _WORD.fullmatch(typed[name]):
            mistakes[name] = _("Write it as it stands in the trail: Latin letters, digits, and the signs . : _ -")
    for name, value in typed.items():
        if _is_identity_number(value):
            mistakes[name] = _("The trail holds no identity numbers. Write the id of the person, as it stands there.")
            typed[name] = ""
    if typed["actor_kind"] not in ("", *ActorKind):
        mistakes["actor_kind"] = _("Choose who acted.")
    if bool(typed["actor_id"]) != (typed["actor_kind"] not in ("", ActorKind.NOBODY)):
        mistakes.setdefault("actor_id", _("Who acted is found by kind and id together."))
    if bool(typed["subject_kind"]) != bool(typed["subject_id"]):
        mistakes.setdefault("subject_id", _("What it was done to is found by kind and id together."))
    since, until = _moment(typed, "since", mistakes), _moment(typed, "until", mistakes)
    if since and until and until[0] < since[0]:
        mistakes["until"] = _("The end lies before the beginning.")
    if mistakes:
        return Form(typed, mistakes)
    return RecordsAsked(
        actor=(typed["actor_kind"], typed["actor_id"]) if typed["actor_kind"] else None,
        subject=(typed["subject_kind"], typed["subject_id"]) if typed["subject_kind"] else None,
        action=typed["action"],
        since=since[0] if since else None,
        until=until[1] if until else None,
    )


def _is_identity_number(value: str) -> bool:
    try:
        IdentityNumber.parse(value)
    except InvalidValue:
        return False
    return True


def _moment(typed: dict[str, str], name: str, mistakes: dict[str, str]) -> tuple[datetime, datetime] | None:
    """Read a day, or a day and a time, of the gateway's time zone: where it begins and where it is over."""
    for form, length in (("%d.%m.%Y", timedelta(days=1)), ("%d.%m.%Y %H:%M", timedelta(minutes=1))):
        try:
            read = datetime.strptime(" ".join(typed[name].split()), form)  # noqa: DTZ007 - its zone comes below
        except ValueError:
            continue
        if read.year in _YEARS:
            return timezone.make_aware(read), timezone.make_aware(read + length)
    if typed[name]:
        mistakes[name] = _("Write a day, such as 31.12.2026, or a day and a time, such as 31.12.2026 14:30.")
    return None


def _place(text: str) -> Place | None:
    """Read a place in the trail, microseconds since 1970 and id, as `_written` writes it."""
    if not text:
        return None
    found = _PLACE.fullmatch(text)
    if found is None:
        raise Http404
    return Place(_EPOCH + timedelta(microseconds=int(found[1])), int(found[2]))


def _written(place: Place) -> str:
    return f"{(place.at - _EPOCH) // timedelta(microseconds=1)}-{place.id}"
