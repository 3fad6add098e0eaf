"""The demo's mailbox: what would have been sent to people."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kapi.foundation.mailbox import selectors as mailbox

_View = Callable[[HttpRequest], HttpResponseBase]
_LONGEST_ADDRESS = 200


def _in_demo_only(view: _View) -> _View:
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        if not settings.DEMO:
            raise Http404
        return view(request)

    return guarded


@require_safe
@never_cache
@_in_demo_only
def outbox_page(request: HttpRequest) -> HttpResponse:
    """Show the latest messages; `?to=` picks one recipient."""
    to = _recipient(request)
    return render(request, "demo/outbox.html", {"messages": mailbox.latest_messages(to=to), "to": to})


@require_safe
@never_cache
@_in_demo_only
def outbox_json(request: HttpRequest) -> JsonResponse:
    """Answer the latest messages as `[{id, to, channel, subject, body, at}]`; `?to=` picks one recipient."""
    return JsonResponse(
        [
            {
                "id": message.id,
                "to": message.to,
                "channel": message.channel,
                "subject": message.subject,
                "body": message.body,
                "at": message.at.isoformat(),
            }
            for message in mailbox.latest_messages(to=_recipient(request))
        ],
        safe=False,
    )


def _recipient(request: HttpRequest) -> str:
    # PostgreSQL refuses NUL in a text, and no address holds one.
    return request.GET.get("to", "").replace("\x00", "").strip()[:_LONGEST_ADDRESS]
